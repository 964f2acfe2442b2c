package yourls

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/translate"
)

// maxNotes is how many habits of one request are noted.
const maxNotes = 20

// known are the parameters that mean something. The callback of jsonp is one,
// since clients send it with other formats, too.
var known = []string{
	"action", "callback", "db", "filter", "format", "hash", "keyword", "limit", "password", "shorturl",
	"signature", "source", "start", "timestamp", "title", "url", "username",
}

// parameters are what a client sent, read as PHP reads them: of a parameter
// that is given twice the last value counts, those of a form count before
// those of the query, and what is badly escaped stays as it is.
type parameters struct {
	values url.Values
	notes  []translate.Note

	// err is the first parameter's fault; the others are read all the same.
	err error
}

// read reads the query, and the body where it is a form. Errors are Invalid
// and TooLarge; what was well-formed is there all the same.
func (p *parameters) read(r *http.Request) error {
	dialects.Pairs(r.URL.RawQuery, p.add)
	if r.Method != http.MethodPost || r.Body == nil {
		return p.err
	}
	kind, options, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" && kind != "multipart/form-data" {
		return p.err
	}
	body, err := readForm(r)
	if err != nil {
		return err
	}
	query := p.values
	p.values = url.Values{}
	if kind == "multipart/form-data" {
		p.parts(multipart.NewReader(bytes.NewReader(body), options["boundary"]))
	} else {
		dialects.Pairs(string(body), p.add)
	}
	for name := range query {
		if !p.values.Has(name) {
			p.values[name] = query[name]
		}
	}
	return p.err
}

// parts reads the fields of a multipart form. Files are passed over.
func (p *parameters) parts(form *multipart.Reader) {
	for range dialects.MaxPairs {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return
		}
		var value []byte
		if err == nil {
			value, err = io.ReadAll(part)
		}
		if err != nil {
			// The cause quotes the form, which a key stands in.
			p.fail(api.Errorf(api.Invalid, "The form is malformed."))
			return
		}
		if part.FileName() == "" {
			p.add(part.FormName(), string(value))
		}
	}
}

// add keeps a parameter that means something. An array, which PHP makes of
// "name[]", means nothing anywhere.
func (p *parameters) add(name, value string) {
	switch {
	case name == "":
		return
	case !slices.Contains(known, name):
		p.note(name, translate.UnknownField)
		return
	case p.values.Has(name):
		p.note(name, translate.DuplicateField)
	}
	if !utf8.ValidString(value) {
		p.fail(api.InvalidField(name, "must be valid UTF-8"))
		value = strings.ToValidUTF8(value, "\uFFFD")
	}
	p.values.Set(name, value)
}

// note notes a habit once for each parameter.
func (p *parameters) note(name string, kind translate.Kind) {
	n := translate.Note{Field: strings.ToValidUTF8(name, "\uFFFD"), Kind: kind}
	if !slices.Contains(p.notes, n) && len(p.notes) < maxNotes {
		p.notes = append(p.notes, n)
	}
}

func (p *parameters) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// readForm reads a body of at most dialects.MaxForm bytes.
func readForm(r *http.Request) ([]byte, error) {
	tooLarge := api.Errorf(api.TooLarge, "The form is larger than %d KiB.", dialects.MaxForm>>10)
	if r.ContentLength > dialects.MaxForm {
		return nil, tooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, dialects.MaxForm+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &api.Error{Code: api.Invalid, Message: "The body did not come in time.", Err: err}
	case err != nil:
		return nil, &api.Error{Code: api.Invalid, Message: "The body ended before it was complete.", Err: err}
	case len(body) > dialects.MaxForm:
		return nil, tooLarge
	}
	return body, nil
}
