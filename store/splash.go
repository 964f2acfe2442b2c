package store

import (
	"database/sql"
	"strconv"

	"github.com/linkquay/linkquay/shortener"
)

const splashMissing = "Splash page not found. Please try again."

var splashPages = withStatements(objectTable[shortener.Splash]{
	name:    "splash_pages",
	columns: []string{"name", "title", "message", "image", "button", "counter"},
	values: func(p *shortener.Splash) []any {
		return []any{&p.Name, &p.Title, &p.Message, &p.Image, &p.Button, &p.Counter}
	},
	identity: func(p *shortener.Splash) identity {
		return identity{&p.ID, &p.Account, &p.Created}
	},
	label:   func(p *shortener.Splash) string { return p.Name },
	missing: splashMissing,
	release: func(tx *session, p *shortener.Splash, updated sql.NullInt64) ([]shortener.Address, error) {
		return makeDirect(tx, p.Account, strconv.FormatInt(p.ID, 10), updated)
	},
})

// SplashPages keeps custom splash pages.
func (s *Store) SplashPages() shortener.Objects[shortener.Splash] {
	return objects[shortener.Splash]{s, splashPages}
}

// makeDirect takes the page that stands before links of a type away.
func makeDirect(tx *session, account, linkType string, updated sql.NullInt64) (changed []shortener.Address, err error) {
	rows, err := tx.query(`UPDATE links SET type = 'direct', updated = ? WHERE type = ? AND type <> 'direct' AND account = ?
		RETURNING domain, alias`, updated, linkType, account)
	if err != nil {
		return nil, err
	}
	err = scanRows(rows, func(r row) error {
		changed = append(changed, shortener.Address{})
		last := &changed[len(changed)-1]
		return r.Scan(&last.Domain, &last.Alias)
	})
	return changed, err
}
