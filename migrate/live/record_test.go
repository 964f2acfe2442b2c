package live_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/live"
	"github.com/linkquay/linkquay/migrate/migratetest"
)

// answers is a backend that gives every call one answer.
type answers struct {
	calls atomic.Int64
	reply string
	err   error
}

func (a *answers) Do(context.Context, *api.Call) (*api.Reply, error) {
	a.calls.Add(1)
	if a.err != nil {
		return nil, a.err
	}
	return &api.Reply{Document: []byte(a.reply)}, nil
}

func (a *answers) Capabilities() api.Capabilities {
	all := api.Capabilities{}
	for _, op := range []api.Operation{api.CreateLink, api.UpdateLink, api.DeleteLink, api.GetLink, api.ListLinks, api.AssignItemToChannel} {
		all[op] = api.Capability{Support: api.Native}
	}
	return all
}

// newSwitch returns a switch before a backend whose links are being copied.
func newSwitch(t *testing.T, store migrate.Store, b adapters.Backend) *live.Switch {
	t.Helper()
	_, err := store.OpenMove(t.Context(), migrate.Move{Source: "a", SourceAccount: "main", Target: "b", TargetAccount: "main"})
	must(t, err)
	r := live.New(live.Config{Store: store, Every: every, Place: func(name, account string) (*migrate.Place, error) {
		return &migrate.Place{Name: name, Account: account, Backend: &answers{}}, nil
	}})
	s := r.Switch("a", b)
	must(t, r.Start(t.Context()))
	t.Cleanup(r.Close)
	return s
}

func create() *api.Call {
	return &api.Call{
		Operation: api.CreateLink, Document: []byte(`{"url":"https://example.com"}`),
		Key: &api.Key{Account: "main", Backend: "a"},
	}
}

// TestSwitch_Notes: a write is noted before it is sent, and what came of it
// before its client is told.
func TestSwitch_Notes(t *testing.T) {
	for name, c := range map[string]struct {
		call    *api.Call
		answer  *answers
		entries int
		ready   bool
		object  int64
	}{
		"Created":   {create(), &answers{reply: `{"error":0,"id":7}`}, 1, true, 7},
		"Refused":   {create(), &answers{err: api.Errorf(api.Conflict, "Taken.")}, 0, false, 0},
		"Unknown":   {create(), &answers{err: api.Errorf(api.Unavailable, "Gone.")}, 1, false, 0},
		"NoID":      {create(), &answers{reply: `{"error":0}`}, 1, false, 0},
		"Fault":     {create(), &answers{err: errors.New("a fault of ours")}, 1, false, 0},
		"Cancelled": {create(), &answers{err: context.Canceled}, 1, false, 0},
		"Deleted": {
			&api.Call{Operation: api.DeleteLink, Path: api.Path{ID: 9}, Key: &api.Key{Account: "main"}}, &answers{reply: `{"error":0}`}, 1, true, 9,
		},
		"Assigned": {
			&api.Call{Operation: api.AssignItemToChannel, Path: api.Path{ID: 3, ItemID: 9, ItemType: "links"}, Key: &api.Key{Account: "main"}},
			&answers{reply: `{"error":0}`}, 1, true, 9,
		},
		"AssignedPage": {
			&api.Call{Operation: api.AssignItemToChannel, Path: api.Path{ID: 3, ItemID: 9, ItemType: "bio"}, Key: &api.Key{Account: "main"}},
			&answers{reply: `{"error":0}`}, 0, false, 0,
		},
		"Read":           {&api.Call{Operation: api.GetLink, Path: api.Path{ID: 9}, Key: &api.Key{Account: "main"}}, &answers{reply: `{"id":9}`}, 0, false, 0},
		"AnotherAccount": {&api.Call{Operation: api.DeleteLink, Path: api.Path{ID: 9}, Key: &api.Key{Account: "other"}}, &answers{reply: `{"error":0}`}, 0, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			store := &migratetest.Memory{}
			_, err := newSwitch(t, store, c.answer).Do(t.Context(), c.call)
			if (err == nil) != (c.answer.err == nil) {
				t.Errorf("the client is told %v", err)
			}
			entries, err := store.Entries(t.Context(), 1, 0, 10)
			must(t, err)
			if len(entries) != c.entries {
				t.Fatalf("entries %+v; want %d", entries, c.entries)
			}
			if len(entries) > 0 && (entries[0].Ready != c.ready || entries[0].Object != c.object || entries[0].AtTarget) {
				t.Errorf("the entry is %+v; want ready %t, of %d", entries[0], c.ready, c.object)
			}
		})
	}
}

