package store

import (
	"database/sql"
	"strconv"

	"github.com/linkquay/linkquay/shortener"
)

const overlayMissing = "Overlay not found. Please try again."

var overlays = withStatements(objectTable[shortener.Overlay]{
	name: "overlays",
	columns: []string{
		"name", "type", "message", "label", "button", "link", "email", "position", "background", "foreground",
	},
	values: func(o *shortener.Overlay) []any {
		return []any{
			&o.Name, &o.Type, &o.Message, &o.Label, &o.Button, &o.Link, &o.Email, &o.Position, &o.Background, &o.Foreground,
		}
	},
	identity: func(o *shortener.Overlay) identity {
		return identity{&o.ID, &o.Account, &o.Created}
	},
	label:   func(o *shortener.Overlay) string { return o.Name },
	missing: overlayMissing,
	release: func(tx *session, o *shortener.Overlay, updated sql.NullInt64) ([]shortener.Address, error) {
		return makeDirect(tx, o.Account, overlayPrefix+strconv.FormatInt(o.ID, 10), updated)
	},
})

// Overlays keeps overlays.
func (s *Store) Overlays() shortener.Objects[shortener.Overlay] {
	return objects[shortener.Overlay]{s, overlays}
}
