// Package live is a move while clients go on working: it stands in front of the
// backends of a running server, and has each call answered by the side whose
// turn it is.
//
//   - A [Switch] stands in front of one backend. Without a move it costs one
//     atomic load.
//   - A [Registry] follows the moves in the database, so that a phase that a
//     command sets is that of every server within a second or two. When the
//     primary changes, writes wait until those at the other side have ended and
//     have been carried over; reads go on. No request fails for it.
//   - What clients write at the primary is noted as entries, and each move has
//     one server at a time that applies them to the other side, in their order.
//   - Ids stay as clients know them: those of the source. What was made at the
//     target is 1<<39 | its id there. After a rollback such an id goes on being
//     understood.
//
// A move concerns the keys of its source and source account. Keys of the target
// see the target as it is, and what they write there is not carried back.
// Callers with credentials of their own (forward_credentials) are in no move.
package live

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/poll"
)

// Config is what a Registry is made of. All fields are required unless they say
// otherwise.
type Config struct {
	// Store keeps the moves.
	Store migrate.Store

	// Place returns a backend of this server as a side of a move of the account.
	// Its Backend is the configured one itself, without a Switch. It must be quick.
	// An error says that there is none of that name.
	Place func(name, account string) (*migrate.Place, error)

	// Every is how often the database is asked for changes; 0 means a second.
	Every time.Duration

	// Patience is how long writes wait at most when the primary changes; 0 means
	// ten seconds. What has not been carried over by then is carried later.
	Patience time.Duration

	// Logger is told of changes and of what cannot be carried; nil means that
	// nobody is.
	Logger *zap.Logger

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Registry holds the switches of a server. It is safe for concurrent use once it
// was started.
type Registry struct {
	cfg       Config
	holder    string // of leases
	switches  map[string]*Switch
	passwords passwords
	revision  int64
	outage    poll.Outage

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	tasks  sync.WaitGroup
	loop   *poll.Loop
	close  sync.Once

	// mu guards what follows, and the sides of all switches.
	mu       sync.Mutex
	moves    map[seat]migrate.Move // that the switches are to follow
	turning  map[seat]bool         // whose primary is changing
	carriers map[int64]*carrier    // by move
	closed   bool
}

// seat is an account at a Switch.
type seat struct{ backend, account string }

// New returns a registry without switches. It asks nobody for anything.
func New(cfg Config) *Registry {
	if cfg.Every == 0 {
		cfg.Every = time.Second
	}
	if cfg.Patience == 0 {
		cfg.Patience = 10 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = zap.NewNop()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Registry{
		cfg:      cfg,
		holder:   rand.Text(),
		switches: map[string]*Switch{},
		turning:  map[seat]bool{},
		carriers: map[int64]*carrier{},
		outage: poll.Outage{
			Logger: cfg.Logger,
			Fails:  "the moves cannot be read: what was last known of them holds",
			Works:  "the moves can be read again",
		},
	}
}

// Switch returns what stands in front of the backend of the name. It must be
// called before Start, once for each backend that takes part in moves.
func (r *Registry) Switch(name string, own adapters.Backend) *Switch {
	s := newSwitch(r, name, own)
	r.switches[name] = s
	return s
}

// Start reads the moves and follows them until Close. Its error is the store's.
// The context gives values alone; its end ends nothing.
func (r *Registry) Start(ctx context.Context) error {
	r.ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := r.look(ctx); err != nil {
		r.Close()
		return fmt.Errorf("reading the moves: %w", err)
	}
	r.loop = poll.Start(r.ctx, r.cfg.Every, func(ctx context.Context) { r.outage.Note(ctx, r.look(ctx)) })
	return nil
}

// Close ends the following and the carrying, and waits for both. What waits is
// carried by another server, or after the next start. Switches go on answering
// as they did. Without a Start it does nothing; calling it again does nothing.
func (r *Registry) Close() {
	if r.cancel == nil {
		return
	}
	r.close.Do(func() {
		r.cancel()
		if r.loop != nil {
			r.loop.Close()
		}
		r.mu.Lock()
		r.closed = true
		r.mu.Unlock()
		r.tasks.Wait()
	})
}
