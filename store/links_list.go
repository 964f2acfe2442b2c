package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/linkquay/linkquay/shortener"
)

// Links returns a page of links and the number of all that match. Links with
// the same number of clicks are in order of date. Search ignores letter case
// in every script; "%" and "_" in it stand for themselves.
func (s *Store) Links(ctx context.Context, f shortener.Filter) (links []shortener.Link, total int, err error) {
	where, args := " WHERE l.account = ?", []any{f.Account}
	if f.Search != "" {
		pattern, err := likePattern(f.Search)
		if err != nil {
			return nil, 0, err
		}
		where += " AND l.search LIKE ? ESCAPE '!'"
		args = append(args, pattern)
	}
	order := " ORDER BY l.id DESC"
	if f.ByClicks {
		order = " ORDER BY c.clicks DESC, l.id DESC"
	}
	err = s.readPage(ctx, page{
		count: "SELECT COUNT(*) FROM links l" + where,
		query: selectLink + where + order,
		args:  args, limit: f.Limit, offset: f.Offset,
	}, &total, func(r row) error {
		links = append(links, shortener.Link{})
		return scanLink(r, &links[len(links)-1])
	})
	if err != nil {
		return nil, 0, codedError("listing links", err)
	}
	return links, total, nil
}

// page is a query for some of the rows, and one for the number of all.
type page struct {
	count, query  string
	args          []any
	limit, offset int
}

// readPage runs both queries of a page on one snapshot, so that the total fits
// the rows. A limit below 1 reads none.
func (s *Store) readPage(ctx context.Context, p page, total *int, scan func(row) error) (err error) {
	tx, err := s.pools.lists.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	// Nothing was written: ending the transaction can lose nothing.
	defer func() { _ = tx.Rollback() }()

	if err := tx.QueryRowContext(ctx, p.count, p.args...).Scan(total); err != nil {
		return err
	}
	if *total == 0 || p.limit < 1 {
		return nil
	}
	args := append(p.args[:len(p.args):len(p.args)], p.limit, max(p.offset, 0))
	rows, err := tx.QueryContext(ctx, p.query+" LIMIT ? OFFSET ?", args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