// TestSwitch_StoreFails: what cannot be noted is not sent; and where the outcome
// of what was sent cannot be, its client hears of it all the same.
func TestSwitch_StoreFails(t *testing.T) {
	for method, sent := range map[string]int64{"NoteEntry": 0, "FinishEntry": 1} {
		var failing atomic.Bool
		store := &migratetest.Memory{Fail: func(m string) error {
			if failing.Load() && m == method {
				return api.Errorf(api.Unavailable, "The database does not answer.")
			}
			return nil
		}}
		b := &answers{reply: `{"error":0,"id":7}`}
		s := newSwitch(t, store, b)
		failing.Store(true)
		_, err := s.Do(t.Context(), create())
		if n := b.calls.Load(); n != sent || (err == nil) != (sent > 0) {
			t.Errorf("%s fails: %d calls, %v; want %d", method, n, err, sent)
		}
		if err != nil && api.AsError(err).Code != api.Unavailable {
			t.Errorf("%s fails: %v; want unavailable", method, err)
		}
	}
}

// TestSwitch_Turn: when the primary changes, a write that is under way ends where
// it began, those that come meanwhile wait and reach the other side, and reads
// do not wait.
func TestSwitch_Turn(t *testing.T) {
	store := &migratetest.Memory{}
	m, err := store.OpenMove(t.Context(), migrate.Move{Source: "a", SourceAccount: "main", Target: "b", TargetAccount: "main"})
	must(t, err)
	must(t, store.SetPhase(t.Context(), m.ID, migrate.Copying, migrate.DualWrite))
	slow := &gated{answers: answers{reply: `{"error":0,"id":7}`}, begun: make(chan struct{}, 1), end: make(chan struct{})}
	target := &answers{reply: `{"error":0,"id":8}`}
	r := live.New(live.Config{Store: store, Every: every, Patience: 20 * every, Place: func(name, account string) (*migrate.Place, error) {
		return &migrate.Place{Name: name, Account: account, Backend: target}, nil
	}})
	s := r.Switch("a", slow)
	must(t, r.Start(t.Context()))
	t.Cleanup(r.Close)

	results := make(chan string, 2)
	write := func() {
		reply, err := s.Do(context.WithoutCancel(t.Context()), create())
		if err != nil {
			reply = &api.Reply{Document: []byte(err.Error())}
		}
		results <- string(reply.Document)
	}
	go write()
	<-slow.begun
	must(t, store.SetPhase(t.Context(), m.ID, migrate.DualWrite, migrate.Cutover))
	time.Sleep(5 * every)
	go write()
	time.Sleep(5 * every)
	if _, err := s.Do(t.Context(), &api.Call{Operation: api.ListLinks, Key: &api.Key{Account: "main"}}); err != nil || slow.calls.Load() != 1 {
		t.Errorf("a read meanwhile: %v, %d calls of the source", err, slow.calls.Load())
	}
	if n := len(results); n > 0 {
		t.Errorf("%d writes have ended before their time", n)
	}
	close(slow.end)
	for _, want := range []string{`{"error":0,"id":7}`, `{"error":0,"id":549755813896}`} {
		if got := <-results; got != want {
			t.Errorf("a write was answered %s; want %s", got, want)
		}
	}
	if name, _ := s.Home("main"); name != "b" {
		t.Errorf("%s answers", name)
	}
}

// gated is a backend whose writes wait.
type gated struct {
	answers
	begun chan struct{}
	end   chan struct{}
}

func (g *gated) Do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if call.Operation == api.CreateLink {
		g.begun <- struct{}{}
		<-g.end
	}
	return g.answers.Do(ctx, call)
}
