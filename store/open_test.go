package store

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

func TestOpen_CreatesPrivateFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "some", "folder")
	path := filepath.Join(dir, "linkquay.db")
	s := openConfig(t, Config{Source: path})
	mustCreate(t, s, newLink("main", "a"))
	for name, want := range map[string]os.FileMode{
		dir: 0o700, filepath.Dir(dir): 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600,
	} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %s = %o; want %o", name, got, want)
		}
	}
	mustClose(t, s)
	if _, err := os.Stat(path + "-wal"); !os.IsNotExist(err) {
		t.Errorf("after Close the write-ahead log is still there: %v", err)
	}
}

func TestOpen_PathWithURICharacters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "100% mine?_query_only=1&x#y", "link quay.db")
	s := openConfig(t, Config{Source: path})
	mustCreate(t, s, newLink("main", "a"))
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestOpen_Pragmas(t *testing.T) {
	s := openTemp(t)
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
	} {
		var got string
		err := s.writer.do(t.Context(), func(tx *session) error {
			return tx.conn.QueryRowContext(tx.ctx, "PRAGMA "+pragma).Scan(&got)
		})
		if err != nil || got != want {
			t.Errorf("PRAGMA %s = %q, %v; want %q", pragma, got, err, want)
		}
	}
	if _, err := s.pools.lists.db.ExecContext(t.Context(), "DELETE FROM links"); err == nil {
		t.Error("a reading connection may write")
	}
}

func TestOpen_Again(t *testing.T) { each(t, testOpenAgain) }

func testOpenAgain(t *testing.T, cfg Config) {
	core, logs := observer.New(zap.InfoLevel)
	for i := range 3 {
		cfg.Logger = zap.New(core)
		s, err := Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("Ping() = %v", err)
		}
		if _, total, err := s.Links(t.Context(), shortener.Filter{Account: "main"}); err != nil || total != i {
			t.Errorf("opened %d times: %d links, %v; want %d", i+1, total, err, i)
		}
		mustCreate(t, s, newLink("main", string(rune('a'+i))))
		mustClose(t, s)
		mustClose(t, s)
	}
	if n := logs.FilterMessage("database schema migrated").Len(); n != 1 {
		t.Errorf("the schema was migrated %d times; want once", n)
	}
}

func TestOpen_OutlivesItsContext(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		ctx, cancel := context.WithCancel(t.Context())
		s, err := Open(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer mustClose(t, s)
		cancel()
		mustCreate(t, s, newLink("main", "a"))
	})
}

func TestOpen_HandlesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				s, err := Open(t.Context(), cfg)
				if err != nil {
					t.Errorf("Open() = %v", err)
					return
				}
				mustClose(t, s)
			})
		}
		wg.Wait()
		checkSchema(t, cfg)
	})
}

func TestOpen_ProcessesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		var wg sync.WaitGroup
		for range 6 {
			cmd := process(t, "open", "-", cfg)
			wg.Go(func() {
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("a process that opens the database: %v\n%s", err, out)
				}
			})
		}
		wg.Wait()
		checkSchema(t, cfg)
	})
}

// checkSchema reports migrations that were applied more or less than once.
func checkSchema(t *testing.T, cfg Config) {
	t.Helper()
	s := openConfig(t, cfg)
	var n, version int
	err := s.pools.lookups.QueryRowContext(t.Context(), "SELECT COUNT(*), MAX(version) FROM schema_version").Scan(&n, &version)
	if err != nil || n != version || n == 0 {
		t.Errorf("the schema has %d rows up to version %d, %v; want one for each", n, version, err)
	}
}

func TestOpen_Errors(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("This is no database. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.db")
	s := openConfig(t, Config{Source: newer})
	err := s.writer.do(t.Context(), func(tx *session) error {
		_, err := tx.exec("INSERT INTO schema_version (version) VALUES (99)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)

	tests := []struct{ name, path, want string }{
		{"no path", "", "no path given"},
		{"a folder", dir, "is a directory"},
		{"below a file", filepath.Join(text, "linkquay.db"), "not a directory"},
		{"read-only folder", filepath.Join(readOnly(t), "linkquay", "linkquay.db"), "mkdir"},
		{"no database", text, "file is not a database"},
		{"newer schema", newer, "schema version 99 and was written by a newer Linkquay"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Open(t.Context(), Config{Source: tt.path})
			if err == nil {
				mustClose(t, s)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.path) {
				t.Errorf("Open(%q) = %v; want the path and %q", tt.path, err, tt.want)
			}
		})
	}
}

// readOnly returns a folder in which not even root can make anything.
func readOnly(t *testing.T) string {
	t.Helper()
	if os.Geteuid() == 0 {
		return "/proc"
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestStore_Closed(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		l := mustCreate(t, s, newLink("main", "a"))
		mustClose(t, s)
		ctx := t.Context()
		for name, call := range calls(ctx, s, l) {
			wantCode(t, name+" after Close", call(), api.Unavailable)
		}
	})
}

// A context that has ended is Unavailable too, and nothing is written.
func TestStore_ContextEnded(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		l := mustCreate(t, s, newLink("main", "a"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for name, call := range calls(ctx, s, l) {
			wantCode(t, name+" with an ended context", call(), api.Unavailable)
		}
		if got, err := s.Link(t.Context(), "main", l.ID); err != nil || got.URL != l.URL {
			t.Errorf("Link() = %+v, %v; want it as it was", got, err)
		}
	})
}
