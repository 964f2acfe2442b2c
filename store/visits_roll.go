package store

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/clicks"
)

const (
	// rollBatches is how many batches are read at once.
	rollBatches = 64

	// rollRows is about how many rows one roll changes: other writes wait for
	// it, some milliseconds.
	rollRows = 1000

	// damagedBatch is the version of a batch that cannot be read.
	damagedBatch = -1
)

// errEnough ends reading.
var errEnough = errors.New("enough batches")

// errRolled reports that another process has added the same batches up.
var errRolled = errors.New("the batches were added up by another process")

var (
	deleteBatches = newRowStatement("DELETE FROM visit_batches WHERE id IN (", "?", ")")

	insertVisitors = newRowStatement("INSERT INTO visitors (day, id) VALUES ", "(?, ?)",
		" ON CONFLICT (day, id) DO NOTHING RETURNING day, id")

	addClicks = newRowStatement("WITH v (id, clicks, uniques) AS (VALUES ",
		"(CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT))",
		`) UPDATE link_clicks SET clicks = link_clicks.clicks + v.clicks, uniques = link_clicks.uniques + v.uniques
		FROM v WHERE link_clicks.link_id = v.id RETURNING link_id`)

	selectLinks = newRowStatement("SELECT link_id FROM link_clicks WHERE link_id IN (", "?", ")")

	addHours = newRowStatement("INSERT INTO visits_hourly (link_id, hour, clicks, uniques, bots, previews, scans) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?)",
		` ON CONFLICT (link_id, hour) DO UPDATE SET clicks = visits_hourly.clicks + excluded.clicks,
		uniques = visits_hourly.uniques + excluded.uniques, bots = visits_hourly.bots + excluded.bots,
		previews = visits_hourly.previews + excluded.previews, scans = visits_hourly.scans + excluded.scans`)

	addDays = newRowStatement("INSERT INTO visits_daily (link_id, day, dimension, value, clicks) VALUES ", "(?, ?, ?, ?, ?)",
		" ON CONFLICT (link_id, day, dimension, value) DO UPDATE SET clicks = visits_daily.clicks + excluded.clicks")
)

// RollVisits adds up some of the batches and removes them, in one transaction.
// What belongs to links that no longer exist is passed over. A batch that is
// damaged is set aside.
func (s *Store) RollVisits(ctx context.Context) (clicks.Rolled, error) {
	rolled, err := s.rollVisits(ctx)
	return rolled, codedError("adding up visits", err)
}

func (s *Store) rollVisits(ctx context.Context) (clicks.Rolled, error) {
	sum, ids, damaged, err := s.sumBatches(ctx)
	if err != nil {
		return clicks.Rolled{}, err
	}
	rolled := clicks.Rolled{Batches: len(ids), Visits: sum.Visits}
	if len(ids)+len(damaged) > 0 {
		for _, id := range damaged {
			s.logger.Error("a batch of visits is damaged; it is kept in visit_batches and not counted", zap.Int64("id", id))
		}
		r := roll{sum: sum}
		err = s.writer.do(ctx, func(tx *session) error { return r.run(tx, ids, damaged) })
		if errors.Is(err, errRolled) {
			rolled, err = clicks.Rolled{}, nil
		}
		if err != nil {
			return clicks.Rolled{}, err
		}
	}
	// Ids have few gaps, and counting would read all that waits.
	err = s.pools.lists.QueryRowContext(ctx, `SELECT COALESCE(
		(SELECT id FROM visit_batches WHERE version BETWEEN 1 AND ? ORDER BY id DESC LIMIT 1) -
		(SELECT id FROM visit_batches WHERE version BETWEEN 1 AND ? ORDER BY id LIMIT 1) + 1, 0)`,
		clicks.BatchVersion, clicks.BatchVersion).Scan(&rolled.Backlog)
	return rolled, err
}

