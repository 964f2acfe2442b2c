package store

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
)

func (l *linkRecords) add(r *records.Link, address shortener.Address, external [2]string) (out records.Outcome, err error) {
	if err := l.check(r); err != nil {
		return out, err
	}
	out.State = records.Added
	id, err := l.nextID("links", r.LinkID())
	if err != nil {
		return out, err
	}
	own, err := l.ownID(r, id)
	if err != nil {
		return out, err
	}
	added := *r
	added.SetID(id, own)
	out.ID, out.Link = added.ID, added.Link
	l.at[address] = &added
	if r.ExternalID != "" {
		l.external[external] = address
	}
	_, args, err := l.s.newLink(added.Shortener())
	if err != nil {
		return out, err
	}
	l.links = append(append(l.links, args...), id)
	for _, pixel := range ascending(r.Pixels) {
		l.pixels = append(l.pixels, id, pixel)
	}
	l.count(id, r)
	l.changed = append(l.changed, address)
	return out, nil
}

// ownID returns the id of the QR code or file that a new link leads to. Those that
// were made at the same time have ids in another order than their links; where
// the link could keep its own, that of the code is no other's either.
func (l *linkRecords) ownID(r *records.Link, link int64) (own int64, err error) {
	table, rows := "qr_codes", &l.codes
	switch r.Kind() {
	case records.KindQR:
	case records.KindFile:
		table, rows = "uploads", &l.uploads
	default:
		return 0, nil
	}
	if l.p.DryRun || link != r.LinkID() {
		own, err = l.nextID(table, r.ID)
	} else {
		var keep bool
		if keep, err = l.isUnused(table, r.ID); err == nil {
			own = l.give(table, r.ID, keep)
		}
	}
	*rows = append(*rows, own, r.Account, link)
	return own, err
}

// count takes the counts of visits of a record.
func (l *linkRecords) count(id int64, r *records.Link) {
	l.clicks = append(l.clicks, id, r.Clicks, r.UniqueClicks, r.CarriedClicks, r.CarriedUniques)
	if r.Taken > 0 {
		l.limits = append(l.limits, id, r.Taken)
	}
}

// checkHost refuses another account's domain. In a dry run, what is not there may
// stand above in the file.
func (l *linkRecords) checkHost(r *records.Link) error {
	var owner string
	err := l.tx.queryRow("SELECT account FROM domains WHERE host = ?", r.Domain).Scan(&owner)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err == nil && owner != r.Account:
		return api.InvalidField("domain", domainMissing)
	}
	return err
}

// check is checkReferences for links of which many refer to the same.
func (l *linkRecords) check(r *records.Link) error {
	if l.p.DryRun {
		return l.checkHost(r)
	}
	one := func(key string, part shortener.Link) error {
		key = r.Account + fieldSeparator + key
		ok, known := l.existing[key]
		if !known {
			part.Account = r.Account
			err := checkReferences(l.tx, &shortener.Link{}, &part)
			if err != nil && api.AsError(err).Code != api.Invalid {
				return err
			}
			ok = err == nil
			l.existing[key] = ok
		}
		if ok {
			return nil
		}
		name, _, _ := strings.Cut(key[len(r.Account)+len(fieldSeparator):], " ")
		return api.InvalidField(name, "is not there in the account")
	}
	if r.Domain != "" {
		if err := one("domain "+r.Domain, shortener.Link{Domain: r.Domain}); err != nil {
			return err
		}
	}
	if r.Type != shortener.TypeDirect {
		if err := one("type "+r.Type, shortener.Link{Type: r.Type}); err != nil {
			return err
		}
	}
	if r.Campaign != 0 {
		if err := one(fmt.Sprint("campaign ", r.Campaign), shortener.Link{Campaign: r.Campaign}); err != nil {
			return err
		}
	}
	for _, id := range r.Pixels {
		if err := one(fmt.Sprint("pixels ", id), shortener.Link{Options: shortener.Options{Pixels: []int64{id}}}); err != nil {
			return err
		}
	}
	return nil
}

// replace makes a link what the record is. Its channels stay.
func (l *linkRecords) replace(was, r *records.Link) error {
	if err := l.check(r); err != nil {
		return err
	}
	before, after := was.Shortener(), r.Shortener()
	after.ID, after.CarriedClicks, after.CarriedUniques = before.ID, before.CarriedClicks, before.CarriedUniques
	if after.Updated = r.Updated; after.Updated.IsZero() {
		after.Updated = l.s.stamp()
	}
	if err := l.s.saveLink(l.tx, before, after); err != nil {
		return err
	}
	if r.Created.IsZero() {
		return nil
	}
	return oneRow(l.tx.exec("UPDATE links SET created = ? WHERE id = ?", moment(r.Created), before.ID))
}

// save writes what the job has taken.
func (l *linkRecords) save() error {
	for _, step := range []struct {
		statement *rowStatement
		args      []any
	}{
		{insertRecordLinks, l.links},
		{mergeClicks, ordered(l.clicks, mergeClicks.width)},
		{mergeLimits, ordered(l.limits, mergeLimits.width)},
		{insertLinkPixels, l.pixels},
		{insertQRCodes, l.codes},
		{insertUploads, l.uploads},
	} {
		if _, err := step.statement.exec(l.tx, step.args); err != nil {
			return err
		}
	}
	if len(l.changed) == 0 {
		return nil
	}
	return l.s.noteChanges(l.tx, l.changed)
}

// ordered returns the rows in order of their first value, in which whoever adds
// visits up locks them too, and each once: of two records that are the same link,
// one has counts.
func ordered(args []any, width int) []any {
	rows := slices.Collect(slices.Chunk(args, width))
	slices.SortStableFunc(rows, func(a, b []any) int { return cmp.Compare(a[0].(int64), b[0].(int64)) })
	rows = slices.CompactFunc(rows, func(a, b []any) bool { return a[0] == b[0] })
	return slices.Concat(rows...)
}
