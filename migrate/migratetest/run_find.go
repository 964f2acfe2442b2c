package migratetest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

func testRows(t *testing.T, s migrate.Store) {
	m, other := mustMove(t, s, "kr"), mustMove(t, s, "dg")
	rows := []migrate.Row{
		{Kind: adapters.KindDomain, SourceID: 1},
		{Kind: link, SourceID: 1, TargetID: 1, Status: migrate.Copied, Compared: noon},
		{Kind: link, SourceID: 2, TargetID: 2, Status: migrate.Copied, Compared: noon, Different: []string{"url"}},
		{Kind: link, SourceID: 3, Status: migrate.Failed, Different: []string{"url"}},
		{Kind: link, SourceID: 4, TargetID: 4, Status: migrate.Copied},
		{Kind: adapters.KindQR, SourceID: 1, Status: migrate.Failed, Compared: noon, Different: []string{"name"}},
	}
	for i := range rows {
		rows[i].Move = m.ID
		// One at a time, so that their order is known.
		saveRows(t, s, rows[i:i+1])
		saveRows(t, s, []migrate.Row{{Move: other.ID, Kind: link, SourceID: int64(100 + i)}})
	}
	for _, tt := range []struct {
		name string
		f    migrate.Filter
		want string
	}{
		{"All", migrate.Filter{}, "[0 1 2 3 4 5]"},
		{"Kind", migrate.Filter{Kind: link}, "[1 2 3 4]"},
		{"Status", migrate.Filter{Status: migrate.Failed}, "[3 5]"},
		{"KindAndStatus", migrate.Filter{Kind: link, Status: migrate.Copied}, "[1 2 4]"},
		{"Different", migrate.Filter{Different: true}, "[2 5]"},
		{"DifferentKind", migrate.Filter{Different: true, Kind: link}, "[2]"},
		{"Limit", migrate.Filter{Limit: 2}, "[0 1]"},
		{"After", migrate.Filter{After: rows[1].ID}, "[2 3 4 5]"},
		{"AfterAndLimit", migrate.Filter{After: rows[1].ID, Limit: 1, Status: migrate.Failed}, "[3]"},
		{"AfterLast", migrate.Filter{After: rows[5].ID}, "[]"},
		{"NoSuchKind", migrate.Filter{Kind: "?"}, "[]"},
		{"NoSuchStatus", migrate.Filter{Status: "' OR 1=1"}, "[]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.f.Move = m.ID
			got, err := s.Rows(t.Context(), tt.f)
			if err != nil {
				t.Fatal(err)
			}
			which := []int{}
			for _, r := range got {
				which = append(which, slices.IndexFunc(rows, func(o migrate.Row) bool { return o.ID == r.ID }))
			}
			if fmt.Sprint(which) != tt.want {
				t.Errorf("Rows(%+v) = %v; want %s", tt.f, which, tt.want)
			}
		})
	}
	if got, err := s.Rows(t.Context(), migrate.Filter{Move: 1 << 40}); err != nil || len(got) != 0 {
		t.Errorf("Rows() of no move = %v, %v; want none", got, err)
	}
}

func testRowsInSourceOrder(t *testing.T, s migrate.Store) {
	m, other := mustMove(t, s, "kr"), mustMove(t, s, "dg")
	var rows []migrate.Row
	for _, id := range []int64{30, -4611686018427387904, 7, 0, 20, -5, 10} {
		row := migrate.Row{Move: m.ID, Kind: link, SourceID: id, TargetID: id + 1000, Status: migrate.Copied}
		if id == 20 {
			row.Status = migrate.Failed
		}
		rows = append(rows, row, migrate.Row{Move: m.ID, Kind: adapters.KindQR, SourceID: id + 500},
			migrate.Row{Move: other.ID, Kind: link, SourceID: id + 1})
	}
	saveRows(t, s, rows)
	for _, tt := range []struct {
		name string
		f    migrate.Filter
		want string
	}{
		{"All", migrate.Filter{After: math.MinInt64}, "[-4611686018427387904 -5 7 10 20 30]"},
		{"Limit", migrate.Filter{After: math.MinInt64, Limit: 3}, "[-4611686018427387904 -5 7]"},
		{"After", migrate.Filter{After: -5, Limit: 3}, "[7 10 20]"},
		{"Status", migrate.Filter{After: -5, Status: migrate.Copied}, "[7 10 30]"},
		{"AfterLast", migrate.Filter{After: 30}, "[]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.f.Move, tt.f.Kind, tt.f.BySource = m.ID, link, true
			got, err := s.Rows(t.Context(), tt.f)
			if err != nil {
				t.Fatal(err)
			}
			ids := []int64{}
			for _, r := range got {
				ids = append(ids, r.SourceID)
			}
			if fmt.Sprint(ids) != tt.want {
				t.Errorf("Rows(%+v) = %v; want %s", tt.f, ids, tt.want)
			}
		})
	}
	_, err := s.Rows(t.Context(), migrate.Filter{Move: m.ID, BySource: true})
	wantCode(t, "Rows of all kinds", err, api.Invalid, "")
}

