package store

import (
	"database/sql"
	"errors"
	"strings"
)

// rowStatement is a statement about many rows. Few sizes of it are prepared;
// what is left over of a larger one is done by smaller ones.
type rowStatement struct {
	width int // parameters per row
	texts [len(rowSizes)]string
}

// rowSizes are the numbers of rows of one statement, largest first. Of those
// over maxSQLiteRows a server is spared the ways back and forth; SQLite's
// driver takes a time for binding that is the square of the parameters, so that
// rows that are wide are fewer.
var rowSizes = [...]int{128, maxSQLiteRows, 8, 1}

const (
	maxSQLiteRows       = 32
	maxSQLiteParameters = 256
)

// newRowStatement returns the statement that has the row as often as there are
// rows, between head and tail and parted by commas.
func newRowStatement(head, row, tail string) *rowStatement {
	st := &rowStatement{width: strings.Count(row, "?")}
	for i, size := range rowSizes {
		st.texts[i] = head + row + strings.Repeat(", "+row, size-1) + tail
	}
	return st
}

// parts calls run with texts and their arguments until all are used.
func (st *rowStatement) parts(tx *session, args []any, run func(text string, args []any) error) error {
	for i, size := range rowSizes {
		if !tx.dialect.numbered && size > 1 && (size > maxSQLiteRows || size*st.width > maxSQLiteParameters) {
			continue
		}
		for n := size * st.width; len(args) >= n; args = args[n:] {
			if err := run(st.texts[i], args[:n]); err != nil {
				return err
			}
		}
	}
	return nil
}

// exec runs the statement for all rows, whose arguments stand one after the
// other, and returns how many rows were changed.
func (st *rowStatement) exec(tx *session, args []any) (changed int64, err error) {
	err = st.parts(tx, args, func(text string, args []any) error {
		result, err := tx.exec(text, args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		changed += n
		return err
	})
	return changed, err
}

// query is exec for a statement that returns rows.
func (st *rowStatement) query(tx *session, args []any, scan func(row) error) error {
	return st.parts(tx, args, func(text string, args []any) error {
		rows, err := tx.query(text, args...)
		if err != nil {
			return err
		}
		return scanRows(rows, scan)
	})
}

// scanRows reads all rows and closes them.
func scanRows(rows interface {
	row
	Next() bool
	Err() error
	Close() error
}, scan func(row) error,
) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

var _ row = (*sql.Rows)(nil)
