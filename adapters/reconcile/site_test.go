package reconcile

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
	"github.com/linkquay/linkquay/ledger/ledgertest"
)

// site is a backend as a journal sees it.
type site struct {
	ledger *book
	ours   atomic.Int64 // how far the clock is ahead

	mu      sync.Mutex
	sent    int
	found   *api.Reply
	findErr error
	asked   []time.Time // by Find
	answers []func() (*api.Reply, error)
}

// book is a ledger that can be away.
type book struct {
	ledgertest.Memory

	away    atomic.Bool
	counted atomic.Int64
	queried atomic.Int64
}

var errAway = &api.Error{Code: api.Unavailable, Message: "The database is away."}

func (b *book) Begin(ctx context.Context, e *ledger.Entry) (int64, error) {
	if b.away.Load() {
		return 0, errAway
	}
	return b.Memory.Begin(ctx, e)
}

func (b *book) Pending(ctx context.Context, backend string, age time.Duration) (int, error) {
	b.counted.Add(1)
	if b.away.Load() {
		return 0, errAway
	}
	return b.Memory.Pending(ctx, backend, age)
}

func (b *book) InDoubt(ctx context.Context, account, backend string, sum [32]byte, lease time.Duration) (*ledger.Entry, error) {
	b.queried.Add(1)
	return b.Memory.InDoubt(ctx, account, backend, sum, lease)
}

var (
	errDoubt    = Doubtful(&api.Error{Code: api.Unavailable, Message: "The backend did not answer."})
	errRefused  = &api.Error{Code: api.Invalid, Message: "No."}
	errConflict = &api.Error{Code: api.Conflict, Message: "That alias is taken."}
	made        = &api.Reply{Document: []byte(`{"error":0,"id":7}`)}
)

func answer(err error) func() (*api.Reply, error) {
	return func() (*api.Reply, error) {
		if err != nil {
			return nil, err
		}
		return &api.Reply{Document: []byte(`{"error":0,"id":1}`)}, nil
	}
}

func newSite(answers ...error) *site {
	s := &site{ledger: &book{}}
	for _, err := range answers {
		s.answers = append(s.answers, answer(err))
	}
	return s
}

func (s *site) journal() *Journal {
	return New(Config{Ledger: s.ledger, Backend: "kr", Now: s.now})
}

func (s *site) now() time.Time       { return time.Now().Add(time.Duration(s.ours.Load())) }
func (s *site) pass(d time.Duration) { s.ours.Add(int64(d)) }

func (s *site) create(ctx context.Context, j *Journal, account, document string) (*api.Reply, error) {
	return j.Create(ctx, &api.Call{Key: &api.Key{Account: account}}, Create{
		Document: []byte(document),
		Send: func(context.Context) (*api.Reply, error) {
			s.mu.Lock()
			next := answer(nil)
			if s.sent < len(s.answers) {
				next = s.answers[s.sent]
			}
			s.sent++
			s.mu.Unlock()
			return next()
		},
		Find: func(ctx context.Context, sent time.Time) (*api.Reply, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.asked = append(s.asked, sent)
			if s.found == nil || s.findErr != nil {
				return nil, errors.Join(s.findErr, ctx.Err())
			}
			reply := *s.found
			return &reply, ctx.Err()
		},
	})
}

func (s *site) finds(reply *api.Reply, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found, s.findErr = reply, err
}

const document = `{"url":"https://example.com/","custom":"spring"}`

func wantCode(t *testing.T, when string, err error, code api.Code) {
	t.Helper()
	if err == nil || api.AsError(err).Code != code {
		t.Fatalf("%s: Create() = %v; want %s", when, err, code)
	}
}

// wantState fails the test unless so many were sent, and so many are in doubt.
func (s *site) wantState(t *testing.T, sent, doubts int) {
	t.Helper()
	if n := len(s.ledger.Entries()); s.sent != sent || n != doubts {
		t.Errorf("%d were sent, %d are in doubt; want %d and %d", s.sent, n, sent, doubts)
	}
}

// doubt has the ledger hold an intent of the document.
func (s *site) doubt(t *testing.T, since time.Time) {
	t.Helper()
	sum := fingerprint(&api.Call{Key: &api.Key{Account: "main"}}, []byte(document))
	_, err := s.ledger.Begin(t.Context(), &ledger.Entry{Account: "main", Backend: "kr", Fingerprint: sum, Created: since, Doubtful: since})
	if err != nil {
		t.Fatal(err)
	}
}
