package dglnk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
	"github.com/linkquay/linkquay/translate"
)

// The ledger's share of a create goes on when the client has gone: the link is
// there, and forgetting it would lose it.
const (
	ledgerTimeout = 5 * time.Second
	ledgerPause   = 200 * time.Millisecond
	ledgerTries   = 3
)

// againPause is when a create in doubt may be sent again at the earliest, where
// that finds out: the site may still be at work on it.
const againPause = 5 * time.Second

// draft is a link that is to be made.
type draft struct {
	call        *api.Call // of createLink
	document    gjson.Result
	body        []byte // what dgLnk is sent, but for an alias that is reserved
	stored      []byte // what the ledger keeps
	warnings    []api.FieldError
	fingerprint [32]byte
}

// recorded is a link that exists, as the ledger has it.
type recorded struct {
	entry    *ledger.Entry
	warnings []api.FieldError
}

// createLink makes one link.
func (a *Adapter) createLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	d, err := a.draft(call)
	if err != nil {
		return nil, err
	}
	made, err := a.makeLink(ctx, d)
	if err != nil {
		return nil, err
	}
	short := gjson.AppendJSONString(nil, made.entry.ShortURL)
	document := fmt.Appendf(nil, `{"error":0,"id":%d,"shorturl":%s,"short":%s}`, made.entry.ID, short, short)
	return &api.Reply{Document: document, Warnings: made.warnings}, nil
}

// draft translates the call's document.
func (a *Adapter) draft(call *api.Call) (*draft, error) {
	outcome, err := a.create.Apply(nil, call.Document)
	if err != nil {
		return nil, err
	}
	d := &draft{call: call, document: gjson.ParseBytes(call.Document), body: devicesFirst(outcome.Document)}
	if d.warnings, err = adapters.Losses(a.cfg.Unsupported, a.cfg.Name, outcome.Losses); err != nil {
		return nil, err
	}
	if d.stored, err = storable(call.Document, outcome.Losses); err != nil {
		return nil, err
	}
	if len(call.Tags) > 0 {
		if d.body, err = sjson.SetBytes(d.body, "tags", call.Tags); err != nil {
			return nil, fmt.Errorf("adding the tags: %w", err)
		}
	}
	// A fast hash of a password must not lie in the database.
	open, err := sjson.SetBytes(d.body, "password", d.asks("password"))
	if err != nil {
		return nil, fmt.Errorf("leaving the password out: %w", err)
	}
	d.fingerprint = sha256.Sum256(open)
	return d, nil
}

// asks reports whether the client gave the field.
func (d *draft) asks(field string) bool { return translate.Member(d.document, field).Exists() }

// entry returns the intent of the draft.
func (a *Adapter) entry(d *draft) *ledger.Entry {
	return &ledger.Entry{
		Account:     d.call.Key.Account,
		Backend:     a.cfg.Name,
		LongURL:     text(d.document, "url"),
		Document:    d.stored,
		Created:     a.now(),
		Fingerprint: d.fingerprint,
	}
}

// makeLink makes a link, or answers what an earlier request of the same content
// has made without its caller being told. One that is still under way, whose
// caller has gone, is waited for.
func (a *Adapter) makeLink(ctx context.Context, d *draft) (*recorded, error) {
	if err := a.flights.Wait(ctx, d.fingerprint); err != nil {
		return nil, late(ctx)
	}
	defer a.flights.Begin(ctx, d.fingerprint)()
	return a.makeOnce(ctx, d)
}

// makeOnce is makeLink when no other one is under way.
func (a *Adapter) makeOnce(ctx context.Context, d *draft) (*recorded, error) {
	entry, again, err := a.resume(ctx, d)
	if err != nil {
		return nil, err
	}
	if again && noted(entry) {
		if link, ok, err := a.tell(ctx, d, entry); ok || err != nil {
			return link, err
		}
		again = false
	}
	return a.carryOut(ctx, d, entry, again)
}

// carryOut writes an intent, creates the link, and completes the intent. An
// intent whose outcome is unknown stays, and is taken up by the next request of
// the same content.
func (a *Adapter) carryOut(ctx context.Context, d *draft, entry *ledger.Entry, again bool) (*recorded, error) {
	var err error
	if !again {
		entry = a.entry(d)
		entry.Alias = a.reserve(d)
		if entry.ID, err = a.ledger.Begin(ctx, entry); err != nil {
			return nil, err
		}
	}
	// From here on the client may go: the backend makes the link all the same,
	// and only its answer tells which one. The client's own timeout bounds it.
	caller := ctx
	ctx = context.WithoutCancel(ctx)
	defer a.doubtWhenGone(caller, entry.ID)()
	made, err := a.sendOne(ctx, d, entry.Alias)
	if errors.Is(err, errAlias) && entry.Alias != "" {
		// Nothing was made, and the client did not ask for that alias.
		a.aliases.Store(aliasesRefused)
		if again {
			return a.makeOnce(caller, d)
		}
		entry.Alias = ""
		made, err = a.sendOne(ctx, d, "")
	}
	if coded, ok := errors.AsType[*api.Error](err); ok && coded.Code == api.Conflict {
		made, err = a.earlier(ctx, d, entry, again, coded)
	}
	if err != nil {
		return nil, a.settle(ctx, entry, again, err)
	}
	if made.alias == entry.Alias {
		a.aliases.CompareAndSwap(aliasesDropped, aliasesKept)
	} else if entry.Alias != "" {
		a.aliases.Store(aliasesDropped)
		if again {
			a.cfg.Logger.Warn("the site dropped the alias of a create that was in doubt: a link may exist twice", zap.Int64("intent", entry.ID))
		}
	}
	return a.finish(caller, d, entry, made)
}

