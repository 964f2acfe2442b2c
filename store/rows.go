package store

import (
	"context"
	"database/sql"
)

// row is what one row, read from whatever, has in common.
type row interface {
	Scan(dest ...any) error
}

// rows are the rows of a query, with the deadline that it has of its own.
type rows struct {
	*sql.Rows
	cancel context.CancelFunc
}

func newRows(r *sql.Rows, cancel context.CancelFunc, err error) (*rows, error) {
	if err != nil {
		cancel()
		return nil, err
	}
	return &rows{r, cancel}, nil
}

// Close ends the query.
func (r *rows) Close() error {
	defer r.cancel()
	return r.Rows.Close()
}

// firstRow is a query of which only the first row matters.
type firstRow struct {
	rows *rows
	err  error
}

// Scan reads the row, or returns sql.ErrNoRows.
func (f firstRow) Scan(dest ...any) (err error) {
	if isUnstorable(f.err) {
		// What cannot be stored is in no row.
		return sql.ErrNoRows
	}
	if f.err != nil {
		return f.err
	}
	defer func() {
		if closeErr := f.rows.Close(); err == nil {
			err = closeErr
		}
	}()
	if !f.rows.Next() {
		if err := f.rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	return f.rows.Scan(dest...)
}
