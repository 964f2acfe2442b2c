package dglnk

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// dimensions are what the metrics of a report, but clicks, count by.
var dimensions = map[string]func(Click) string{
	"devices":   func(c Click) string { return c.Device },
	"platforms": func(c Click) string { return c.Platform },
	"browsers":  func(c Click) string { return c.Browser },
	"countries": func(c Click) string { return c.Country },
	"referrers": func(c Click) string {
		u, err := url.Parse(c.Referrer)
		if err != nil {
			return ""
		}
		return u.Host
	},
}

// report answers statistics of the link that the model names. A model that names
// none of the user's links is passed over: the report is then of all clicks.
func (s *Site) report(w http.ResponseWriter, r *http.Request) {
	clicks := slices.Clone(s.clicks)
	name, number, _ := strings.Cut(r.URL.Query().Get("model"), "=")
	id, err := strconv.ParseInt(number, 10, 64)
	if _, ok := s.links[id]; name == "link" && err == nil && ok {
		clicks = slices.DeleteFunc(clicks, func(c Click) bool { return c.LinkID != id })
	}
	report := map[string]any{}
	metrics := cmp.Or(r.URL.Query().Get("metrics"), "clicks")
	for metric := range strings.SplitSeq(metrics, ",") {
		if by, ok := dimensions[metric]; ok {
			report[metric] = dataset(metric, tally(clicks, by))
		}
		if metric == "clicks" {
			days := tally(clicks, func(c Click) string { return c.At.In(s.o.Zone).Format(time.DateOnly) })
			slices.SortFunc(days, func(a, b item) int { return strings.Compare(a.Label, b.Label) })
			set := dataset(metric, days)
			set["granularity"], set["total"] = "day", len(clicks)
			report[metric] = set
		}
	}
	succeed(w, "report", report)
}

// item is how many clicks share a label.
type item struct {
	Label string `json:"label"`
	Value int    `json:"value"`
}

func dataset(label string, items []item) map[string]any {
	return map[string]any{"datasets": []any{map[string]any{"label": label, "data": items}}}
}

// tally counts clicks by a label, the most frequent first. Those without one are
// left out.
func tally(clicks []Click, by func(Click) string) []item {
	counts := map[string]int{}
	for _, c := range clicks {
		if label := by(c); label != "" {
			counts[label]++
		}
	}
	items := []item{}
	for _, label := range slices.Sorted(maps.Keys(counts)) {
		items = append(items, item{Label: label, Value: counts[label]})
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(b.Value, a.Value) })
	return items
}
