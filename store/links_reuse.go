package store

import (
	"database/sql"
	"errors"

	"github.com/linkquay/linkquay/shortener"
)

// findPlain reads the account's oldest plain link that leads where the link
// would, on its domain.
func findPlain(tx *session, l, found *shortener.Link) (bool, error) {
	key := reuseKey(l)
	// Of two that ask at once, the second must see what the first has made.
	if err := tx.lockKey(key.Int64); err != nil {
		return false, err
	}
	var plain shortener.Link
	err := readLink(tx, &plain, selectLink+` WHERE l.reuse_key = ? AND l.account = ? AND l.domain = ? AND l.url = ?
		ORDER BY l.id LIMIT 1`+tx.forUpdate("l"), key, l.Account, l.Domain, l.URL)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	*found = plain
	return true, nil
}
