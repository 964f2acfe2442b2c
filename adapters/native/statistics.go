package native

import (
	"context"
	"strings"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
)

// The span of statistics that a request does not limit.
const (
	defaultDays  = 30
	defaultHours = 48
)

// Statistics tells of visits. A store is one.
type Statistics interface {
	// Summary is what the visits of a link add up to since it was made.
	Summary(ctx context.Context, linkID int64) (*clicks.Summary, error)

	// Series is the history of a link from one moment to another, in hours or
	// days of the zone, with the values of the dimension, or of all of them. A span that is too
	// long is an Invalid error about "from".
	Series(ctx context.Context, linkID int64, from, to time.Time, interval clicks.Interval, zone *time.Location, dimension string) (*clicks.Series, error)

	// Orphans is a page of the paths that are no link, most visited first, and
	// the number of all. Those on domains of other accounts are none of them.
	Orphans(ctx context.Context, account string, limit, offset int) (orphans []clicks.Orphan, total int, err error)
}

// span is what a request for statistics is about.
type span struct {
	from, to time.Time
	interval clicks.Interval
}

type visitCounts struct {
	Clicks       int64 `json:"clicks"`
	UniqueClicks int64 `json:"uniqueClicks"`
	Bots         int64 `json:"bots"`
	Previews     int64 `json:"previews"`
	Scans        int64 `json:"scans"`
}

type visitStep struct {
	Time string `json:"time"`
	visitCounts
}

type valueStep struct {
	Time   string `json:"time"`
	Clicks int64  `json:"clicks"`
}

type dimensionValue struct {
	Name   string      `json:"name"`
	Clicks int64       `json:"clicks"`
	Series []valueStep `json:"series,omitempty"`
}

type linkStatistics struct {
	From       string                      `json:"from"`
	To         string                      `json:"to"`
	Interval   clicks.Interval             `json:"interval"`
	Total      visitCounts                 `json:"total"`
	Series     []visitStep                 `json:"series"`
	Dimensions map[string][]dimensionValue `json:"dimensions"`
}

func (a *Adapter) getLinkStatistics(ctx context.Context, call *api.Call) (*api.Reply, error) {
	s, err := a.spanOf(call)
	if err != nil {
		return nil, err
	}
	l, err := a.cfg.Shortener.Store().Link(ctx, call.Key.Account, call.Path.ID)
	if err != nil {
		return nil, err
	}
	dimension := call.Query.Get("dimension")
	if dimension == "" {
		dimension = clicks.AllDimensions
	}
	series, err := a.cfg.Statistics.Series(ctx, l.ID, s.from, s.to, s.interval, a.cfg.Zone, dimension)
	if err != nil {
		return nil, err
	}
	data := linkStatistics{
		From:       a.date(s.from),
		To:         a.date(s.to),
		Interval:   s.interval,
		Total:      newVisitCounts(series.Totals),
		Series:     a.steps(series.Buckets),
		Dimensions: map[string][]dimensionValue{},
	}
	for name, values := range series.Values {
		data.Dimensions[name] = a.values(name, values, series.Buckets)
	}
	return reply(struct {
		Error int            `json:"error"`
		Data  linkStatistics `json:"data"`
	}{Data: data})
}

// spanOf reads the span that a request names.
func (a *Adapter) spanOf(call *api.Call) (span, error) {
	s := span{to: a.cfg.Now(), interval: clicks.Day}
	if call.Query.Get("interval") == string(clicks.Hour) {
		s.interval = clicks.Hour
	}
	var err error
	if to := call.Query.Get("to"); to != "" {
		if s.to, err = a.endOf("to", to); err != nil {
			return s, err
		}
	}
	s.from = s.to.In(a.cfg.Zone).AddDate(0, 0, -defaultDays)
	if s.interval == clicks.Hour {
		s.from = s.to.Add(-defaultHours * time.Hour)
	}
	if from := call.Query.Get("from"); from != "" {
		if s.from, err = a.beginning("from", from); err != nil {
			return s, err
		}
	}
	if !s.from.Before(s.to) {
		return s, api.InvalidField("from", "must be before the end of the span")
	}
	return s, nil
}

// endOf reads the moment before which something lies: a date alone is all of
// that day.
func (a *Adapter) endOf(field, value string) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, value, a.cfg.Zone); err == nil {
		return t.AddDate(0, 0, 1), nil
	}
	return a.end(field, value)
}

func newVisitCounts(c clicks.Counts) visitCounts {
	return visitCounts{Clicks: c.Clicks, UniqueClicks: c.Uniques, Bots: c.Bots, Previews: c.Previews, Scans: c.Scans}
}

func (a *Adapter) steps(buckets []clicks.Bucket) []visitStep {
	steps := make([]visitStep, len(buckets))
	for i, b := range buckets {
		steps[i] = visitStep{a.date(b.Start), newVisitCounts(b.Counts)}
	}
	return steps
}

// values are those of one dimension, with the steps that have clicks where they
// are known.
func (a *Adapter) values(dimension string, series []clicks.ValueSeries, buckets []clicks.Bucket) []dimensionValue {
	d, _ := clicks.DimensionByName(dimension)
	values := make([]dimensionValue, 0, len(series))
	for _, v := range series {
		value := dimensionValue{Name: nameOf(d, v.Name), Clicks: v.Clicks}
		for i, n := range v.Days {
			if n > 0 && i < len(buckets) {
				value.Series = append(value.Series, valueStep{a.date(buckets[i].Start), n})
			}
		}
		values = append(values, value)
	}
	return values
}

type orphanRow struct {
	Domain string `json:"domain"`
	Path   string `json:"path"`
	Visits int64  `json:"visits"`

	// Programs are visits of bots and previews, which are none of Visits.
	Programs int64  `json:"programs"`
	Last     string `json:"last"`
}

func (a *Adapter) listOrphanVisits(ctx context.Context, call *api.Call) (*api.Reply, error) {
	page := adapters.PageOf(call.Query)
	orphans, total, err := a.cfg.Statistics.Orphans(ctx, call.Key.Account, page.Limit, page.Offset())
	if err != nil {
		return nil, err
	}
	return page.List(total, "orphans", rowsOf(orphans, func(o *clicks.Orphan) any {
		r := orphanRow{Domain: o.Domain, Visits: o.Visits, Programs: o.Programs, Last: a.date(o.Last)}
		if o.Path != "" {
			// An empty one stands for all that were too many to tell apart.
			r.Path = "/" + strings.TrimPrefix(o.Path, "/")
		}
		return r
	}))
}
