package store

import (
	"context"
	"strings"

	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
)

// recordsAtOnce is how many rows are read at a time.
const recordsAtOnce = 1000

// ReadRecords calls visit with a record of everything that is kept, as it is at
// one moment, in the order of the kinds and in each by id. Visits that wait to be
// added up are added up first. It ends with the first error.
//
// What passes within days is left out: what tells visitors of a day apart,
// promises of clients, and changes that other processes hear of. So are moves
// between backends.
func (s *Store) ReadRecords(ctx context.Context, o records.ReadOptions, visit func(records.Record) error) error {
	if err := s.rollAll(ctx); err != nil {
		return err
	}
	var stopped error
	err := s.readRecords(ctx, o, func(r records.Record) error {
		stopped = visit(r)
		return stopped
	})
	if stopped != nil {
		return stopped
	}
	return codedError("reading records", err)
}

// rollAll adds up the visits that wait now. Others may come without end.
func (s *Store) rollAll(ctx context.Context) error {
	rolled, err := s.RollVisits(ctx)
	for left := rolled.Backlog; err == nil && left > 0; left -= int64(max(rolled.Batches, 1)) {
		rolled, err = s.RollVisits(ctx)
	}
	return err
}

func (s *Store) readRecords(ctx context.Context, o records.ReadOptions, visit func(records.Record) error) error {
	tx, err := s.pools.lists.begin(ctx)
	if err != nil {
		return err
	}
	state := &snapshot{tx, s.pools.dialect, func() {}}
	defer state.end()
	if s.pools.dialect.lockRows {
		if _, err := tx.ExecContext(ctx, unlimited+"; "+byIndex); err != nil {
			return err
		}
	}
	r := recordReader{ctx, state, o, visit}
	for _, read := range []func() error{
		r.accounts, r.backends, r.secrets, r.keys,
		func() error {
			return readObjects(r, domains, func(d *shortener.Domain) records.Record { return (*records.Domain)(d) })
		},
		func() error {
			return readObjects(r, pixels, func(p *shortener.Pixel) records.Record { return (*records.Pixel)(p) })
		},
		func() error {
			return readObjects(r, splashPages, func(p *shortener.Splash) records.Record { return (*records.Splash)(p) })
		},
		func() error {
			return readObjects(r, overlays, func(p *shortener.Overlay) records.Record { return (*records.Overlay)(p) })
		},
		func() error {
			return readObjects(r, campaigns, func(c *shortener.Campaign) records.Record { return (*records.Campaign)(c) })
		},
		func() error {
			return readObjects(r, channels, func(c *shortener.Channel) records.Record { return (*records.Channel)(c) })
		},
		r.links, r.retired, r.items, r.hours, r.days, r.orphans, r.ledger, r.lastIDs,
	} {
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

// recordReader reads one state of the database.
type recordReader struct {
	ctx   context.Context
	tx    *snapshot
	o     records.ReadOptions
	visit func(records.Record) error
}

// each reads the rows of a query in parts: key has the columns that the rows are
// in order of, which scan returns; after are values before all others. The query
// has a WHERE, and owner is the column of the account, empty where rows have none.
func (r recordReader) each(query, key, owner string, after []any, scan func(row) (records.Record, []any, error)) error {
	marks := "(?" + strings.Repeat(", ?", len(after)-1) + ")"
	if len(after) == 1 {
		marks = "?"
		query += " AND " + key + " > " + marks
	} else {
		query += " AND (" + key + ") > " + marks
	}
	if owner != "" && r.o.Account != "" {
		query += " AND " + owner + " = ?"
	}
	query += " ORDER BY " + key + " LIMIT ?"
	for {
		args := after[:len(after):len(after)]
		if owner != "" && r.o.Account != "" {
			args = append(args, r.o.Account)
		}
		var part []records.Record
		err := r.tx.eachRow(r.ctx, query, append(args, recordsAtOnce), func(row row) error {
			record, last, err := scan(row)
			part, after = append(part, record), last
			return err
		})
		if err != nil {
			return err
		}
		for _, record := range part {
			if err := r.visit(record); err != nil {
				return err
			}
		}
		if len(part) < recordsAtOnce {
			return nil
		}
	}
}

func readObjects[T any](r recordReader, t *objectTable[T], record func(*T) records.Record) error {
	return r.each(t.all+" WHERE TRUE", "id", "account", []any{int64(0)}, func(row row) (records.Record, []any, error) {
		o := new(T)
		err := t.scan(row, o)
		return record(o), []any{*t.identity(o).id}, err
	})
}

var _ records.Source = (*Store)(nil)
