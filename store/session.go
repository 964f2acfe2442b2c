package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
)

// session is the writing connection with the statements prepared on it.
// Statements are kept by their text, so every text must be a constant.
type session struct {
	ctx   context.Context
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func newSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &session{ctx: ctx, conn: conn, stmts: map[string]*sql.Stmt{}}, nil
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
	stmt, err := s.prepare(query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(s.ctx, args...)
}

func (s *session) queryRow(query string, args ...any) *sql.Row {
	stmt, err := s.prepare(query)
	if err != nil {
		// The same error comes out of the row.
		return s.conn.QueryRowContext(s.ctx, query, args...)
	}
	return stmt.QueryRowContext(s.ctx, args...)
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
