package store

import (
	"bufio"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/store/postgrestest"
)

// Both databases have the same tables, columns and primary keys, so that one
// set of queries and of backups fits both.
func TestMigrations_SameSchema(t *testing.T) {
	var columns [2][]string
	lite := openTemp(t)
	tables, err := readTables(t.Context(), lite.pools.lists.db)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		for _, c := range table.columns {
			var declared string
			err := lite.pools.lists.QueryRowContext(t.Context(), "SELECT type FROM pragma_table_info(?) WHERE name = ?", table.name, c).Scan(&declared)
			if err != nil {
				t.Fatal(err)
			}
			columns[0] = append(columns[0], fmt.Sprintf("%s.%s %s", table.name, c, declared))
		}
	}
	server := openConfig(t, Config{Driver: Postgres, Source: postgrestest.Database(t)})
	for _, table := range tables {
		var names []string
		err := eachRow(t.Context(), server.pools.lists.db, `SELECT column_name, data_type FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`, []any{table.name}, func(r row) error {
			var name, kind string
			err := r.Scan(&name, &kind)
			names = append(names, name)
			same, ok := map[string]string{
				"bigint": "INTEGER", "text": "TEXT", "bytea": "BLOB", "boolean": "BOOLEAN", "double precision": "REAL",
			}[kind]
			if !ok {
				t.Errorf("%s.%s is of type %s, for which SQLite has no equal", table.name, name, kind)
			}
			columns[1] = append(columns[1], fmt.Sprintf("%s.%s %s", table.name, name, same))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(table.columns, names); diff != "" {
			t.Errorf("columns of %s (-SQLite +PostgreSQL):\n%s", table.name, diff)
		}
		if !table.counted {
			continue
		}
		if len(table.key) != 1 {
			t.Errorf("the ids of %s are counted, and its key is %v", table.name, table.key)
		} else if _, err := postgresSequence(t.Context(), server.pools.lists.db, table); err != nil {
			t.Errorf("%s has no sequence: %v", table.name, err)
		}
	}
	if diff := cmp.Diff(columns[0], columns[1]); diff != "" {
		t.Errorf("types (-SQLite +PostgreSQL):\n%s", diff)
	}
	var n int
	err = server.pools.lists.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM information_schema.tables
		WHERE table_schema = current_schema() AND table_name <> 'schema_version'`).Scan(&n)
	if err != nil || n != len(tables) {
		t.Errorf("PostgreSQL has %d tables, %v; SQLite %d", n, err, len(tables))
	}
}

// oneMore is all migrations and another one, the same for every database.
func oneMore(t *testing.T, script string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	for _, driver := range []string{SQLite, Postgres} {
		names, err := fs.Glob(migrationFiles, "migrations/"+driver+"/*.sql")
		if err != nil || len(names) == 0 {
			t.Fatalf("migrations of %s: %v, %v", driver, names, err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(migrationFiles, name)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = &fstest.MapFile{Data: text}
		}
		files[path.Join("migrations", driver, "9999_more.sql")] = &fstest.MapFile{Data: []byte(script)}
	}
	return files
}

// A migration that fails leaves the schema as it was.
func TestMigrate_Fails(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		files := oneMore(t, "CREATE TABLE half (id BIGINT); INSERT INTO no_such_table VALUES (1);")
		err := migrateSchema(t.Context(), s.pools.write, files, zap.NewNop())
		if err == nil || !strings.Contains(err.Error(), "9999_more.sql") {
			t.Errorf("migrateSchema() = %v; want an error with the file's name", err)
		}
		if err := s.pools.lists.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM half").Scan(new(int)); err == nil {
			t.Error("the first half of the migration has happened")
		}
		files = oneMore(t, "CREATE TABLE whole (id BIGINT);")
		if err := migrateSchema(t.Context(), s.pools.write, files, zap.NewNop()); err != nil {
			t.Errorf("migrateSchema() behind one that failed = %v", err)
		}
	})
}

// A process that is killed in the middle leaves the schema as it was, and does
// not keep the next one waiting.
func TestMigrate_Killed(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		s := openConfig(t, cfg)
		cmd := process(t, "migrate", "-", cfg)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// It says so in the middle of its transaction, and waits there.
		if line := bufio.NewScanner(out); !line.Scan() {
			t.Fatal("the process ended before its migration")
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		if err := migrateSchema(t.Context(), s.pools.write, oneMore(t, "CREATE TABLE half (id BIGINT);"), zap.NewNop()); err != nil {
			t.Errorf("migrateSchema() behind a killed one = %v", err)
		}
	})
}
