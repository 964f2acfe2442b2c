package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
)

// session is the transaction that a job of the writer runs in. A job
//   - writes "?" for parameters, and casts those that have no column to tell
//     their type: INSERT … SELECT CAST(? AS BIGINT);
//   - locks the rows that it reads in order to change them, with forUpdate;
//   - ends with the error of a statement that failed: PostgreSQL refuses every
//     statement behind it. What may be there already is inserted with ON
//     CONFLICT DO NOTHING;
//   - closes rows before the next statement;
//   - may be run again from its start, so that what it hands out is set anew.
type session struct {
	ctx     context.Context
	dialect *dialect

	conn *sql.Conn

	// stmts are those prepared on SQLite's one writing connection. They are
	// kept by their text, so every text must be a constant.
	stmts map[string]*sql.Stmt

	// tx is PostgreSQL's transaction; its driver keeps statements itself.
	tx *sql.Tx
}

func newSession(ctx context.Context, p *pool) (*session, error) {
	conn, err := p.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &session{ctx: ctx, dialect: p.dialect, conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

// forUpdate returns the end of a SELECT that locks the rows of the table, whose
// alias it is where it has one, until the job ends.
func (s *session) forUpdate(table string) string {
	if !s.dialect.lockRows {
		return ""
	}
	return " FOR UPDATE OF " + table
}

// runInSavepoint runs a job. What it did is rolled back where it fails;
// broken says that the whole transaction is lost.
func (s *session) runInSavepoint(run func(*session) error) (jobErr, broken error) {
	if _, err := s.exec("SAVEPOINT job"); err != nil {
		return nil, err
	}
	if jobErr = run(s); jobErr != nil {
		// Fails where the database has given up the transaction by itself, as
		// SQLite may on a full disk.
		if _, err := s.exec("ROLLBACK TO SAVEPOINT job"); err != nil {
			return jobErr, fmt.Errorf("rolling back after %w: %w", jobErr, err)
		}
	}
	_, err := s.exec("RELEASE SAVEPOINT job")
	return jobErr, err
}

func (s *session) exec(query string, args ...any) (sql.Result, error) {
	if s.tx != nil {
		return s.tx.ExecContext(s.ctx, s.dialect.rebind(query), args...)
	}
	stmt, err := s.prepare(query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(s.ctx, args...)
}

func (s *session) queryRow(query string, args ...any) *sql.Row {
	if s.tx != nil {
		return s.tx.QueryRowContext(s.ctx, s.dialect.rebind(query), args...)
	}
	stmt, err := s.prepare(query)
	if err != nil {
		// The same error comes out of the row.
		return s.conn.QueryRowContext(s.ctx, query, args...)
	}
	return stmt.QueryRowContext(s.ctx, args...)
}

func (s *session) query(query string, args ...any) (*sql.Rows, error) {
	if s.tx != nil {
		return s.tx.QueryContext(s.ctx, s.dialect.rebind(query), args...)
	}
	stmt, err := s.prepare(query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(s.ctx, args...)
}

func (s *session) prepare(query string) (*sql.Stmt, error) {
	if stmt, ok := s.stmts[query]; ok {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(s.ctx, query)
	if err != nil {
		return nil, err
	}
	s.stmts[query] = stmt
	return stmt, nil
}

// discard closes the connection itself, which rolls back what is open on it.
func (s *session) discard() {
	for _, stmt := range s.stmts {
		_ = stmt.Close()
	}
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = s.conn.Close()
}
