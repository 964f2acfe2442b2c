package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
)

// summaryValues is how many values of a dimension a summary has.
const summaryValues = 10

// Summary returns what a link's visits add up to. The caller has made sure that
// the link is the account's.
func (s *Store) Summary(ctx context.Context, linkID int64) (*clicks.Summary, error) {
	sum, err := s.summary(ctx, linkID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, &api.Error{Code: api.NotFound, Message: "Link not found. Please try again."}
	}
	if err != nil {
		return nil, codedError("reading statistics", err)
	}
	return sum, nil
}

func (s *Store) summary(ctx context.Context, linkID int64) (*clicks.Summary, error) {
	tx, err := s.pools.lists.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.end()

	sum := &clicks.Summary{}
	err = tx.QueryRowContext(ctx, "SELECT clicks, uniques, carried, carried_uniques FROM link_clicks WHERE link_id = ?", linkID).
		Scan(&sum.Clicks, &sum.UniqueClicks, &sum.CarriedClicks, &sum.CarriedUniques)
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, `SELECT dimension, value, CAST(SUM(clicks) AS BIGINT) FROM visits_daily
		WHERE link_id = ? GROUP BY dimension, value`, linkID)
	if err != nil {
		return nil, err
	}
	lists := map[clicks.Dimension]*[]clicks.Named{
		clicks.Countries: &sum.Countries, clicks.Referrers: &sum.Referrers, clicks.Browsers: &sum.Browsers,
		clicks.Systems: &sum.Systems, clicks.Social: &sum.Social,
	}
	err = scanRows(rows, func(r row) error {
		var dimension clicks.Dimension
		var v clicks.Named
		err := r.Scan(&dimension, &v.Name, &v.Clicks)
		if list := lists[dimension]; list != nil {
			*list = append(*list, v)
		}
		return err
	})
	for _, list := range lists {
		*list = top(*list, summaryValues)
	}
	return sum, err
}

// top returns the values with the most clicks, most first.
func top(values []clicks.Named, n int) []clicks.Named {
	slices.SortFunc(values, func(a, b clicks.Named) int {
		return cmp.Or(cmp.Compare(b.Clicks, a.Clicks), cmp.Compare(a.Name, b.Name))
	})
	return values[:min(n, len(values))]
}
