package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// querier is what connections, pools and transactions of database/sql have in
// common.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// schemaTable is a table of the schema, which has the same name and columns in every
// kind of database.
type schemaTable struct {
	name       string
	columns    []string
	booleans   []int    // which columns are; SQLite has them as numbers
	key        []string // the primary key
	counted    bool     // its ids come from a sequence
	references []string // tables
}

// readTables reads the tables of a SQLite database, each behind those that it
// refers to, without the one that holds the schema's version.
func readTables(ctx context.Context, db querier) ([]schemaTable, error) {
	var tables []schemaTable
	err := eachRow(ctx, db, `SELECT name, sql LIKE '%AUTOINCREMENT%' FROM sqlite_schema
		WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name <> 'schema_version' ORDER BY name`, nil,
		func(r row) error {
			var t schemaTable
			err := r.Scan(&t.name, &t.counted)
			tables = append(tables, t)
			return err
		})
	for i := range tables {
		if err == nil {
			err = tables[i].read(ctx, db)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	return sortTables(tables)
}

func (t *schemaTable) read(ctx context.Context, db querier) error {
	err := eachRow(ctx, db, "SELECT name, pk, type = 'BOOLEAN' FROM pragma_table_info(?) ORDER BY cid", []any{t.name}, func(r row) error {
		var name string
		var key int
		var boolean bool
		if err := r.Scan(&name, &key, &boolean); err != nil {
			return err
		}
		if boolean {
			t.booleans = append(t.booleans, len(t.columns))
		}
		t.columns = append(t.columns, name)
		if key > 0 {
			t.key = append(t.key, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return eachRow(ctx, db, `SELECT DISTINCT "table" FROM pragma_foreign_key_list(?)`, []any{t.name}, func(r row) error {
		var name string
		err := r.Scan(&name)
		t.references = append(t.references, name)
		return err
	})
}

// sortTables puts each behind those that it refers to. One may refer to itself.
func sortTables(tables []schemaTable) ([]schemaTable, error) {
	var sorted []schemaTable
	done := map[string]bool{}
	for len(tables) > 0 {
		rest := len(tables)
		tables = slices.DeleteFunc(tables, func(t schemaTable) bool {
			for _, name := range t.references {
				if !done[name] && name != t.name {
					return false
				}
			}
			sorted = append(sorted, t)
			done[t.name] = true
			return true
		})
		if len(tables) == rest {
			return nil, fmt.Errorf("tables refer to each other in a circle, %s among them", tables[0].name)
		}
	}
	return sorted, nil
}

// selectRows returns the query for all rows, in order of the key.
func (t *schemaTable) selectRows() string {
	query := "SELECT " + quoteNames(t.columns) + " FROM " + quoteNames([]string{t.name})
	if len(t.key) > 0 {
		query += " ORDER BY " + quoteNames(t.key)
	}
	return query
}

func (t *schemaTable) deleteRows() string { return "DELETE FROM " + quoteNames([]string{t.name}) }

func quoteNames(names []string) string {
	return `"` + strings.Join(names, `", "`) + `"`
}

func eachRow(ctx context.Context, db querier, query string, args []any, each func(row) error) (err error) {
	r, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for r.Next() {
		if err := each(r); err != nil {
			return err
		}
	}
	return r.Err()
}
