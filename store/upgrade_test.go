package store

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
	"testing/fstest"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
)

// beforeMoves is the last version of the schema that knows of no moves.
const beforeMoves = 4

// fillBeforeMoves makes a database of that version, with a link of every kind.
func fillBeforeMoves(t *testing.T, cfg Config) {
	t.Helper()
	p, err := openPools(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	scripts := fstest.MapFS{}
	names, err := fs.Glob(migrationFiles, "migrations/"+p.write.dialect.driver+"/*.sql")
	if err != nil || len(names) <= beforeMoves {
		t.Fatalf("migrations are %v, %v", names, err)
	}
	for _, name := range names[:beforeMoves] {
		script, err := fs.ReadFile(migrationFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		scripts[name] = &fstest.MapFile{Data: script}
	}
	if err := migrateSchema(t.Context(), p.write, scripts, zap.NewNop()); err != nil {
		t.Fatal(err)
	}
	statements := []string{"INSERT INTO accounts (name, email, registered) VALUES ('main', 'me@example.com', 1)"}
	for i, kind := range []string{"", "qr", "file"} {
		options := map[string]string{
			"": `{"startdate":"2026-01-02T03:04:05.123456789Z"}`, "qr": `{"qr":{"type":"text","data":"hi"}}`,
			"file": `{"file":{"name":"n","filename":"f","stored":"ab/cd/0123456789012345678901234567","size":3,"contenttype":"text/plain"}}`,
		}[kind]
		statements = append(statements, fmt.Sprintf(`INSERT INTO links (account, kind, domain, alias, url, type, password_hash, public,
			meta_title, meta_description, meta_image, description, campaign, external_id, options, created, updated, search)
			VALUES ('main', '%s', '', 'alias%d', 'https://example.com/', 'direct', '', FALSE, '', '', '', 'note', 0, '', '%s', 1000, 2000, 'x')`, kind, i, options),
			fmt.Sprintf("INSERT INTO link_clicks (link_id, clicks, uniques) VALUES (%d, %d, 2)", i+1, 7+i))
	}
	statements = append(statements, "INSERT INTO qr_codes (account, link_id) VALUES ('main', 2)", "INSERT INTO uploads (account, link_id) VALUES ('main', 3)")
	for _, s := range statements {
		if _, err := p.write.db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
}

// checkAfterMoves looks at what became of it.
func checkAfterMoves(t *testing.T, s *Store) {
	t.Helper()
	l, err := s.LinkByAlias(t.Context(), "", "alias0")
	if err != nil || l.Clicks != 7 || l.UniqueClicks != 2 || l.AllClicks() != 7 || l.AllUniques() != 2 || l.Description != "note" {
		t.Fatalf("LinkByAlias() = %+v, %v", l, err)
	}
	after, err := s.LinksAfter(t.Context(), "main", 0, 10)
	if err != nil || len(after) != 1 || after[0].ID != 1 {
		t.Errorf("LinksAfter() = %+v, %v", after, err)
	}
	kinds := map[records.Kind]int64{}
	err = s.ReadRecords(t.Context(), records.ReadOptions{}, func(r records.Record) error {
		if l, ok := r.(*records.Link); ok {
			kinds[r.Kind()] = l.Clicks
			if l.CarriedClicks+l.CarriedUniques != 0 {
				t.Errorf("%s has carried-over counts: %+v", r.Kind(), l)
			}
		}
		return nil
	})
	if err != nil || kinds[records.KindLink] != 7 || kinds[records.KindQR] != 8 || kinds[records.KindFile] != 9 {
		t.Errorf("records are %v, %v", kinds, err)
	}
	before, err := s.Moves().MovesRevision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	move, err := s.Moves().OpenMove(t.Context(), migrate.Move{Source: "kr", Target: api.NativeBackend, SourceAccount: "main", TargetAccount: "main"})
	if err != nil || move.ID != 1 {
		t.Fatalf("OpenMove() = %+v, %v", move, err)
	}
	if revision, err := s.Moves().MovesRevision(t.Context()); err != nil || revision == before {
		t.Errorf("the revision is %d, %v; was %d", revision, err, before)
	}
	next := &shortener.Link{Account: "main", Alias: "next", URL: "https://example.com/", Type: "direct"}
	if _, err := s.CreateLink(t.Context(), next, shortener.Creation{}); err != nil || next.ID != 4 {
		t.Errorf("the next link is %d, %v", next.ID, err)
	}
}

// TestMigrate_BeforeMoves brings a database with data up to date.
func TestMigrate_BeforeMoves(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		fillBeforeMoves(t, cfg)
		checkAfterMoves(t, openConfig(t, cfg))
	})
}

// TestRestore_BeforeMoves restores the backup of such a one.
func TestRestore_BeforeMoves(t *testing.T) {
	old := filepath.Join(t.TempDir(), "old.db")
	fillBeforeMoves(t, Config{Driver: SQLite, Source: old})
	eachStore(t, func(t *testing.T, s *Store) {
		if err := s.Restore(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		checkAfterMoves(t, s)
	})
}