// sendOne asks for one link.
func (a *Adapter) sendOne(ctx context.Context, d *draft, alias string) (*created, error) {
	body := d.body
	if alias != "" {
		var err error
		if body, err = sjson.SetBytes(body, "alias", alias); err != nil {
			return nil, fmt.Errorf("adding the alias: %w", err)
		}
	}
	resp, err := a.send(ctx, d.call, body)
	if err != nil {
		return nil, err
	}
	return a.read(d, resp)
}

// send asks the site to create what the body says.
func (a *Adapter) send(ctx context.Context, call *api.Call, body []byte) (*upstream.Response, error) {
	req := &upstream.Request{Method: http.MethodPost, Path: "/api/links/create", Body: body, Key: call.Key.Forwarded}
	resp, err := a.client.Do(ctx, req)
	if upstream.NotJSON(err) {
		a.cfg.Drift.Note(call.Operation, "", drift.NotJSON)
	}
	return resp, err
}

// settle ends the intent of a create that brought no link, and leaves it where
// this one or an earlier one may have brought one.
func (a *Adapter) settle(ctx context.Context, entry *ledger.Entry, again bool, err error) error {
	coded := api.AsError(err)
	if coded.Code == api.NotFound {
		// There is nothing in a create to be found: the address is wrong.
		coded = &api.Error{Code: api.Unavailable, Message: fmt.Sprintf("The backend %q does not know this operation.", a.cfg.Name), Err: coded}
	}
	if !upstream.InDoubt(err) && !errors.Is(err, errUnreadable) {
		if !again {
			a.abandon(ctx, entry)
		}
		return coded
	}
	a.cfg.Logger.Warn("the outcome of a create is unknown", zap.Int64("intent", entry.ID), zap.Error(err))
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
	defer cancel()
	if err := a.ledger.Doubt(after, entry.ID); err != nil {
		a.cfg.Logger.Warn("marking an intent", zap.Int64("intent", entry.ID), zap.Error(err))
	}
	a.doubts.Forget()
	unknown := *coded
	unknown.Message += " The link may have been created all the same."
	wait := a.cfg.quarantine()
	if a.resolvable(entry) {
		unknown.Message += " The same request, sent again, finds out and makes no second one."
		wait = againPause
	}
	unknown.RetryAfter = cmp.Or(unknown.RetryAfter, wait)
	return &unknown
}

// abandon removes the intent of a create that has certainly brought no link.
func (a *Adapter) abandon(ctx context.Context, entry *ledger.Entry) {
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
	defer cancel()
	if err := a.ledger.Abandon(after, entry.ID); err != nil {
		a.cfg.Logger.Warn("removing an intent", zap.Int64("intent", entry.ID), zap.Error(err))
	}
}

// finish completes the entry for a caller who may have gone.
func (a *Adapter) finish(caller context.Context, d *draft, entry *ledger.Entry, made *created) (*recorded, error) {
	ctx, gone := context.WithoutCancel(caller), caller.Err() != nil
	// Another process may have been sent the same request and have told of it.
	told := gone && a.completed(ctx, entry) != nil
	link, err := a.complete(ctx, d, entry, made)
	if err == nil && gone && !told {
		a.untold(ctx, d, entry)
	}
	return link, err
}

// complete records a link that exists, and compares it with what was asked
// for. Before it gives up it tries again: the database may be busy for a moment.
func (a *Adapter) complete(ctx context.Context, d *draft, entry *ledger.Entry, made *created) (*recorded, error) {
	dropped := made.dropped(d, a.cfg.Name)
	entry.RemoteID, entry.Alias, entry.ShortURL, entry.Title = made.id, made.alias, made.shortURL, made.title
	if made.longURL != "" {
		entry.LongURL = made.longURL
	}
	var err error
	if entry.Document, err = without(d.stored, dropped); err != nil {
		return nil, err
	}
	if entry.Document, err = sjson.SetBytes(entry.Document, "has_password", made.hasPassword); err != nil {
		return nil, fmt.Errorf("editing the stored document: %w", err)
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
	defer cancel()
	for try := 1; ; try++ {
		if err = a.ledger.Complete(after, entry); err == nil {
			warnings := append(d.warnings, dropped...)
			return &recorded{entry: entry, warnings: append(warnings, made.remarks(d, a.cfg.Name)...)}, nil
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
		return nil, coded
	}
	return nil, &api.Error{Code: api.Unavailable, Message: "The link was created and could not be recorded.", Err: err}
}
