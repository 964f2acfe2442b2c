package store

import (
	"database/sql"
	"time"
)

// moment returns t as it is kept: Unix milliseconds, NULL for the zero time. A
// zero instead of NULL would turn "ended in 1970" into "never ends".
func moment(t time.Time) sql.NullInt64 {
	if t.IsZero() {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: true}
}

// momentScanner reads what moment wrote, in UTC.
type momentScanner struct{ t *time.Time }

// Scan implements sql.Scanner.
func (m momentScanner) Scan(src any) error {
	var v sql.NullInt64
	if err := v.Scan(src); err != nil {
		return err
	}
	*m.t = time.Time{}
	if v.Valid {
		*m.t = time.UnixMilli(v.Int64).UTC()
	}
	return nil
}
