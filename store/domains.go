package store

import (
	"context"
	"database/sql"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

const domainMissing = "Domain not found. Please try again."

var domains = withStatements(objectTable[shortener.Domain]{
	name:    "domains",
	columns: []string{"host", "scheme", "redirect_root", "redirect_404"},
	values:  func(d *shortener.Domain) []any { return []any{&d.Host, &d.Scheme, &d.RedirectRoot, &d.Redirect404} },
	identity: func(d *shortener.Domain) identity {
		return identity{&d.ID, &d.Account, &d.Created}
	},
	label:   func(d *shortener.Domain) string { return d.Host },
	missing: domainMissing,
	taken:   api.FieldError{Field: "domain", Message: "The domain has been already used."},
	check: func(tx *session, before, after *shortener.Domain) error {
		if before.Host == after.Host {
			return nil
		}
		return releaseHost(tx, before.Host)
	},
	release: func(tx *session, d *shortener.Domain, _ sql.NullInt64) ([]shortener.Address, error) {
		return nil, releaseHost(tx, d.Host)
	},
	revision: "domains",
})

// Domains keeps branded domains.
func (s *Store) Domains() shortener.Objects[shortener.Domain] {
	return objects[shortener.Domain]{s, domains}
}

// checkUnused refuses to take a domain away from its links.
func checkUnused(tx *session, host string) error {
	var links int64
	if err := tx.queryRow("SELECT COUNT(*) FROM links WHERE domain = ?", host).Scan(&links); err != nil {
		return err
	}
	switch links {
	case 0:
		return nil
	case 1:
		return api.Errorf(api.Conflict, "1 link stands on this domain; delete or move it first.")
	}
	return api.Errorf(api.Conflict, "%d links stand on this domain; delete or move them first.", links)
}

// AllDomains returns every branded domain of every account, oldest first.
func (s *Store) AllDomains(ctx context.Context) (all []shortener.Domain, err error) {
	rows, err := s.pools.lookups.QueryContext(ctx, domains.all+" ORDER BY id")
	if err != nil {
		return nil, codedError("reading domains", err)
	}
	err = scanRows(rows, func(r row) error {
		all = append(all, shortener.Domain{})
		return domains.scan(r, &all[len(all)-1])
	})
	if err != nil {
		return nil, codedError("reading domains", err)
	}
	return all, nil
}

// DomainsRevision returns a number that changes whenever a domain does.
func (s *Store) DomainsRevision(ctx context.Context) (revision int64, err error) {
	err = s.pools.lookups.QueryRowContext(ctx, "SELECT value FROM revisions WHERE name = 'domains'").Scan(&revision)
	return revision, codedError("reading the revision of domains", err)
}
