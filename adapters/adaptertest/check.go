package adaptertest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/zap/zapcore"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// Valid fails the test where the document is not what the contract answers to
// the operation.
func Valid(tb testing.TB, id api.Operation, document []byte) {
	tb.Helper()
	if err := mustContract(tb).Operation(id).ValidateReply(http.StatusOK, document); err != nil {
		tb.Errorf("the reply to %s breaks the contract: %v\n%s", id, err, document)
	}
}

// NoSecret fails the test where the backend's key is in the error, however it
// is printed, in the document, or in the logs so far.
func (f Fixture) NoSecret(tb testing.TB, err error, document []byte) {
	tb.Helper()
	texts := []string{string(document)}
	for _, e := range Chain(err) {
		texts = append(texts, e.Error(), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e))
		if coded, ok := e.(*api.Error); ok { //nolint:errorlint // The chain is walked by hand.
			texts = append(texts, coded.Message, fmt.Sprint(coded.Fields))
		}
	}
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "msg"})
	for _, entry := range f.Logs.All() {
		line, err := encoder.EncodeEntry(entry.Entry, entry.Context)
		if err != nil {
			tb.Fatalf("encoding a log entry: %v", err)
		}
		texts = append(texts, line.String())
	}
	for _, text := range texts {
		for _, secret := range []string{Key.Reveal(), url.QueryEscape(Key.Reveal()), url.PathEscape(Key.Reveal())} {
			if strings.Contains(text, secret) {
				tb.Errorf("the key is in %q", text)
			}
		}
	}
}

// Chain lists err and everything that it wraps.
func Chain(err error) []error {
	if err == nil {
		return nil
	}
	all := []error{err}
	switch e := err.(type) { //nolint:errorlint // The chain is walked by hand.
	case interface{ Unwrap() error }:
		all = append(all, Chain(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			all = append(all, Chain(inner)...)
		}
	}
	return all
}

// Refusal is a document that asks for what a backend does not have.
type Refusal struct {
	// Name names the case.
	Name string

	Operation api.Operation
	Document  string

	// Field and Value are what the answer must name. An empty value is not
	// looked for.
	Field string
	Value string
}

// Refusals checks that each document is refused by field, value and backend,
// before the site hears of it, and that the policy "warn" sends it without and
// says so.
func Refusals(t *testing.T, h Harness, cases []Refusal) {
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			f := h.MustStart(t, Setup{})
			call := f.MustCall(t, c.Operation)
			call.Document = []byte(c.Document)
			_, err := f.Backend.Do(t.Context(), call)
			coded, ok := errors.AsType[*api.Error](err)
			if !ok || coded.Code != api.Unsupported {
				t.Fatalf("Do = %v; want Unsupported", err)
			}
			named(t, coded.Fields, c)
			if n := f.Site.Served(); n != 0 {
				t.Errorf("the site was asked %d times; want 0", n)
			}

			f = h.MustStart(t, Setup{Unsupported: adapters.Warn})
			reply, err := f.Backend.Do(t.Context(), call)
			if err != nil {
				t.Fatalf("Do with the policy warn = %v", err)
			}
			named(t, reply.Warnings, c)
		})
	}
}

// Ours are refusals of each field of a link that is Linkquay's own.
func Ours(id api.Operation) []Refusal {
	var cases []Refusal
	for _, c := range []struct{ field, value, raw string }{
		{"redirectcode", "301", `301`},
		{"clicklimit", "5", `5`},
		{"startdate", "2030-12-31", `"2030-12-31"`},
		{"expiredurl", "https://example.com/over", `"https://example.com/over"`},
		{"externalid", "order-1", `"order-1"`},
		{"forwardquery", "true", `true`},
	} {
		cases = append(cases, Refusal{
			Name: string(id) + "-" + c.field, Operation: id,
			Document: `{"url":"https://example.com/","` + c.field + `":` + c.raw + `}`, Field: c.field, Value: c.value,
		})
	}
	return cases
}

// FilterRefused checks that a filter of links that the backend does not know is
// refused by name, and that the policy "warn" says so.
func FilterRefused(t *testing.T, h Harness) {
	want := Refusal{Field: "externalid", Value: "order-1"}
	f := h.MustStart(t, Setup{})
	call := f.MustCall(t, api.ListLinks)
	call.Query.Set(want.Field, want.Value)
	_, err := f.Backend.Do(t.Context(), call)
	coded, ok := errors.AsType[*api.Error](err)
	if !ok || coded.Code != api.Unsupported || f.Site.Served() > 0 {
		t.Fatalf("Do = %v, the site was asked %d times; want Unsupported and 0", err, f.Site.Served())
	}
	named(t, coded.Fields, want)

	f = h.MustStart(t, Setup{Unsupported: adapters.Warn})
	reply, err := f.Backend.Do(t.Context(), call)
	if err != nil {
		t.Fatalf("Do with the policy warn = %v", err)
	}
	named(t, reply.Warnings, want)
}

// named fails the test where none of the fields is the refused one.
func named(t *testing.T, fields []api.FieldError, c Refusal) {
	t.Helper()
	for _, f := range fields {
		if f.Field == c.Field && strings.Contains(f.Message, c.Value) && strings.Contains(f.Message, Name) {
			return
		}
	}
	t.Errorf("%v does not name the field %q, the value %q and the backend", fields, c.Field, c.Value)
}
