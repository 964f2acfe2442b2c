package store

import (
	"context"
	"crypto/rand"
)

// secretLength is that of a secret, in bytes.
const secretLength = 32

// Secret returns a random value of the database, made when it is first asked
// for. It is the same for every process, and comes back with a backup.
func (s *Store) Secret(ctx context.Context, name string) ([]byte, error) {
	chosen := make([]byte, secretLength)
	_, _ = rand.Read(chosen) // never fails since Go 1.24
	var secret []byte
	err := s.writer.do(ctx, func(tx *session) error {
		if _, err := tx.exec("INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, chosen); err != nil {
			return err
		}
		return tx.queryRow("SELECT value FROM secrets WHERE name = ?", name).Scan(&secret)
	})
	return secret, codedError("reading a secret", err)
}
