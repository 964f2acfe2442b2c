package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// pools are the connections to one database.
type pools struct {
	dialect *dialect

	// file is SQLite's, with its absolute path.
	file string

	// lookups finds single rows. It is apart from lists so that no redirect
	// ever waits for somebody's search.
	lookups *pool
	lists   *pool

	// write belongs to the writer.
	write *pool

	// checkpoint is what Close does last; nil for nothing.
	checkpoint func(ctx context.Context) error
}

// close closes what is open.
func (p *pools) close() error {
	var errs []error
	for _, pool := range []*pool{p.lookups, p.lists, p.write} {
		if pool != nil {
			errs = append(errs, pool.db.Close())
		}
	}
	return errors.Join(errs...)
}

// pool is a number of connections to one database. Its queries have "?" for
// their parameters, whatever the database.
type pool struct {
	dialect *dialect
	db      *sql.DB

	// timeout is the longest that a query may take with all its rows; 0 sets
	// no limit but the caller's.
	timeout time.Duration

	// idle is how many connections are kept for later.
	idle int
}

// QueryRowContext runs a query for one row. Scan must be called.
func (p *pool) QueryRowContext(ctx context.Context, query string, args ...any) row {
	if p.timeout == 0 {
		return p.db.QueryRowContext(ctx, p.dialect.rebind(query), args...)
	}
	r, err := p.QueryContext(ctx, query, args...)
	return firstRow{r, err}
}

// QueryContext runs a query. The rows must be closed.
func (p *pool) QueryContext(ctx context.Context, query string, args ...any) (*rows, error) {
	query = p.dialect.rebind(query)
	if p.timeout == 0 {
		r, err := p.db.QueryContext(ctx, query, args...)
		return newRows(r, func() {}, err)
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	r, err := p.db.QueryContext(ctx, query, args...)
	if err != nil && isLost(err) {
		// A connection was kept while the server went away. Reading again does
		// no harm.
		p.forget()
		r, err = p.db.QueryContext(ctx, query, args...)
	}
	return newRows(r, cancel, err)
}

// prepare returns the query ready to run often.
func (p *pool) prepare(ctx context.Context, query string) (*statement, error) {
	st := &statement{pool: p, query: query}
	if p.dialect.numbered {
		// Pgx keeps statements with the connections by itself.
		return st, nil
	}
	var err error
	st.prepared, err = p.db.PrepareContext(ctx, query)
	return st, err
}

// snapshot begins to read one state of the database. End must be called.
func (p *pool) snapshot(ctx context.Context) (*snapshot, error) {
	cancel := func() {}
	if p.timeout != 0 {
		ctx, cancel = context.WithTimeout(ctx, p.timeout)
	}
	tx, err := p.begin(ctx)
	if err != nil && isLost(err) {
		p.forget()
		tx, err = p.begin(ctx)
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return &snapshot{tx, p.dialect, cancel}, nil
}

func (p *pool) begin(ctx context.Context) (*sql.Tx, error) {
	return p.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: p.dialect.snapshot})
}

// forget closes the connections that nobody uses, as all of them are lost when
// one is.
func (p *pool) forget() {
	p.db.SetMaxIdleConns(-1)
	p.db.SetMaxIdleConns(p.idle)
}

// statement is a query that runs often.
type statement struct {
	pool     *pool
	query    string
	prepared *sql.Stmt // nil where the driver keeps statements itself
}

// QueryRowContext runs it for one row. Scan must be called.
func (s *statement) QueryRowContext(ctx context.Context, args ...any) row {
	if s.prepared != nil {
		return s.prepared.QueryRowContext(ctx, args...)
	}
	return s.pool.QueryRowContext(ctx, s.query, args...)
}

// snapshot reads one state of the database. It is not safe for concurrent use,
// and rows must be closed before the next query.
type snapshot struct {
	tx      *sql.Tx
	dialect *dialect
	cancel  context.CancelFunc
}

// QueryRowContext runs a query for one row. Scan must be called.
func (s *snapshot) QueryRowContext(ctx context.Context, query string, args ...any) row {
	return s.tx.QueryRowContext(ctx, s.dialect.rebind(query), args...)
}

// QueryContext runs a query. The rows must be closed.
func (s *snapshot) QueryContext(ctx context.Context, query string, args ...any) (*rows, error) {
	r, err := s.tx.QueryContext(ctx, s.dialect.rebind(query), args...)
	return newRows(r, func() {}, err)
}

// end ends it. Nothing was written, so that nothing can be lost.
func (s *snapshot) end() {
	_ = s.tx.Rollback()
	s.cancel()
}
