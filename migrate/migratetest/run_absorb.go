package migratetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// testEntriesOfOneObject: a write of an object takes the place of those before
// it, and of no others.
func testEntriesOfOneObject(t *testing.T, s migrate.Store) {
	ctx := t.Context()
	m, other := mustMove(t, s, "kr"), mustMove(t, s, "dg")
	one := migrate.Entry{Move: m.ID, Kind: link, Object: 7}
	with := func(change func(e *migrate.Entry)) migrate.Entry {
		e := one
		change(&e)
		return e
	}
	var kept []migrate.Entry
	for _, e := range []migrate.Entry{
		with(func(e *migrate.Entry) { e.Ready, e.Object = true, 8 }),
		with(func(e *migrate.Entry) { e.Ready, e.Kind = true, adapters.KindPixel }),
		with(func(e *migrate.Entry) { e.Ready, e.AtTarget = true, true }),
		with(func(e *migrate.Entry) { e.Object = 0 }),
		one, // under way
	} {
		noteEntry(t, s, &e)
		kept = append(kept, e)
	}
	elsewhere := with(func(e *migrate.Entry) { e.Ready, e.Move = true, other.ID })
	noteEntry(t, s, &elsewhere)
	for i, e := range []migrate.Entry{
		{Document: []byte(`{"url":"https://a.example","metatitle":"A","note":"first"}`), PasswordHash: "hash"},
		{Document: []byte(`{"url":"https://b.example","metatitle":"B"}`)},
		{Document: []byte(`{"url":"https://c.example"}`)},
	} {
		e.Move, e.Kind, e.Object = m.ID, link, 7
		noteEntry(t, s, &e)
		e.Ready = true
		if err := s.FinishEntry(ctx, &e); err != nil {
			t.Fatal(err)
		}
		if i == 0 { // What was given up is tried again with what is new.
			failed := e
			failed.Attempts, failed.Error, failed.GivenUp = 5, "refused", true
			if err := s.FailEntry(ctx, &failed); err != nil {
				t.Fatal(err)
			}
		}
	}
	all := entries(t, s, m.ID)
	if len(all) != len(kept)+1 {
		t.Fatalf("the entries are %+v; want those of others and one", all)
	}
	same(t, "the others", all[:len(kept)], kept)
	same(t, "another move's", entries(t, s, other.ID), []migrate.Entry{elsewhere})
	last := all[len(kept)]
	document := gjson.ParseBytes(last.Document)
	for field, want := range map[string]string{"url": "https://c.example", "metatitle": "B", "note": "first"} {
		if got := document.Get(field).String(); got != want {
			t.Errorf("the %s is %q; want %q", field, got, want)
		}
	}
	if !last.Ready || last.PasswordHash != "hash" || last.Attempts != 0 || last.Error != "" {
		t.Errorf("the entry is %+v", last)
	}
	if _, givenUp, err := s.CountEntries(ctx, m.ID); err != nil || givenUp != 0 {
		t.Errorf("%d entries are given up, %v; want none", givenUp, err)
	}
	// Who has begun to apply one that was absorbed changes nothing of the newer.
	absorbed := last
	absorbed.ID--
	if err := s.DropEntry(ctx, &absorbed); err != nil {
		t.Errorf("DropEntry() of one that was absorbed = %v", err)
	}
	wantCode(t, "FinishEntry of one that was absorbed", s.FinishEntry(ctx, &absorbed), api.NotFound, "")
	if got := entries(t, s, m.ID); len(got) != len(kept)+1 {
		t.Errorf("a failure has absorbed entries: %+v", got)
	}
	// One that has ended late counts as the last; and who began to apply it before
	// that has not applied it.
	late := kept[4]
	late.Ready, late.Document = true, []byte(`{"url":"https://late.example"}`)
	if err := s.FinishEntry(ctx, &late); err != nil {
		t.Fatal(err)
	}
	if err := s.DropEntry(ctx, &kept[4]); err != nil {
		t.Errorf("DropEntry() of one that was not ready = %v", err)
	}
	got := entries(t, s, m.ID)
	if len(got) != len(kept) || gjson.GetBytes(got[4].Document, "url").Str != "https://late.example" || gjson.GetBytes(got[4].Document, "metatitle").Str != "B" {
		t.Errorf("after a late end the entries are %+v", got)
	}
	if err := s.DropEntry(ctx, &got[4]); err != nil || len(entries(t, s, m.ID)) != len(kept)-1 {
		t.Errorf("DropEntry() of one that is ready = %v", err)
	}
}

// testEntriesOfOneObjectAtOnce: nothing that was said is lost, whoever says it.
func testEntriesOfOneObjectAtOnce(t *testing.T, s migrate.Store) {
	m := mustMove(t, s, "kr")
	const writers, each = 8, 10
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				e := &migrate.Entry{Move: m.ID, Kind: link, Object: 7, Document: fmt.Appendf(nil, `{"by%d":%d}`, w, i)}
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
	last := &migrate.Entry{Move: m.ID, Kind: link, Object: 7}
	noteEntry(t, s, last)
	last.Ready = true
	if err := s.FinishEntry(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	all := entries(t, s, m.ID)
	if len(all) != 1 {
		t.Fatalf("%d entries are left: %+v", len(all), all)
	}
	for w := range writers {
		if got := gjson.GetBytes(all[0].Document, fmt.Sprintf("by%d", w)).Int(); got != each-1 {
			t.Errorf("the last word of writer %d is %d; want %d", w, got, each-1)
		}
	}
}
