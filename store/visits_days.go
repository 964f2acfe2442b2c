package store

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/linkquay/linkquay/clicks"
)

// linkDay is a day of a link.
type linkDay struct{ link, day int64 }

var countReferrers = newRowStatement("WITH v (link_id, day) AS (VALUES ", "(CAST(? AS BIGINT), CAST(? AS BIGINT))",
	`) SELECT v.link_id, v.day, (SELECT COUNT(*) FROM visits_daily d
		WHERE d.link_id = v.link_id AND d.day = v.day AND d.dimension = `+strconv.Itoa(int(clicks.Referrers))+`) FROM v`)

const selectReferrers = "SELECT value FROM visits_daily WHERE link_id = ? AND day = ? AND dimension = ?"

// addDays adds clicks per day and value of a dimension.
func (r roll) addDays(tx *session, exists map[int64]bool) error {
	days := make(map[clicks.DayKey]int64, len(r.sum.Days))
	for key, n := range r.sum.Days {
		if exists[key.LinkID] {
			days[key] = n
		}
	}
	if err := boundReferrers(tx, days); err != nil {
		return err
	}
	keys := slices.SortedFunc(maps.Keys(days), func(a, b clicks.DayKey) int {
		return cmp.Or(cmp.Compare(a.LinkID, b.LinkID), cmp.Compare(a.Day, b.Day),
			cmp.Compare(a.Dimension, b.Dimension), cmp.Compare(a.Value, b.Value))
	})
	args := make([]any, 0, addDays.width*len(keys))
	for _, k := range keys {
		args = append(args, k.LinkID, k.Day, int64(k.Dimension), k.Value, days[k])
	}
	_, err := addDays.exec(tx, args)
	return err
}

// boundReferrers moves the clicks of referrers that a day has no room for to
// OtherReferrers. Whoever visits can send any.
func boundReferrers(tx *session, days map[clicks.DayKey]int64) error {
	found := map[linkDay]int64{}
	for key := range days {
		if key.Dimension == clicks.Referrers && key.Value != "" {
			found[linkDay{key.LinkID, key.Day}]++
		}
	}
	args := make([]any, 0, countReferrers.width*len(found))
	for d := range found {
		args = append(args, d.link, d.day)
	}
	var full []linkDay
	err := countReferrers.query(tx, args, func(row row) error {
		var d linkDay
		var known int64
		err := row.Scan(&d.link, &d.day, &known)
		if known+found[d] > clicks.MaxReferrers {
			full = append(full, d)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, d := range full {
		if err := boundReferrersOf(tx, d, days); err != nil {
			return err
		}
	}
	return nil
}

func boundReferrersOf(tx *session, d linkDay, days map[clicks.DayKey]int64) error {
	known := map[string]bool{}
	rows, err := tx.query(selectReferrers, d.link, d.day, int64(clicks.Referrers))
	if err != nil {
		return err
	}
	err = scanRows(rows, func(row row) error {
		var value string
		err := row.Scan(&value)
		known[value] = true
		return err
	})
	if err != nil {
		return err
	}
	var fresh []clicks.DayKey
	for key := range days {
		if (linkDay{key.LinkID, key.Day}) == d && key.Dimension == clicks.Referrers && key.Value != "" && !known[key.Value] {
			fresh = append(fresh, key)
		}
	}
	// The order makes a job that is run again do the same.
	slices.SortFunc(fresh, func(a, b clicks.DayKey) int { return cmp.Compare(a.Value, b.Value) })
	room := min(max(clicks.MaxReferrers-len(known), 0), len(fresh))
	for _, key := range fresh[room:] {
		other := key
		other.Value = clicks.OtherReferrers
		days[other] += days[key]
		delete(days, key)
	}
	return nil
}
