package migratetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

func testEntries(t *testing.T, s migrate.Store) {
	ctx := t.Context()
	m, other := mustMove(t, s, "kr"), mustMove(t, s, "dg")
	before := time.Now().Add(-time.Hour)
	e := &migrate.Entry{Move: m.ID, AtTarget: true, Kind: link, Document: []byte(`{"url":"https://example.com"}`), PasswordHash: "hash"}
	noteEntry(t, s, e)
	if e.ID == 0 || e.Begun.Before(before) {
		t.Errorf("NoteEntry() makes it %+v; want an id and when it began", e)
	}
	deletion := &migrate.Entry{Move: m.ID, Kind: adapters.KindCampaign, Object: -7}
	noteEntry(t, s, deletion)
	elsewhere := &migrate.Entry{Move: other.ID, Kind: link, Object: 1, Ready: true}
	noteEntry(t, s, elsewhere)
	same(t, "entries", entries(t, s, m.ID), []migrate.Entry{*e, *deletion})

	finished := *e
	finished.Object, finished.Document, finished.PasswordHash, finished.Ready = 1<<40, []byte("{}"), "", true
	changed := finished
	changed.AtTarget, changed.Kind, changed.Attempts, changed.Error, changed.GivenUp = false, "?", 9, "?", true
	if err := s.FinishEntry(ctx, &changed); err != nil {
		t.Fatal(err)
	}
	failed := *deletion
	failed.Attempts, failed.Error = 2, "the target is away"
	changed = failed
	changed.Object, changed.Ready = 8, true
	if err := s.FailEntry(ctx, &changed); err != nil {
		t.Fatal(err)
	}
	same(t, "entries", entries(t, s, m.ID), []migrate.Entry{finished, failed})
	same(t, "the other move's", entries(t, s, other.ID), []migrate.Entry{*elsewhere})

	for _, tt := range []struct {
		after int64
		limit int
		want  []migrate.Entry
	}{
		{0, 1, []migrate.Entry{finished}},
		{finished.ID, 10, []migrate.Entry{failed}},
		{failed.ID, 10, nil},
	} {
		got, err := s.Entries(ctx, m.ID, tt.after, tt.limit)
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("Entries(%d, %d)", tt.after, tt.limit), got, tt.want)
	}

	for range 2 {
		if err := s.DropEntry(ctx, &finished); err != nil {
			t.Errorf("DropEntry() = %v", err)
		}
	}
	same(t, "entries", entries(t, s, m.ID), []migrate.Entry{failed})
	wantCode(t, "FinishEntry of one that is gone", s.FinishEntry(ctx, e), api.NotFound, "")
	wantCode(t, "FailEntry of one that is gone", s.FailEntry(ctx, e), api.NotFound, "")
	wantCode(t, "NoteEntry of no move", s.NoteEntry(ctx, &migrate.Entry{Move: 1 << 40, Kind: link}), api.NotFound, "")

	// The order is never turned by an id that is used again.
	if err := s.DropEntry(ctx, elsewhere); err != nil {
		t.Fatal(err)
	}
	next := &migrate.Entry{Move: m.ID, Kind: link, Object: 2}
	noteEntry(t, s, next)
	if next.ID <= elsewhere.ID {
		t.Errorf("the next entry has the id %d; want one above %d", next.ID, elsewhere.ID)
	}
}

