package store

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/linkquay/linkquay/clicks"
)

var insertBatches = newRowStatement("INSERT INTO visit_batches (version, data) VALUES ", "(?, ?)", "")

// AddVisits keeps the batches until RollVisits adds them up, all or none.
func (s *Store) AddVisits(ctx context.Context, batches []clicks.Batch) error {
	if len(batches) == 0 {
		return nil
	}
	// The caller may use its slice again once its context has ended.
	args := make([]any, 0, 2*len(batches))
	for _, b := range batches {
		args = append(args, clicks.BatchVersion, b.Data)
	}
	err := s.writer.do(ctx, func(tx *session) error {
		_, err := insertBatches.exec(tx, args)
		return err
	})
	return codedError("adding visits", err)
}

// VisitorSalt returns the salt of the day, which is made where there is none.
func (s *Store) VisitorSalt(ctx context.Context, day int64) (clicks.Salt, error) {
	var made clicks.Salt
	_, _ = rand.Read(made[:]) // never fails
	var salt clicks.Salt
	err := s.writer.do(ctx, func(tx *session) error {
		_, err := tx.exec("INSERT INTO visit_salts (day, salt, age) VALUES (?, ?, 0) ON CONFLICT (day) DO NOTHING", day, made[:])
		if err != nil {
			return err
		}
		var kept []byte
		if err := tx.queryRow("SELECT salt FROM visit_salts WHERE day = ?", day).Scan(&kept); err != nil {
			return err
		}
		if copy(salt[:], kept) != len(salt) {
			return fmt.Errorf("the salt of day %d has %d bytes", day, len(kept))
		}
		return nil
	})
	return salt, codedError("reading the salt of visitors", err)
}

var (
	_ clicks.Store     = (*Store)(nil)
	_ clicks.RollStore = (*Store)(nil)
)
