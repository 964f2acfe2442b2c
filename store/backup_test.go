package store

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/shortener"
)

// tablesOf returns the tables of the schema, whatever the store.
func tablesOf(t *testing.T) []schemaTable {
	t.Helper()
	tables, err := readTables(t.Context(), openTemp(t).pools.lists.db)
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) < 5 {
		t.Fatalf("only %d tables", len(tables))
	}
	return tables
}

// fillTables puts rows into every table, whatever its columns, beside those
// that migrations have put there.
func fillTables(t *testing.T, s *Store, tables []schemaTable, rows int) {
	t.Helper()
	lite := openTemp(t).pools.lists
	for _, table := range tables {
		var kinds, parents []string
		for _, column := range table.columns {
			var kind, parent string
			err := lite.QueryRowContext(t.Context(), `SELECT type, COALESCE((SELECT f."table" FROM pragma_foreign_key_list(?) f WHERE f."from" = name), '')
				FROM pragma_table_info(?) WHERE name = ?`, table.name, table.name, column).Scan(&kind, &parent)
			if err != nil {
				t.Fatal(err)
			}
			kinds, parents = append(kinds, kind), append(parents, parent)
		}
		err := s.writer.do(t.Context(), func(tx *session) error {
			for n := 101; n < 101+rows; n++ {
				values := make([]any, len(kinds))
				for i, kind := range kinds {
					switch kind {
					case "INTEGER":
						values[i] = int64(n)
					case "BOOLEAN":
						values[i] = n%2 == 0
					case "BLOB":
						values[i] = []byte{0, 0xff, byte(n), byte(n >> 8)}
					case "REAL":
						values[i] = float64(n) / 4
					default:
						values[i] = fmt.Sprintf("%s %d 'ü'\n\x01", table.columns[i], n)
					}
					// A later migration may name its parent's id.
					if parents[i] != "" {
						values[i] = int64(n)
					}
				}
				_, err := tx.exec("INSERT INTO "+quoteNames([]string{table.name})+" ("+quoteNames(table.columns)+") VALUES (?"+
					strings.Repeat(", ?", len(values)-1)+")", values...)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatalf("filling %s: %v", table.name, err)
		}
	}
}

// dump returns all rows of all tables as text.
func dump(t *testing.T, s *Store, tables []schemaTable) map[string][]string {
	t.Helper()
	dumped := map[string][]string{}
	for _, table := range tables {
		err := copyTable(t.Context(), table, s.pools.lists.db, rowsFunc(func(values []any) {
			line := ""
			for _, v := range values {
				switch v := v.(type) {
				case []byte:
					line += "x" + hex.EncodeToString(v) + "|"
				case bool:
					line += map[bool]string{false: "0", true: "1"}[v] + "|"
				default:
					line += fmt.Sprintf("%#v|", v)
				}
			}
			dumped[table.name] = append(dumped[table.name], line)
		}))
		if err != nil {
			t.Fatal(err)
		}
	}
	return dumped
}

type rowsFunc func(values []any)

func (f rowsFunc) insert(_ schemaTable, next func() ([]any, error)) error {
	for {
		values, err := next()
		if err != nil || values == nil {
			return err
		}
		f(values)
	}
}

// Every row of every table comes through, from either kind of database into
// either, and ids go on where they were.
func TestBackup_EveryTable(t *testing.T) {
	tables := tablesOf(t)
	each(t, func(t *testing.T, from Config) {
		s := openConfig(t, from)
		fillTables(t, s, tables, 300)
		// Ids are not given out again, even those of what is gone.
		last := map[string]int64{}
		for _, table := range tables {
			if !table.counted {
				continue
			}
			last[table.name] = 1_000_000 + int64(len(last))
			setSequence(t, s, table, last[table.name])
		}
		want := dump(t, s, tables)
		for _, table := range tables {
			if len(want[table.name]) < 300 {
				t.Errorf("table %s has %d rows", table.name, len(want[table.name]))
			}
		}
		file := filepath.Join(t.TempDir(), "some", "folder", "backup.db")
		if err := s.Backup(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		checkFile(t, file)
		each(t, func(t *testing.T, to Config) {
			restored := openConfig(t, to)
			if err := restored.Restore(t.Context(), file); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, dump(t, restored, tables)); diff != "" {
				t.Errorf("Restore() (-want +got):\n%s", diff)
			}
			for _, table := range tables {
				if got := sequence(t, restored, table); got != last[table.name] {
					t.Errorf("the last id of %s = %d; want %d", table.name, got, last[table.name])
				}
			}
			err := restored.Restore(t.Context(), file)
			if err == nil || !strings.Contains(err.Error(), "not empty") || !strings.Contains(err.Error(), file) {
				t.Errorf("Restore() into what is full = %v", err)
			}
			again := filepath.Join(t.TempDir(), "again.db")
			if err := restored.Backup(t.Context(), again); err != nil {
				t.Errorf("Backup() of what was restored = %v", err)
			}
			if diff := cmp.Diff(want, dump(t, openConfig(t, Config{Source: again}), tables)); diff != "" {
				t.Errorf("a backup opened as a database (-want +got):\n%s", diff)
			}
		})
	})
}

func sequence(t *testing.T, s *Store, table schemaTable) (last int64) {
	t.Helper()
	if !table.counted {
		return 0
	}
	read := sqliteSequence
	if s.pools.dialect == postgresDialect {
		read = postgresSequence
	}
	last, err := read(t.Context(), s.pools.lists.db, table)
	if err != nil {
		t.Fatal(err)
	}
	return last
}

func setSequence(t *testing.T, s *Store, table schemaTable, last int64) {
	t.Helper()
	err := s.writer.do(t.Context(), func(tx *session) error {
		if tx.tx != nil {
			return setPostgresSequence(tx.ctx, tx.tx, table, last)
		}
		return setSQLiteSequence(tx.ctx, tx.conn, table, last)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkFile reports a backup that others may read, is damaged, or has company.
func checkFile(t *testing.T, file string) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the backup = %o; want 600", info.Mode().Perm())
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the backup there is %v, %v", entries, err)
	}
	p, err := sqlitePool(file, 1, url.Values{"mode": {"ro"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.db.Close() }()
	var check string
	if err := p.db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
		t.Errorf("integrity check: %s, %v", check, err)
	}
	if err := p.db.QueryRowContext(t.Context(), "PRAGMA foreign_key_check").Scan(new(string)); !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("foreign key check: %v; want no row", err)
	}
}

// A backup is one moment: it has all that was answered before it began, no half
// of a write, and nobody waits for it.
func TestBackup_WhileOthersWrite(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		var answered atomic.Int64
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					if err := create(t.Context(), s, newLink("main", fmt.Sprintf("%d-%d", w, i))); err != nil {
						t.Errorf("CreateLink() = %v", err)
						return
					}
					answered.Add(1)
				}
			})
		}
		for answered.Load() < 100 {
			mustCreate(t, s, newLink("main", fmt.Sprintf("x-%d", answered.Load())))
			answered.Add(1)
		}
		file := filepath.Join(t.TempDir(), "backup.db")
		for range 3 {
			before := answered.Load()
			if err := s.Backup(t.Context(), file); err != nil {
				t.Fatal(err)
			}
			checkFile(t, file)
			restored := openTemp(t)
			if err := restored.Restore(t.Context(), file); err != nil {
				t.Fatal(err)
			}
			var links, clicks int64
			err := restored.pools.lists.QueryRowContext(t.Context(), "SELECT (SELECT COUNT(*) FROM links), (SELECT COUNT(*) FROM link_clicks)").Scan(&links, &clicks)
			if err != nil || links != clicks || links < before {
				t.Errorf("the backup has %d links and %d counts, %v; want all of %d", links, clicks, err, before)
			}
		}
		close(stop)
		wg.Wait()
	})
}

