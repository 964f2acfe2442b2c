package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"strconv"
)

// Instance returns a number that tells this database from any other. A copy
// that Backup and Restore make has the same.
func (s *Store) Instance(ctx context.Context) (string, error) {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	chosen := int64(binary.LittleEndian.Uint64(random[:])>>1) | 1
	var id int64
	err := s.writer.do(ctx, func(tx *session) error {
		if _, err := tx.exec("UPDATE revisions SET value = ? WHERE name = 'instance' AND value = 0", chosen); err != nil {
			return err
		}
		return tx.queryRow("SELECT value FROM revisions WHERE name = 'instance'").Scan(&id)
	})
	if err != nil {
		return "", codedError("reading the database's own number", err)
	}
	return strconv.FormatInt(id, 36), nil
}
