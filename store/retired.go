package store

import (
	"context"

	"github.com/linkquay/linkquay/shortener"
)

// retire remembers that a link was taken away from its address, by a delete or
// by a new address. On the main domain nobody asks.
func retire(tx *session, l *shortener.Link) error {
	if l.Domain == "" {
		return nil
	}
	_, err := tx.exec("INSERT INTO retired (domain, alias) VALUES (?, ?) ON CONFLICT DO NOTHING", l.Domain, l.Alias)
	return err
}

// releaseHost refuses to take a domain away from its links, and forgets those
// that it had: whoever has the host next begins anew.
func releaseHost(tx *session, host string) error {
	if err := checkUnused(tx, host); err != nil {
		return err
	}
	_, err := tx.exec("DELETE FROM retired WHERE domain = ?", host)
	return err
}

// Retired reports whether a link stood at an address on a branded domain and was
// taken away, since the domain was registered.
func (s *Store) Retired(ctx context.Context, domain, alias string) (retired bool, err error) {
	err = s.pools.lookups.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM retired WHERE domain = ? AND alias = ?)", domain, alias).Scan(&retired)
	return retired, codedError("reading whether an address is retired", err)
}
