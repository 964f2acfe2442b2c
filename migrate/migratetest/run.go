package migratetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// Run tests that what open returns, an empty store each time, does what
// migrate.Store promises.
func Run(t *testing.T, open func(t *testing.T) migrate.Store) {
	for _, tt := range []struct {
		name string
		test func(t *testing.T, s migrate.Store)
	}{
		{"OpenMove", testOpenMove},
		{"SetPhase", testSetPhase},
		{"SaveProgress", testSaveProgress},
		{"MovesRevision", testMovesRevision},
		{"Lease", testLease},
		{"AddRows", testAddRows},
		{"ListedAgain", testListedAgain},
		{"SaveRows", testSaveRows},
		{"SaveRowsAdds", testSaveRowsAdds},
		{"SaveRowsRefused", testSaveRowsRefused},
		{"Rows", testRows},
		{"RowsInSourceOrder", testRowsInSourceOrder},
		{"RowsByID", testRowsByID},
		{"CountRows", testCountRows},
		{"ManyRows", testManyRows},
		{"RowsAtOnce", testRowsAtOnce},
		{"Text", testText},
		{"Entries", testEntries},
		{"EntriesGivenUp", testEntriesGivenUp},
		{"EntriesAtOnce", testEntriesAtOnce},
		{"EntriesOfOneObject", testEntriesOfOneObject},
		{"EntriesOfOneObjectAtOnce", testEntriesOfOneObjectAtOnce},
		{"NoSharedMemory", testNoSharedMemory},
		{"Ended", testEnded},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, open(t)) })
	}
}

