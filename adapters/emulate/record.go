package emulate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// What is kept of a link goes on when the client has gone: the link is there.
const (
	recordTimeout = 5 * time.Second
	recordPause   = 200 * time.Millisecond
	recordTries   = 3
)

// remote is what a record repeats of its link, so that rotators and lists need
// not ask the backend.
type remote struct {
	id       int64
	shortURL string
	title    string

	// note is what the backend has for a description: a new record takes it over,
	// because from then on its own counts.
	note string
}

// apply writes it into a record.
func (r *remote) apply(l *shortener.Link) {
	if l.ID == 0 {
		l.Description = r.note
	}
	if r.shortURL != "" {
		l.URL = r.shortURL
	}
	switch {
	case r.title != "":
		l.MetaTitle = r.title
	case l.MetaTitle == "":
		// A list of what a channel holds has to call it something.
		l.MetaTitle = l.URL[strings.LastIndexByte(l.URL, '/')+1:]
	}
}

// follow takes over what a create or an update has changed.
func (r *remote) follow(document, reply []byte) {
	for _, name := range []string{"short", "shorturl"} {
		if v := gjson.GetBytes(reply, name).Str; v != "" {
			r.shortURL = v
		}
	}
	if title := gjson.GetBytes(document, "metatitle").Str; title != "" {
		r.title = title
	}
}

// find asks the backend for a link, which is NotFound where the account does
// not have it.
func (b *backend) find(ctx context.Context, call *api.Call, id int64) (*remote, error) {
	reply, err := b.inner.Do(ctx, &api.Call{Operation: api.GetLink, Path: api.Path{ID: id}, Key: call.Key, Origin: call.Origin})
	if err != nil {
		return nil, err
	}
	details := gjson.GetBytes(reply.Document, "details")
	r := &remote{id: id, shortURL: details.Get("shorturl").Str, title: details.Get("title").Str, note: details.Get("description").Str}
	if r.shortURL == "" {
		return nil, &api.Error{
			Code:    api.Unavailable,
			Message: fmt.Sprintf("The backend %q gave an unexpected reply.", b.cfg.Name),
			Err:     errors.New("reading a link: it lacks a short URL"),
		}
	}
	return r, nil
}

// put writes the part of a document into the record of a link.
func (b *backend) put(ctx context.Context, owner string, r *remote, p *part) error {
	return b.cfg.Store.ChangeRemoteLink(ctx, owner, r.id, func(l *shortener.Link) error {
		r.apply(l)
		p.apply(l)
		return nil
	})
}

// keep is put for a link that the backend has made or changed already, which
// cannot be taken back: where it fails the answer is a success with warnings.
func (b *backend) keep(ctx context.Context, owner string, r *remote, p *part) []api.FieldError {
	err := insist(ctx, func(ctx context.Context) error { return b.put(ctx, owner, r, p) })
	if err == nil {
		return nil
	}
	b.cfg.Logger.Error("what belongs to a link could not be stored", zap.String("backend", b.cfg.Name),
		zap.Int64("link", r.id), zap.Strings("fields", p.fields), zap.Error(err))
	warnings := make([]api.FieldError, len(p.fields))
	for i, field := range p.fields {
		warnings[i] = api.FieldError{Field: field, Message: "could not be stored: update the link to set it"}
	}
	return warnings
}

// insist does a write that has to follow what has happened, whether its caller
// is still there or not. Where the database is away it tries again.
func insist(ctx context.Context, write func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	for try := 1; ; try++ {
		err := write(ctx)
		if err == nil || api.AsError(err).Code != api.Unavailable || try == recordTries {
			return err
		}
		pause := time.NewTimer(recordPause * time.Duration(try))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return err
		}
	}
}

// warned is the reply with more warnings. Replies of the backend may be shared.
func warned(reply *api.Reply, warnings []api.FieldError) *api.Reply {
	if len(warnings) == 0 {
		return reply
	}
	one := *reply
	one.Warnings = append(reply.Warnings[:len(reply.Warnings):len(reply.Warnings)], warnings...)
	return &one
}

// message answers what has nothing else to tell.
func message(text string) (*api.Reply, error) {
	document, err := adapters.Encode(struct {
		Error   int    `json:"error"`
		Message string `json:"message"`
	}{Message: text})
	if err != nil {
		return nil, err
	}
	return &api.Reply{Document: document}, nil
}
