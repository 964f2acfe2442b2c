// Package reconcile keeps a create whose answer never came from being made
// twice.
//
// A create in doubt is written into the ledger, and what it has made is looked
// for: at once, and again whenever the same request is sent. Requests are the
// same where their account and document are, passwords aside. Only when nothing
// was found for as long as the backend may still be at work on it is it made
// anew. A create that is answered costs no write.
package reconcile

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
)

// minQuarantine is the shortest time that a backend is given to end what it was
// asked for: PHP's own limit for a request.
const minQuarantine = 30 * time.Second

// Config is what a Journal is made of.
type Config struct {
	// Ledger keeps the creates that are in doubt. Nil means that nobody does:
	// creates are sent, and one in doubt is looked for once.
	Ledger ledger.Ledger

	// Backend is the operator's name of the backend.
	Backend string

	// Quarantine is how long a create that cannot be found may still be under
	// way at the backend after it was given up. 0 means 30 seconds, the least
	// that it can be.
	Quarantine time.Duration

	// Logger is told of creates in doubt. Nil means nobody is.
	Logger *zap.Logger

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Journal knows the creates of one backend whose outcome is in doubt. It is
// safe for concurrent use.
type Journal struct {
	cfg     Config
	doubts  Doubts
	flights Flights
}

// New returns a journal.
func New(cfg Config) *Journal {
	cfg.Quarantine = max(cfg.Quarantine, minQuarantine)
	if cfg.Logger == nil {
		cfg.Logger = zap.NewNop()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Journal{cfg: cfg}
}

// Create is one create at a backend that can look links up.
type Create struct {
	// Document is what is sent. It tells the request from others; the value of
	// its member "password" does not.
	Document []byte

	// Send sends it, once.
	Send func(ctx context.Context) (*api.Reply, error)

	// Find looks for what a Send at that time has made, by our clock; nil and
	// no error where there is nothing. It must not answer from memory.
	Find func(ctx context.Context, sent time.Time) (*api.Reply, error)
}

// Keep says that a create of the document has made a link, not before it was
// sent, of which its caller was not told yet. It counts as under way until end is
// called; if the context has ended by then, the same request finds the link.
func (j *Journal) Keep(ctx context.Context, call *api.Call, document []byte, sent time.Time) (end func()) {
	r := &request{journal: j, call: call, create: Create{Document: document}, sum: fingerprint(call, document), sent: sent}
	land := j.flights.Begin(ctx, r.sum)
	return func() {
		defer land()
		if ctx.Err() != nil {
			r.begin(ctx)
		}
	}
}

// Create makes a link once, or answers what the same request has made before
// without anybody being told. Where nobody knows what came of it, the error is
// Unavailable, says so, and names a time after which the same request finds
// out.
//
// Two of the same request at the same time are two creates: only what is in
// doubt is looked for. A request that comes while an earlier one is still under
// way, whose caller has gone, waits for that: it is most likely sent again.
func (j *Journal) Create(ctx context.Context, call *api.Call, c Create) (*api.Reply, error) {
	r := &request{journal: j, call: call, create: c, sum: fingerprint(call, c.Document)}
	if err := j.flights.Wait(ctx, r.sum); err != nil {
		return nil, api.AsError(err)
	}
	earlier, reply, err := r.resolve(ctx)
	if reply != nil || err != nil {
		return reply, err
	}
	defer j.flights.Begin(ctx, r.sum)()
	r.sent = j.cfg.Now()
	reply, err = c.Send(ctx)
	switch {
	case err == nil && ctx.Err() == nil:
		return reply, nil
	case err == nil:
		// The link is there, and its caller has gone without being told.
		r.begin(ctx)
		return reply, nil
	case InDoubt(err):
		return r.doubt(ctx, err)
	case api.AsError(err).Code == api.Conflict:
		return r.conflict(ctx, earlier, err)
	}
	return nil, err
}
