package store

import (
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/records"
)

// greater is what an upsert makes of a count that both have.
func greater(table, column string) string {
	return column + " = CASE WHEN excluded." + column + " > " + table + "." + column +
		" THEN excluded." + column + " ELSE " + table + "." + column + " END"
}

var (
	mergeHours = newRowStatement("INSERT INTO visits_hourly (link_id, hour, clicks, uniques, bots, previews, scans) VALUES ",
		"(?, ?, ?, ?, ?, ?, ?)", " ON CONFLICT (link_id, hour) DO UPDATE SET "+greater("visits_hourly", "clicks")+", "+
			greater("visits_hourly", "uniques")+", "+greater("visits_hourly", "bots")+", "+
			greater("visits_hourly", "previews")+", "+greater("visits_hourly", "scans"))

	mergeDays = newRowStatement("INSERT INTO visits_daily (link_id, day, dimension, value, clicks) VALUES ", "(?, ?, ?, ?, ?)",
		" ON CONFLICT (link_id, day, dimension, value) DO UPDATE SET "+greater("visits_daily", "clicks"))

	mergeItems = newRowStatement("INSERT INTO channel_items (channel_id, link_id, added) VALUES ", "(?, ?, ?)",
		" ON CONFLICT (link_id, channel_id) DO NOTHING")

	selectLinkOwners    = newRowStatement("SELECT id, account FROM links WHERE id IN (", "?", ")")
	selectChannelOwners = newRowStatement("SELECT id, account FROM channels WHERE id IN (", "?", ")")

	mergeOrphan = "INSERT INTO orphan_visits (domain, path, visits, programs, last) VALUES (?, ?, ?, ?, ?)" +
		" ON CONFLICT (domain, path) DO UPDATE SET " + greater("orphan_visits", "visits") + ", " +
		greater("orphan_visits", "programs") + ", " + greater("orphan_visits", "last")
)

// dated are rows of a link, of which one statement may not have two with the same
// key.
type dated[K comparable] struct {
	outcomes []records.Outcome
	args     []any
	seen     map[K]bool
	exists   map[int64]bool
}

// newDated finds out which of the links are still there.
func newDated[K comparable](w *recordWriter, rs []records.Record, link func(r records.Record) int64) (*dated[K], error) {
	d := &dated[K]{outcomes: make([]records.Outcome, len(rs)), seen: map[K]bool{}}
	ids := make([]int64, len(rs))
	for i, r := range rs {
		ids[i] = link(r)
	}
	var err error
	d.exists, err = w.exist(selectLinks, ids)
	return d, err
}

// exist returns which of the ids the statement finds; in a dry run all.
func (w *recordWriter) exist(st *rowStatement, ids []int64) (map[int64]bool, error) {
	exists := map[int64]bool{}
	args := make([]any, 0, len(ids))
	for _, id := range ids {
		if _, known := exists[id]; !known {
			exists[id] = w.p.DryRun
			args = append(args, id)
		}
	}
	if w.p.DryRun {
		return exists, nil
	}
	err := st.query(w.tx, args, func(r row) error {
		var id int64
		err := r.Scan(&id)
		exists[id] = true
		return err
	})
	return exists, err
}

var errLinkGone = &api.Error{Code: api.NotFound, Message: "The link was deleted meanwhile."}

// add takes a row, and reports it in its outcome.
func (d *dated[K]) add(i int, link int64, key K, args ...any) {
	switch {
	case link < 1:
		d.outcomes[i].State = records.Added // in a dry run
	case !d.exists[link]:
		d.outcomes[i].Err = errLinkGone
	case d.seen[key]:
		d.outcomes[i].Err = api.Errorf(api.Invalid, "The same stands above already.")
	default:
		d.seen[key] = true
		d.args = append(d.args, args...)
		d.outcomes[i].State = records.Added
	}
}

// write writes the rows.
func (d *dated[K]) write(w *recordWriter, st *rowStatement) ([]records.Outcome, error) {
	if !w.p.DryRun {
		if _, err := st.exec(w.tx, d.args); err != nil {
			return nil, err
		}
	}
	return d.outcomes, nil
}

