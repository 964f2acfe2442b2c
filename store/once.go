package store

import (
	"database/sql"
	"errors"
	"time"

	"github.com/linkquay/linkquay/shortener"
)

// oncePeriod is how long a promise is kept.
const oncePeriod = 24 * time.Hour

// onceLink is the kind under which links are kept in "once"; that of others is
// the name of their table.
const onceLink = "links"

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
		return onceMade(tx, once, kind)
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

// onceMade returns what a promise has made.
func onceMade(tx *session, once *shortener.Once, kind string) (id int64, err error) {
	var fingerprint []byte
	var madeKind string
	err = tx.queryRow("SELECT fingerprint, kind, object_id FROM once WHERE account = ? AND request_key = ?",
		once.Account, once.Key).Scan(&fingerprint, &madeKind, &id)
	if err != nil {
		return 0, err
	}
	if string(fingerprint) != string(once.Fingerprint[:]) || madeKind != kind {
		return 0, conflict("Idempotency-Key", "This Idempotency-Key was used for another request.")
	}
	return id, nil
}

// onceError is the error of reading what a promise has made.
func onceError(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return conflict("Idempotency-Key", "What this Idempotency-Key has made was deleted since.")
	}
	return err
}
