package conformance_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/api"
)

// subjectOf returns a request of the operation that asks for something in every
// place where something is kept: on the site, and here.
func (s *stand) subjectOf(t *testing.T, op api.Operation) request {
	t.Helper()
	r := s.smallest(t, op)
	var more []string
	for _, member := range []string{`"campaign":$campaign`, `"channel":$channel`, `"description":"Note"`} {
		name := strings.Trim(strings.SplitN(member, ":", 2)[0], `"`)
		if s.all[api.CreateLink].Fields[name].Support != api.Refused {
			more = append(more, member)
		}
	}
	members := "{" + strings.Join(more, ",") + "}"
	switch op {
	case api.CreateLink:
		r.body = s.merged(t, documents[op], members)
	case api.CreateLinks:
		one, other := s.merged(t, documents[api.CreateLink], members), s.merged(t, documents[api.CreateLink], "{}")
		r.body = `{"urls":[` + one + "," + other + `]}`
	}
	return r
}

// open opens the database beside the store, once.
func (s *stand) open(tb testing.TB) *sql.DB {
	tb.Helper()
	if s.db == nil {
		db, err := sql.Open("sqlite", "file:"+s.path+"?_pragma=busy_timeout(5000)")
		if err != nil {
			tb.Fatal(err)
		}
		s.db = db
		s.tb.Cleanup(func() { _ = db.Close() })
	}
	return s.db
}

// forget empties the ledger of intents, for the operations to come.
func (s *stand) forget(tb testing.TB) {
	tb.Helper()
	if _, err := s.open(tb).ExecContext(tb.Context(), "DELETE FROM ledger WHERE completed IS NULL"); err != nil {
		tb.Fatal(err)
	}
}

// kept are the tables of what users have made. What is known of creates in
// doubt is none of it.
var kept = []string{"links", "campaigns", "channels", "channel_items", "domains", "pixels", "link_pixels", "splash_pages", "overlays", "qr_codes", "uploads"}

// state is what the site and the store hold, as text.
func (s *stand) state(tb testing.TB) string {
	tb.Helper()
	var b strings.Builder
	db := s.open(tb)
	for _, table := range kept {
		fmt.Fprintf(&b, "%s %v\n", table, rowsOf(tb, db, "SELECT * FROM "+table))
	}
	fmt.Fprintf(&b, "ledger %v\n", rowsOf(tb, db, "SELECT id, remote_id, alias, short_url, long_url FROM ledger WHERE completed IS NOT NULL"))
	var site any
	if s.script != nil {
		all := map[string]any{"links": s.script.Links()}
		for _, kind := range []string{"campaign", "channel", "domain", "pixel", "qr", "files"} {
			all[kind] = s.script.Objects(kind)
		}
		site = all
	} else {
		site = s.dg.State()
	}
	doc, err := json.Marshal(site)
	if err != nil {
		tb.Fatal(err)
	}
	b.Write(doc)
	return b.String()
}

func rowsOf(tb testing.TB, db *sql.DB, query string) []string {
	tb.Helper()
	rows, err := db.QueryContext(tb.Context(), query)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		tb.Fatal(err)
	}
	var all []string
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			tb.Fatal(err)
		}
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = fmt.Sprint(*v.(*any))
		}
		all = append(all, strings.Join(row, "|"))
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	slices.Sort(all)
	return all
}
