package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
)

const (
	// afterTimeout bounds what is done for a create in doubt when its caller may
	// have gone.
	afterTimeout = 5 * time.Second

	// pause is how long callers are told to wait at least, and maxPause at most:
	// the link may show long before the quarantine is over.
	pause    = 5 * time.Second
	maxPause = time.Minute
)

// request is one create on its way.
type request struct {
	journal *Journal
	call    *api.Call
	create  Create
	sum     [32]byte
	sent    time.Time
}

// resolve finds out what became of earlier creates of the same request that are
// in doubt. It returns what one of them has made; or, where they have made
// nothing and were given up, the oldest of them, nil where there was none.
func (r *request) resolve(ctx context.Context) (earlier *ledger.Entry, reply *api.Reply, err error) {
	for {
		entry, err := r.doubtful(ctx)
		if err != nil || entry == nil {
			return earlier, nil, err
		}
		if reply, err = r.find(ctx, entry); reply != nil || err != nil {
			return nil, reply, err
		}
		since := entry.Doubtful
		if since.IsZero() {
			since = entry.Created
		}
		// A clock that was set back must not keep it forever.
		if rest := r.journal.cfg.Quarantine - r.journal.cfg.Now().Sub(since).Abs(); rest > 0 {
			return nil, nil, &api.Error{
				Code: api.Unavailable,
				Message: fmt.Sprintf("The backend %q may still be at work on the same request, which was sent before. "+
					"Please send it again later.", r.journal.cfg.Backend),
				RetryAfter: min(rest.Truncate(time.Second)+time.Second, maxPause),
				Err:        fmt.Errorf("the intent %d is in doubt", entry.ID),
			}
		}
		r.journal.cfg.Logger.Info("a create that was in doubt has made nothing", zap.Int64("intent", entry.ID))
		if err := r.settle(ctx, entry.ID); err != nil {
			return nil, nil, err
		}
		earlier = entry
	}
}

// doubtful returns the newest intent of the same request that is in doubt, nil
// where there is none.
func (r *request) doubtful(ctx context.Context) (*ledger.Entry, error) {
	j := r.journal
	if j.cfg.Ledger == nil {
		return nil, nil //nolint:nilnil // None is no error.
	}
	some, err := j.doubts.Any(j.cfg.Now(), func() (int, error) {
		// The clocks of other processes may be ahead of ours.
		return j.cfg.Ledger.Pending(ctx, j.cfg.Backend, -24*time.Hour)
	})
	if err != nil || !some {
		return nil, err
	}
	entry, err := j.cfg.Ledger.InDoubt(ctx, r.call.Key.Account, j.cfg.Backend, r.sum, j.cfg.Quarantine)
	if err != nil && api.AsError(err).Code == api.NotFound {
		return nil, nil //nolint:nilnil // Others are in doubt.
	}
	return entry, err
}

// find looks for what an earlier create has made, and settles its doubt. Where
// that cannot be found out, it stays.
func (r *request) find(ctx context.Context, entry *ledger.Entry) (*api.Reply, error) {
	reply, err := r.create.Find(ctx, entry.Created)
	if err != nil {
		return nil, &api.Error{
			Code: api.Unavailable,
			Message: fmt.Sprintf("The same request was sent to the backend %q before, and what came of it cannot be found out now. "+
				"Please send it again later.", r.journal.cfg.Backend),
			RetryAfter: max(api.AsError(err).RetryAfter, pause),
			Err:        err,
		}
	}
	if reply == nil {
		return nil, nil //nolint:nilnil // Nothing was made, which is no error.
	}
	if gjson.GetBytes(r.create.Document, "password").Exists() {
		// Nothing that is kept tells whether it is the same.
		reply.Warnings = append(reply.Warnings, api.FieldError{
			Field: "password", Message: "is that of an earlier request, which was the same otherwise and created this link",
		})
	}
	r.settled(ctx, entry.ID)
	return reply, nil
}

// conflict returns the link that has the alias, where an earlier create of the
// same request that is in doubt has made it; else the conflict.
func (r *request) conflict(ctx context.Context, earlier *ledger.Entry, conflict error) (*api.Reply, error) {
	if earlier == nil {
		var err error
		if earlier, err = r.doubtful(ctx); err != nil || earlier == nil {
			return nil, conflict
		}
	}
	reply, err := r.find(ctx, earlier)
	if reply == nil && err == nil {
		err = conflict
	}
	return reply, err
}

// doubt writes the create down, of which the caller has learnt nothing, and looks
// for what it has made.
func (r *request) doubt(ctx context.Context, cause error) (*api.Reply, error) {
	// The ledger comes first: the same request may come again, to another
	// process, while this one looks.
	id := r.begin(ctx)
	var reply *api.Reply
	var findErr error
	// Whoever has gone hears nothing of what is found; the same request does.
	if ctx.Err() == nil {
		reply, findErr = r.look(ctx)
	}
	if reply != nil {
		r.settled(ctx, id)
		return reply, nil
	}
	r.journal.cfg.Logger.Warn("the outcome of a create is unknown", zap.Int64("intent", id), zap.Error(errors.Join(cause, findErr)))
	unknown := *api.AsError(cause)
	unknown.Code = api.Unavailable
	unknown.Message += " The link may have been created all the same."
	if id > 0 {
		unknown.Message += " The same request, sent again, finds out and makes no second one."
	}
	unknown.RetryAfter = max(unknown.RetryAfter, pause)
	unknown.Err = cause
	return nil, &unknown
}

// look looks for what has just been sent. The caller may have a little time left
// only.
func (r *request) look(ctx context.Context) (*api.Reply, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterTimeout)
	defer cancel()
	return r.create.Find(ctx, r.sent)
}

// begin writes the intent, also for a caller who has gone, and returns its id; 0
// where it is not written.
func (r *request) begin(ctx context.Context) (id int64) {
	j := r.journal
	if j.cfg.Ledger == nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterTimeout)
	defer cancel()
	id, err := j.cfg.Ledger.Begin(ctx, &ledger.Entry{
		Account:     r.call.Key.Account,
		Backend:     j.cfg.Backend,
		LongURL:     gjson.GetBytes(r.create.Document, "url").String(),
		Created:     r.sent,
		Fingerprint: r.sum,
		Doubtful:    j.cfg.Now(),
	})
	if err != nil {
		j.cfg.Logger.Error("a create is in doubt and could not be recorded: the same request may make another link", zap.Error(err))
		return 0
	}
	j.doubts.Forget()
	return id
}

// settled is settle for a link that is answered in any case: the doubt is a
// matter of ours then.
func (r *request) settled(ctx context.Context, id int64) {
	if err := r.settle(ctx, id); err != nil {
		r.journal.cfg.Logger.Warn("removing an intent", zap.Int64("intent", id), zap.Error(err))
	}
}

// settle ends a doubt. Another process may have been faster.
func (r *request) settle(ctx context.Context, id int64) error {
	if id == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterTimeout)
	defer cancel()
	err := r.journal.cfg.Ledger.Abandon(ctx, id)
	if err != nil && api.AsError(err).Code != api.NotFound {
		return err
	}
	r.journal.doubts.Forget()
	return nil
}
