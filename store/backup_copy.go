package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// rowTarget takes the rows of a table.
type rowTarget interface {
	// insert takes rows until next returns nil.
	insert(t schemaTable, next func() ([]any, error)) error
}

// copyTable copies all rows, one at a time.
func copyTable(ctx context.Context, t schemaTable, source querier, target rowTarget) (err error) {
	r, err := source.QueryContext(ctx, t.selectRows())
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := r.Close(); err == nil {
			err = closeErr
		}
	}()
	values, pointers := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range values {
		pointers[i] = &values[i]
	}
	return target.insert(t, func() ([]any, error) {
		if !r.Next() {
			return nil, r.Err()
		}
		if err := r.Scan(pointers...); err != nil {
			return nil, err
		}
		for _, i := range t.booleans {
			if n, ok := values[i].(int64); ok {
				values[i] = n != 0
			}
		}
		return values, nil
	})
}

// sqliteTarget is a transaction of a SQLite database.
type sqliteTarget struct {
	ctx context.Context
	db  interface {
		PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	}
}

func (s sqliteTarget) insert(t schemaTable, next func() ([]any, error)) error {
	stmt, err := s.db.PrepareContext(s.ctx, "INSERT INTO "+quoteNames([]string{t.name})+" ("+quoteNames(t.columns)+
		") VALUES (?"+strings.Repeat(", ?", len(t.columns)-1)+")")
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	for {
		values, err := next()
		if err != nil || values == nil {
			return err
		}
		if _, err := stmt.ExecContext(s.ctx, values...); err != nil {
			return err
		}
	}
}

// postgresTarget is a connection to PostgreSQL on which a transaction is open.
type postgresTarget struct {
	ctx  context.Context
	conn *sql.Conn

	// altered counts the texts that PostgreSQL cannot hold.
	altered int
}

func (p *postgresTarget) insert(t schemaTable, next func() ([]any, error)) error {
	return p.conn.Raw(func(driverConn any) error {
		conn, ok := driverConn.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection of type %T", driverConn)
		}
		_, err := conn.Conn().CopyFrom(p.ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromFunc(func() ([]any, error) {
			values, err := next()
			for i, v := range values {
				if text, ok := v.(string); ok && !storable(text) {
					p.altered++
					values[i] = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
				}
			}
			return values, err
		}))
		return err
	})
}

// storable reports whether PostgreSQL can hold the text.
func storable(text string) bool {
	return utf8.ValidString(text) && strings.IndexByte(text, 0) < 0
}

// sameVersion returns an error where the schemas differ, as they do when a
// newer process has migrated one behind our back.
func sameVersion(ctx context.Context, a, b querier) error {
	var versions [2]int
	for i, db := range []querier{a, b} {
		err := db.QueryRowContext(ctx, "SELECT COALESCE(MAX(version), 0) FROM schema_version").Scan(&versions[i])
		if err != nil {
			return err
		}
	}
	if versions[0] != versions[1] {
		return fmt.Errorf("the database has schema version %d; this Linkquay makes version %d", versions[0], versions[1])
	}
	return nil
}

// postgresSequence returns the last id that the table's sequence gave out, 0
// where it gave out none.
func postgresSequence(ctx context.Context, db querier, t schemaTable) (last int64, err error) {
	var name string
	err = db.QueryRowContext(ctx, "SELECT pg_get_serial_sequence($1, $2)", quoteNames([]string{t.name}), t.key[0]).Scan(&name)
	if err != nil {
		return 0, err
	}
	err = db.QueryRowContext(ctx, "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM "+name).Scan(&last)
	return last, err
}

func setPostgresSequence(ctx context.Context, db querier, t schemaTable, last int64) error {
	if last < 1 {
		return nil
	}
	_, err := db.ExecContext(ctx, "SELECT setval(pg_get_serial_sequence($1, $2), $3)", quoteNames([]string{t.name}), t.key[0], last)
	return err
}

// sqliteSequence returns the last id that the table counted to, 0 for none.
func sqliteSequence(ctx context.Context, db querier, t schemaTable) (last int64, err error) {
	err = db.QueryRowContext(ctx, "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = ?", t.name).Scan(&last)
	return last, err
}

func setSQLiteSequence(ctx context.Context, db querier, t schemaTable, last int64) error {
	if last < 1 {
		return nil
	}
	if _, err := db.ExecContext(ctx, "DELETE FROM sqlite_sequence WHERE name = ?", t.name); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", t.name, last)
	return err
}
