package migratetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

const link = adapters.KindLink

// noon is a moment as a store keeps it.
var noon = time.Date(2026, 11, 21, 12, 0, 0, int(5*time.Millisecond), time.UTC)

func testAddRows(t *testing.T, s migrate.Store) {
	m, other := mustMove(t, s, "kr"), mustMove(t, s, "dg")
	listed := []migrate.Row{
		{Move: m.ID, Kind: link, SourceID: 30, ShortURL: "https://1mm.example/c", Listing: []byte{1, 0, 255}},
		{Move: m.ID, Kind: link, SourceID: -4611686018427387904, ShortURL: "https://1mm.example/a", Status: migrate.Skipped, Error: "why"},
		{Move: m.ID, Kind: adapters.KindCampaign, SourceID: 30},
		{Move: other.ID, Kind: link, SourceID: 30},
		{Move: m.ID, Kind: link, SourceID: 10, ShortURL: "overruled", Listing: []byte{1}},
		{Move: m.ID, Kind: link, SourceID: 10, ShortURL: "https://1mm.example/b", Listing: []byte{2}},
	}
	addRows(t, s, listed, 5, 0)
	got := allRows(t, s, m.ID)
	want := []migrate.Row{listed[0], listed[1], listed[2], listed[5]}
	for i := range want {
		want[i].ID = got[min(i, len(got)-1)].ID
		if want[i].Status == "" {
			want[i].Status = migrate.Listed
		}
	}
	same(t, "rows in the order in which they were added", got, want)
	if !slices.IsSortedFunc(got, func(a, b migrate.Row) int { return int(a.ID - b.ID) }) {
		t.Errorf("ids do not count up: %+v", got)
	}

	addRows(t, s, listed, 0, 0)
	same(t, "rows listed again", allRows(t, s, m.ID), want)

	_, _, err := s.AddRows(t.Context(), []migrate.Row{{Move: m.ID, Kind: link, SourceID: 50}, {Move: m.ID, Kind: link, TargetID: 1}})
	wantCode(t, "AddRows without an id", err, api.Invalid, "")
	_, _, err = s.AddRows(t.Context(), []migrate.Row{{Move: m.ID, Kind: link, SourceID: 50}, {Move: 1 << 40, Kind: link, SourceID: 1}})
	wantCode(t, "AddRows to no move", err, api.NotFound, "")
	same(t, "rows after a refused call", allRows(t, s, m.ID), want)
	addRows(t, s, nil, 0, 0)
}