func testOpenMove(t *testing.T, s migrate.Store) {
	ctx := t.Context()
	before := time.Now().Add(-time.Hour)
	wanted := migrate.Move{
		ID: 99, Source: "kr", Target: "native", SourceAccount: "main", TargetAccount: "acme", Domain: "go.example.com",
		Phase: migrate.Done, Listed: time.Now(), Cursors: map[adapters.Kind]int64{adapters.KindLink: 7},
	}
	first, err := s.OpenMove(ctx, wanted)
	if err != nil {
		t.Fatal(err)
	}
	if first.ID == 0 || first.Created.Before(before) || !first.Changed.Equal(first.Created) {
		t.Errorf("OpenMove() = %+v; want an id and when it began", first)
	}
	want := wanted
	want.ID, want.Phase, want.Listed, want.Cursors = first.ID, migrate.Copying, time.Time{}, map[adapters.Kind]int64{}
	want.Created, want.Changed = first.Created, first.Created
	same(t, "a new move", first, &want)

	wanted.Domain = "other.example.com"
	again, err := s.OpenMove(ctx, wanted)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the same move", again, first)

	ids := map[int64]bool{first.ID: true}
	for _, other := range []func(m *migrate.Move){
		func(m *migrate.Move) { m.Source = "dg" },
		func(m *migrate.Move) { m.Target = "kr2" },
		func(m *migrate.Move) { m.SourceAccount = "acme" },
		func(m *migrate.Move) { m.TargetAccount = "main" },
		func(m *migrate.Move) { m.Source, m.Target = m.Target, m.Source },
	} {
		m := wanted
		other(&m)
		opened, err := s.OpenMove(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		if ids[opened.ID] {
			t.Errorf("OpenMove(%+v) = %d, which is another move", m, opened.ID)
		}
		ids[opened.ID] = true
	}
	all, err := s.Moves(ctx)
	if err != nil || len(all) != len(ids) {
		t.Fatalf("Moves() = %d moves, %v; want %d", len(all), err, len(ids))
	}
	same(t, "the oldest move", &all[0], first)
}

func testSetPhase(t *testing.T, s migrate.Store) {
	ctx := t.Context()
	m, other := mustMove(t, s, "kr"), mustMove(t, s, "dg")
	for _, to := range []migrate.Phase{migrate.DualWrite, migrate.Cutover, migrate.Done, migrate.RolledBack, migrate.Copying} {
		from := theMove(t, s, m.ID).Phase
		if err := s.SetPhase(ctx, m.ID, from, to); err != nil {
			t.Fatalf("SetPhase(%s, %s) = %v", from, to, err)
		}
		got := theMove(t, s, m.ID)
		if got.Phase != to || got.Changed.Before(m.Changed) || !got.Created.Equal(m.Created) {
			t.Errorf("after SetPhase(%s, %s) the move is %+v", from, to, got)
		}
	}
	wantCode(t, "SetPhase from another phase", s.SetPhase(ctx, m.ID, migrate.DualWrite, migrate.Cutover), api.Conflict, "copying")
	wantCode(t, "SetPhase to what may not follow", s.SetPhase(ctx, m.ID, migrate.Copying, migrate.Done), api.Conflict, "done")
	wantCode(t, "SetPhase to the same", s.SetPhase(ctx, m.ID, migrate.Copying, migrate.Copying), api.Conflict, "")
	wantCode(t, "SetPhase of no move", s.SetPhase(ctx, 1<<40, migrate.Copying, migrate.DualWrite), api.NotFound, "")
	same(t, "a refused change", theMove(t, s, m.ID).Phase, migrate.Copying)
	same(t, "the other move", theMove(t, s, other.ID), other)
}

func testSaveProgress(t *testing.T, s migrate.Store) {
	ctx := t.Context()
	m, other := mustMove(t, s, "kr"), mustMove(t, s, "dg")
	if err := s.SetPhase(ctx, m.ID, migrate.Copying, migrate.DualWrite); err != nil {
		t.Fatal(err)
	}
	want := *theMove(t, s, m.ID)
	want.Domain = "go.example.com"
	want.Listed = time.Date(2026, 11, 21, 12, 30, 15, int(7*time.Millisecond), time.UTC)
	want.Cursors = map[adapters.Kind]int64{adapters.KindLink: 1 << 40, adapters.KindQR: 3}
	// A phase is changed by SetPhase alone, behind the back of a copy that goes on.
	progress := want
	progress.Phase = migrate.Copying
	if err := s.SaveProgress(ctx, &progress); err != nil {
		t.Fatal(err)
	}
	same(t, "progress", theMove(t, s, m.ID), &want)
	progress.Listed, progress.Cursors, progress.Domain = time.Time{}, nil, ""
	if err := s.SaveProgress(ctx, &progress); err != nil {
		t.Fatal(err)
	}
	want.Listed, want.Cursors, want.Domain = time.Time{}, map[adapters.Kind]int64{}, ""
	same(t, "progress taken back", theMove(t, s, m.ID), &want)
	same(t, "the other move", theMove(t, s, other.ID), other)
	wantCode(t, "SaveProgress of no move", s.SaveProgress(ctx, &migrate.Move{ID: 1 << 40}), api.NotFound, "")
}

func testMovesRevision(t *testing.T, s migrate.Store) {
	ctx := t.Context()
	revision := func() int64 {
		t.Helper()
		n, err := s.MovesRevision(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var m *migrate.Move
	for _, step := range []struct {
		name string
		do   func() error
		want bool
	}{
		{"a new move", func() (err error) {
			m, err = s.OpenMove(ctx, migrate.Move{Source: "kr", Target: "native"})
			return err
		}, true},
		{"the same move", func() error {
			_, err := s.OpenMove(ctx, migrate.Move{Source: "kr", Target: "native"})
			return err
		}, false},
		{"a phase", func() error { return s.SetPhase(ctx, m.ID, migrate.Copying, migrate.DualWrite) }, true},
		{"a domain", func() error { m.Domain = "go.example.com"; return s.SaveProgress(ctx, m) }, true},
		{"cursors", func() error { m.Cursors[adapters.KindLink] = 9; return s.SaveProgress(ctx, m) }, false},
		{"a refused phase", func() error {
			if err := s.SetPhase(ctx, m.ID, migrate.Copying, migrate.DualWrite); err == nil {
				return errors.New("it was not refused")
			}
			return nil
		}, false},
		{"rows", func() error {
			return s.SaveRows(ctx, []migrate.Row{{Move: m.ID, Kind: adapters.KindLink, SourceID: 1}})
		}, false},
		{"a lease", func() error { _, err := s.Lease(ctx, m.ID, "a", time.Hour); return err }, false},
	} {
		before := revision()
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if after := revision(); (after != before) != step.want {
			t.Errorf("%s changes the revision: %t; want %t", step.name, after != before, step.want)
		}
	}
}

func testLease(t *testing.T, s migrate.Store) {
	ctx := t.Context()
	m, other := mustMove(t, s, "kr"), mustMove(t, s, "dg")
	lease := func(move int64, holder string, length time.Duration, want bool) {
		t.Helper()
		if got, err := s.Lease(ctx, move, holder, length); err != nil || got != want {
			t.Errorf("Lease(%d, %s, %v) = %t, %v; want %t", move, holder, length, got, err, want)
		}
	}
	lease(m.ID, "a", time.Hour, true)
	lease(m.ID, "b", time.Hour, false)
	lease(m.ID, "a", time.Hour, true)
	lease(other.ID, "b", time.Hour, true)
	lease(m.ID, "b", 0, false)
	lease(m.ID, "b", time.Hour, false)
	lease(m.ID, "a", 0, false)
	lease(m.ID, "b", 30*24*time.Hour, true)
	lease(m.ID, "a", time.Hour, false)
	// One that is short by now counts from now on.
	lease(m.ID, "b", time.Millisecond, true)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		got, err := s.Lease(ctx, m.ID, "a", time.Hour)
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("Lease() = %t, %v; want that of a holder who has gone", got, err)
		}
		if got {
			break
		}
	}
	lease(m.ID, "b", time.Hour, false)
	_, err := s.Lease(ctx, 1<<40, "a", time.Hour)
	wantCode(t, "Lease of no move", err, api.NotFound, "")
}

// testEnded: a call whose context has ended does nothing.
func testEnded(t *testing.T, s migrate.Store) {
	m := mustMove(t, s, "kr")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	row := migrate.Row{Move: m.ID, Kind: adapters.KindLink, SourceID: 1}
	for name, call := range map[string]func() error{
		"OpenMove": func() error { _, err := s.OpenMove(ctx, migrate.Move{Source: "dg", Target: "native"}); return err },
		"SetPhase": func() error { return s.SetPhase(ctx, m.ID, migrate.Copying, migrate.DualWrite) },
		"AddRows":  func() error { _, _, err := s.AddRows(ctx, []migrate.Row{row}); return err },
		"SaveRows": func() error { return s.SaveRows(ctx, []migrate.Row{row}) },
		"Rows":     func() error { _, err := s.Rows(ctx, migrate.Filter{Move: m.ID}); return err },
		"RowsBySource": func() error {
			_, err := s.RowsBySource(ctx, m.ID, adapters.KindLink, []int64{1})
			return err
		},
		"NoteEntry": func() error { return s.NoteEntry(ctx, &migrate.Entry{Move: m.ID, Kind: adapters.KindLink}) },
		"Entries":   func() error { _, err := s.Entries(ctx, m.ID, 0, 10); return err },
		"Lease":     func() error { _, err := s.Lease(ctx, m.ID, "a", time.Hour); return err },
	} {
		wantCode(t, name, call(), api.Unavailable, "")
	}
	same(t, "rows", allRows(t, s, m.ID), []migrate.Row(nil))
	same(t, "the move", theMove(t, s, m.ID), m)
}

func mustMove(tb testing.TB, s migrate.Store, source string) *migrate.Move {
	tb.Helper()
	m, err := s.OpenMove(tb.Context(), migrate.Move{Source: source, Target: "native", SourceAccount: "main", TargetAccount: "main"})
	if err != nil {
		tb.Fatalf("OpenMove(%s) = %v", source, err)
	}
	return m
}

func theMove(tb testing.TB, s migrate.Store, id int64) *migrate.Move {
	tb.Helper()
	all, err := s.Moves(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	for i := range all {
		if all[i].ID == id {
			return &all[i]
		}
	}
	tb.Fatalf("Moves() = %+v; want %d among them", all, id)
	return nil
}

func same(tb testing.TB, what string, got, want any) {
	tb.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// wantCode reports an error that has not the code, or whose message lacks a part.
func wantCode(tb testing.TB, what string, err error, code api.Code, part string) {
	tb.Helper()
	e, ok := errors.AsType[*api.Error](err)
	if !ok || e.Code != code || !strings.Contains(e.Message, part) {
		tb.Errorf("%s = %v; want %s with %q", what, err, code, part)
	}
}