func testRowsByID(t *testing.T, s migrate.Store) {
	m, other := mustMove(t, s, "kr"), mustMove(t, s, "dg")
	var rows []migrate.Row
	var source, target []int64
	for i := range int64(200) {
		rows = append(rows, migrate.Row{Move: m.ID, Kind: link, SourceID: -1 - i, TargetID: 1001 + i, Status: migrate.Copied, Compared: noon})
		// Some that there are none of, and some twice.
		source, target = append(source, -1-i, 5000+i, -1-i/2), append(target, 1001+i, -i, 1001+i)
	}
	saveRows(t, s, rows)
	saveRows(t, s, []migrate.Row{
		{Move: other.ID, Kind: link, SourceID: 5000, TargetID: 1001},
		{Move: m.ID, Kind: adapters.KindQR, SourceID: 5000, TargetID: 1001},
		{Move: m.ID, Kind: link, SourceID: 9000},
		{Move: m.ID, Kind: link, TargetID: 9000},
	})
	bySource, err := s.RowsBySource(t.Context(), m.ID, link, source)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "rows by source", byID(bySource), byID(rows))
	byTarget, err := s.RowsByTarget(t.Context(), m.ID, link, target)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "rows by target", byID(byTarget), byID(rows))
	for _, ids := range [][]int64{nil, {0}, {123456}} {
		bySource, err := s.RowsBySource(t.Context(), m.ID, link, ids)
		byTarget, targetErr := s.RowsByTarget(t.Context(), m.ID, link, ids)
		if err != nil || targetErr != nil || len(bySource)+len(byTarget) != 0 {
			t.Errorf("RowsBySource(%v) = %v, %v, RowsByTarget() = %v, %v; want none", ids, bySource, err, byTarget, targetErr)
		}
	}
}

func testCountRows(t *testing.T, s migrate.Store) {
	m, other := mustMove(t, s, "kr"), mustMove(t, s, "dg")
	var rows []migrate.Row
	add := func(n int, r migrate.Row) {
		for range n {
			r.Move, r.SourceID = m.ID, int64(len(rows)+1)
			rows = append(rows, r)
		}
	}
	add(3, migrate.Row{Kind: link, Status: migrate.Copied, Compared: noon})
	add(2, migrate.Row{Kind: link, Status: migrate.Copied, Compared: noon, Different: []string{"url"}})
	add(1, migrate.Row{Kind: link, Status: migrate.Copied})
	add(4, migrate.Row{Kind: link, Status: migrate.Failed, Different: []string{"url"}})
	add(1, migrate.Row{Kind: adapters.KindQR, Status: migrate.Copied, Compared: noon})
	saveRows(t, s, rows)
	saveRows(t, s, []migrate.Row{{Move: other.ID, Kind: link, SourceID: 1}})
	counts, err := s.CountRows(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(counts, func(a, b migrate.Count) int { return b.Rows - a.Rows })
	same(t, "counts", counts, []migrate.Count{
		{Kind: link, Status: migrate.Copied, Rows: 6, Same: 3, Different: 2},
		{Kind: link, Status: migrate.Failed, Rows: 4},
		{Kind: adapters.KindQR, Status: migrate.Copied, Rows: 1, Same: 1},
	})
	if counts, err := s.CountRows(t.Context(), 1<<40); err != nil || len(counts) != 0 {
		t.Errorf("CountRows() of no move = %v, %v; want none", counts, err)
	}
}

// testManyRows: a thousand rows and some are one call.
func testManyRows(t *testing.T, s migrate.Store) {
	m := mustMove(t, s, "kr")
	const n = 1237
	listed := make([]migrate.Row, n)
	for i := range listed {
		listed[i] = migrate.Row{Move: m.ID, Kind: link, SourceID: int64(2*i + 1), ShortURL: fmt.Sprint("https://1mm.example/", i), Listing: []byte{byte(i)}}
	}
	addRows(t, s, listed, n, 0)
	rows := allRows(t, s, m.ID)
	for i := range rows {
		rows[i].TargetID, rows[i].Status, rows[i].Compared = rows[i].SourceID+1, migrate.Copied, noon
	}
	saveRows(t, s, rows)
	same(t, "rows", allRows(t, s, m.ID), rows)
	for i := range listed {
		if i%3 == 0 {
			listed[i].Listing = []byte{byte(i), 1}
		}
	}
	listed = append(listed, migrate.Row{Move: m.ID, Kind: link, SourceID: 2})
	addRows(t, s, listed, 1, 413)
	var got []migrate.Row
	for after, pages := int64(0), 0; ; pages++ {
		page, err := s.Rows(t.Context(), migrate.Filter{Move: m.ID, Kind: link, Status: migrate.Copied, After: after, Limit: 100})
		if err != nil || pages > 20 {
			t.Fatalf("page %d: %v", pages, err)
		}
		got = append(got, page...)
		if len(page) < 100 {
			break
		}
		after = page[99].ID
	}
	want := slices.DeleteFunc(slices.Clone(rows), func(r migrate.Row) bool { return (r.SourceID-1)/2%3 == 0 })
	same(t, "rows that have not changed", got, want)
	first, err := s.Rows(t.Context(), migrate.Filter{Move: m.ID})
	if err != nil || len(first) != 1000 {
		t.Errorf("Rows() without a limit = %d, %v; want 1000", len(first), err)
	}
	// What is left of a call that was refused is nothing.
	for i := range rows {
		rows[i].TargetID += 10_000
	}
	rows[n-1].TargetID = rows[0].TargetID
	wantCode(t, "SaveRows", s.SaveRows(t.Context(), rows), api.Conflict, "")
	if got, err := s.RowsByTarget(t.Context(), m.ID, link, []int64{2, 10_002, 10_004}); err != nil || len(got) != 1 || got[0].TargetID != 2 {
		t.Errorf("RowsByTarget() = %+v, %v; want the row as it was", got, err)
	}
}
