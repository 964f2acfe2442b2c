package store

import (
	"slices"

	"github.com/linkquay/linkquay/shortener"
)

// newLink returns a copy of the link as it will be read back, and what is
// written of it.
func (s *Store) newLink(l *shortener.Link) (shortener.Link, []any, error) {
	link := *l
	if link.Created.IsZero() {
		link.Created = s.stamp()
	}
	if link.Updated.IsZero() {
		link.Updated = link.Created
	}
	link.Channels = ascending(l.Channels)
	args, err := linkArgs(&link)
	return link, append(args, moment(link.Created), link.Account, link.Kind), err
}

// insertLink adds the link and sets its ID.
func insertLink(tx *session, l *shortener.Link, args []any) error {
	if err := checkReferences(tx, &shortener.Link{}, l); err != nil {
		return err
	}
	err := tx.queryRow(`INSERT INTO links (domain, alias, url, reuse_key, type, password_hash, expires, public,
		meta_title, meta_description, meta_image, description, campaign, external_id, options, search, updated,
		created, account, kind)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, args...).Scan(&l.ID)
	if err != nil {
		return err
	}
	_, err = tx.exec("INSERT INTO link_clicks (link_id, clicks, uniques, carried, carried_uniques) VALUES (?, ?, ?, ?, ?)",
		l.ID, l.Clicks, l.UniqueClicks, l.CarriedClicks, l.CarriedUniques)
	if err != nil {
		return err
	}
	return writeMembership(tx, &shortener.Link{}, l)
}

// readLink reads the one link that the query finds, with its channels.
func readLink(tx *session, l *shortener.Link, query string, args ...any) error {
	if err := scanLink(tx.queryRow(query, args...), l); err != nil {
		return err
	}
	return readChannels(tx, l)
}

func readChannels(tx *session, l *shortener.Link) (err error) {
	l.Channels, err = readIDs(tx.query(selectChannelsOfLink, l.ID))
	return err
}

// changeLink changes the link before, which the transaction has read and
// locked, and returns what came of it.
func (s *Store) changeLink(tx *session, before *shortener.Link, change func(l *shortener.Link) error) (*shortener.Link, error) {
	after := *before
	after.Channels = slices.Clone(before.Channels)
	var err error
	if after.Options, err = copyOptions(&before.Options); err != nil {
		return nil, err
	}
	if err := change(&after); err != nil {
		return nil, err
	}
	after.ID, after.Kind, after.Account, after.Created = before.ID, before.Kind, before.Account, before.Created
	after.Clicks, after.UniqueClicks = before.Clicks, before.UniqueClicks
	after.Updated, after.Plain = s.stamp(), false
	after.Channels = ascending(after.Channels)
	return &after, s.saveLink(tx, before, &after)
}

func (s *Store) saveLink(tx *session, before, after *shortener.Link) error {
	if err := checkReferences(tx, before, after); err != nil {
		return err
	}
	args, err := linkArgs(after)
	if err != nil {
		return err
	}
	err = oneRow(tx.exec(`UPDATE links SET domain = ?, alias = ?, url = ?, reuse_key = ?, type = ?, password_hash = ?,
		expires = ?, public = ?, meta_title = ?, meta_description = ?, meta_image = ?, description = ?, campaign = ?,
		external_id = ?, options = ?, search = ?, updated = ? WHERE id = ?`, append(args, after.ID)...))
	if err != nil {
		return err
	}
	if err := writeMembership(tx, before, after); err != nil {
		return err
	}
	if err := writeCarried(tx, before, after); err != nil {
		return err
	}
	if before.Domain != after.Domain || before.Alias != after.Alias {
		if err := retire(tx, before); err != nil {
			return err
		}
		if err := s.noteChange(tx, after.Domain, after.Alias); err != nil {
			return err
		}
	}
	return s.noteChange(tx, before.Domain, before.Alias)
}

// writeCarried writes the visits that were counted elsewhere, where they have
// changed.
func writeCarried(tx *session, before, after *shortener.Link) error {
	if before.CarriedClicks == after.CarriedClicks && before.CarriedUniques == after.CarriedUniques {
		return nil
	}
	return oneRow(tx.exec("UPDATE link_clicks SET carried = ?, carried_uniques = ? WHERE link_id = ?",
		after.CarriedClicks, after.CarriedUniques, after.ID))
}

func (s *Store) removeLink(tx *session, l *shortener.Link) error {
	if err := oneRow(tx.exec("DELETE FROM links WHERE id = ?", l.ID)); err != nil {
		return err
	}
	if err := retire(tx, l); err != nil {
		return err
	}
	return s.noteChange(tx, l.Domain, l.Alias)
}
