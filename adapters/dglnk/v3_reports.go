package dglnk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// metrics are what a report is asked for: visits by day, and by each dimension
// under its name in the contract.
var metrics = []struct{ dimension, metric string }{
	{"countries", "countries"},
	{"referrers", "referrers"},
	{"browsers", "browsers"},
	{"systems", "platforms"},
	{"devices", "devices"},
}

// defaultSpan is what a report without a single day is said to be about.
const defaultSpan = 30

// count is how many visits share a name.
type count struct {
	name string
	n    int64
}

// report is what the site tells of the visits of one link.
type report struct {
	clicks int64
	days   []count
	by     map[string][]count // by the contract's dimension
	age    time.Duration
}

// errOthers says that a report is about more than its link.
var errOthers = errors.New("the report has more visits than the link")

// report reads what there is about a link that the site has just shown. Of a
// link that it does not know, or takes for something else, the site reports all
// the visits of all links: more than the link itself says that it had. Where the
// link comes from a remembered answer, of that age, it is not asked for again.
func (b *version3) report(ctx context.Context, call *api.Call, l remoteLink, age time.Duration) (*report, error) {
	names := []string{"clicks"}
	for _, m := range metrics {
		names = append(names, m.metric)
	}
	got, err := b.send(ctx, call, exchange{
		Request: upstream.Request{Method: http.MethodGet, Path: "/reports/clicks", Query: url.Values{
			"model": {"link=" + strconv.FormatInt(l.id, 10)}, "metrics": {strings.Join(names, ",")},
		}},
		shape: reportShape,
	})
	if err != nil {
		return nil, err
	}
	root := translate.Member(got.root, "report")
	clicks := translate.Member(root, "clicks")
	if !clicks.Exists() || clicks.Type == gjson.Null {
		return nil, b.unexpected(call, "report.clicks")
	}
	r := &report{days: counts(clicks), by: map[string][]count{}, age: got.age}
	if total, ok := number(translate.Member(clicks, "total")); ok {
		r.clicks = total
	} else if total, ok := number(clicks); ok {
		r.clicks = total
	} else {
		for _, day := range r.days {
			r.clicks += day.n
		}
	}
	for _, m := range metrics {
		r.by[m.dimension] = counts(translate.Member(root, m.metric))
	}
	known := clicksOf(l)
	if known == nil || r.clicks <= *known {
		return r, nil
	}
	if age == 0 {
		// There may have been visits since.
		again, _, err := b.fetch(ctx, call, l.id, true)
		if err != nil {
			return nil, err
		}
		if known = clicksOf(again); known == nil || r.clicks <= *known {
			return r, nil
		}
		b.cfg.Drift.Note(call.Operation, "report.clicks", drift.Value)
	}
	e := b.unexpected(call, "report.clicks")
	e.Err = errOthers
	return nil, e
}

// counts reads names with numbers: objects in an array, which may be in the data
// of datasets, or the members of an object.
func counts(v gjson.Result) []count {
	if sets := translate.Member(v, "datasets"); sets.IsArray() {
		v = sets.Get("0")
	}
	if data := translate.Member(v, "data"); data.IsArray() {
		v = data
	}
	var list []count
	v.ForEach(func(key, v gjson.Result) bool {
		name := key.String()
		if v.IsObject() {
			name = either(v, "label", "date", "name", "key").String()
			v = either(v, "value", "count", "clicks")
		} else if key.Type != gjson.String {
			return true
		}
		if n, ok := number(v); ok && name != "" && n > 0 {
			list = append(list, count{name, n})
		}
		return true
	})
	return list
}

// valueName writes the name of a dimension's value as the contract has it.
func valueName(dimension, name string) string {
	switch dimension {
	case "countries":
		if code, ok := translate.CountryCode(name); ok {
			return translate.CountryName(code)
		}
	case "devices":
		if device, ok := deviceOf(deviceRule, strings.ToLower(name)); ok {
			return device
		}
	}
	return name
}

// values are the values of a dimension, those with the most visits first.
func (r *report) values(dimension string) []count {
	var list []count
	for _, c := range r.by[dimension] {
		c.name = valueName(dimension, c.name)
		if i := slices.IndexFunc(list, func(o count) bool { return o.name == c.name }); i >= 0 {
			list[i].n += c.n
			continue
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b count) int { return int(max(min(b.n-a.n, 1), -1)) })
	return list
}
