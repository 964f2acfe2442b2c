package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// readBody gives the call its document or its file. The body of an operation
// that takes none is left alone: clients send "{}" or nothing.
func (e *exchange) readBody(op *openapi.Operation) error {
	call := &e.head.Call
	if e.head.Parameters != nil {
		return e.readParameters()
	}
	switch op.Body {
	case openapi.FileBody:
		limit := e.gateway.cfg.UploadLimit
		if e.r.ContentLength > limit {
			return tooLarge(limit)
		}
		call.File = &api.File{
			Body:        &limitedBody{body: http.MaxBytesReader(e.w, e.r.Body, limit)},
			Size:        e.r.ContentLength,
			ContentType: e.r.Header.Get("Content-Type"),
			// Any moment in the past will do.
			Abort: func() { _ = http.NewResponseController(e.w).SetReadDeadline(time.Unix(1, 0)) },
		}
	case openapi.JSONBody:
		body, err := e.readJSON()
		if err != nil {
			return err
		}
		doc, notes, err := e.dialect.Document(call.Operation, body)
		if err != nil {
			return err
		}
		if err := e.tolerated(notes); err != nil {
			return err
		}
		call.Document = doc
	}
	return nil
}

// readParameters lets the dialect take what a JSON body says of the call.
func (e *exchange) readParameters() error {
	body, err := e.readJSON()
	if err != nil {
		return err
	}
	notes, err := e.head.Parameters(body)
	if err != nil {
		return err
	}
	return e.tolerated(notes)
}

// firstRead bounds what is set aside for a body on the word of its length.
const firstRead = 32 << 10

// readJSON returns a body that is well-formed JSON, or empty.
func (e *exchange) readJSON() ([]byte, error) {
	body, err := e.readAll()
	if err == nil && len(body) > 0 {
		err = openapi.WellFormed(body)
	}
	return body, err
}

func (e *exchange) readAll() ([]byte, error) {
	limit := e.gateway.cfg.BodyLimit
	if e.r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	// A writer that knows no deadlines does without.
	control := http.NewResponseController(e.w)
	limited := control.SetReadDeadline(time.Now().Add(e.gateway.cfg.BodyTimeout)) == nil
	body := bytes.NewBuffer(make([]byte, 0, min(max(e.r.ContentLength, 0), firstRead)+bytes.MinRead))
	_, err := body.ReadFrom(&limitedBody{body: http.MaxBytesReader(e.w, e.r.Body, limit)})
	// After a failure the deadline stays: the server would wait for the rest of
	// the body before it sends the answer.
	if limited && err == nil {
		err = control.SetReadDeadline(time.Time{})
	}
	return body.Bytes(), err
}

// limitedBody turns what goes wrong while a client sends into errors for it.
type limitedBody struct {
	body io.Reader
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	if over, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return n, tooLarge(over.Limit)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return n, &api.Error{Code: api.Invalid, Message: "The body did not come in time.", Err: err}
	}
	return n, &api.Error{Code: api.Invalid, Message: "The body ended before it was complete.", Err: err}
}

func tooLarge(limit int64) error {
	size := fmt.Sprintf("%d bytes", limit)
	if limit >= 1<<20 && limit%(1<<20) == 0 {
		size = fmt.Sprintf("%d MiB", limit>>20)
	}
	return api.Errorf(api.TooLarge, "The body is larger than %s.", size)
}
