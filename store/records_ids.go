package store

import (
	"context"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/records"
)

// counted are the tables whose ids are never given twice, by the kind of their
// records.
var counted = []struct {
	kind  records.Kind
	table string
}{
	{records.KindAccount, "accounts"},
	{records.KindBackend, "backends"},
	{records.KindDomain, "domains"},
	{records.KindPixel, "pixels"},
	{records.KindSplash, "splash_pages"},
	{records.KindOverlay, "overlays"},
	{records.KindCampaign, "campaigns"},
	{records.KindChannel, "channels"},
	{records.KindLink, "links"},
	{records.KindQR, "qr_codes"},
	{records.KindFile, "uploads"},
	{records.KindLedger, "ledger"},
}

// LastIDs returns the last ids that were given out, by the kind of the records
// that have them.
func (s *Store) LastIDs(ctx context.Context) (map[records.Kind]int64, error) {
	last := map[records.Kind]int64{}
	for _, t := range counted {
		id, err := lastID(func(query string, args ...any) row {
			return s.pools.lookups.QueryRowContext(ctx, query, args...)
		}, s.pools.dialect, t.table)
		if err != nil {
			return nil, codedError("reading the last ids", err)
		}
		last[t.kind] = id
	}
	return last, nil
}

// lastID returns the last id that the table gave out, 0 where it gave out none.
func lastID(queryRow func(query string, args ...any) row, d *dialect, table string) (id int64, err error) {
	if !d.lockRows {
		err = queryRow("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = ?", table).Scan(&id)
		return id, err
	}
	var sequence string
	if err := queryRow("SELECT pg_get_serial_sequence(?, 'id')", table).Scan(&sequence); err != nil {
		return 0, err
	}
	err = queryRow("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM " + sequence).Scan(&id)
	return id, err
}

// nextID returns the id of a new row: the one that it wants where nobody was ever
// given it. The table is locked, so that nobody else is given one.
func (w *recordWriter) nextID(table string, wanted int64) (int64, error) {
	if w.p.DryRun {
		return -1, nil
	}
	if err := w.lock(table); err != nil {
		return 0, err
	}
	keep, err := w.isFree(table, wanted)
	if err != nil {
		return 0, err
	}
	return w.give(table, wanted, keep), nil
}

// give gives the id out, or the next one where it cannot be kept.
func (w *recordWriter) give(table string, id int64, keep bool) int64 {
	if !keep {
		id = w.last[table] + 1
	}
	w.last[table] = max(w.last[table], id)
	w.given[givenID{table, id}] = true
	return id
}

// isFree reports whether a row may have the id.
func (w *recordWriter) isFree(table string, id int64) (bool, error) {
	if id <= w.p.LastIDs[kindOf(table)] {
		return false, nil
	}
	return w.isUnused(table, id)
}

// isUnused reports whether no row has the id.
func (w *recordWriter) isUnused(table string, id int64) (bool, error) {
	switch {
	case id < 1 || !w.p.KeepIDs || w.given[givenID{table, id}]:
		return false, nil
	case id > w.last[table]:
		return true, nil
	}
	// Ids do not always come in order.
	var taken bool
	err := w.tx.queryRow("SELECT EXISTS (SELECT 1 FROM "+table+" WHERE id = ?)", id).Scan(&taken)
	return !taken, err
}

// givenID is an id of a table.
type givenID struct {
	table string
	id    int64
}

// lock keeps others from writing to the table, and reads its last id.
func (w *recordWriter) lock(table string) error {
	if _, known := w.last[table]; known || w.p.DryRun {
		return nil
	}
	if w.tx.dialect.lockRows {
		if _, err := w.tx.exec("LOCK TABLE " + quoteNames([]string{table}) + " IN SHARE ROW EXCLUSIVE MODE"); err != nil {
			return err
		}
	}
	last, err := lastID(func(query string, args ...any) row { return w.tx.queryRow(query, args...) }, w.tx.dialect, table)
	w.last[table] = last
	return err
}

// saveLastIDs has sequences go on behind the ids of this job. SQLite does so by
// itself.
func (w *recordWriter) saveLastIDs() error {
	if !w.tx.dialect.lockRows {
		return nil
	}
	for table, id := range w.last {
		if id < 1 {
			continue
		}
		if _, err := w.tx.exec("SELECT setval(pg_get_serial_sequence(?, 'id'), ?)", table, id); err != nil {
			return err
		}
	}
	return nil
}

// lastID raises the last id of a table.
func (w *recordWriter) lastID(r *records.LastID) (records.Outcome, error) {
	for _, t := range counted {
		if t.kind != r.Of {
			continue
		}
		if !w.p.KeepIDs {
			return records.Outcome{State: records.Skipped}, nil
		}
		if err := w.lock(t.table); err != nil || w.p.DryRun || r.ID <= w.last[t.table] {
			return records.Outcome{State: records.Same}, err
		}
		w.last[t.table] = r.ID
		if w.tx.dialect.lockRows {
			return records.Outcome{State: records.Added}, nil
		}
		if _, err := w.tx.exec("DELETE FROM sqlite_sequence WHERE name = ?", t.table); err != nil {
			return records.Outcome{}, err
		}
		_, err := w.tx.exec("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", t.table, r.ID)
		return records.Outcome{State: records.Added}, err
	}
	return records.Outcome{}, api.InvalidField("of", "is no kind with ids")
}
