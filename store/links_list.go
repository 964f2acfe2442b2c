package store

import (
	"context"

	"github.com/linkquay/linkquay/shortener"
)

// Links returns a page of links and the number of all that match. Links with
// the same number of clicks are in order of date. Search ignores letter case
// in every script; "%" and "_" in it stand for themselves.
func (s *Store) Links(ctx context.Context, f shortener.Filter) (links []shortener.Link, total int, err error) {
	where, args := " WHERE l.account = ? AND l.kind = ''", []any{f.Account}
	if f.ExternalID != "" {
		where += " AND l.external_id = ? AND l.external_id <> ''"
		args = append(args, f.ExternalID)
	}
	if f.Search != "" {
		pattern, err := likePattern(f.Search)
		if err != nil {
			return nil, 0, err
		}
		where += " AND l.search LIKE ? ESCAPE '!'"
		args = append(args, pattern)
	}
	order := " ORDER BY l.created DESC, l.id DESC"
	if f.ByClicks {
		order = " ORDER BY c.clicks + c.carried DESC, l.created DESC, l.id DESC"
	}
	err = s.readPage(ctx, page{
		count: "SELECT COUNT(*) FROM links l" + where,
		query: selectLink + where + order,
		args:  args, limit: f.Limit, offset: f.Offset,
		also: func(tx *snapshot) error {
			page := make([]*shortener.Link, len(links))
			for i := range links {
				page[i] = &links[i]
			}
			return tx.readChannels(ctx, page)
		},
	}, &total, func(r row) error {
		links = append(links, shortener.Link{})
		return scanLink(r, &links[len(links)-1])
	})
	if err != nil {
		return nil, 0, codedError("listing links", err)
	}
	return links, total, nil
}
