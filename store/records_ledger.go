package store

import (
	"encoding/hex"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
	"github.com/linkquay/linkquay/records"
)

func scanLedgerRecord(r row) (*records.Ledger, error) {
	var e ledger.Entry
	if err := scanEntry(r, &e); err != nil {
		return nil, err
	}
	l := &records.Ledger{
		ID: e.ID, Account: e.Account, Backend: e.Backend, RemoteID: e.RemoteID, Alias: e.Alias, ShortURL: e.ShortURL,
		Title: e.Title, LongURL: e.LongURL, Document: string(e.Document),
		Created: e.Created, Completed: e.Completed, Doubtful: e.Doubtful,
	}
	if e.Fingerprint != [len(e.Fingerprint)]byte{} {
		l.Fingerprint = hex.EncodeToString(e.Fingerprint[:])
	}
	return l, nil
}

const (
	insertEntry = `INSERT INTO ledger (remote_id, alias, short_url, short_key, title, long_url, document, search,
		id, account, backend, created, completed, fingerprint, doubtful) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	completedAlike = selectEntry + whereCompleted + " AND short_key = ? ORDER BY id LIMIT ?"
	pendingAlike   = selectEntry + " WHERE account = ? AND backend = ? AND completed IS NULL AND created = ? ORDER BY id LIMIT ?"
)

// ledger writes an entry of the ledger, unless there is one that is alike in all
// but its id.
func (w *recordWriter) ledger(r *records.Ledger) (records.Outcome, error) {
	e := ledger.Entry{
		RemoteID: r.RemoteID, Alias: r.Alias, ShortURL: r.ShortURL, Title: r.Title, LongURL: r.LongURL, Document: []byte(r.Document),
	}
	if r.Fingerprint != "" {
		sum, err := hex.DecodeString(r.Fingerprint)
		if err != nil || len(sum) != len(e.Fingerprint) {
			return records.Outcome{}, api.InvalidField("fingerprint", "must be 64 hexadecimal digits")
		}
		copy(e.Fingerprint[:], sum)
	}
	if r.Created.IsZero() {
		r.Created = w.s.stamp()
		if r.Completed.IsZero() {
			r.Completed = r.Created
		}
	}
	if err := w.lock("ledger"); err != nil {
		return records.Outcome{}, err
	}
	query, key := completedAlike, any(shortKey(r.ShortURL))
	if r.Completed.IsZero() {
		query, key = pendingAlike, moment(r.Created)
	}
	rows, err := w.tx.query(query, r.Account, r.Backend, key, maxAlike)
	if err != nil {
		return records.Outcome{}, err
	}
	var same int64
	err = scanRows(rows, func(row row) error {
		was, err := scanLedgerRecord(row)
		if err != nil {
			return err
		}
		id := was.ID
		was.ID = r.ID
		if same == 0 && records.Equal(was, r) {
			same = id
		}
		return nil
	})
	if err != nil || same != 0 {
		return records.Outcome{State: records.Same, ID: same}, err
	}
	id, err := w.nextID("ledger", r.ID)
	if err != nil || w.p.DryRun {
		return records.Outcome{State: records.Added, ID: id}, err
	}
	args := append(entryArgs(&e), id, r.Account, r.Backend, moment(r.Created), moment(r.Completed), fingerprintArg(e.Fingerprint), moment(r.Doubtful))
	_, err = w.tx.exec(insertEntry, args...)
	return records.Outcome{State: records.Added, ID: id}, err
}
