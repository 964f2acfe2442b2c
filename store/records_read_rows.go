package store

import (
	"encoding/hex"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
)

func (r recordReader) accounts() error {
	const query = "SELECT id, name, email, password_hash, registered FROM accounts WHERE TRUE"
	return r.each(query, "id", "name", []any{int64(0)}, func(row row) (records.Record, []any, error) {
		a, err := scanAccount(row)
		if err != nil {
			return nil, nil, err
		}
		record := records.Account(*a)
		if !r.o.Secrets {
			record.PasswordHash = ""
		}
		return &record, []any{a.ID}, nil
	})
}

func (r recordReader) backends() error {
	if r.o.Account != "" {
		return nil
	}
	return r.each("SELECT id, name FROM backends WHERE TRUE", "id", "", []any{int64(0)}, func(row row) (records.Record, []any, error) {
		var b records.Backend
		err := row.Scan(&b.ID, &b.Name)
		return &b, []any{b.ID}, err
	})
}

func (r recordReader) secrets() error {
	if r.o.Account != "" || !r.o.Secrets {
		return nil
	}
	return r.each("SELECT name, value FROM secrets WHERE TRUE", "name", "", []any{""}, func(row row) (records.Record, []any, error) {
		var s records.Secret
		err := row.Scan(&s.Name, &s.Value)
		return &s, []any{s.Name}, err
	})
}

func (r recordReader) keys() error {
	if !r.o.Secrets {
		return nil
	}
	const query = `SELECT id, name, hash, account, backend, scopes, rate_requests IS NOT NULL, COALESCE(rate_requests, 0),
		COALESCE(rate_window, 0), created, expires, revoked FROM keys WHERE TRUE`
	return r.each(query, "id", "account", []any{int64(0)}, func(row row) (records.Record, []any, error) {
		var id int64
		var hash []byte
		var scopes api.Scopes
		var k records.Key
		err := row.Scan(&id, &k.Name, &hash, &k.Account, &k.Backend, &scopes, &k.Limited, &k.Requests, &k.Window,
			momentScanner{&k.Created}, momentScanner{&k.Expires}, momentScanner{&k.Revoked})
		k.KeyHash, k.Scopes = hex.EncodeToString(hash), scopes.String()
		return &k, []any{id}, err
	})
}

// recordColumns are linkColumns, and what a record has beside them.
const recordColumns = "SELECT " + linkColumns + ", COALESCE(q.id, u.id, 0), COALESCE(t.taken, 0)"

// recordTables join what recordColumns are from to links l.
const recordTables = ` JOIN link_clicks c ON c.link_id = l.id LEFT JOIN qr_codes q ON q.link_id = l.id
	LEFT JOIN uploads u ON u.link_id = l.id LEFT JOIN link_limits t ON t.link_id = l.id`

func scanLinkRecord(row row) (*records.Link, error) {
	var l shortener.Link
	var own, taken int64
	err := scanLink(row, &l, &own, &taken)
	return records.FromLink(&l, own, taken), err
}

func (r recordReader) links() error {
	query := recordColumns + " FROM links l" + recordTables + " WHERE TRUE"
	return r.each(query, "l.id", "l.account", []any{int64(0)}, func(row row) (records.Record, []any, error) {
		l, err := scanLinkRecord(row)
		if !r.o.Secrets {
			l.PasswordHash = ""
		}
		return l, []any{l.LinkID()}, err
	})
}

func (r recordReader) items() error {
	const query = `SELECT i.link_id, i.channel_id, i.added FROM channel_items i JOIN links l ON l.id = i.link_id WHERE TRUE`
	return r.each(query, "i.link_id, i.channel_id", "l.account", []any{int64(0), int64(0)}, func(row row) (records.Record, []any, error) {
		var i records.Item
		err := row.Scan(&i.Link, &i.Channel, momentScanner{&i.Added})
		return &i, []any{i.Link, i.Channel}, err
	})
}

func (r recordReader) hours() error {
	const query = `SELECT v.link_id, v.hour, v.clicks, v.uniques, v.bots, v.previews, v.scans
		FROM visits_hourly v JOIN links l ON l.id = v.link_id WHERE TRUE`
	return r.each(query, "v.link_id, v.hour", "l.account", []any{int64(0), int64(-1)}, func(row row) (records.Record, []any, error) {
		var h records.Hour
		var hour int64
		err := row.Scan(&h.Link, &hour, &h.Clicks, &h.Uniques, &h.Bots, &h.Previews, &h.Scans)
		h.Hour = time.Unix(hour*secondsOfHour, 0).UTC()
		return &h, []any{h.Link, hour}, err
	})
}

const (
	secondsOfHour = 60 * 60
	secondsOfDay  = 24 * secondsOfHour
)

func (r recordReader) days() error {
	const query = `SELECT v.link_id, v.day, v.dimension, v.value, v.clicks
		FROM visits_daily v JOIN links l ON l.id = v.link_id WHERE TRUE`
	before := []any{int64(0), int64(-1), int64(-1), ""}
	return r.each(query, "v.link_id, v.day, v.dimension, v.value", "l.account", before, func(row row) (records.Record, []any, error) {
		var d records.Day
		var day int64
		var dimension clicks.Dimension
		err := row.Scan(&d.Link, &day, &dimension, &d.Value, &d.Clicks)
		if err != nil {
			return nil, nil, err
		}
		d.Day = time.Unix(day*secondsOfDay, 0).UTC().Format(time.DateOnly)
		d.Dimension = dimension.String()
		return &d, []any{d.Link, day, int64(dimension), d.Value}, nil
	})
}

func (r recordReader) orphans() error {
	if r.o.Account != "" {
		return nil
	}
	// The first row has an empty domain and an empty path, than which nothing is
	// less.
	const query = `SELECT domain, path, visits, programs, last, CASE WHEN domain = '' AND path = '' THEN 0 ELSE 1 END
		FROM orphan_visits WHERE TRUE`
	const order = "CASE WHEN domain = '' AND path = '' THEN 0 ELSE 1 END, domain, path"
	return r.each(query, order, "", []any{int64(-1), "", ""}, func(row row) (records.Record, []any, error) {
		var o records.Orphan
		var last, order int64
		err := row.Scan(&o.Domain, &o.Path, &o.Visits, &o.Programs, &last, &order)
		o.Last = time.Unix(last, 0).UTC()
		return &o, []any{order, o.Domain, o.Path}, err
	})
}

func (r recordReader) ledger() error {
	return r.each(selectEntry+" WHERE TRUE", "id", "account", []any{int64(0)}, func(row row) (records.Record, []any, error) {
		l, err := scanLedgerRecord(row)
		return l, []any{l.ID}, err
	})
}

func (r recordReader) lastIDs() error {
	if r.o.Account != "" {
		return nil
	}
	for _, t := range counted {
		id, err := lastID(func(query string, args ...any) row { return r.tx.QueryRowContext(r.ctx, query, args...) }, r.tx.dialect, t.table)
		if err != nil {
			return err
		}
		if id == 0 {
			continue
		}
		if err := r.visit(&records.LastID{Of: t.kind, ID: id}); err != nil {
			return err
		}
	}
	return nil
}
