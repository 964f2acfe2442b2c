package upstream

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/linkquay/linkquay/api"
)

// watched is the body of an upload: it tells when a read begins, and keeps the
// client's own failure apart from the backend's. The transport may still be
// reading when its RoundTrip has returned; once closed, no new read begins.
type watched struct {
	r      io.Reader
	tick   func()
	closed atomic.Bool

	mu  sync.Mutex // never held while reading: the client may be slow
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	if w.closed.Load() {
		return 0, errClosed
	}
	w.tick()
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.mu.Lock()
		w.err = err
		w.mu.Unlock()
	}
	return n, err
}

// Close implements io.Closer for the transport.
func (w *watched) Close() error {
	w.closed.Store(true)
	return nil
}

// failure returns why the client's stream broke off, nil where it did not.
func (w *watched) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		return nil
	}
	if coded, ok := errors.AsType[*api.Error](w.err); ok {
		return coded
	}
	return &api.Error{Code: api.Invalid, Message: "The upload broke off.", Err: w.err}
}
