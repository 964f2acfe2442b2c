package store

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/linkquay/linkquay/store/postgrestest"
)

func TestRestore_Errors(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("This is no database. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	made := func(name, statement string) string {
		s := openTemp(t)
		mustCreate(t, s, newLink("main", "a"))
		file := filepath.Join(dir, name)
		if err := s.Backup(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		p, err := sqlitePool(file, 1, url.Values{"_foreign_keys": {"off"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		if err := p.db.Close(); err != nil {
			t.Fatal(err)
		}
		return file
	}
	tests := []struct{ name, from, want string }{
		{"missing", filepath.Join(dir, "missing"), "no backup"},
		{"a folder", dir, "no backup"},
		{"no database", text, "not a database"},
		{"another database", made("other.db", "DROP TABLE schema_version"), "no backup of Linkquay"},
		{"newer", made("newer.db", "INSERT INTO schema_version (version) VALUES (99)"), "schema version 99 and was made by a newer Linkquay"},
		{"spoilt", made("spoilt.db", "DELETE FROM links"), "copying table"},
	}
	each(t, func(t *testing.T, cfg Config) {
		s := openConfig(t, cfg)
		tables := tablesOf(t)
		empty := dump(t, s, tables)
		for _, tt := range tests {
			err := s.Restore(t.Context(), tt.from)
			if err == nil || !strings.Contains(err.Error(), tt.from) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: Restore(%q) = %v; want the path and %q", tt.name, tt.from, err, tt.want)
			}
			if diff := cmp.Diff(empty, dump(t, s, tables)); diff != "" {
				t.Errorf("%s: a Restore that failed has left (-want +got):\n%s", tt.name, diff)
			}
		}
		if s.pools.file != "" {
			if err := s.Restore(t.Context(), s.pools.file); err == nil || !strings.Contains(err.Error(), "itself") {
				t.Errorf("Restore() of the database itself = %v", err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		good := made("good.db", "SELECT 1")
		if err := s.Restore(ctx, good); !errors.Is(err, context.Canceled) {
			t.Errorf("Restore() with an ended context = %v", err)
		}
		if err := s.Restore(t.Context(), good); err != nil {
			t.Errorf("Restore() after those that failed = %v", err)
		}
		if _, err := s.LinkByAlias(t.Context(), "", "a"); err != nil {
			t.Errorf("LinkByAlias() = %v", err)
		}
	})
}

// A backup of the first version is brought up to date, and stays as it is.
func TestRestore_OlderVersion(t *testing.T) {
	first, err := fs.Glob(migrationFiles, "migrations/sqlite/0001_*.sql")
	if err != nil || len(first) != 1 {
		t.Fatalf("the first migration: %v, %v", first, err)
	}
	script, err := fs.ReadFile(migrationFiles, first[0])
	if err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(t.TempDir(), "old.db")
	p, err := sqlitePool(old, 1, url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		string(script), "CREATE TABLE schema_version (version INTEGER NOT NULL)", "INSERT INTO schema_version VALUES (1)",
		"INSERT INTO accounts (id, name, email, registered) VALUES (7, 'acme', 'me@example.com', 1)",
	} {
		if _, err := p.db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.db.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(old)
	if err != nil {
		t.Fatal(err)
	}
	eachStore(t, func(t *testing.T, s *Store) {
		if err := s.Restore(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		if a, err := s.Account(t.Context(), "acme"); err != nil || a.ID != 7 || a.Email != "me@example.com" {
			t.Errorf("Account() = %+v, %v", a, err)
		}
		if a, err := s.Account(t.Context(), "next"); err != nil || a.ID != 8 {
			t.Errorf("the next account = %+v, %v; want the next id", a, err)
		}
		if after, err := os.ReadFile(old); err != nil || string(after) != string(before) {
			t.Errorf("the backup was changed, %v", err)
		}
	})
}

// What PostgreSQL cannot hold does not keep a database from moving there.
func TestRestore_UnstorableText(t *testing.T) {
	s := openTemp(t)
	l := newLink("main", "a")
	l.Description, l.MetaTitle = "a\x00b", "c\xff\xfed"
	mustCreate(t, s, l)
	file := filepath.Join(t.TempDir(), "backup.db")
	if err := s.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zap.WarnLevel)
	to := openConfig(t, Config{Driver: Postgres, Source: postgrestest.Database(t), Logger: zap.New(core)})
	if err := to.Restore(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	got, err := to.LinkByAlias(t.Context(), "", "a")
	if err != nil || got.Description != "a\uFFFDb" || got.MetaTitle != "c\uFFFDd" {
		t.Errorf("LinkByAlias() = %+v, %v", got, err)
	}
	entries := logs.All()
	if len(entries) != 1 || entries[0].ContextMap()["texts"].(int64) < 2 {
		t.Errorf("the log says %v; want how many were altered", entries)
	}
}