// testListedAgain: what becomes of a row that the source lists again.
func testListedAgain(t *testing.T, s migrate.Store) {
	m := mustMove(t, s, "kr")
	old, changed := []byte{1}, []byte{2}
	tests := []struct {
		name    string
		before  migrate.Row
		listing []byte
		short   string
		want    func(r *migrate.Row)
		changed int
	}{
		{"Listed", migrate.Row{Status: migrate.Listed, Listing: old}, changed, "", func(r *migrate.Row) { r.Listing = changed }, 1},
		{"Copied", migrate.Row{Status: migrate.Copied, TargetID: 7, Listing: old, Compared: noon, Different: []string{"url"}}, changed, "", func(r *migrate.Row) {
			r.Listing, r.Status = changed, migrate.Listed
		}, 1},
		{"CopiedUnchanged", migrate.Row{Status: migrate.Copied, TargetID: 8, Listing: old}, old, "", nil, 0},
		{"CopiedNeverListed", migrate.Row{Status: migrate.Copied, TargetID: 9}, old, "", func(r *migrate.Row) { r.Listing, r.Status = old, migrate.Listed }, 1},
		{"CopiedNothingTold", migrate.Row{Status: migrate.Copied, TargetID: 10, Listing: old, ShortURL: "https://a.example/a"}, nil, "", nil, 0},
		{"CopiedAddress", migrate.Row{Status: migrate.Copied, TargetID: 11, Listing: old, ShortURL: "https://a.example/a"}, old, "https://a.example/b", func(r *migrate.Row) {
			r.ShortURL = "https://a.example/b"
		}, 0},
		{"Skipped", migrate.Row{Status: migrate.Skipped, Listing: old, Error: "why", Attempts: 2}, changed, "", func(r *migrate.Row) {
			r.Listing, r.Status, r.Error, r.Attempts = changed, migrate.Listed, "", 0
		}, 1},
		{"SkippedUnchanged", migrate.Row{Status: migrate.Skipped, Listing: old, Error: "why"}, old, "", nil, 0},
		{"Failed", migrate.Row{Status: migrate.Failed, Listing: old, Error: "why", Attempts: 2}, changed, "", func(r *migrate.Row) { r.Listing = changed }, 1},
		{"Deleted", migrate.Row{Status: migrate.Deleted, TargetID: 12, Listing: old, Error: "why"}, old, "", func(r *migrate.Row) {
			r.Status, r.Error = migrate.Listed, ""
		}, 1},
		{"AtTarget", migrate.Row{Status: migrate.Copied, TargetID: 13, AtTarget: true, Listing: old}, changed, "", func(r *migrate.Row) {
			r.Listing, r.Status = changed, migrate.Listed
		}, 1},
	}
	var saved, listed, want []migrate.Row
	sum := 0
	for i, tt := range tests {
		row := tt.before
		row.Move, row.Kind, row.SourceID = m.ID, link, int64(i+1)
		saved = append(saved, row)
		listed = append(listed, migrate.Row{Move: m.ID, Kind: link, SourceID: row.SourceID, ShortURL: tt.short, Listing: tt.listing})
		sum += tt.changed
	}
	saveRows(t, s, saved)
	for i, tt := range tests {
		row := saved[i]
		if tt.want != nil {
			tt.want(&row)
		}
		want = append(want, row)
	}
	// The new one shows that added and changed are told apart.
	listed = append(listed, migrate.Row{Move: m.ID, Kind: link, SourceID: 1000})
	addRows(t, s, listed, 1, sum)
	got := allRows(t, s, m.ID)
	if len(got) != len(want)+1 {
		t.Fatalf("%d rows; want %d", len(got), len(want)+1)
	}
	for i, tt := range tests {
		same(t, tt.name, got[i], want[i])
	}
}

func testSaveRows(t *testing.T, s migrate.Store) {
	m := mustMove(t, s, "kr")
	addRows(t, s, []migrate.Row{
		{Move: m.ID, Kind: link, SourceID: 1, ShortURL: "https://a.example/1", Listing: []byte{1}},
		{Move: m.ID, Kind: link, SourceID: 2},
		{Move: m.ID, Kind: link, SourceID: 3},
	}, 3, 0)
	rows := allRows(t, s, m.ID)
	full := migrate.Row{
		ID: rows[0].ID, Move: m.ID, Kind: link, SourceID: 11, TargetID: 21, AtTarget: true, ShortURL: "https://a.example/11",
		Status: migrate.Failed, Error: `the target said "no"`, Attempts: 3, Different: []string{"url", "geotarget[0].location", `a,"b"`},
		Compared: noon, Listing: []byte{0, 1, 2},
	}
	gone := migrate.Row{ID: rows[1].ID, Move: m.ID, Kind: link, SourceID: 0, TargetID: 22, Status: migrate.Deleted, Different: []string{}}
	saveRows(t, s, []migrate.Row{full, gone})
	gone.Different = nil
	want := []migrate.Row{full, gone, rows[2]}
	same(t, "rows", allRows(t, s, m.ID), want)

	// Ids that were freed are free, and may change hands.
	want[0].SourceID, want[0].TargetID, want[0].Different, want[0].Compared, want[0].Listing = 1, 0, nil, time.Time{}, nil
	saveRows(t, s, []migrate.Row{want[0]})
	want[1].SourceID, want[1].TargetID = 11, 21
	want[2].Status = migrate.Copied
	saveRows(t, s, want[1:])
	same(t, "rows", allRows(t, s, m.ID), want)
	saveRows(t, s, nil)
}

