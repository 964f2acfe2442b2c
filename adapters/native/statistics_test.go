package native_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
)

func TestGetLinkStatistics(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/","custom":"abc"}`})
	day := func(d int) time.Time { return time.Date(2026, 6, d, 0, 0, 0, 0, seoul) }
	counts := clicks.Counts{Clicks: 3, Uniques: 2, Bots: 1, Previews: 4, Scans: 5}
	s.statistics.series = clicks.Series{
		Totals:  counts,
		Buckets: []clicks.Bucket{{Start: day(14), Counts: counts}, {Start: day(15)}},
		Values: map[string][]clicks.ValueSeries{"countries": {
			{Named: clicks.Named{Name: "KR", Clicks: 2}, Days: []int64{2, 0}},
			{Named: clicks.Named{Name: "", Clicks: 1}, Days: []int64{0, 1}},
		}},
	}
	one := s.do(api.GetLinkStatistics, in{id: 1, query: "dimension=countries&from=2026-06-14&to=2026-06-15"})
	const step = `"clicks":3,"uniqueClicks":2,"bots":1,"previews":4,"scans":5`
	s.expect(one.Get("data"), map[string]string{
		"from": `"2026-06-14 00:00:00"`, "to": `"2026-06-16 00:00:00"`, "interval": `"day"`, "total": "{" + step + "}",
		"series.0": `{"time":"2026-06-14 00:00:00",` + step + "}", "series.#": "2",
		"dimensions": `{"countries":[{"name":"South Korea","clicks":2,"series":[{"time":"2026-06-14 00:00:00","clicks":2}]},` +
			`{"name":"Unknown","clicks":1,"series":[{"time":"2026-06-15 00:00:00","clicks":1}]}]}`,
	})
	s.statistics.asked = nil
	s.statistics.series.Values = map[string][]clicks.ValueSeries{"social": {}, "referrers": {{Named: clicks.Named{Clicks: 1}}}}
	all := s.do(api.GetLinkStatistics, in{id: 1, query: "interval=hour"})
	s.expect(all.Get("data"), map[string]string{
		"interval": `"hour"`, "dimensions": `{"referrers":[{"name":"Direct, email and other","clicks":1}],"social":[]}`,
	})
	if len(s.statistics.asked) != 1 || !strings.HasSuffix(s.statistics.asked[0], " all") {
		t.Errorf("asked for %q; want all at once", s.statistics.asked)
	}
}

func TestGetLinkStatistics_Span(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/","custom":"abc"}`})
	for query, want := range map[string]string{
		"":                         "2026-05-16 12:34:56 2026-06-15 12:34:56 day",
		"interval=hour":            "2026-06-13 12:34:56 2026-06-15 12:34:56 hour",
		"from=2026-06-01":          "2026-06-01 00:00:00 2026-06-15 12:34:56 day",
		"to=2026-06-10":            "2026-05-12 00:00:00 2026-06-11 00:00:00 day",
		"from=2026-06-10T01:02:03": "2026-06-10 01:02:03 2026-06-15 12:34:56 day",
		"from=2026-06-10T00:00:00Z&to=2026-06-10T03:00:00%2B01:00&interval=hour": "2026-06-10 09:00:00 2026-06-10 11:00:00 hour",
		"from=2026-06-10&to=2026-06-10":                                          "2026-06-10 00:00:00 2026-06-11 00:00:00 day",
	} {
		s.statistics.asked = nil
		s.do(api.GetLinkStatistics, in{id: 1, query: "dimension=social&" + query})
		if diff := cmp.Diff([]string{"series 1 " + want + " KST social"}, s.statistics.asked); diff != "" {
			t.Errorf("%q asks (-want +got)\n%s", query, diff)
		}
	}
	for query, field := range map[string]string{
		"from=2026-06-10&to=2026-06-09":                   "from",
		"from=2026-06-10 10:00:00&to=2026-06-10 10:00:00": "from",
		"from=2027-01-01":                                 "from",
		"from=2026-02-30":                                 "from",
		"to=2026-02-30":                                   "to",
	} {
		s.refused(api.GetLinkStatistics, in{id: 1, query: query}, api.Invalid, field)
	}
}

func TestGetLinkStatistics_Store(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/","custom":"abc"}`})
	s.real = s.store
	s.expect(s.do(api.GetLinkStatistics, in{id: 1}), map[string]string{"data.total.clicks": "0", "data.series.#": "31", "data.dimensions.social": "[]"})
	s.expect(s.do(api.GetLinkStatistics, in{id: 1, query: "interval=hour&dimension=browsers"}), map[string]string{"data.series.#": "49"})
	s.expect(s.do(api.GetLink, in{id: 1}), map[string]string{"data.clicks": "0", "data.topOs": "0"})
	for _, query := range []string{"from=2000-01-01", "from=2026-01-01&interval=hour", "from=1900-01-01&interval=hour"} {
		s.refused(api.GetLinkStatistics, in{id: 1, query: query}, api.Invalid, "from")
	}
	s.expect(s.do(api.ListOrphanVisits, in{}), map[string]string{"data.result": "0", "data.orphans": "[]"})
}

func TestListOrphanVisits(t *testing.T) {
	s := newSite(t)
	s.statistics.orphans = []clicks.Orphan{
		{Domain: "go.example.com", Path: "old-flyer", Visits: 7, Programs: 2, Last: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)},
		{Domain: "go.example.com", Visits: 1},
	}
	s.expect(s.do(api.ListOrphanVisits, in{query: "limit=5&page=3"}), map[string]string{
		"data.result": "2", "data.orphans.0.domain": `"go.example.com"`, "data.orphans.0.path": `"/old-flyer"`,
		"data.orphans.0.visits": "7", "data.orphans.0.last": `"2026-06-01 09:00:00"`, "data.orphans.1.path": `""`,
	})
	if diff := cmp.Diff([]string{"orphans main 5 10"}, s.statistics.asked); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