// owners returns the accounts of the objects that items refer to; in a dry run none.
func (w *recordWriter) owners(st *rowStatement, items []records.Record, id func(*records.Item) int64) (map[int64]string, error) {
	owners := map[int64]string{}
	if w.p.DryRun {
		return owners, nil
	}
	ids := make([]int64, len(items))
	for i, r := range items {
		ids[i] = id(r.(*records.Item))
	}
	args := make([]any, 0, len(ids))
	for _, id := range ascending(ids) {
		args = append(args, id)
	}
	err := st.query(w.tx, args, func(r row) error {
		var key int64
		var owner string
		err := r.Scan(&key, &owner)
		owners[key] = owner
		return err
	})
	return owners, err
}

func (w *recordWriter) items(rs []records.Record) ([]records.Outcome, error) {
	d, err := newDated[[2]int64](w, rs, func(r records.Record) int64 { return r.(*records.Item).Link })
	if err != nil {
		return nil, err
	}
	channelOwners, err := w.owners(selectChannelOwners, rs, func(i *records.Item) int64 { return i.Channel })
	if err != nil {
		return nil, err
	}
	linkOwners, err := w.owners(selectLinkOwners, rs, func(i *records.Item) int64 { return i.Link })
	if err != nil {
		return nil, err
	}
	for i, r := range rs {
		item := r.(*records.Item)
		owner, ok := channelOwners[item.Channel]
		if linkOwner, exists := linkOwners[item.Link]; !w.p.DryRun && (!ok || exists && linkOwner != owner) {
			d.outcomes[i].Err = &api.Error{Code: api.NotFound, Message: channelMissing}
			continue
		}
		added := item.Added
		if added.IsZero() {
			added = w.s.stamp()
		}
		d.add(i, item.Link, [2]int64{item.Link, item.Channel}, item.Channel, item.Link, moment(added))
	}
	return d.write(w, mergeItems)
}

func (w *recordWriter) hours(rs []records.Record) ([]records.Outcome, error) {
	type key struct{ link, hour int64 }
	d, err := newDated[key](w, rs, func(r records.Record) int64 { return r.(*records.Hour).Link })
	if err != nil {
		return nil, err
	}
	for i, r := range rs {
		h := r.(*records.Hour)
		hour := h.Hour.Unix() / secondsOfHour
		if h.Hour.Unix() < 0 {
			d.outcomes[i].Err = api.InvalidField("hour", "must be a time since 1970")
			continue
		}
		d.add(i, h.Link, key{h.Link, hour}, h.Link, hour, h.Clicks, h.Uniques, h.Bots, h.Previews, h.Scans)
	}
	return d.write(w, mergeHours)
}

func (w *recordWriter) days(rs []records.Record) ([]records.Outcome, error) {
	d, err := newDated[clicks.DayKey](w, rs, func(r records.Record) int64 { return r.(*records.Day).Link })
	if err != nil {
		return nil, err
	}
	for i, r := range rs {
		day := r.(*records.Day)
		date, err := time.Parse(time.DateOnly, day.Day)
		if err != nil || date.Unix() < 0 {
			d.outcomes[i].Err = api.InvalidField("day", "must be a date since 1970 as YYYY-MM-DD")
			continue
		}
		dimension, ok := clicks.DimensionByName(day.Dimension)
		if !ok {
			d.outcomes[i].Err = api.InvalidField("dimension", "is not known")
			continue
		}
		number := date.Unix() / secondsOfDay
		key := clicks.DayKey{LinkID: day.Link, Day: number, Dimension: dimension, Value: day.Value}
		d.add(i, day.Link, key, day.Link, number, int64(dimension), day.Value, day.Clicks)
	}
	return d.write(w, mergeDays)
}

func (w *recordWriter) orphan(r *records.Orphan) (records.Outcome, error) {
	if w.p.DryRun {
		return records.Outcome{State: records.Added}, nil
	}
	_, err := w.tx.exec(mergeOrphan, r.Domain, r.Path, r.Visits, r.Programs, r.Last.Unix())
	return records.Outcome{State: records.Added}, err
}
