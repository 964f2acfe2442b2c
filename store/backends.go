package store

import (
	"context"
	"database/sql"
	"errors"
)

const selectBackendNumber = "SELECT id FROM backends WHERE name = ?"

// BackendNumber returns the number of the backend, counted from 1. A name that
// was never seen gets one now, which is never any other's.
func (s *Store) BackendNumber(ctx context.Context, name string) (number int64, err error) {
	err = s.pools.lookups.QueryRowContext(ctx, selectBackendNumber, name).Scan(&number)
	if !errors.Is(err, sql.ErrNoRows) {
		return number, codedError("reading the number of a backend", err)
	}
	err = s.writer.do(ctx, func(tx *session) error {
		// An insert that meets the constraint would use up a number, and does so
		// only where two meet.
		_, err := tx.exec(`INSERT INTO backends (name) SELECT CAST(? AS TEXT)
			WHERE NOT EXISTS (SELECT 1 FROM backends WHERE name = ?)
			ON CONFLICT (name) DO NOTHING`, name, name)
		if err != nil {
			return err
		}
		return tx.queryRow(selectBackendNumber, name).Scan(&number)
	})
	return number, codedError("numbering a backend", err)
}
