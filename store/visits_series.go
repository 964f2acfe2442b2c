package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
)

// Series returns the history of a link, from the bucket that from falls into up
// to the one that has the last moment before to. A day begins at midnight in
// the zone, nil being UTC; visits are kept by the hour, so that where a zone is
// not whole hours apart, the hour around midnight counts for the day that it
// begins in. dimension is a name that clicks.DimensionByName knows,
// clicks.AllDimensions, or empty for none. What is wrong is an Invalid error about "from", "to", "interval" or
// "dimension". The caller has made sure that the link is the account's; one
// that does not exist has no visits.
func (s *Store) Series(ctx context.Context, linkID int64, from, to time.Time, interval clicks.Interval, zone *time.Location, dimension string) (*clicks.Series, error) {
	if zone == nil {
		zone = time.UTC
	}
	wanted := []string{dimension}
	switch _, known := clicks.DimensionByName(dimension); {
	case dimension == "":
		wanted = nil
	case dimension == clicks.AllDimensions:
		wanted = clicks.DimensionNames()
	case !known:
		return nil, api.InvalidField("dimension", "must be one of "+fmt.Sprint(clicks.DimensionNames()))
	}
	list, err := buckets(from, to, interval, zone)
	if err != nil {
		return nil, err
	}
	series := &clicks.Series{Buckets: list}
	if err := s.readSeries(ctx, linkID, series, interval, zone, wanted); err != nil {
		return nil, codedError("reading statistics", err)
	}
	return series, nil
}

// readSeries fills a series in from one snapshot.
func (s *Store) readSeries(ctx context.Context, linkID int64, series *clicks.Series, interval clicks.Interval, zone *time.Location, wanted []string) error {
	tx, err := s.pools.lists.snapshot(ctx)
	if err != nil {
		return err
	}
	defer tx.end()
	if err := fillSeries(ctx, tx, linkID, series, interval, zone); err != nil || len(wanted) == 0 {
		return err
	}
	return fillValues(ctx, tx, linkID, series, interval, wanted)
}

// buckets returns those of the period, all zero.
func buckets(from, to time.Time, interval clicks.Interval, zone *time.Location) ([]clicks.Bucket, error) {
	if from.IsZero() {
		return nil, api.InvalidField("from", "must be given")
	}
	if !from.Before(to) {
		return nil, api.InvalidField("to", "must be later than from")
	}
	var list []clicks.Bucket
	switch interval {
	case clicks.Hour:
		start := hourStart(hourOf(from))
		if to.Sub(start) > clicks.MaxHours*time.Hour {
			return nil, api.InvalidField("from", fmt.Sprintf("must be at most %d hours before to", clicks.MaxHours))
		}
		for ; start.Before(to); start = start.Add(time.Hour) {
			list = append(list, clicks.Bucket{Start: start.In(zone)})
		}
	case clicks.Day:
		if to.Sub(from) > (clicks.MaxDays-1)*24*time.Hour {
			return nil, api.InvalidField("from", fmt.Sprintf("must be less than %d days before to", clicks.MaxDays))
		}
		year, month, day := from.In(zone).Date()
		for i := 0; ; i++ {
			start := midnight(year, month, day+i, zone)
			if i > 0 && !start.Before(to) {
				break
			}
			list = append(list, clicks.Bucket{Start: start})
		}
	default:
		return nil, api.InvalidField("interval", "must be hour or day")
	}
	return list, nil
}

// hourOf and hourStart turn a moment into the number of its hour and back.
func hourOf(t time.Time) int64 {
	hour := t.Unix() / 3600
	if t.Unix()%3600 < 0 {
		hour--
	}
	return hour
}

func hourStart(hour int64) time.Time { return time.Unix(hour*3600, 0).UTC() }

// fillSeries adds what was counted. Hours are those whose beginning falls into
// a bucket.
func fillSeries(ctx context.Context, tx *snapshot, linkID int64, series *clicks.Series, interval clicks.Interval, zone *time.Location) error {
	list := series.Buckets
	first, last := firstHour(list[0].Start), firstHour(end(list, interval, zone))
	at := 0
	return tx.eachRow(ctx, `SELECT hour, clicks, uniques, bots, previews, scans FROM visits_hourly
		WHERE link_id = ? AND hour >= ? AND hour < ? ORDER BY hour`, []any{linkID, first, last}, func(r row) error {
		var hour int64
		var c clicks.Counts
		if err := r.Scan(&hour, &c.Clicks, &c.Uniques, &c.Bots, &c.Previews, &c.Scans); err != nil {
			return err
		}
		for at+1 < len(list) && !hourStart(hour).Before(list[at+1].Start) {
			at++
		}
		add(&list[at].Counts, c)
		add(&series.Totals, c)
		return nil
	})
}

