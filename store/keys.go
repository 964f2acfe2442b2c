package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/keys"
)

// Keys returns all records, revoked ones included, oldest first.
func (s *Store) Keys(ctx context.Context) (records []keys.Record, err error) {
	rows, err := s.pools.lookups.QueryContext(ctx, `SELECT name, hash, account, backend, scopes,
		rate_requests, rate_window, created, expires, revoked FROM keys ORDER BY id`)
	if err != nil {
		return nil, codedError("reading keys", err)
	}
	defer func() { err = codedError("reading keys", errors.Join(err, rows.Close())) }()
	for rows.Next() {
		var r keys.Record
		if err := scanKey(rows, &r); err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, rows.Err()
}

// CreateKey adds a record. Created is set to now where it is zero.
func (s *Store) CreateKey(ctx context.Context, r *keys.Record) error {
	record := *r
	if record.Created.IsZero() {
		record.Created = s.stamp()
	}
	err := s.writer.do(ctx, func(tx *session) error {
		err := insertKey(tx, &record, "")
		if isDuplicate(err) {
			return errKeyTaken
		}
		return err
	})
	if err != nil {
		return codedError("creating key", err)
	}
	r.Created = record.Created
	return nil
}

// RevokeKey marks the record with the hash as revoked, at Revoked or now, and
// adds it so where there is none. One that is revoked already stays so since
// then.
func (s *Store) RevokeKey(ctx context.Context, r *keys.Record) error {
	record := *r
	if record.Revoked.IsZero() {
		record.Revoked = s.stamp()
	}
	err := s.writer.do(ctx, func(tx *session) error {
		return insertKey(tx, &record, " ON CONFLICT (hash) DO UPDATE SET revoked = COALESCE(keys.revoked, excluded.revoked)")
	})
	return codedError("revoking key", err)
}

// KeysRevision returns a number that grows with every change of a key.
func (s *Store) KeysRevision(ctx context.Context) (int64, error) {
	var revision int64
	err := s.pools.lookups.QueryRowContext(ctx, "SELECT value FROM revisions WHERE name = 'keys'").Scan(&revision)
	return revision, codedError("reading the revision of keys", err)
}

var errKeyTaken = &api.Error{Code: api.Conflict, Message: "A key of that name, or the key itself, exists already."}

// insertKey adds the record, or does what onConflict says.
func insertKey(tx *session, r *keys.Record, onConflict string) error {
	var requests, window sql.NullInt64
	if r.Rate != nil {
		requests = sql.NullInt64{Int64: int64(r.Rate.Requests), Valid: true}
		window = sql.NullInt64{Int64: r.Rate.Window.Milliseconds(), Valid: true}
	}
	_, err := tx.exec(`INSERT INTO keys (name, hash, account, backend, scopes, rate_requests, rate_window,
		created, expires, revoked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`+onConflict,
		r.Name, r.Hash[:], r.Account, r.Backend, int64(r.Scopes), requests, window,
		moment(r.Created), moment(r.Expires), moment(r.Revoked))
	if err != nil {
		return err
	}
	return bumpKeys(tx)
}

func bumpKeys(tx *session) error {
	_, err := tx.exec("UPDATE revisions SET value = value + 1 WHERE name = 'keys'")
	return err
}

func scanKey(src row, r *keys.Record) error {
	var hash []byte
	var requests, window sql.NullInt64
	err := src.Scan(&r.Name, &hash, &r.Account, &r.Backend, &r.Scopes, &requests, &window,
		momentScanner{&r.Created}, momentScanner{&r.Expires}, momentScanner{&r.Revoked})
	if err != nil {
		return err
	}
	if len(hash) != len(r.Hash) {
		return fmt.Errorf("the hash of key %q has %d bytes", r.Name, len(hash))
	}
	r.Hash = [32]byte(hash)
	if requests.Valid {
		r.Rate = &api.Rate{Requests: int(requests.Int64), Window: time.Duration(window.Int64) * time.Millisecond}
	}
	return nil
}

var _ keys.Store = (*Store)(nil)
