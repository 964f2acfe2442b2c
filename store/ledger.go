package store

import (
	"context"
	"strings"
	"time"

	"github.com/linkquay/linkquay/ledger"
)

// Ledger is the store's record of links on backends that cannot list them. It
// is safe for concurrent use.
type Ledger struct {
	s *Store
}

// Ledger returns the store's ledger.
func (s *Store) Ledger() *Ledger { return &Ledger{s} }

// Begin writes an intent and returns its id. Created is set to now where it is
// zero.
func (l *Ledger) Begin(ctx context.Context, e *ledger.Entry) (int64, error) {
	created := e.Created
	if created.IsZero() {
		created = l.s.stamp()
	}
	args := append([]any{e.Account, e.Backend, moment(created)}, entryArgs(e)...)
	args = append(args, fingerprintArg(e.Fingerprint), moment(e.Doubtful))
	var id int64
	err := l.s.writer.do(ctx, func(tx *session) error {
		return tx.queryRow(`INSERT INTO ledger (account, backend, created, remote_id, alias, short_url, short_key,
			title, long_url, document, search, fingerprint, doubtful) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, args...).Scan(&id)
	})
	if err != nil {
		return 0, codedError("writing the ledger's intent", err)
	}
	e.ID, e.Created = id, created
	return id, nil
}

// Complete records the backend's answer. Calling it again changes what is
// recorded, but not when it was completed first.
func (l *Ledger) Complete(ctx context.Context, e *ledger.Entry) error {
	completed := e.Completed
	if completed.IsZero() {
		completed = l.s.stamp()
	}
	args := append(entryArgs(e), moment(completed), e.ID, e.Account, e.Backend)
	err := l.s.writer.do(ctx, func(tx *session) error {
		return tx.queryRow(`UPDATE ledger SET remote_id = ?, alias = ?, short_url = ?, short_key = ?, title = ?,
			long_url = ?, document = ?, search = ?, completed = COALESCE(completed, ?), doubtful = NULL
			WHERE id = ? AND account = ? AND backend = ? RETURNING completed`, args...).Scan(momentScanner{&completed})
	})
	if err != nil {
		return linkError("completing the ledger's entry", err)
	}
	e.Completed, e.Doubtful = completed, time.Time{}
	return nil
}

// Abandon removes an intent that the backend refused. A completed entry is
// NotFound.
func (l *Ledger) Abandon(ctx context.Context, id int64) error {
	err := l.s.writer.do(ctx, func(tx *session) error {
		return oneRow(tx.exec("DELETE FROM ledger WHERE id = ? AND completed IS NULL", id))
	})
	return linkError("abandoning the ledger's intent", err)
}

// Doubt marks an intent whose outcome nobody knows.
func (l *Ledger) Doubt(ctx context.Context, id int64) error {
	now := moment(l.s.stamp())
	err := l.s.writer.do(ctx, func(tx *session) error {
		return oneRow(tx.exec("UPDATE ledger SET doubtful = COALESCE(doubtful, ?) WHERE id = ? AND completed IS NULL", now, id))
	})
	return linkError("marking the ledger's intent as in doubt", err)
}

// InDoubt returns the newest intent with the fingerprint that is in doubt, or
// older than the lease.
func (l *Ledger) InDoubt(ctx context.Context, account, backend string, fingerprint [32]byte, lease time.Duration) (*ledger.Entry, error) {
	return l.one(ctx, selectEntry+` WHERE fingerprint = ? AND account = ? AND backend = ? AND completed IS NULL
		AND (doubtful IS NOT NULL OR created < ?) ORDER BY id DESC LIMIT 1`,
		fingerprint[:], account, backend, moment(l.s.now().Add(-lease)))
}

// Delete removes a completed entry.
func (l *Ledger) Delete(ctx context.Context, account, backend string, id int64) error {
	err := l.s.writer.do(ctx, func(tx *session) error {
		return oneRow(tx.exec("DELETE FROM ledger WHERE id = ? AND account = ? AND backend = ? AND completed IS NOT NULL", id, account, backend))
	})
	return linkError("deleting a link from the ledger", err)
}

const (
	selectEntry = `SELECT id, account, backend, remote_id, alias, short_url, title, long_url, document, created, completed,
		fingerprint, doubtful FROM ledger`

	whereCompleted = " WHERE account = ? AND backend = ? AND completed IS NOT NULL"
)

// Entry returns a completed entry of the account on the backend.
func (l *Ledger) Entry(ctx context.Context, account, backend string, id int64) (*ledger.Entry, error) {
	return l.one(ctx, selectEntry+whereCompleted+" AND id = ?", account, backend, id)
}

// Find returns the newest completed entry with the short URL, or with the
// alias where short has no slash.
func (l *Ledger) Find(ctx context.Context, account, backend, short string) (*ledger.Entry, error) {
	const newest = " ORDER BY id DESC LIMIT 1"
	if key := shortKey(short); strings.Contains(key, "/") {
		return l.one(ctx, selectEntry+whereCompleted+" AND short_key = ?"+newest, account, backend, key)
	}
	return l.one(ctx, selectEntry+whereCompleted+" AND alias = ?"+newest, account, backend, short)
}

// List returns a page of completed entries, newest first, and the number of
// all that match. Search is that of Store.Links.
func (l *Ledger) List(ctx context.Context, f ledger.Filter) (entries []ledger.Entry, total int, err error) {
	where, args := whereCompleted, []any{f.Account, f.Backend}
	if f.Search != "" {
		pattern, err := likePattern(f.Search)
		if err != nil {
			return nil, 0, err
		}
		where += " AND search LIKE ? ESCAPE '!'"
		args = append(args, pattern)
	}
	err = l.s.readPage(ctx, page{
		count: "SELECT COUNT(*) FROM ledger" + where,
		query: selectEntry + where + " ORDER BY id DESC",
		args:  args, limit: f.Limit, offset: f.Offset,
	}, &total, func(r row) error {
		entries = append(entries, ledger.Entry{})
		return scanEntry(r, &entries[len(entries)-1])
	})
	if err != nil {
		return nil, 0, codedError("listing the ledger", err)
	}
	return entries, total, nil
}

// Pending returns the number of the backend's intents that are in doubt, or older
// than the age.
func (l *Ledger) Pending(ctx context.Context, backend string, age time.Duration) (int, error) {
	var n int
	err := l.s.pools.lookups.QueryRowContext(ctx,
		"SELECT COUNT(*) FROM ledger WHERE backend = ? AND completed IS NULL AND (doubtful IS NOT NULL OR created < ?)",
		backend, moment(l.s.now().Add(-age))).Scan(&n)
	return n, codedError("counting the ledger's intents", err)
}

func (l *Ledger) one(ctx context.Context, query string, args ...any) (*ledger.Entry, error) {
	var e ledger.Entry
	if err := scanEntry(l.s.pools.lookups.QueryRowContext(ctx, query, args...), &e); err != nil {
		return nil, linkError("reading the ledger", err)
	}
	return &e, nil
}

// entryArgs returns what both Begin and Complete write, in the order of their
// statements. It shares no memory with the entry.
func entryArgs(e *ledger.Entry) []any {
	return []any{
		e.RemoteID, e.Alias, e.ShortURL, shortKey(e.ShortURL), e.Title, e.LongURL,
		append([]byte(nil), e.Document...), searchText(e.LongURL, e.Alias, e.Title),
	}
}

func scanEntry(r row, e *ledger.Entry) error {
	var fingerprint []byte
	err := r.Scan(&e.ID, &e.Account, &e.Backend, &e.RemoteID, &e.Alias, &e.ShortURL, &e.Title, &e.LongURL, &e.Document,
		momentScanner{&e.Created}, momentScanner{&e.Completed}, &fingerprint, momentScanner{&e.Doubtful})
	copy(e.Fingerprint[:], fingerprint)
	return err
}

// fingerprintArg is a fingerprint as it is kept: NULL for none.
func fingerprintArg(sum [32]byte) any {
	if sum == [32]byte{} {
		return nil
	}
	return sum[:]
}

// shortKey returns a short URL without what does not tell it from others: its
// scheme, the letter case of its host and a slash at its end.
func shortKey(short string) string {
	if _, rest, ok := strings.Cut(short, "://"); ok {
		short = rest
	}
	host, path, ok := strings.Cut(strings.TrimSuffix(short, "/"), "/")
	if !ok {
		return host
	}
	return strings.ToLower(host) + "/" + path
}

var _ ledger.Ledger = (*Ledger)(nil)
