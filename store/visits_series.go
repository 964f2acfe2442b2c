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
// begins in. dimension is a name that clicks.DimensionByName knows, or empty.
// What is wrong is an Invalid error about "from", "to", "interval" or
// "dimension". The caller has made sure that the link is the account's; one
// that does not exist has no visits.
func (s *Store) Series(ctx context.Context, linkID int64, from, to time.Time, interval clicks.Interval, zone *time.Location, dimension string) (*clicks.Series, error) {
	if zone == nil {
		zone = time.UTC
	}
	d, known := clicks.DimensionByName(dimension)
	if dimension != "" && !known {
		return nil, api.InvalidField("dimension", "must be one of "+fmt.Sprint(clicks.DimensionNames()))
	}
	series := &clicks.Series{}
	var err error
	if series.Buckets, err = buckets(from, to, interval, zone); err != nil {
		return nil, err
	}
	if err := s.fillSeries(ctx, linkID, series, interval, zone); err != nil {
		return nil, codedError("reading statistics", err)
	}
	if dimension != "" {
		if err := s.fillValues(ctx, linkID, series, interval, d); err != nil {
			return nil, codedError("reading statistics", err)
		}
	}
	return series, nil
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
func (s *Store) fillSeries(ctx context.Context, linkID int64, series *clicks.Series, interval clicks.Interval, zone *time.Location) error {
	list := series.Buckets
	first, last := firstHour(list[0].Start), firstHour(end(list, interval, zone))
	rows, err := s.pools.lists.QueryContext(ctx, `SELECT hour, clicks, uniques, bots, previews, scans FROM visits_hourly
		WHERE link_id = ? AND hour >= ? AND hour < ? ORDER BY hour`, linkID, first, last)
	if err != nil {
		return err
	}
	at := 0
	return scanRows(rows, func(r row) error {
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

// fillValues adds the values of the dimension. A day in UTC is shown as the day
// of the same date.
func (s *Store) fillValues(ctx context.Context, linkID int64, series *clicks.Series, interval clicks.Interval, d clicks.Dimension) error {
	list := series.Buckets
	first, last := dateOf(list[0].Start), dateOf(list[len(list)-1].Start)
	if interval == clicks.Hour {
		first, last = dateOf(list[0].Start.UTC()), dateOf(list[len(list)-1].Start.UTC())
	}
	rows, err := s.pools.lists.QueryContext(ctx, `SELECT value, CAST(SUM(clicks) AS BIGINT) FROM visits_daily
		WHERE link_id = ? AND day >= ? AND day <= ? AND dimension = ? GROUP BY value`, linkID, first, last, int64(d))
	if err != nil {
		return err
	}
	var values []clicks.Named
	err = scanRows(rows, func(r row) error {
		var v clicks.Named
		err := r.Scan(&v.Name, &v.Clicks)
		values = append(values, v)
		return err
	})
	if err != nil {
		return err
	}
	series.Values = []clicks.ValueSeries{}
	for _, v := range top(values, clicks.MaxSeriesValues) {
		series.Values = append(series.Values, clicks.ValueSeries{Named: v})
	}
	if interval != clicks.Day {
		return nil
	}
	return s.fillDays(ctx, linkID, series, first, last, d)
}

func (s *Store) fillDays(ctx context.Context, linkID int64, series *clicks.Series, first, last int64, d clicks.Dimension) error {
	for i := range series.Values {
		series.Values[i].Days = make([]int64, len(series.Buckets))
	}
	rows, err := s.pools.lists.QueryContext(ctx, `SELECT day, value, clicks FROM visits_daily
		WHERE link_id = ? AND day >= ? AND day <= ? AND dimension = ?`, linkID, first, last, int64(d))
	if err != nil {
		return err
	}
	return scanRows(rows, func(r row) error {
		var day, n int64
		var value string
		if err := r.Scan(&day, &value, &n); err != nil {
			return err
		}
		i := slices.IndexFunc(series.Values, func(v clicks.ValueSeries) bool { return v.Name == value })
		if at := day - first; i >= 0 && at < int64(len(series.Buckets)) {
			series.Values[i].Days[at] += n
		}
		return nil
	})
}

// dateOf returns the number of the day of t's date, counted from 1970-01-01.
func dateOf(t time.Time) int64 {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60)
}
