package store

import (
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
)

var (
	selectAddresses = newRowStatement(recordColumns+" FROM (VALUES ", "(CAST(? AS TEXT), CAST(? AS TEXT))",
		") AS v JOIN links l ON l.domain = v.column1 AND l.alias = v.column2"+recordTables)

	selectExternalIDs = newRowStatement("SELECT l.account, l.external_id, l.domain, l.alias FROM (VALUES ",
		"(CAST(? AS TEXT), CAST(? AS TEXT))", ") AS v JOIN links l ON l.account = v.column1 AND l.external_id = v.column2 AND l.external_id <> ''")

	insertRecordLinks = newRowStatement(`INSERT INTO links (domain, alias, url, reuse_key, type, password_hash, expires, public,
		meta_title, meta_description, meta_image, description, campaign, external_id, options, search, updated,
		created, account, kind, id) VALUES `, "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "")

	mergeClicks = newRowStatement("INSERT INTO link_clicks (link_id, clicks, uniques, carried, carried_uniques) VALUES ",
		"(?, ?, ?, ?, ?)", " ON CONFLICT (link_id) DO UPDATE SET "+greater("link_clicks", "clicks")+", "+
			greater("link_clicks", "uniques")+", "+greater("link_clicks", "carried")+", "+greater("link_clicks", "carried_uniques"))

	mergeLimits = newRowStatement("INSERT INTO link_limits (link_id, taken) VALUES ", "(?, ?)",
		" ON CONFLICT (link_id) DO UPDATE SET "+greater("link_limits", "taken"))

	insertLinkPixels = newRowStatement("INSERT INTO link_pixels (link_id, pixel_id) VALUES ", "(?, ?)", " ON CONFLICT DO NOTHING")
	insertQRCodes    = newRowStatement("INSERT INTO qr_codes (id, account, link_id) VALUES ", "(?, ?, ?)", "")
	insertUploads    = newRowStatement("INSERT INTO uploads (id, account, link_id) VALUES ", "(?, ?, ?)", "")
)

// linkRecords are the links of one job.
type linkRecords struct {
	*recordWriter
	outcomes []records.Outcome

	// at are the links at the addresses of the records, external where the
	// external ids of the records stand. Those that the job adds are among them.
	at       map[shortener.Address]*records.Link
	external map[[2]string]shortener.Address

	// What is written at the end.
	links, clicks, limits, pixels, codes, uploads []any
	changed                                       []shortener.Address
}

// links writes links of all kinds.
func (w *recordWriter) links(rs []records.Record) ([]records.Outcome, error) {
	l := linkRecords{
		recordWriter: w, outcomes: make([]records.Outcome, len(rs)),
		at: map[shortener.Address]*records.Link{}, external: map[[2]string]shortener.Address{},
	}
	// Whoever writes to links locks this table first.
	for _, table := range []string{"links", "qr_codes", "uploads"} {
		if err := w.lock(table); err != nil {
			return nil, err
		}
	}
	if err := l.find(rs); err != nil {
		return nil, err
	}
	for i, r := range rs {
		out, err := l.write(r.(*records.Link))
		if e, ok := err.(*api.Error); ok && e.Code != api.Unavailable && e.Code != api.Internal { //nolint:errorlint // Only what write itself found.
			out, err = records.Outcome{Err: e}, nil
		}
		if err != nil {
			return nil, err
		}
		l.outcomes[i] = out
	}
	if w.p.DryRun {
		return l.outcomes, nil
	}
	return l.outcomes, l.save()
}

// find reads what stands where the records want to.
func (l *linkRecords) find(rs []records.Record) error {
	var addresses, external []any
	for _, r := range rs {
		link := r.(*records.Link)
		if a := (shortener.Address{Domain: link.Domain, Alias: link.Alias}); l.at[a] == nil {
			l.at[a] = &records.Link{}
			addresses = append(addresses, link.Domain, link.Alias)
		}
		if link.ExternalID != "" {
			external = append(external, link.Account, link.ExternalID)
		}
	}
	clear(l.at)
	err := selectAddresses.query(l.tx, addresses, func(r row) error {
		link, err := scanLinkRecord(r)
		l.at[shortener.Address{Domain: link.Domain, Alias: link.Alias}] = link
		return err
	})
	if err != nil {
		return err
	}
	return selectExternalIDs.query(l.tx, external, func(r row) error {
		var key [2]string
		var a shortener.Address
		err := r.Scan(&key[0], &key[1], &a.Domain, &a.Alias)
		l.external[key] = a
		return err
	})
}

var (
	errAddressTaken  = conflict("custom", "That alias is taken. Please choose another one.")
	errExternalTaken = conflict("externalid", "Another link has this external id already.")
)

func (l *linkRecords) write(r *records.Link) (records.Outcome, error) {
	address := shortener.Address{Domain: r.Domain, Alias: r.Alias}
	external := [2]string{r.Account, r.ExternalID}
	if other, taken := l.external[external]; taken && r.ExternalID != "" && other != address {
		return l.conflicted(0, errExternalTaken, nil)
	}
	was := l.at[address]
	r, off := protected(was, r)
	if was == nil {
		out, err := l.add(r, address, external)
		out.SwitchedOff = off
		return out, err
	}
	if was.Account != r.Account || was.Kind() != r.Kind() {
		return records.Outcome{}, errAddressTaken
	}
	out := records.Outcome{State: records.Same, ID: was.ID, Link: was.Link, SwitchedOff: off}
	if !sameLink(was, r) {
		replace := func() error { return l.replace(was, r) }
		if l.given[givenID{"links", was.LinkID()}] || was.LinkID() < 1 {
			replace = nil // it stands above in the same file
		}
		conflicted, err := l.conflicted(was.ID, errAddressTaken, replace)
		out.State = conflicted.State
		if err != nil || out.State == records.Skipped {
			conflicted.Link = was.Link
			return conflicted, err
		}
	}
	if r.Clicks > was.Clicks || r.UniqueClicks > was.UniqueClicks || r.CarriedClicks > was.CarriedClicks ||
		r.CarriedUniques > was.CarriedUniques || r.Taken > was.Taken {
		l.count(was.LinkID(), r)
	}
	return out, nil
}

// protected returns a link whose password's hash was not exported as it is to be:
// with that of the link in its place, else switched off, which is reported where it
// was not before.
func protected(was, r *records.Link) (to *records.Link, switchedOff bool) {
	if !r.Protected || r.PasswordHash != "" {
		return r, false
	}
	copied := *r
	if was != nil && was.Account == r.Account && was.PasswordHash != "" {
		copied.PasswordHash = was.PasswordHash
		return &copied, false
	}
	copied.Protected, copied.Disabled = false, true
	return &copied, !r.Disabled
}

// sameLink reports whether two records are the same link, whatever has become of
// it by visits.
func sameLink(was, r *records.Link) bool {
	a, b := *was, *r
	for _, l := range []*records.Link{&a, &b} {
		l.SetID(0, 0)
		l.Clicks, l.UniqueClicks, l.CarriedClicks, l.CarriedUniques, l.Taken = 0, 0, 0, 0, 0
		// Files have other names in each folder.
		if l.File != nil {
			file := *l.File
			file.Stored = ""
			l.File = &file
		}
		if l.QR != nil {
			qr := *l.QR
			qr.LogoFile = ""
			l.QR = &qr
		}
	}
	if r.Created.IsZero() {
		a.Created = r.Created
	}
	a.Updated, b.Updated = r.Updated, r.Updated
	if r.Password != "" {
		// Hashes of the same password differ.
		if was.PasswordHash == "" {
			return false
		}
		a.PasswordHash, a.Protected = "", false
		b.PasswordHash, b.Protected, b.Password = "", false, ""
	}
	return records.Equal(&a, &b)
}
