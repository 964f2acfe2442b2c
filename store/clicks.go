package store

import (
	"context"
	"slices"

	"github.com/linkquay/linkquay/clicks"
)

// AddClicks adds the counts to the links' clicks, all or none. Links that no
// longer exist are passed over. A long list holds up other writes; a thousand
// counts take some milliseconds.
func (s *Store) AddClicks(ctx context.Context, counts []clicks.Count) error {
	if len(counts) == 0 {
		return nil
	}
	// The caller may use its slice again once its context has ended.
	counts = slices.Clone(counts)
	err := s.writer.do(ctx, func(tx *session) error {
		for _, c := range counts {
			if _, err := tx.exec("UPDATE link_clicks SET clicks = clicks + ? WHERE link_id = ?", c.Visits, c.LinkID); err != nil {
				return err
			}
		}
		return nil
	})
	return codedError("adding clicks", err)
}

var _ clicks.Store = (*Store)(nil)
