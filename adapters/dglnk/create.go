package dglnk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
)

// The ledger's share of a create goes on when the client has gone: the link is
// there, and forgetting it would lose it.
const (
	ledgerTimeout = 5 * time.Second
	ledgerPause   = 200 * time.Millisecond
	ledgerTries   = 3
)

// createLink writes an intent, creates the link, and completes the intent. An
// intent whose outcome is unknown stays.
func (a *Adapter) createLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	outcome, err := a.create.Apply(nil, call.Document)
	if err != nil {
		return nil, err
	}
	warnings, err := adapters.Losses(a.cfg.Unsupported, a.cfg.Name, outcome.Losses)
	if err != nil {
		return nil, err
	}
	stored, err := storable(call.Document, outcome.Losses)
	if err != nil {
		return nil, err
	}
	entry := &ledger.Entry{
		Account:  call.Key.Account,
		Backend:  a.cfg.Name,
		LongURL:  gjson.GetBytes(stored, "url").String(),
		Document: stored,
		Created:  time.Now(),
	}
	if entry.ID, err = a.ledger.Begin(ctx, entry); err != nil {
		return nil, err
	}

	req := &upstream.Request{Method: http.MethodPost, Path: "/api/links/create", Body: outcome.Document}
	if call.Key.Forwarded != "" {
		req.Key = call.Key.Forwarded
	}
	// From here on the client may go: the backend makes the link all the same,
	// and only its answer tells which one. The client's own timeout bounds it.
	ctx = context.WithoutCancel(ctx)
	resp, err := a.client.Do(ctx, req)
	var made *created
	if err == nil {
		made, err = a.read(call, resp)
	}
	if err != nil {
		return nil, a.settle(ctx, entry.ID, err)
	}

	dropped := made.dropped(outcome.Document, a.cfg.Name)
	if err := a.complete(ctx, entry, made, dropped); err != nil {
		return nil, err
	}
	short := gjson.AppendJSONString(nil, made.shortURL)
	document := fmt.Appendf(nil, `{"error":0,"id":%d,"shorturl":%s,"short":%s}`, entry.ID, short, short)
	return &api.Reply{Document: document, Warnings: append(warnings, dropped...)}, nil
}

// settle ends the intent of a create that brought no link, and leaves it where
// it may have brought one.
func (a *Adapter) settle(ctx context.Context, id int64, err error) error {
	coded := api.AsError(err)
	if coded.Code == api.NotFound {
		// There is nothing in a create to be found: the address is wrong.
		coded = &api.Error{Code: api.Unavailable, Message: fmt.Sprintf("The backend %q does not know this operation.", a.cfg.Name), Err: coded}
	} else if coded.Code == api.Unavailable && !upstream.NotSent(err) {
		a.cfg.Logger.Warn("the outcome of a create is unknown", zap.Int64("intent", id), zap.Error(err))
		unknown := *coded
		unknown.Message += " The link may have been created all the same."
		return &unknown
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
	defer cancel()
	if err := a.ledger.Abandon(after, id); err != nil {
		a.cfg.Logger.Warn("removing an intent", zap.Int64("intent", id), zap.Error(err))
	}
	return coded
}

// complete records a link that exists. Before it gives up it tries again: the
// database may be busy for a moment.
func (a *Adapter) complete(ctx context.Context, entry *ledger.Entry, made *created, dropped []api.FieldError) error {
	entry.RemoteID, entry.Alias, entry.ShortURL, entry.Title = made.id, made.alias, made.shortURL, made.title
	if made.longURL != "" {
		entry.LongURL = made.longURL
	}
	var err error
	for _, d := range dropped {
		if entry.Document, err = sjson.DeleteBytes(entry.Document, d.Field); err != nil {
			return fmt.Errorf("editing the stored document: %w", err)
		}
	}
	if entry.Document, err = sjson.SetBytes(entry.Document, "has_password", made.hasPassword); err != nil {
		return fmt.Errorf("editing the stored document: %w", err)
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
	defer cancel()
	for try := 1; ; try++ {
		if err = a.ledger.Complete(after, entry); err == nil {
			return nil
		}
		pause := time.NewTimer(ledgerPause * time.Duration(try))
		select {
		case <-pause.C:
		case <-after.Done():
			pause.Stop()
		}
		if try == ledgerTries || after.Err() != nil {
			break
		}
	}
	a.cfg.Logger.Error("a link was created and could not be recorded",
		zap.Int64("intent", entry.ID), zap.String("remote_id", entry.RemoteID), zap.String("short_url", entry.ShortURL), zap.Error(err))
	if coded, ok := errors.AsType[*api.Error](err); ok {
		return coded
	}
	return &api.Error{Code: api.Unavailable, Message: "The link was created and could not be recorded.", Err: err}
}
