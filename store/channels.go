package store

import (
	"context"
	"database/sql"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

const channelMissing = "Channel does not exist"

// What a channel holds.
const (
	itemLinks = "links"
	itemQR    = "qr"
)

var channels = withStatements(objectTable[shortener.Channel]{
	name:    "channels",
	columns: []string{"name", "description", "color", "starred"},
	values:  func(c *shortener.Channel) []any { return []any{&c.Name, &c.Description, &c.Color, &c.Starred} },
	identity: func(c *shortener.Channel) identity {
		return identity{&c.ID, &c.Account, &c.Created}
	},
	label:   func(c *shortener.Channel) string { return c.Name },
	missing: channelMissing,
})

// Channels keeps channels.
func (s *Store) Channels() shortener.Objects[shortener.Channel] {
	return objects[shortener.Channel]{s, channels}
}

// AssignToChannel adds a link or QR code of the account to a channel of it.
func (s *Store) AssignToChannel(ctx context.Context, account string, channel int64, itemType string, item int64) error {
	var query, missing string
	switch itemType {
	case itemLinks:
		query, missing = "SELECT id FROM links WHERE id = ? AND account = ? AND kind = ''", linkMissing
	case itemQR:
		query, missing = "SELECT link_id FROM qr_codes WHERE id = ? AND account = ?", qrCodes.missing
	default:
		return api.InvalidField("type", `must be "links" or "qr"`)
	}
	err := s.writer.do(ctx, func(tx *session) error {
		var id, link int64
		err := tx.queryRow("SELECT id FROM channels WHERE id = ? AND account = ?"+tx.forReference(), channel, account).Scan(&id)
		if err != nil {
			return notFound(err, channelMissing)
		}
		if err := tx.queryRow(query+tx.forReference(), item, account).Scan(&link); err != nil {
			return notFound(err, missing)
		}
		return addToChannel(tx, channel, link, moment(s.stamp()))
	})
	return codedError("assigning to channel", err)
}

// addToChannel adds a link to a channel, which both exist.
func addToChannel(tx *session, channel, link int64, added sql.NullInt64) error {
	_, err := tx.exec("INSERT INTO channel_items (channel_id, link_id, added) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
		channel, link, added)
	return err
}

// ChannelItems returns a page of what a channel of the account holds, latest
// addition first.
func (s *Store) ChannelItems(ctx context.Context, account string, channel int64, limit, offset int) (items []shortener.Item, total int, err error) {
	if _, err := s.Channels().Get(ctx, account, channel); err != nil {
		return nil, 0, err
	}
	err = s.readPage(ctx, page{
		count: "SELECT COUNT(*) FROM channel_items WHERE channel_id = ?",
		query: "SELECT " + linkColumns + ", COALESCE(q.id, l.id)" + linkTables + ` JOIN channel_items i ON i.link_id = l.id
			LEFT JOIN qr_codes q ON q.link_id = l.id WHERE i.channel_id = ? ORDER BY i.added DESC, i.link_id DESC`,
		args: []any{channel}, limit: limit, offset: offset,
		also: func(tx *snapshot) error {
			links := make([]*shortener.Link, len(items))
			for i := range items {
				links[i] = &items[i].Link
			}
			return tx.readChannels(ctx, links)
		},
	}, &total, func(r row) error {
		item := shortener.Item{Type: itemLinks}
		err := scanLink(r, &item.Link, &item.ID)
		switch item.Link.Kind {
		case shortener.KindQR:
			item.Type = itemQR
		case shortener.KindRemote:
			item.ID = shortener.RemoteID(&item.Link)
		}
		items = append(items, item)
		return err
	})
	if err != nil {
		return nil, 0, codedError("listing items of a channel", err)
	}
	return items, total, nil
}