// testSaveRowsAdds: rows without an ID are added, and replace what is the same.
func testSaveRowsAdds(t *testing.T, s migrate.Store) {
	m := mustMove(t, s, "kr")
	addRows(t, s, []migrate.Row{{Move: m.ID, Kind: link, SourceID: 1, Listing: []byte{1}}}, 1, 0)
	rows := []migrate.Row{
		{Move: m.ID, Kind: link, SourceID: 2, TargetID: 102, Status: migrate.Copied},
		{Move: m.ID, Kind: link, SourceID: 1, TargetID: 101, Status: migrate.Copied, Compared: noon},
		{Move: m.ID, Kind: link, TargetID: 103, AtTarget: true, Status: migrate.Failed},
		{Move: m.ID, Kind: link, SourceID: 4},
	}
	saveRows(t, s, rows)
	rows[3].Status = migrate.Listed
	ids := map[int64]bool{}
	for _, r := range rows {
		if ids[r.ID] || r.ID == 0 {
			t.Errorf("SaveRows() gives the id %d", r.ID)
		}
		ids[r.ID] = true
	}
	same(t, "rows", byID(allRows(t, s, m.ID)), byID(rows))

	// A row that another process has added meanwhile is the same one.
	again := []migrate.Row{
		{Move: m.ID, Kind: link, TargetID: 103, SourceID: 0, AtTarget: true, Status: migrate.Copied},
		{Move: m.ID, Kind: link, SourceID: 4, TargetID: 104, Status: migrate.Copied},
	}
	saveRows(t, s, again)
	if again[0].ID != rows[2].ID || again[1].ID != rows[3].ID {
		t.Errorf("SaveRows() of known objects gives the ids %d and %d; want %d and %d", again[0].ID, again[1].ID, rows[2].ID, rows[3].ID)
	}
	rows[2], rows[3] = again[0], again[1]
	same(t, "rows", byID(allRows(t, s, m.ID)), byID(rows))
}

func testSaveRowsRefused(t *testing.T, s migrate.Store) {
	m, other := mustMove(t, s, "kr"), mustMove(t, s, "dg")
	saveRows(t, s, []migrate.Row{
		{Move: m.ID, Kind: link, SourceID: 1, TargetID: 101},
		{Move: m.ID, Kind: link, SourceID: 2, TargetID: 102},
		{Move: m.ID, Kind: link, TargetID: 103},
	})
	before := byID(allRows(t, s, m.ID))
	changed := before[0]
	changed.Error = "changed"
	for name, tt := range map[string]struct {
		row  migrate.Row
		code api.Code
	}{
		"TargetTaken":     {migrate.Row{Move: m.ID, Kind: link, SourceID: 9, TargetID: 101}, api.Conflict},
		"TargetOfAnother": {migrate.Row{ID: before[1].ID, Move: m.ID, Kind: link, SourceID: 2, TargetID: 101}, api.Conflict},
		"SourceOfAnother": {migrate.Row{ID: before[1].ID, Move: m.ID, Kind: link, SourceID: 1, TargetID: 102}, api.Conflict},
		"SourceForgotten": {migrate.Row{Move: m.ID, Kind: link, TargetID: 101}, api.Conflict},
		"NoRow":           {migrate.Row{ID: 1 << 40, Move: m.ID, Kind: link, SourceID: 9}, api.NotFound},
		"NoMove":          {migrate.Row{Move: 1 << 40, Kind: link, SourceID: 9}, api.NotFound},
		"NoIDs":           {migrate.Row{Move: m.ID, Kind: link}, api.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			added := migrate.Row{Move: m.ID, Kind: link, SourceID: 8}
			rows := []migrate.Row{changed, added, tt.row}
			wantCode(t, "SaveRows", s.SaveRows(t.Context(), rows), tt.code, "")
			same(t, "rows after a refused call", byID(allRows(t, s, m.ID)), before)
		})
	}
	// Ids are unique in a move and kind only.
	saveRows(t, s, []migrate.Row{
		{Move: other.ID, Kind: link, SourceID: 1, TargetID: 101}, {Move: m.ID, Kind: adapters.KindQR, SourceID: 1, TargetID: 101},
	})
}

