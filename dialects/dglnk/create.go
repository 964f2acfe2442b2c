package dglnk

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
)

const (
	// maxShared bounds what the documents of several links take together: a
	// request says once what each of them holds.
	maxShared = 8 << 20

	// maxAssignments is how many calls a request can take for tags beside the
	// first, which is part of a link's document.
	maxAssignments = 100
)

// maker carries out one request.
type maker struct {
	dialect *Dialect
	request *request
	do      dialects.Do
	key     *api.Key

	// newer says that the answer is one of version 3.
	newer bool

	// others are the channels of the tags behind the first.
	others []int64

	// warnings are what the links were made without.
	warnings []api.FieldError
}

// run makes the links. Errors are about fields under dgLnk's names.
func (m *maker) run(ctx context.Context) (*api.Reply, error) {
	reply, err := m.make(ctx)
	return reply, m.request.renamed(err)
}

func (m *maker) make(ctx context.Context) (*api.Reply, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if err := m.findDomain(ctx); err != nil {
		return nil, err
	}
	if err := m.findChannels(ctx); err != nil {
		return nil, err
	}
	if m.request.addresses != nil {
		return m.makeSeveral(ctx)
	}
	return m.makeOne(ctx)
}

// check refuses what would fail when half of it is done, or be too much.
func (m *maker) check() error {
	in := m.request
	links, more := max(1, len(in.addresses)), len(in.tags)-1
	switch {
	case links*len(in.document("")) > maxShared:
		return api.InvalidField(addresses, "has too many entries for links of this size")
	case more <= 0:
		return nil
	case !m.key.Scopes.Allow(api.ScopeWrite):
		return api.Errorf(api.Forbidden, "More than one tag takes the scope %q, which this API key lacks.", api.ScopeWrite)
	case links*more > maxAssignments:
		return api.InvalidField(tags, fmt.Sprintf("must have at most %d entries for so many links", 1+maxAssignments/links))
	}
	return nil
}

// makeOne makes one link.
func (m *maker) makeOne(ctx context.Context) (*api.Reply, error) {
	reply, err := m.do(ctx, &api.Call{Operation: api.CreateLink, Document: m.request.document("")})
	if err != nil {
		return nil, err
	}
	made := gjson.ParseBytes(reply.Document)
	m.warn(made.Get("warnings"))
	l := m.request.link(made, m.dialect.zone)
	m.tag(ctx, l)
	// A key that may not read, or a backend that is gone the moment after, does
	// not take the link away from the client.
	if found, err := m.do(ctx, &api.Call{Operation: api.GetLink, Path: api.Path{ID: l.ID}}); err == nil {
		l.update(gjson.GetBytes(found.Document, "details"), m.dialect.zone)
	}
	return encode(answer{Status: success, Link: m.shown(l), Warnings: messages(m.warnings)}, reply.Header)
}

// makeSeveral makes a link for each address. Those that fail are told beside
// those that were made; where there are none of these it is a failure.
func (m *maker) makeSeveral(ctx context.Context) (*api.Reply, error) {
	in := m.request
	reply, err := m.do(ctx, &api.Call{Operation: api.CreateLinks, Document: in.documents()})
	if err != nil {
		return nil, err
	}
	m.warn(gjson.GetBytes(reply.Document, "warnings"))
	var made []any
	failed := failures{request: in}
	for i, result := range gjson.GetBytes(reply.Document, "data.results").Array() {
		switch {
		case i >= len(in.addresses):
		case result.Get("error").Int() != 0:
			failed.add(i, result)
		default:
			l := in.link(result, m.dialect.zone)
			l.LongURL = gjson.Parse(in.addresses[i].url).String()
			m.tag(ctx, l)
			made = append(made, m.shown(l))
		}
	}
	if len(made) == 0 {
		return nil, failed.err()
	}
	return encode(answer{Status: success, Links: made, Errors: messages(failed.fields), Warnings: messages(m.warnings)}, reply.Header)
}

// warn keeps the warnings of a reply.
func (m *maker) warn(list gjson.Result) {
	for _, w := range list.Array() {
		m.warnings = append(m.warnings, api.FieldError{Field: m.request.field(w.Get("field").String()), Message: w.Get("message").String()})
	}
}

// failures collects why links of several were not made.
type failures struct {
	request *request
	fields  []api.FieldError

	// code, message and wait are those of the last failure that time would heal.
	code    api.Code
	message string
	wait    time.Duration
}

// add adds the answer to one of the documents.
func (f *failures) add(i int, result gjson.Result) {
	document := fmt.Sprintf("urls[%d]", i)
	wrong := result.Get("errors")
	wrong.ForEach(func(name, list gjson.Result) bool {
		for _, said := range list.Array() {
			f.fields = append(f.fields, api.FieldError{Field: f.request.field(document + "." + name.Str), Message: said.String()})
		}
		return true
	})
	if wrong.Exists() {
		return
	}
	message, wait := result.Get("message").String(), result.Get("Retry-After").Int()
	f.fields = append(f.fields, api.FieldError{Field: f.request.field(document), Message: message})
	switch {
	case result.Get("error").Int() == http.StatusTooManyRequests:
		f.code = api.RateLimited
	case wait > 0:
		f.code = api.Unavailable
	default:
		return
	}
	f.message, f.wait = message, time.Duration(wait)*time.Second
}

// err is the error where no link was made. The answers do not tell what kind of
// failure they are, other than by the time to wait.
func (f *failures) err() error {
	switch {
	case f.code != "":
		return &api.Error{Code: f.code, Message: f.message, RetryAfter: f.wait}
	case len(f.fields) == 0:
		return api.Errorf(api.Unavailable, "The backend answered for none of the links.")
	}
	return api.InvalidFields(f.fields...)
}
