package dglnk

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
)

// A create goes on when its caller has gone, who is most likely to send it
// again. So what came of it is kept for the same request: while it is under way
// as an intent in doubt, and then as a note of the link. A note is an intent
// that has a short URL.

// doubtWhenGone puts the intent in doubt as soon as the caller goes, until stop
// is called: the same request may then be sent again, to another process, while
// this one is under way.
func (a *Adapter) doubtWhenGone(caller context.Context, id int64) (stop func()) {
	pending := context.AfterFunc(caller, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(caller), ledgerTimeout)
		defer cancel()
		if err := a.ledger.Doubt(ctx, id); err != nil && api.AsError(err).Code != api.NotFound {
			a.cfg.Logger.Warn("marking an intent", zap.Int64("intent", id), zap.Error(err))
		}
		a.doubts.Forget()
	})
	return func() { pending() }
}

// untold writes down that the link exists and that the caller of its create had
// gone before it was answered. So the same request, sent again, is told of it.
func (a *Adapter) untold(ctx context.Context, d *draft, made *ledger.Entry) {
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerTimeout)
	defer cancel()
	note := a.entry(d)
	note.Alias, note.ShortURL, note.Doubtful = made.Alias, made.ShortURL, a.now()
	if _, err := a.ledger.Begin(after, note); err != nil {
		a.cfg.Logger.Warn("a create was not answered and could not be noted: the same request makes another link",
			zap.Int64("link", made.ID), zap.Error(err))
	}
	a.doubts.Forget()
}

// noted reports whether the intent is a note of untold.
func noted(entry *ledger.Entry) bool { return entry.ShortURL != "" }

// tell returns the link that a note of untold is about, and whether it is still
// there. The note goes when there is somebody to hear of it.
func (a *Adapter) tell(ctx context.Context, d *draft, note *ledger.Entry) (*recorded, bool, error) {
	entry, err := a.ledger.Find(ctx, note.Account, note.Backend, note.ShortURL)
	if coded, ok := errors.AsType[*api.Error](err); ok && coded.Code == api.NotFound {
		a.abandon(ctx, note)
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if ctx.Err() == nil {
		a.abandon(ctx, note)
	}
	return &recorded{entry: entry, warnings: append(d.warnings, new(created).remarks(d, a.cfg.Name)...)}, true, nil
}
