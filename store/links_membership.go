package store

import (
	"slices"

	"github.com/linkquay/linkquay/shortener"
)

const selectChannelsOfLink = "SELECT channel_id FROM channel_items WHERE link_id = ? ORDER BY channel_id"

// writeMembership writes which channels hold the link, and which pixels it has.
func writeMembership(tx *session, before, after *shortener.Link) error {
	err := eachChange(before.Channels, after.Channels, func(channel int64) error {
		_, err := tx.exec("DELETE FROM channel_items WHERE link_id = ? AND channel_id = ?", after.ID, channel)
		return err
	}, func(channel int64) error { return addToChannel(tx, channel, after.ID, moment(after.Updated)) })
	if err != nil {
		return err
	}
	return eachChange(before.Options.Pixels, after.Options.Pixels, func(pixel int64) error {
		_, err := tx.exec("DELETE FROM link_pixels WHERE link_id = ? AND pixel_id = ?", after.ID, pixel)
		return err
	}, func(pixel int64) error {
		_, err := tx.exec("INSERT INTO link_pixels (link_id, pixel_id) VALUES (?, ?) ON CONFLICT DO NOTHING", after.ID, pixel)
		return err
	})
}

// eachChange calls remove and add for what makes after of before.
func eachChange(before, after []int64, remove, add func(id int64) error) error {
	for _, id := range before {
		if !slices.Contains(after, id) {
			if err := remove(id); err != nil {
				return err
			}
		}
	}
	for _, id := range after {
		if !slices.Contains(before, id) {
			if err := add(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// ascending returns the ids in order and each once; nil for none.
func ascending(ids []int64) []int64 {
	if len(ids) == 0 {
		return nil
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// readIDs reads rows of one id each.
func readIDs(rows resultRows, err error) (ids []int64, _ error) {
	if err != nil {
		return nil, err
	}
	err = scanRows(rows, func(r row) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// resultRows are the rows of a query, in a job or outside of one.
type resultRows interface {
	row
	Next() bool
	Err() error
	Close() error
}
