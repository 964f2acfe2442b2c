package store

import (
	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
)

func (r recordReader) retired() error {
	const query = "SELECT d.account, r.domain, r.alias FROM retired r JOIN domains d ON d.host = r.domain WHERE TRUE"
	return r.each(query, "r.domain, r.alias", "d.account", []any{"", ""}, func(row row) (records.Record, []any, error) {
		var a records.Retired
		err := row.Scan(&a.Account, &a.Domain, &a.Alias)
		return &a, []any{a.Domain, a.Alias}, err
	})
}

// retired retires an address on a domain of the account.
func (w *recordWriter) retired(r *records.Retired) (records.Outcome, error) {
	if w.p.DryRun {
		return records.Outcome{State: records.Added}, nil
	}
	if err := checkReferences(w.tx, &shortener.Link{}, &shortener.Link{Account: r.Account, Domain: r.Domain}); err != nil {
		return records.Outcome{}, err
	}
	var there bool
	err := w.tx.queryRow("SELECT EXISTS (SELECT 1 FROM retired WHERE domain = ? AND alias = ?)", r.Domain, r.Alias).Scan(&there)
	if err != nil || there {
		return records.Outcome{State: records.Same}, err
	}
	return records.Outcome{State: records.Added}, retire(w.tx, &shortener.Link{Domain: r.Domain, Alias: r.Alias})
}
