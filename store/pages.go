package store

import (
	"context"
	"strings"

	"github.com/linkquay/linkquay/shortener"
)

// page is a query for some of the rows, and one for the number of all.
type page struct {
	count, query  string
	args          []any
	limit, offset int

	// also reads what belongs to the rows, once they are read; nil for nothing.
	also func(tx *snapshot) error
}

// readPage runs the queries of a page on one snapshot, so that the total fits
// the rows. A limit below 1 reads none.
func (s *Store) readPage(ctx context.Context, p page, total *int, scan func(row) error) error {
	tx, err := s.pools.lists.snapshot(ctx)
	if err != nil {
		return err
	}
	defer tx.end()

	if err := tx.QueryRowContext(ctx, p.count, p.args...).Scan(total); err != nil {
		return err
	}
	if *total == 0 || p.limit < 1 {
		return nil
	}
	args := append(p.args[:len(p.args):len(p.args)], p.limit, max(p.offset, 0))
	if err := tx.eachRow(ctx, p.query+" LIMIT ? OFFSET ?", args, scan); err != nil || p.also == nil {
		return err
	}
	return p.also(tx)
}

// eachRow calls scan for each row of the query.
func (s *snapshot) eachRow(ctx context.Context, query string, args []any, scan func(row) error) error {
	rows, err := s.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return scanRows(rows, scan)
}

// channelsAtOnce is for how many links one query reads the channels.
const channelsAtOnce = 1000

// readChannels reads the channels of the links, whose Channels are empty.
func (s *snapshot) readChannels(ctx context.Context, links []*shortener.Link) error {
	for ; len(links) > channelsAtOnce; links = links[channelsAtOnce:] {
		if err := s.readChannels(ctx, links[:channelsAtOnce]); err != nil {
			return err
		}
	}
	if len(links) == 0 {
		return nil
	}
	byID := make(map[int64]*shortener.Link, len(links))
	args := make([]any, len(links))
	for i, l := range links {
		byID[l.ID], args[i] = l, l.ID
	}
	return s.eachRow(ctx, "SELECT link_id, channel_id FROM channel_items WHERE link_id IN (?"+
		strings.Repeat(", ?", len(args)-1)+") ORDER BY channel_id", args, func(r row) error {
		var link, channel int64
		if err := r.Scan(&link, &channel); err != nil {
			return err
		}
		l := byID[link]
		l.Channels = append(l.Channels, channel)
		return nil
	})
}