// firstHour returns the first hour that begins at or after t.
func firstHour(t time.Time) int64 { return hourOf(t.Add(time.Hour - time.Nanosecond)) }

// end returns the end of the last bucket.
func end(list []clicks.Bucket, interval clicks.Interval, zone *time.Location) time.Time {
	last := list[len(list)-1].Start
	if interval == clicks.Hour {
		return last.Add(time.Hour)
	}
	year, month, day := last.Date()
	return midnight(year, month, day+1, zone)
}

// midnight returns when the day begins. Where clocks skip midnight that is
// later, and what time.Date returns may be on the day before.
func midnight(year int, month time.Month, day int, zone *time.Location) time.Time {
	t := time.Date(year, month, day, 0, 0, 0, 0, zone)
	for wanted := dateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC)); dateOf(t) < wanted; {
		t = t.Add(30 * time.Minute)
	}
	return t
}

func add(to *clicks.Counts, c clicks.Counts) {
	to.Clicks += c.Clicks
	to.Uniques += c.Uniques
	to.Bots += c.Bots
	to.Previews += c.Previews
	to.Scans += c.Scans
}

// fillValues adds the values of the dimensions, and where it is one also their
// days. A day in UTC is shown as the day of the same date.
func fillValues(ctx context.Context, tx *snapshot, linkID int64, series *clicks.Series, interval clicks.Interval, wanted []string) error {
	list := series.Buckets
	first, last := dateOf(list[0].Start), dateOf(list[len(list)-1].Start)
	if interval == clicks.Hour {
		first, last = dateOf(list[0].Start.UTC()), dateOf(list[len(list)-1].Start.UTC())
	}
	where, args := " WHERE link_id = ? AND day >= ? AND day <= ?", []any{linkID, first, last}
	if len(wanted) == 1 {
		d, _ := clicks.DimensionByName(wanted[0])
		where, args = where+" AND dimension = ?", append(args, int64(d))
	}
	values := map[clicks.Dimension][]clicks.Named{}
	err := tx.eachRow(ctx, "SELECT dimension, value, CAST(SUM(clicks) AS BIGINT) FROM visits_daily"+where+
		" GROUP BY dimension, value", args, func(r row) error {
		var d clicks.Dimension
		var v clicks.Named
		err := r.Scan(&d, &v.Name, &v.Clicks)
		values[d] = append(values[d], v)
		return err
	})
	if err != nil {
		return err
	}
	series.Values = map[string][]clicks.ValueSeries{}
	for _, name := range wanted {
		d, _ := clicks.DimensionByName(name)
		most := []clicks.ValueSeries{}
		for _, v := range top(values[d], clicks.MaxSeriesValues) {
			most = append(most, clicks.ValueSeries{Named: v})
		}
		series.Values[name] = most
	}
	if interval != clicks.Day || len(wanted) > 1 {
		return nil
	}
	return fillDays(ctx, tx, series.Values[wanted[0]], len(list), first, where, args)
}

// fillDays adds the days of the values, of which there are n from the first on.
func fillDays(ctx context.Context, tx *snapshot, values []clicks.ValueSeries, n int, first int64, where string, args []any) error {
	for i := range values {
		values[i].Days = make([]int64, n)
	}
	return tx.eachRow(ctx, "SELECT day, value, clicks FROM visits_daily"+where, args, func(r row) error {
		var day, clicked int64
		var value string
		if err := r.Scan(&day, &value, &clicked); err != nil {
			return err
		}
		i := slices.IndexFunc(values, func(v clicks.ValueSeries) bool { return v.Name == value })
		if at := day - first; i >= 0 && at < int64(n) {
			values[i].Days[at] += clicked
		}
		return nil
	})
}

// dateOf returns the number of the day of t's date, counted from 1970-01-01.
func dateOf(t time.Time) int64 {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60)
}
