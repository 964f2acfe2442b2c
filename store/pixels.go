package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

const pixelMissing = "Pixel not found. Please try again."

var pixels = withStatements(objectTable[shortener.Pixel]{
	name:    "pixels",
	columns: []string{"type", "name", "tag"},
	values:  func(p *shortener.Pixel) []any { return []any{&p.Type, &p.Name, &p.Tag} },
	identity: func(p *shortener.Pixel) identity {
		return identity{&p.ID, &p.Account, &p.Created}
	},
	label:   func(p *shortener.Pixel) string { return p.Name },
	missing: pixelMissing,
	taken:   api.FieldError{Field: "tag", Message: "A pixel with this provider and tag already exists."},
	release: releasePixel,
})

// Pixels keeps pixels.
func (s *Store) Pixels() shortener.Objects[shortener.Pixel] {
	return objects[shortener.Pixel]{s, pixels}
}

// linksAtOnce is how many links are read before they are written.
const linksAtOnce = 1024

var updateOptions = newRowStatement("UPDATE links SET options = v.column2, updated = v.column3 FROM (VALUES ",
	"(CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS BIGINT))", ") AS v WHERE id = v.column1")

// releasePixel takes a pixel out of the options of its links.
func releasePixel(tx *session, p *shortener.Pixel, updated sql.NullInt64) (changed []shortener.Address, err error) {
	for last := int64(0); ; {
		links, err := pixelLinks(tx, p.ID, last)
		if err != nil || len(links) == 0 {
			return changed, err
		}
		args := make([]any, 0, 3*len(links))
		for _, l := range links {
			l.Options.Pixels = slices.DeleteFunc(l.Options.Pixels, func(id int64) bool { return id == p.ID })
			options, err := json.Marshal(l.Options)
			if err != nil {
				return nil, fmt.Errorf("encoding options: %w", err)
			}
			args = append(args, l.ID, string(options), updated)
			changed = append(changed, shortener.Address{Domain: l.Domain, Alias: l.Alias})
		}
		if _, err := updateOptions.exec(tx, args); err != nil {
			return nil, err
		}
		last = links[len(links)-1].ID
	}
}

// pixelLinks returns the next links after the last one that have the pixel.
func pixelLinks(tx *session, pixel, last int64) (links []shortener.Link, err error) {
	rows, err := tx.query(selectLink+` JOIN link_pixels p ON p.link_id = l.id WHERE p.pixel_id = ? AND p.link_id > ?
		ORDER BY p.link_id LIMIT ?`+tx.forUpdate("l"), pixel, last, linksAtOnce)
	if err != nil {
		return nil, err
	}
	err = scanRows(rows, func(r row) error {
		links = append(links, shortener.Link{})
		return scanLink(r, &links[len(links)-1])
	})
	return links, err
}
