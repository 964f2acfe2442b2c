package dglnk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
)

// memory is a ledger for tests.
type memory struct {
	mu      sync.Mutex
	entries []ledger.Entry
	refuse  int // how many calls of Complete fail
}

var errNoEntry = &api.Error{Code: api.NotFound, Message: "No such entry."}

func (m *memory) Begin(ctx context.Context, e *ledger.Entry) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, &api.Error{Code: api.Unavailable, Message: "The database failed.", Err: err}
	}
	row := *e
	row.ID = int64(len(m.entries) + 1)
	m.entries = append(m.entries, row)
	return row.ID, nil
}

func (m *memory) Complete(ctx context.Context, e *ledger.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.refuse > 0 {
		m.refuse--
		return errors.New("the database is busy")
	}
	m.entries[e.ID-1] = *e
	m.entries[e.ID-1].Completed = time.Now()
	return nil
}

func (m *memory) Abandon(ctx context.Context, id int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	m.entries[id-1] = ledger.Entry{}
	return nil
}

func (m *memory) Entry(_ context.Context, account, backend string, id int64) (*ledger.Entry, error) {
	return m.first(func(e ledger.Entry) bool { return e.Account == account && e.Backend == backend && e.ID == id })
}

func (m *memory) Find(_ context.Context, account, backend, short string) (*ledger.Entry, error) {
	return m.first(func(e ledger.Entry) bool {
		return e.Account == account && e.Backend == backend && (e.ShortURL == short || e.Alias == short)
	})
}

func (m *memory) first(match func(ledger.Entry) bool) (*ledger.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range slices.Backward(m.entries) {
		if !e.Completed.IsZero() && match(e) {
			return &e, nil
		}
	}
	return nil, errNoEntry
}

func (m *memory) List(_ context.Context, f ledger.Filter) ([]ledger.Entry, int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []ledger.Entry
	for _, e := range slices.Backward(m.entries) {
		text := strings.ToLower(e.LongURL + " " + e.Alias + " " + e.Title)
		if !e.Completed.IsZero() && e.Account == f.Account && e.Backend == f.Backend && strings.Contains(text, strings.ToLower(f.Search)) {
			found = append(found, e)
		}
	}
	total := len(found)
	found = found[min(f.Offset, total):]
	return found[:min(f.Limit, len(found))], total, nil
}

func (m *memory) Pending(_ context.Context, backend string, age time.Duration) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, e := range m.entries {
		if e.Backend == backend && e.Completed.IsZero() && time.Since(e.Created) >= age {
			n++
		}
	}
	return n, nil
}

var _ ledger.Ledger = (*memory)(nil)

func intent(id int64) zap.Field { return zap.Int64("intent", id) }

func newEntry(ctx context.Context, t *testing.T, l *memory) *ledger.Entry {
	t.Helper()
	e := &ledger.Entry{Account: "main", Backend: "dg", Document: []byte(`{"url":"https://example.com"}`), Created: time.Now()}
	id, err := l.Begin(ctx, e)
	if err != nil {
		t.Fatal(err)
	}
	e.ID = id
	return e
}
