package live_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/live"
	"github.com/linkquay/linkquay/migrate/migratetest"
)

// inPhase returns a store with a move from a to b in the phase.
func inPhase(tb testing.TB, store *migratetest.Memory, phase migrate.Phase) *migrate.Move {
	tb.Helper()
	m, err := store.OpenMove(tb.Context(), migrate.Move{Source: "a", SourceAccount: "main", Target: "b", TargetAccount: "main"})
	must(tb, err)
	for _, next := range []migrate.Phase{migrate.DualWrite, migrate.Cutover, migrate.RolledBack} {
		if m.Phase != phase {
			must(tb, store.SetPhase(tb.Context(), m.ID, m.Phase, next))
			m.Phase = next
		}
	}
	return m
}

// TestRegistry_Restart: a server that starts right after a change begins with the
// side that has what clients have written.
func TestRegistry_Restart(t *testing.T) {
	for name, c := range map[string]struct {
		phase        migrate.Phase
		written      bool
		first, later string
	}{
		"Cutover":            {migrate.Cutover, false, "a", "b"},
		"CutoverWritten":     {migrate.Cutover, true, "b", "b"},
		"RolledBack":         {migrate.RolledBack, false, "a", "a"},
		"RolledBackWritten":  {migrate.RolledBack, true, "b", "a"},
		"DualWriteLeftovers": {migrate.DualWrite, true, "a", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			store := &migratetest.Memory{}
			m := inPhase(t, store, c.phase)
			if c.written {
				must(t, store.NoteEntry(t.Context(), &migrate.Entry{Move: m.ID, AtTarget: true, Kind: adapters.KindLink, Object: 7}))
			}
			r := live.New(live.Config{
				Store: store, Every: every, Patience: 10 * every,
				Place: func(name, account string) (*migrate.Place, error) {
					return &migrate.Place{Name: name, Account: account, Backend: &answers{err: api.Errorf(api.Unavailable, "Away.")}}, nil
				},
			})
			s := r.Switch("a", &answers{reply: `{"error":0,"id":7}`})
			must(t, r.Start(t.Context()))
			t.Cleanup(r.Close)
			if got, _ := s.Home("main"); got != c.first {
				t.Errorf("at the start %s answers; want %s", got, c.first)
			}
			until(t, "the change", func() bool { got, _ := s.Home("main"); return got == c.later })
		})
	}
}

// TestRegistry_CloseInBarrier: a server that ends while writes wait for another
// primary lets them go on, and leaves no goroutine.
func TestRegistry_CloseInBarrier(t *testing.T) {
	before := runtime.NumGoroutine()
	store := &migratetest.Memory{}
	m := inPhase(t, store, migrate.DualWrite)
	target := &answers{reply: `{"error":0,"id":8}`}
	r := live.New(live.Config{Store: store, Every: every, Patience: time.Hour, Place: func(name, account string) (*migrate.Place, error) {
		return &migrate.Place{Name: name, Account: account, Backend: target}, nil
	}})
	slow := &gated{answers: answers{reply: `{"error":0,"id":7}`}, begun: make(chan struct{}, 1), end: make(chan struct{})}
	s := r.Switch("a", slow)
	must(t, r.Start(t.Context()))
	results := make(chan error, 2)
	write := func() { _, err := s.Do(context.WithoutCancel(t.Context()), create()); results <- err }
	go write()
	<-slow.begun
	must(t, store.SetPhase(t.Context(), m.ID, migrate.DualWrite, migrate.Cutover))
	time.Sleep(5 * every)
	go write() // it waits for the first one, which does not end
	time.Sleep(5 * every)
	ended := make(chan struct{})
	go func() { r.Close(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Fatal("the server does not end")
	}
	if err := <-results; err != nil {
		t.Errorf("the write that waited: %v", err)
	}
	close(slow.end)
	if err := <-results; err != nil {
		t.Errorf("the write that was under way: %v", err)
	}
	until(t, "the end of all goroutines", func() bool { return runtime.NumGoroutine() <= before })
}

// TestSwitch_OneEntry: however often an object is written while nobody applies
// entries, there is one, which says all that the writes said.
func TestSwitch_OneEntry(t *testing.T) {
	store := &migratetest.Memory{}
	m := inPhase(t, store, migrate.Copying)
	s := newSwitch(t, store, &answers{reply: `{"error":0,"id":7}`})
	do := func(op api.Operation, document string) {
		t.Helper()
		call := create()
		call.Operation, call.Document = op, []byte(document)
		if op != api.CreateLink {
			call.Path.ID = 7
		}
		_, err := s.Do(t.Context(), call)
		must(t, err)
	}
	do(api.CreateLink, `{"url":"https://example.com/0","metatitle":"Title","password":"secret"}`)
	for i := range 50 {
		do(api.UpdateLink, fmt.Sprintf(`{"url":"https://example.com/%d"}`, i+1))
	}
	entries, err := store.Entries(t.Context(), m.ID, 0, 100)
	must(t, err)
	if len(entries) != 1 || string(entries[0].Document) != `{"url":"https://example.com/50","metatitle":"Title"}` || entries[0].PasswordHash == "" {
		t.Errorf("the entries are %+v", entries)
	}
}

// TestSwitch_UnknownPassword: the note of a create that nobody answered says that
// it was locked.
func TestSwitch_UnknownPassword(t *testing.T) {
	store := &migratetest.Memory{}
	m := inPhase(t, store, migrate.Copying)
	s := newSwitch(t, store, &answers{err: api.Errorf(api.Unavailable, "Gone.")})
	call := create()
	call.Document = []byte(`{"url":"https://example.com","password":"secret"}`)
	if _, err := s.Do(t.Context(), call); err == nil {
		t.Error("it was answered")
	}
	entries, err := store.Entries(t.Context(), m.ID, 0, 100)
	must(t, err)
	if len(entries) != 1 || entries[0].PasswordHash == "" || strings.Contains(string(entries[0].Document), "secret") {
		t.Errorf("the entries are %+v", entries)
	}
}

// TestSwitch_EndsLate: a write that takes so long that its entry was applied
// before it is noted again.
func TestSwitch_EndsLate(t *testing.T) {
	store := &migratetest.Memory{}
	m := inPhase(t, store, migrate.Copying)
	slow := &gated{answers: answers{reply: `{"error":0,"id":7}`}, begun: make(chan struct{}, 1), end: make(chan struct{})}
	s := newSwitch(t, store, slow)
	result := make(chan error, 1)
	go func() { _, err := s.Do(context.WithoutCancel(t.Context()), create()); result <- err }()
	<-slow.begun
	entries, err := store.Entries(t.Context(), m.ID, 0, 100)
	must(t, err)
	must(t, store.DropEntry(t.Context(), &entries[0]))
	close(slow.end)
	must(t, <-result)
	if entries, err = store.Entries(t.Context(), m.ID, 0, 100); err != nil || len(entries) != 1 || !entries[0].Ready || entries[0].Object != 7 {
		t.Errorf("the entries are %+v, %v", entries, err)
	}
}
