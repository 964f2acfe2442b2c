package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
)

// WriteRecords writes records of one group in one transaction; a link and a QR
// code are of one group, a link and a campaign are not. It keeps other writes
// waiting for as long.
//
// An object is found again by what is unique of it: the host of a domain, provider
// and tag of a pixel, the slug of a campaign, the address of a link. Of other
// kinds one that is alike in all but its id is taken for the same. Counts of
// visits never become less.
func (s *Store) WriteRecords(ctx context.Context, rs []records.Record, p records.Policy) (outcomes []records.Outcome, err error) {
	if len(rs) == 0 {
		return nil, nil
	}
	if s.pools.dialect.lockRows {
		for _, r := range rs {
			records.ChangeTexts(r, storableText)
		}
	}
	err = s.writer.doLong(ctx, func(tx *session) error {
		w := recordWriter{
			s: s, tx: tx, p: p, last: map[string]int64{}, given: map[givenID]bool{},
			claimed: map[int64]bool{}, existing: map[string]bool{},
		}
		outcomes, err = w.run(rs)
		return err
	})
	if err != nil {
		return nil, codedError("writing records", err)
	}
	return outcomes, nil
}

// storableText is a text as PostgreSQL can hold it.
func storableText(s string) string {
	if storable(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, string(utf8.RuneError)), "\x00", string(utf8.RuneError))
}

// recordWriter writes the records of one job.
type recordWriter struct {
	s  *Store
	tx *session
	p  records.Policy

	// last are the last ids that tables gave out, of those that have given some
	// out in this job.
	last map[string]int64

	// given are the ids that this job gave out.
	given map[givenID]bool

	// claimed are objects that are another record's of this job.
	claimed map[int64]bool

	// existing are references that were found to exist, and false for those that
	// were not.
	existing map[string]bool
}

// byIndex has PostgreSQL find rows by their keys also in tables that have become
// large so quickly that it takes them for small ones.
const byIndex = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"

func (w *recordWriter) run(rs []records.Record) (outcomes []records.Outcome, err error) {
	if w.tx.dialect.lockRows {
		if _, err := w.tx.exec(byIndex); err != nil {
			return nil, err
		}
	}
	if outcomes, err = w.write(rs); err != nil || w.p.DryRun {
		return outcomes, err
	}
	return outcomes, w.saveLastIDs()
}

func (w *recordWriter) write(rs []records.Record) ([]records.Outcome, error) {
	switch rs[0].(type) {
	case *records.Link:
		return w.links(rs)
	case *records.Item:
		return w.items(rs)
	case *records.Hour:
		return w.hours(rs)
	case *records.Day:
		return w.days(rs)
	}
	outcomes := make([]records.Outcome, len(rs))
	for i, r := range rs {
		out, err := w.one(r)
		if e, ok := errors.AsType[*api.Error](err); ok && e.Code != api.Unavailable && e.Code != api.Internal {
			// It was found before anything was written of this record.
			out, err = records.Outcome{Err: e}, nil
		}
		if err != nil {
			return nil, err
		}
		outcomes[i] = out
	}
	return outcomes, nil
}

func (w *recordWriter) one(r records.Record) (records.Outcome, error) {
	switch r := r.(type) {
	case *records.Account:
		return w.account(r)
	case *records.Backend:
		return w.backend(r)
	case *records.Secret:
		return w.secret(r)
	case *records.Key:
		return w.key(r)
	case *records.Domain:
		return writeObject(w, domains, shortener.Domain(*r), " WHERE host = ?", r.Host)
	case *records.Pixel:
		return writeObject(w, pixels, shortener.Pixel(*r), " WHERE account = ? AND type = ? AND tag = ?", r.Account, r.Type, r.Tag)
	case *records.Splash:
		return writeObject(w, splashPages, shortener.Splash(*r), whereAlike, r.Account, searchText(r.Name))
	case *records.Overlay:
		return writeObject(w, overlays, shortener.Overlay(*r), whereAlike, r.Account, searchText(r.Name))
	case *records.Campaign:
		if r.Slug != "" {
			return writeObject(w, campaigns, shortener.Campaign(*r), " WHERE slug = ? AND slug <> ''", r.Slug)
		}
		return writeObject(w, campaigns, shortener.Campaign(*r), whereAlike+" AND slug = ''", r.Account, searchText(r.Name))
	case *records.Channel:
		return writeObject(w, channels, shortener.Channel(*r), whereAlike, r.Account, searchText(r.Name))
	case *records.Retired:
		return w.retired(r)
	case *records.Orphan:
		return w.orphan(r)
	case *records.Ledger:
		return w.ledger(r)
	case *records.LastID:
		return w.lastID(r)
	}
	return records.Outcome{}, fmt.Errorf("a %s is no record to write", r.Kind())
}

// whereAlike finds what has the same name, of kinds whose names need not be
// unique.
const whereAlike = " WHERE account = ? AND search = ?"

// conflicted is what becomes of a record whose place another object of the
// account has.
func (w *recordWriter) conflicted(id int64, taken *api.Error, replace func() error) (records.Outcome, error) {
	switch w.p.OnConflict {
	case records.Skip:
		return records.Outcome{State: records.Skipped, ID: id}, nil
	case records.Replace:
		if replace == nil {
			return records.Outcome{}, taken
		}
		if !w.p.DryRun {
			if err := replace(); err != nil {
				return records.Outcome{}, err
			}
		}
		return records.Outcome{State: records.Replaced, ID: id}, nil
	}
	return records.Outcome{}, taken
}

var _ records.Target = (*Store)(nil)
