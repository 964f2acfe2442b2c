package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// overlayPrefix is what the type of a link begins with that stands under an
// overlay.
const overlayPrefix = "overlay-"

// checkReferences refuses what the link newly refers to and its account does
// not have. What it finds cannot be deleted before the transaction ends.
func checkReferences(tx *session, before, after *shortener.Link) error {
	c := references{tx: tx}
	return c.check(before, after)
}

// check is checkReferences with what was found before.
func (c *references) check(before, after *shortener.Link) error {
	c.account, c.missing = after.Account, nil
	if after.Domain != "" && after.Domain != before.Domain {
		c.find("domain", domainMissing, "SELECT id FROM domains WHERE host = ? AND account = ?", after.Domain)
	}
	if after.Type != before.Type {
		c.findPage(after.Type)
	}
	if after.Campaign != 0 && after.Campaign != before.Campaign {
		c.find("campaign", campaignMissing, "SELECT id FROM campaigns WHERE id = ? AND account = ?", after.Campaign)
	}
	for _, id := range after.Channels {
		if !slices.Contains(before.Channels, id) {
			c.find("channel", channelMissing, "SELECT id FROM channels WHERE id = ? AND account = ?", id)
		}
	}
	for i, id := range after.Options.Pixels {
		if !slices.Contains(before.Options.Pixels, id) {
			c.find(fmt.Sprintf("pixels[%d]", i), pixelMissing, "SELECT id FROM pixels WHERE id = ? AND account = ?", id)
		}
	}
	if c.err == nil && len(c.missing) > 0 {
		return api.InvalidFields(c.missing...)
	}
	return c.err
}

// references looks for what a link refers to.
type references struct {
	tx      *session
	account string
	missing []api.FieldError
	err     error

	// known says of what was looked for before whether it is there; nil where
	// nothing is remembered.
	known map[reference]bool
}

// reference is what a link of an account can refer to.
type reference struct {
	account, query string
	key            any
}

func (c *references) find(field, message, query string, key any) {
	if c.err != nil {
		return
	}
	r := reference{c.account, query, key}
	there, known := c.known[r]
	if !known {
		var id int64
		err := c.tx.queryRow(query+c.tx.forReference(), key, c.account).Scan(&id)
		there = err == nil
		if !there && !errors.Is(err, sql.ErrNoRows) {
			c.err = err
			return
		}
		if c.known != nil {
			c.known[r] = there
		}
	}
	if !there {
		c.missing = append(c.missing, api.FieldError{Field: field, Message: message})
	}
}

// findPage looks for the splash page or the overlay that the type names.
func (c *references) findPage(linkType string) {
	if id, ok := overlayOf(linkType); ok {
		c.find("type", overlayMissing, "SELECT id FROM overlays WHERE id = ? AND account = ?", id)
	} else if id, err := strconv.ParseInt(linkType, 10, 64); err == nil {
		c.find("type", splashMissing, "SELECT id FROM splash_pages WHERE id = ? AND account = ?", id)
	}
}

// overlayOf returns the overlay that the type of a link names.
func overlayOf(linkType string) (id int64, ok bool) {
	number, ok := strings.CutPrefix(linkType, overlayPrefix)
	if !ok {
		return 0, false
	}
	// What is no number is no overlay's either.
	id, _ = strconv.ParseInt(number, 10, 64)
	return id, true
}