// sumBatches adds the oldest batches up in memory.
func (s *Store) sumBatches(ctx context.Context) (sum *clicks.Rollup, ids, damaged []int64, err error) {
	sum = clicks.NewRollup()
	rows, err := s.pools.lists.QueryContext(ctx,
		"SELECT id, data FROM visit_batches WHERE version BETWEEN 1 AND ? ORDER BY id LIMIT ?", clicks.BatchVersion, rollBatches)
	if err != nil {
		return nil, nil, nil, err
	}
	err = scanRows(rows, func(r row) error {
		var id int64
		var data []byte
		if err := r.Scan(&id, &data); err != nil {
			return err
		}
		if sum.Add(data) != nil {
			damaged = append(damaged, id)
		} else {
			ids = append(ids, id)
		}
		if sum.Rows() >= rollRows {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return sum, ids, damaged, err
}

// roll writes what batches add up to.
type roll struct {
	sum *clicks.Rollup
}

// run is a job of the writer: it changes nothing of the sum.
func (r roll) run(tx *session, ids, damaged []int64) error {
	// Processes take turns: in whatever order they changed rows, they would
	// wait for each other.
	if _, err := tx.exec("UPDATE visit_roller SET rolls = rolls + 1 WHERE id = 1"); err != nil {
		return err
	}
	if err := removeBatches(tx, ids, damaged); err != nil {
		return err
	}
	uniques, err := r.addVisitors(tx)
	if err != nil {
		return err
	}
	hours := slices.SortedFunc(maps.Keys(r.sum.Hours), func(a, b clicks.HourKey) int {
		return cmp.Or(cmp.Compare(a.LinkID, b.LinkID), cmp.Compare(a.Hour, b.Hour))
	})
	exists, err := r.addClicks(tx, hours, uniques)
	if err != nil {
		return err
	}
	args := make([]any, 0, addHours.width*len(hours))
	for _, h := range hours {
		if c := r.sum.Hours[h]; exists[h.LinkID] {
			args = append(args, h.LinkID, h.Hour, c.Clicks, uniques[h], c.Bots, c.Previews, c.Scans)
		}
	}
	if _, err := addHours.exec(tx, args); err != nil {
		return err
	}
	if err := r.addDays(tx, exists); err != nil {
		return err
	}
	return r.addOrphans(tx)
}

// removeBatches fails where one is gone already.
func removeBatches(tx *session, ids, damaged []int64) error {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	removed, err := deleteBatches.exec(tx, args)
	if err != nil {
		return err
	}
	if removed != int64(len(ids)) {
		return errRolled
	}
	for _, id := range damaged {
		if _, err := tx.exec("UPDATE visit_batches SET version = ? WHERE id = ?", damagedBatch, id); err != nil {
			return err
		}
	}
	return nil
}

// addVisitors returns how many visitors are new, by the hour that they first
// came in.
func (r roll) addVisitors(tx *session) (map[clicks.HourKey]int64, error) {
	visitors := slices.SortedFunc(maps.Keys(r.sum.Visitors), func(a, b clicks.VisitorKey) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.ID, b.ID))
	})
	args := make([]any, 0, insertVisitors.width*len(visitors))
	for _, v := range visitors {
		args = append(args, v.Day, v.ID)
	}
	uniques := map[clicks.HourKey]int64{}
	err := insertVisitors.query(tx, args, func(row row) error {
		var v clicks.VisitorKey
		if err := row.Scan(&v.Day, &v.ID); err != nil {
			return err
		}
		uniques[r.sum.Visitors[v]]++
		return nil
	})
	return uniques, err
}

// addClicks adds to the totals of links and returns which links there are. It
// locks those, so that they are there until the end of the job.
func (r roll) addClicks(tx *session, hours []clicks.HourKey, uniques map[clicks.HourKey]int64) (exists map[int64]bool, err error) {
	var clicked, other []any
	for i := 0; i < len(hours); {
		id := hours[i].LinkID
		var count, unique int64
		for ; i < len(hours) && hours[i].LinkID == id; i++ {
			count += r.sum.Hours[hours[i]].Clicks
			unique += uniques[hours[i]]
		}
		if count == 0 && !tx.dialect.lockRows {
			// Where nobody else writes there is nothing to lock.
			other = append(other, id)
		} else {
			clicked = append(clicked, id, count, unique)
		}
	}
	exists = map[int64]bool{}
	scan := func(row row) error {
		var id int64
		err := row.Scan(&id)
		exists[id] = true
		return err
	}
	if err := addClicks.query(tx, clicked, scan); err != nil {
		return nil, err
	}
	return exists, selectLinks.query(tx, other, scan)
}