func testEntriesGivenUp(t *testing.T, s migrate.Store) {
	ctx := t.Context()
	m, other := mustMove(t, s, "kr"), mustMove(t, s, "dg")
	var noted []migrate.Entry
	for i := range 4 {
		e := migrate.Entry{Move: m.ID, Kind: link, Object: int64(i + 1), Ready: true}
		noteEntry(t, s, &e)
		noted = append(noted, e)
		noteEntry(t, s, &migrate.Entry{Move: other.ID, Kind: link, Object: 1})
	}
	fail := func(i int, givenUp bool) {
		t.Helper()
		noted[i].GivenUp, noted[i].Attempts, noted[i].Error = givenUp, 3, "refused"
		if err := s.FailEntry(ctx, &noted[i]); err != nil {
			t.Fatal(err)
		}
	}
	want := func(waiting, givenUp []migrate.Entry) {
		t.Helper()
		n, gone, err := s.CountEntries(ctx, m.ID)
		if err != nil || n != len(waiting) || gone != len(givenUp) {
			t.Errorf("CountEntries() = %d, %d, %v; want %d and %d", n, gone, err, len(waiting), len(givenUp))
		}
		same(t, "those that wait", entries(t, s, m.ID), waiting)
		got, err := s.GivenUpEntries(ctx, m.ID, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "those that are given up", got, givenUp)
	}
	want(noted, nil)
	fail(0, true)
	fail(1, true)
	want(noted[2:], noted[:2])
	got, err := s.GivenUpEntries(ctx, m.ID, noted[0].ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "those behind the first", got, noted[1:2])
	fail(0, false)
	want([]migrate.Entry{noted[0], noted[2], noted[3]}, noted[1:2])
	for _, tt := range []struct {
		move     int64
		atTarget bool
		kind     adapters.Kind
		object   int64
		want     bool
	}{
		{m.ID, false, link, 1, true},
		{m.ID, false, link, 2, false},
		{m.ID, true, link, 1, false},
		{m.ID, false, adapters.KindPixel, 1, false},
		{m.ID, false, link, 99, false},
		{other.ID, false, link, 1, true},
		{other.ID, false, link, 3, false},
	} {
		if got, err := s.HasEntry(ctx, tt.move, tt.atTarget, tt.kind, tt.object); err != nil || got != tt.want {
			t.Errorf("HasEntry(%d, %t, %s, %d) = %t, %v; want %t", tt.move, tt.atTarget, tt.kind, tt.object, got, err, tt.want)
		}
	}
	if waiting, givenUp, err := s.CountEntries(ctx, other.ID); err != nil || waiting != 4 || givenUp != 0 {
		t.Errorf("CountEntries() of the other move = %d, %d, %v; want 4 and 0", waiting, givenUp, err)
	}
	if waiting, givenUp, err := s.CountEntries(ctx, 1<<40); err != nil || waiting+givenUp != 0 {
		t.Errorf("CountEntries() of no move = %d, %d, %v; want none", waiting, givenUp, err)
	}
}

// testEntriesAtOnce: what one writer notes is in its order, whatever others do.
func testEntriesAtOnce(t *testing.T, s migrate.Store) {
	m := mustMove(t, s, "kr")
	const writers, each = 8, 20
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				e := &migrate.Entry{Move: m.ID, Kind: link, Object: int64(1000*w + i + 1)}
				if err := s.NoteEntry(t.Context(), e); err != nil {
					t.Error(err)
				}
				e.Ready = true
				if err := s.FinishEntry(t.Context(), e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	last := map[int64]int64{}
	all := entries(t, s, m.ID)
	for _, e := range all {
		if w := e.Object / 1000; e.Object <= last[w] {
			t.Errorf("%d comes behind %d", e.Object, last[w])
		} else {
			last[w] = e.Object
		}
		if !e.Ready {
			t.Errorf("entry %+v is not ready", e)
		}
	}
	if len(all) != writers*each {
		t.Errorf("%d entries; want %d", len(all), writers*each)
	}
}

// testNoSharedMemory: what is given and returned is the caller's.
func testNoSharedMemory(t *testing.T, s migrate.Store) {
	ctx := t.Context()
	m := mustMove(t, s, "kr")
	row := migrate.Row{Move: m.ID, Kind: link, SourceID: 1, Different: []string{"url"}, Compared: noon, Listing: []byte{1}}
	rows := []migrate.Row{row}
	saveRows(t, s, rows)
	e := migrate.Entry{Move: m.ID, Kind: link, Document: []byte("{}")}
	noteEntry(t, s, &e)
	m.Cursors[link] = 1
	if err := s.SaveProgress(ctx, m); err != nil {
		t.Fatal(err)
	}
	spoil := func(r []migrate.Row, e []migrate.Entry, m *migrate.Move) {
		r[0].Different[0], r[0].Listing[0], e[0].Document[0], m.Cursors[link] = "spoilt", 9, '!', 99
	}
	spoil(rows, []migrate.Entry{e}, m)
	spoil(allRows(t, s, m.ID), entries(t, s, m.ID), theMove(t, s, m.ID))
	found, err := s.RowsBySource(ctx, m.ID, link, []int64{1})
	if err != nil {
		t.Fatal(err)
	}
	got := entries(t, s, m.ID)
	if found[0].Different[0] != "url" || found[0].Listing[0] != 1 || string(got[0].Document) != "{}" || theMove(t, s, m.ID).Cursors[link] != 1 {
		t.Errorf("a caller's change shows: %+v, %+v", found, got)
	}
}

func noteEntry(tb testing.TB, s migrate.Store, e *migrate.Entry) {
	tb.Helper()
	if err := s.NoteEntry(tb.Context(), e); err != nil {
		tb.Fatalf("NoteEntry() = %v", err)
	}
}

func entries(tb testing.TB, s migrate.Store, move int64) []migrate.Entry {
	tb.Helper()
	all, err := s.Entries(tb.Context(), move, 0, 10_000)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}
