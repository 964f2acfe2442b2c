package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/records"
)

// TestStore_ReadRecords: visits that are not added up yet are in the records, and
// an account's are its own alone.
func TestStore_ReadRecords(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		ours, theirs := mustCreate(t, s, newLink("main", "ours")), mustCreate(t, s, newLink("other", "theirs"))
		mustRecord(t, s, visitor(ours.ID, 1, noon), visitor(ours.ID, 2, noon), visitor(ours.ID, 1, noon), visitor(theirs.ID, 1, noon))

		var links []*records.Link
		kinds := map[records.Kind]int{}
		err := s.ReadRecords(t.Context(), records.ReadOptions{Account: "main"}, func(r records.Record) error {
			if l, ok := r.(*records.Link); ok {
				links = append(links, l)
			} else {
				kinds[r.Kind()]++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(links) != 1 || links[0].Alias != "ours" || links[0].Clicks != 3 || links[0].UniqueClicks != 2 {
			t.Errorf("links are %+v", links)
		}
		// Two countries, and one each of referrers, browsers, systems, devices.
		if diff := cmp.Diff(map[records.Kind]int{records.KindHour: 1, records.KindDay: 6}, kinds); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		enough := errors.New("enough")
		if err := s.ReadRecords(t.Context(), records.ReadOptions{}, func(records.Record) error { return enough }); !errors.Is(err, enough) {
			t.Errorf("ReadRecords() = %v; want what ended it", err)
		}
	})
}

// TestStore_ReadRecords_tables: whoever adds a table says whether it is exported.
func TestStore_ReadRecords_tables(t *testing.T) {
	tables, err := readTables(t.Context(), openTemp(t).pools.lists.db)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, name := range []string{
		// Exported.
		"accounts", "backends", "campaigns", "channel_items", "channels", "domains", "keys", "ledger", "link_clicks", "link_limits", "link_pixels",
		"links", "orphan_visits", "overlays", "pixels", "qr_codes", "retired", "secrets", "splash_pages", "uploads", "visits_daily", "visits_hourly",
		// Left out, as ReadRecords says.
		"link_changes", "move_entries", "move_rows", "moves", "once", "revisions", "visit_batches", "visit_roller", "visit_salts", "visitors",
	} {
		known[name] = true
	}
	for _, table := range tables {
		if !known[table.name] {
			t.Errorf("%s is neither exported nor left out on purpose", table.name)
		}
		delete(known, table.name)
	}
	if len(known) > 0 {
		t.Errorf("there are no tables %v", known)
	}
}

// TestStore_ReadRecords_pages: what is more than is read at once comes whole, and
// in order.
func TestStore_ReadRecords_pages(t *testing.T) {
	const links = 2*recordsAtOnce + 1
	eachStore(t, func(t *testing.T, s *Store) {
		var rs []records.Record
		for i := range links {
			rs = append(rs, &records.Hour{Link: 1, Hour: noon.AddDate(0, 0, i), Clicks: int64(i) + 1})
		}
		mustCreate(t, s, newLink("main", "ours"))
		for len(rs) > 0 {
			n := min(len(rs), 500)
			if _, err := s.WriteRecords(t.Context(), rs[:n], records.Policy{}); err != nil {
				t.Fatal(err)
			}
			rs = rs[n:]
		}
		last := int64(0)
		err := s.ReadRecords(t.Context(), records.ReadOptions{}, func(r records.Record) error {
			if h, ok := r.(*records.Hour); ok {
				if h.Clicks != last+1 {
					t.Fatalf("%d comes behind %d", h.Clicks, last)
				}
				last = h.Clicks
			}
			return nil
		})
		if err != nil || last != links {
			t.Errorf("%d hours, %v; want %d", last, err, links)
		}
	})
}