// A process that is killed while it makes a backup leaves the one before.
func TestBackup_Killed(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		s := openConfig(t, cfg)
		const links = 2000
		fill(t, s, links)
		file := filepath.Join(t.TempDir(), "backup.db")
		for range 5 {
			cmd := process(t, "backups", file, cfg)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// It makes one after the other, and says so before each.
			for line, n := bufio.NewScanner(out), 0; line.Scan() && n < 2; n++ {
				continue
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // it was killed
			restored := openTemp(t)
			if err := restored.Restore(t.Context(), file); err != nil {
				t.Fatal(err)
			}
			if _, total, err := restored.Links(t.Context(), shortener.Filter{Account: "main"}); err != nil || total != links {
				t.Errorf("the backup has %d links, %v; want %d", total, err, links)
			}
		}
	})
}

func TestBackup_Errors(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		mustCreate(t, s, newLink("main", "a"))
		dir := t.TempDir()
		file := filepath.Join(dir, "file")
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		tests := []struct {
			name, to, want string
			ctx            context.Context
		}{
			{"a folder", dir, "file exists", t.Context()},
			{"below a file", filepath.Join(file, "x"), "not a directory", t.Context()},
			{"read-only folder", filepath.Join(readOnly(t), "x", "x"), "", t.Context()},
			{"context ended", filepath.Join(dir, "never"), "context canceled", ended},
		}
		if s.pools.file != "" {
			tests = append(tests, tests[0])
			tests[4].name, tests[4].to, tests[4].want = "itself", s.pools.file, "the database itself"
		}
		for _, tt := range tests {
			err := s.Backup(tt.ctx, tt.to)
			if err == nil || !strings.Contains(err.Error(), tt.to) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: Backup(%q) = %v; want the path and %q", tt.name, tt.to, err, tt.want)
			}
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Errorf("what failed has left %v, %v", entries, err)
		}
		mustClose(t, s)
		if err := s.Backup(t.Context(), filepath.Join(dir, "never")); err == nil {
			t.Error("Backup() after Close has no error")
		}
	})
}

func TestSortTables(t *testing.T) {
	tables, err := sortTables([]schemaTable{
		{name: "c", references: []string{"b", "a"}}, {name: "b", references: []string{"a", "b"}}, {name: "a"},
	})
	if err != nil || len(tables) != 3 || tables[0].name != "a" || tables[1].name != "b" || tables[2].name != "c" {
		t.Errorf("sortTables() = %v, %v", tables, err)
	}
	if _, err := sortTables([]schemaTable{{name: "a", references: []string{"b"}}, {name: "b", references: []string{"a"}}}); err == nil {
		t.Error("sortTables() of a circle has no error")
	}
}