func testText(t *testing.T, s migrate.Store) {
	m := mustMove(t, s, "kr")
	const bad, good = "a\x00b\xffc", "a\uFFFDb\uFFFDc"
	rows := []migrate.Row{{Move: m.ID, Kind: link, SourceID: 1, ShortURL: bad, Error: bad, Different: []string{bad}, Compared: noon}}
	saveRows(t, s, rows)
	addRows(t, s, []migrate.Row{{Move: m.ID, Kind: link, SourceID: 2, ShortURL: bad, Error: "링크 «ü» 🔗"}}, 1, 0)
	got := allRows(t, s, m.ID)
	if got[0].ShortURL != good || got[0].Error != good || fmt.Sprint(got[0].Different) != "["+good+"]" || got[1].ShortURL != good || got[1].Error != "링크 «ü» 🔗" {
		t.Errorf("rows = %+v", got)
	}
	e := &migrate.Entry{Move: m.ID, Kind: link, Document: []byte(bad)}
	noteEntry(t, s, e)
	e.Error = bad
	if err := s.FailEntry(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, s, m.ID)[0]; got.Error != good || string(got.Document) != bad {
		t.Errorf("entry = %+v", got)
	}
}

// testRowsAtOnce: what several write at once is there once.
func testRowsAtOnce(t *testing.T, s migrate.Store) {
	m := mustMove(t, s, "kr")
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for range 8 {
		wg.Go(func() {
			for part := range 5 {
				var rows []migrate.Row
				for i := range 40 {
					rows = append(rows, migrate.Row{Move: m.ID, Kind: link, SourceID: int64(part*40 + i + 1)})
				}
				added, _, err := s.AddRows(t.Context(), rows)
				for i := range rows {
					rows[i].TargetID, rows[i].Status = rows[i].SourceID+1000, migrate.Copied
				}
				slices.Reverse(rows)
				if err == nil {
					err = s.SaveRows(t.Context(), rows)
				}
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				total += added
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	rows := allRows(t, s, m.ID)
	if total != 200 || len(rows) != 200 {
		t.Errorf("%d were added, %d are there; want 200", total, len(rows))
	}
	for _, r := range rows {
		if r.Status != migrate.Copied || r.TargetID != r.SourceID+1000 {
			t.Errorf("row %+v", r)
		}
	}
}

func addRows(tb testing.TB, s migrate.Store, rows []migrate.Row, wantAdded, wantChanged int) {
	tb.Helper()
	if added, changed, err := s.AddRows(tb.Context(), rows); err != nil || added != wantAdded || changed != wantChanged {
		tb.Errorf("AddRows() = %d, %d, %v; want %d and %d", added, changed, err, wantAdded, wantChanged)
	}
}

func saveRows(tb testing.TB, s migrate.Store, rows []migrate.Row) {
	tb.Helper()
	if err := s.SaveRows(tb.Context(), rows); err != nil {
		tb.Fatalf("SaveRows() = %v", err)
	}
}

func allRows(tb testing.TB, s migrate.Store, move int64) []migrate.Row {
	tb.Helper()
	rows, err := s.Rows(tb.Context(), migrate.Filter{Move: move, Limit: 10_000})
	if err != nil {
		tb.Fatal(err)
	}
	return rows
}

// byID returns the rows in order of ID, as a store keeps them.
func byID(rows []migrate.Row) []migrate.Row {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b migrate.Row) int { return int(a.ID - b.ID) })
	return rows
}
