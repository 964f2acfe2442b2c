package store

import (
	"context"
	"slices"
	"strings"

	"github.com/linkquay/linkquay/shortener"
)

// LinksAfter returns links of the account behind an id, in order of id.
func (s *Store) LinksAfter(ctx context.Context, account string, id int64, limit int) (links []shortener.Link, err error) {
	err = s.readAfter(ctx, selectLink+" WHERE l.account = ? AND l.kind = '' AND l.id > ? ORDER BY l.id LIMIT ?",
		[]any{account, id, max(limit, 0)}, func(r row) error {
			links = append(links, shortener.Link{})
			return scanLink(r, &links[len(links)-1])
		}, func(i int) *shortener.Link { return &links[i] })
	if err == nil {
		err = s.readTaken(ctx, links)
	}
	if err != nil {
		return nil, codedError("reading links", err)
	}
	return links, nil
}

// readAfter reads rows that have a link each, and then the channels of these:
// link returns the one of the row with the number.
func (s *Store) readAfter(ctx context.Context, query string, args []any, scan func(row) error, link func(i int) *shortener.Link) error {
	tx, err := s.pools.lists.snapshot(ctx)
	if err != nil {
		return err
	}
	defer tx.end()

	n := 0
	err = tx.eachRow(ctx, query, args, func(r row) error {
		n++
		return scan(r)
	})
	if err != nil {
		return err
	}
	links := make([]*shortener.Link, n)
	for i := range links {
		links[i] = link(i)
	}
	return tx.readChannels(ctx, links)
}

// readTaken reads how many visits were taken of those links that have a limit.
func (s *Store) readTaken(ctx context.Context, links []shortener.Link) error {
	limited := map[int64]*shortener.Link{}
	var args []any
	for i := range links {
		if links[i].Options.ClickLimit > 0 {
			limited[links[i].ID] = &links[i]
			args = append(args, links[i].ID)
		}
	}
	for part := range slices.Chunk(args, channelsAtOnce) {
		rows, err := s.pools.lists.QueryContext(ctx,
			"SELECT link_id, taken FROM link_limits WHERE link_id IN (?"+strings.Repeat(", ?", len(part)-1)+")", part...)
		if err != nil {
			return err
		}
		err = scanRows(rows, func(r row) error {
			var id, taken int64
			if err := r.Scan(&id, &taken); err != nil {
				return err
			}
			limited[id].Taken = taken
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
