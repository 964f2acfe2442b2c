// Package ledgertest has a ledger for tests of adapters.
package ledgertest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
)

// Memory is a ledger that forgets all with the process. Its zero value is an
// empty one; it is safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	entries []ledger.Entry
	refuse  int
}

var errNoEntry = &api.Error{Code: api.NotFound, Message: "No such entry."}

// Refuse has the next n calls of Complete fail.
func (m *Memory) Refuse(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuse = n
}

// Entries returns all that is kept, intents too, oldest first.
func (m *Memory) Entries() []ledger.Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.entries), func(e ledger.Entry) bool { return e.ID == 0 })
}

// Begin implements ledger.Ledger.
func (m *Memory) Begin(ctx context.Context, e *ledger.Entry) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, &api.Error{Code: api.Unavailable, Message: "The database failed.", Err: err}
	}
	row := *e
	row.ID = int64(len(m.entries) + 1)
	if row.Created.IsZero() {
		row.Created = time.Now()
	}
	m.entries = append(m.entries, row)
	e.ID, e.Created = row.ID, row.Created
	return row.ID, nil
}

// Complete implements ledger.Ledger.
func (m *Memory) Complete(ctx context.Context, e *ledger.Entry) error {
	return m.change(ctx, e.ID, func(kept *ledger.Entry) error {
		if m.refuse > 0 {
			m.refuse--
			return errors.New("the database is busy")
		}
		if kept.Account != e.Account || kept.Backend != e.Backend {
			return errNoEntry
		}
		first := kept.Completed
		*kept = *e
		kept.Doubtful = time.Time{}
		if kept.Completed = first; first.IsZero() {
			kept.Completed = time.Now()
		}
		return nil
	})
}

// Abandon implements ledger.Ledger.
func (m *Memory) Abandon(ctx context.Context, id int64) error {
	return m.change(ctx, id, func(e *ledger.Entry) error {
		if !e.Completed.IsZero() {
			return errNoEntry
		}
		*e = ledger.Entry{}
		return nil
	})
}

// Doubt implements ledger.Ledger.
func (m *Memory) Doubt(ctx context.Context, id int64) error {
	return m.change(ctx, id, func(e *ledger.Entry) error {
		if !e.Completed.IsZero() {
			return errNoEntry
		}
		if e.Doubtful.IsZero() {
			e.Doubtful = time.Now()
		}
		return nil
	})
}

// Delete implements ledger.Ledger.
func (m *Memory) Delete(ctx context.Context, account, backend string, id int64) error {
	return m.change(ctx, id, func(e *ledger.Entry) error {
		if e.Completed.IsZero() || e.Account != account || e.Backend != backend {
			return errNoEntry
		}
		*e = ledger.Entry{}
		return nil
	})
}

// change changes an entry; its place stays empty where it becomes the zero one.
func (m *Memory) change(ctx context.Context, id int64, change func(e *ledger.Entry) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return &api.Error{Code: api.Unavailable, Message: "The database failed.", Err: err}
	}
	if id < 1 || id > int64(len(m.entries)) || m.entries[id-1].ID == 0 {
		return errNoEntry
	}
	return change(&m.entries[id-1])
}

// InDoubt implements ledger.Ledger.
func (m *Memory) InDoubt(_ context.Context, account, backend string, fingerprint [32]byte, lease time.Duration) (*ledger.Entry, error) {
	return m.newest(func(e *ledger.Entry) bool {
		return e.Completed.IsZero() && e.Account == account && e.Backend == backend && e.Fingerprint == fingerprint &&
			(!e.Doubtful.IsZero() || time.Since(e.Created) > lease)
	})
}

// Entry implements ledger.Ledger.
func (m *Memory) Entry(_ context.Context, account, backend string, id int64) (*ledger.Entry, error) {
	return m.newest(func(e *ledger.Entry) bool {
		return !e.Completed.IsZero() && e.Account == account && e.Backend == backend && e.ID == id
	})
}

// Find implements ledger.Ledger.
func (m *Memory) Find(_ context.Context, account, backend, short string) (*ledger.Entry, error) {
	return m.newest(func(e *ledger.Entry) bool {
		return !e.Completed.IsZero() && e.Account == account && e.Backend == backend && (e.ShortURL == short || e.Alias == short)
	})
}

func (m *Memory) newest(match func(e *ledger.Entry) bool) (*ledger.Entry, error) {
	for _, e := range slices.Backward(m.Entries()) {
		if match(&e) {
			return &e, nil
		}
	}
	return nil, errNoEntry
}

// List implements ledger.Ledger.
func (m *Memory) List(_ context.Context, f ledger.Filter) ([]ledger.Entry, int, error) {
	var found []ledger.Entry
	for _, e := range slices.Backward(m.Entries()) {
		text := strings.ToLower(e.LongURL + " " + e.Alias + " " + e.Title)
		if !e.Completed.IsZero() && e.Account == f.Account && e.Backend == f.Backend && strings.Contains(text, strings.ToLower(f.Search)) {
			found = append(found, e)
		}
	}
	total := len(found)
	found = found[min(f.Offset, total):]
	return found[:min(f.Limit, len(found))], total, nil
}

// Pending implements ledger.Ledger.
func (m *Memory) Pending(_ context.Context, backend string, age time.Duration) (int, error) {
	n := 0
	for _, e := range m.Entries() {
		if e.Backend == backend && e.Completed.IsZero() && (!e.Doubtful.IsZero() || time.Since(e.Created) >= age) {
			n++
		}
	}
	return n, nil
}

var _ ledger.Ledger = (*Memory)(nil)
