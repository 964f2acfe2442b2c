package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/linkquay/linkquay/shortener"
)

const selectAccount = "SELECT id, name, email, password_hash, registered FROM accounts WHERE name = ?"

// Account returns the account. One that was never seen is registered now.
func (s *Store) Account(ctx context.Context, name string) (*shortener.Account, error) {
	account, err := scanAccount(s.pools.lookups.QueryRowContext(ctx, selectAccount, name))
	if !errors.Is(err, sql.ErrNoRows) {
		return account, codedError("reading account", err)
	}
	now := s.stamp()
	err = s.writer.do(ctx, func(tx *session) (err error) {
		if err = register(tx, name, moment(now)); err == nil {
			account, err = scanAccount(tx.queryRow(selectAccount, name))
		}
		return err
	})
	if err != nil {
		return nil, codedError("registering account", err)
	}
	return account, nil
}

// UpdateAccount changes the e-mail address and password hash of the account
// with the name, which is registered where it was never seen.
func (s *Store) UpdateAccount(ctx context.Context, name string, change func(a *shortener.Account) error) error {
	now := moment(s.stamp())
	err := s.writer.do(ctx, func(tx *session) error {
		if err := register(tx, name, now); err != nil {
			return err
		}
		a, err := scanAccount(tx.queryRow(selectAccount+tx.forUpdate("accounts"), name))
		if err != nil {
			return err
		}
		if err := change(a); err != nil {
			return err
		}
		_, err = tx.exec("UPDATE accounts SET email = ?, password_hash = ? WHERE id = ?", a.Email, a.PasswordHash, a.ID)
		return err
	})
	return codedError("updating account", err)
}

// register adds the account where it is missing. An insert that meets the
// constraint would use up an id, and does so only where two meet.
func register(tx *session, name string, now sql.NullInt64) error {
	_, err := tx.exec(`INSERT INTO accounts (name, registered) SELECT ?, CAST(? AS BIGINT)
		WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE name = ?)
		ON CONFLICT (name) DO NOTHING`, name, now, name)
	return err
}

func scanAccount(r row) (*shortener.Account, error) {
	var a shortener.Account
	if err := r.Scan(&a.ID, &a.Name, &a.Email, &a.PasswordHash, momentScanner{&a.Registered}); err != nil {
		return nil, err
	}
	return &a, nil
}
