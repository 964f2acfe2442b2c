package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// oncePeriod is how long a promise is kept.
const oncePeriod = 24 * time.Hour

// The kinds in "once" of links, and of calls that make many. That of others is
// the name of their table.
const (
	onceLink = "links"
	onceCall = "calls"
)

// once calls create unless the promise was made before, and keeps its id. It
// returns the id of what was made then, 0 where create made something now.
func (s *Store) once(tx *session, once *shortener.Once, kind string, create func() (int64, error)) (earlier int64, err error) {
	if once == nil {
		_, err := create()
		return 0, err
	}
	now := s.stamp()
	expired := moment(now.Add(-oncePeriod))
	// Of two at once the second waits here for the first one's commit.
	err = oneRow(tx.exec(`INSERT INTO once (account, request_key, fingerprint, kind, object_id, created)
		VALUES (?, ?, ?, ?, 0, ?) ON CONFLICT (account, request_key) DO UPDATE SET fingerprint = excluded.fingerprint,
		kind = excluded.kind, object_id = 0, created = excluded.created WHERE once.created <= ?`,
		once.Account, once.Key, once.Fingerprint[:], kind, moment(now), expired))
	if errors.Is(err, sql.ErrNoRows) {
		return onceMade(tx.queryRow(selectOnce, once.Account, once.Key, expired), once, kind)
	}
	if err != nil {
		return 0, err
	}
	id, err := create()
	if err != nil {
		return 0, err
	}
	err = oneRow(tx.exec("UPDATE once SET object_id = ? WHERE account = ? AND request_key = ?", id, once.Account, once.Key))
	if err != nil || id%pruneEvery != 0 {
		return 0, err
	}
	_, err = tx.exec("DELETE FROM once WHERE created <= ?", expired)
	return 0, err
}

// createOnce adds created with insert, which sets its id and returns it, and puts
// it into object; or where the promise was made before, it reads what that one
// made into object and reports so. insert may be called again.
func createOnce[T any](
	ctx context.Context, s *Store, once *shortener.Once, kind string, object *T, created T,
	insert func(tx *session, o *T) (id int64, err error), read func(tx *session, o *T, id int64) error,
) (repeated bool, err error) {
	var result T
	err = s.writer.do(ctx, func(tx *session) error {
		result, repeated = created, false
		earlier, err := s.once(tx, once, kind, func() (int64, error) { return insert(tx, &result) })
		if err != nil || earlier == 0 {
			return err
		}
		var found T
		result, repeated = found, true
		return onceError(read(tx, &result, earlier))
	})
	if err != nil {
		return false, err
	}
	*object = result
	return repeated, nil
}

// Promise keeps a promise that makes no object of its own.
func (s *Store) Promise(ctx context.Context, once *shortener.Once) error {
	err := s.writer.do(ctx, func(tx *session) error {
		_, err := s.once(tx, once, onceCall, func() (int64, error) { return 0, nil })
		return err
	})
	return codedError("keeping a promise", err)
}

const selectOnce = "SELECT fingerprint, kind, object_id FROM once WHERE account = ? AND request_key = ? AND created > ?"

// onceMade returns what a promise has made.
func onceMade(r row, once *shortener.Once, kind string) (id int64, err error) {
	var fingerprint []byte
	var madeKind string
	if err := r.Scan(&fingerprint, &madeKind, &id); err != nil {
		return 0, err
	}
	if string(fingerprint) != string(once.Fingerprint[:]) || madeKind != kind {
		return 0, conflict("Idempotency-Key", "This Idempotency-Key was used for another request.")
	}
	return id, nil
}

// repeated returns what was made on the promise before, where something was; get
// reads it by its id.
func repeated[T any](ctx context.Context, s *Store, once *shortener.Once, kind string, get func(ctx context.Context, account string, id int64) (*T, error)) (object *T, found bool, err error) {
	expired := moment(s.stamp().Add(-oncePeriod))
	id, err := onceMade(s.pools.lookups.QueryRowContext(ctx, selectOnce, once.Account, once.Key, expired), once, kind)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, codedError("reading a promise", err)
	}
	object, err = get(ctx, once.Account, id)
	if err != nil && api.AsError(err).Code == api.NotFound {
		err = onceError(sql.ErrNoRows)
	}
	return object, err == nil, err
}

// onceError is the error of reading what a promise has made.
func onceError(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return conflict("Idempotency-Key", "What this Idempotency-Key has made was deleted since.")
	}
	return err
}
