package dglnk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

type visitCounts struct {
	Clicks int64 `json:"clicks"`
	Unique int64 `json:"uniqueClicks"`
	Bots   int64 `json:"bots"`
	Views  int64 `json:"previews"`
	Scans  int64 `json:"scans"`
}

type visitStep struct {
	Time string `json:"time"`
	visitCounts
}

type dimensionValue struct {
	Name   string `json:"name"`
	Clicks int64  `json:"clicks"`
}

type linkStatistics struct {
	From       string                      `json:"from"`
	To         string                      `json:"to"`
	Interval   string                      `json:"interval"`
	Total      visitCounts                 `json:"total"`
	Series     []visitStep                 `json:"series"`
	Dimensions map[string][]dimensionValue `json:"dimensions"`
}

// getLinkStatistics answers a report. Its span is the site's own.
func (b *version3) getLinkStatistics(ctx context.Context, call *api.Call) (*api.Reply, error) {
	losses := adapters.LostQuery(call.Query, "interval", "dimension")
	if interval := call.Query.Get("interval"); interval == "hour" {
		losses = append(losses, translate.Loss{Field: "interval", Value: interval})
	}
	dimension := call.Query.Get("dimension")
	if dimension == "languages" || dimension == "social" {
		losses = append(losses, translate.Loss{Field: "dimension", Value: dimension})
		dimension = ""
	}
	warnings, err := adapters.Losses(b.cfg.Unsupported, b.cfg.Name, losses)
	if err != nil {
		return nil, err
	}
	l, got, err := b.fetch(ctx, call, call.Path.ID, false)
	if err != nil {
		return nil, err
	}
	r, err := b.report(ctx, call, l, got.age)
	if err != nil {
		return nil, err
	}
	data := linkStatistics{
		Interval: "day", Total: visitCounts{Clicks: r.clicks}, Series: []visitStep{}, Dimensions: map[string][]dimensionValue{},
	}
	to := b.now()
	from := to.AddDate(0, 0, -defaultSpan)
	for _, day := range r.days {
		t, err := time.ParseInLocation(time.DateOnly, day.name[:min(len(day.name), len(time.DateOnly))], b.cfg.RemoteZone)
		if err != nil {
			continue
		}
		if t.Before(from) {
			from = t
		}
		data.Series = append(data.Series, visitStep{t.In(b.cfg.Zone).Format(translate.DateTimeLayout), visitCounts{Clicks: day.n}})
	}
	slices.SortFunc(data.Series, func(a, b visitStep) int { return strings.Compare(a.Time, b.Time) })
	data.From, data.To = from.In(b.cfg.Zone).Format(translate.DateTimeLayout), to.In(b.cfg.Zone).Format(translate.DateTimeLayout)
	for _, m := range metrics {
		if dimension != "" && dimension != m.dimension {
			continue
		}
		values := []dimensionValue{}
		for _, c := range r.values(m.dimension) {
			values = append(values, dimensionValue{c.name, c.n})
		}
		data.Dimensions[m.dimension] = values
	}
	answer, err := reply(struct {
		Error int            `json:"error"`
		Data  linkStatistics `json:"data"`
	}{Data: data})
	if err != nil {
		return nil, err
	}
	for _, unknown := range []string{"uniqueClicks", "bots", "previews", "scans"} {
		warnings = append(warnings, api.FieldError{
			Field: "data.total." + unknown, Message: fmt.Sprintf("is not told by the backend %q and shown as 0", b.cfg.Name),
		})
	}
	answer.Warnings = warnings
	return upstream.Aged(answer, max(got.age, r.age)), nil
}
