package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
)

func mustZone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

func TestStore_Series(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		link := mustCreate(t, s, newLink("main", "a")).ID
		other := mustCreate(t, s, newLink("main", "b")).ID
		// 23:30 in UTC is the next day in Seoul.
		late := time.Date(2026, 11, 20, 23, 30, 0, 0, time.UTC)
		mustRecord(
			t, s,
			visitor(link, 1, late), visitor(link, 2, late), visitor(link, 1, noon),
			visitor(link, 3, noon.Add(59*time.Minute)), clicks.Visit{LinkID: link, At: noon}, visitor(link, 4, noon.AddDate(0, 0, 3)),
			visitor(other, 1, noon),
		)
		mustRoll(t, s)
		all, err := s.Series(t.Context(), link, late, noon.AddDate(0, 0, 1), clicks.Day, nil, clicks.AllDimensions)
		if err != nil || len(all.Values) != len(clicks.DimensionNames()) || all.Totals.Clicks != 4 {
			t.Fatalf("Series() of all dimensions = %+v, %v", all, err)
		}
		for name, values := range all.Values {
			one, err := s.Series(t.Context(), link, late, noon.AddDate(0, 0, 1), clicks.Day, nil, name)
			if err != nil {
				t.Fatal(err)
			}
			want := one.Values[name]
			for i := range want {
				want[i].Days = nil
			}
			if diff := cmp.Diff(want, values); diff != "" {
				t.Errorf("%s among all (-alone +among):\n%s", name, diff)
			}
		}
		seoul := mustZone(t, "Asia/Seoul")
		tests := []struct {
			name      string
			from, to  time.Time
			interval  clicks.Interval
			zone      *time.Location
			dimension string
			buckets   []int64
			starts    time.Time
			totals    clicks.Counts
			values    []clicks.ValueSeries
		}{
			{
				name: "days in UTC", from: late, to: noon.AddDate(0, 0, 1), interval: clicks.Day, dimension: "countries",
				buckets: []int64{2, 2, 0}, starts: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
				totals: clicks.Counts{Clicks: 4, Uniques: 4, Bots: 1},
				values: []clicks.ValueSeries{
					{Named: clicks.Named{Name: "FR", Clicks: 3}, Days: []int64{1, 2, 0}},
					{Named: clicks.Named{Name: "KR", Clicks: 1}, Days: []int64{1, 0, 0}},
				},
			},
			{
				name: "days in Seoul", from: late, to: noon.AddDate(0, 0, 4), interval: clicks.Day, zone: seoul, dimension: "browsers",
				buckets: []int64{4, 0, 0, 1, 0}, starts: time.Date(2026, 11, 21, 0, 0, 0, 0, seoul),
				totals: clicks.Counts{Clicks: 5, Uniques: 5, Bots: 1},
				values: []clicks.ValueSeries{{Named: clicks.Named{Name: "Chrome", Clicks: 3}, Days: []int64{2, 0, 0, 1, 0}}},
			},
			{
				name: "hours", from: noon.Add(-30 * time.Minute), to: noon.Add(2 * time.Hour), interval: clicks.Hour, dimension: "countries",
				buckets: []int64{0, 2, 0}, starts: noon.Add(-time.Hour), totals: clicks.Counts{Clicks: 2, Uniques: 2, Bots: 1},
				values: []clicks.ValueSeries{{Named: clicks.Named{Name: "FR", Clicks: 2}}},
			},
			{
				name: "one moment", from: noon, to: noon.Add(1), interval: clicks.Hour, zone: seoul,
				buckets: []int64{2}, starts: noon, totals: clicks.Counts{Clicks: 2, Uniques: 2, Bots: 1},
			},
			{
				name: "nothing", from: noon.AddDate(1, 0, 0), to: noon.AddDate(1, 0, 0).Add(time.Second), interval: clicks.Day, dimension: "social",
				buckets: []int64{0}, starts: time.Date(2027, 11, 21, 0, 0, 0, 0, time.UTC), values: []clicks.ValueSeries{},
			},
		}
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				got, err := s.Series(t.Context(), link, test.from, test.to, test.interval, test.zone, test.dimension)
				if err != nil {
					t.Fatalf("Series() = %v", err)
				}
				var buckets []int64
				for _, b := range got.Buckets {
					buckets = append(buckets, b.Clicks)
				}
				if !slices.Equal(buckets, test.buckets) || !got.Buckets[0].Start.Equal(test.starts) || got.Totals != test.totals {
					t.Errorf("buckets %v from %v, totals %+v; want %v from %v, %+v",
						buckets, got.Buckets[0].Start, got.Totals, test.buckets, test.starts, test.totals)
				}
				var want map[string][]clicks.ValueSeries
				if test.dimension != "" {
					want = map[string][]clicks.ValueSeries{test.dimension: test.values}
				}
				if diff := cmp.Diff(want, got.Values); diff != "" {
					t.Errorf("values (-want +got):\n%s", diff)
				}
			})
		}
	})
}

// Days of other than 24 hours, and one that has no midnight, are one bucket
// each, and nothing is lost between them.
func TestStore_SeriesWhereClocksChange(t *testing.T) {
	s := openTemp(t)
	link := mustCreate(t, s, newLink("main", "a")).ID
	for _, test := range []struct {
		zone string
		from time.Time
	}{
		{"Europe/Berlin", time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)},
		{"Europe/Berlin", time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC)},
		{"America/Santiago", time.Date(2026, 9, 5, 16, 0, 0, 0, time.UTC)},
		{"Africa/Cairo", time.Date(2026, 4, 23, 12, 0, 0, 0, time.UTC)},
		{"Pacific/Apia", time.Date(2011, 12, 29, 20, 0, 0, 0, time.UTC)},
		{"Asia/Kolkata", time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)},
	} {
		zone := mustZone(t, test.zone)
		to := test.from.Add(72 * time.Hour)
		var visits []clicks.Visit
		for at := test.from.Add(-48 * time.Hour); at.Before(to.Add(48 * time.Hour)); at = at.Add(time.Hour) {
			visits = append(visits, visitor(link, 1, at))
		}
		mustRecord(t, s, visits...)
		mustRoll(t, s)
		got, err := s.Series(t.Context(), link, test.from, to, clicks.Day, zone, "")
		if err != nil {
			t.Fatal(err)
		}
		var sum int64
		for i, b := range got.Buckets {
			sum += b.Clicks
			next := midnight(b.Start.Year(), b.Start.Month(), b.Start.Day()+1, zone)
			hours := int64(next.Sub(b.Start) / time.Hour)
			if i+1 < len(got.Buckets) && got.Buckets[i+1].Start.Equal(b.Start) {
				hours = 0 // Samoa had no 30th of December.
			}
			if i+1 < len(got.Buckets) && b.Clicks != hours {
				t.Errorf("%s: the day of %v has %d clicks; want one for each of %d hours", test.zone, b.Start, b.Clicks, hours)
			}
		}
		if sum != got.Totals.Clicks || sum < 72 {
			t.Errorf("%s: buckets have %d clicks in all, the total is %d", test.zone, sum, got.Totals.Clicks)
		}
	}
}

func TestStore_SeriesRefuses(t *testing.T) {
	s := openTemp(t)
	for _, test := range []struct {
		name, field string
		from, to    time.Time
		interval    clicks.Interval
		dimension   string
	}{
		{"no from", "from", time.Time{}, noon, clicks.Day, ""},
		{"backwards", "to", noon, noon.Add(-1), clicks.Day, ""},
		{"empty", "to", noon, noon, clicks.Hour, ""},
		{"too many hours", "from", noon.Add(-clicks.MaxHours * time.Hour), noon.Add(1), clicks.Hour, ""},
		{"too many days", "from", noon.AddDate(0, 0, -clicks.MaxDays-1), noon, clicks.Day, ""},
		{"all of history", "from", time.Unix(0, 0).AddDate(-1900, 0, 0), noon, clicks.Hour, ""},
		{"interval", "interval", noon, noon.Add(1), "week", ""},
		{"dimension", "dimension", noon, noon.Add(1), clicks.Day, "shoes"},
	} {
		_, err := s.Series(t.Context(), 1, test.from, test.to, test.interval, nil, test.dimension)
		wantCode(t, test.name, err, api.Invalid)
		if e, ok := errors.AsType[*api.Error](err); !ok || len(e.Fields) != 1 || e.Fields[0].Field != test.field {
			t.Errorf("%s: Series() = %v; want an error about %q", test.name, err, test.field)
		}
	}
	for name, series := range map[string]func() (*clicks.Series, error){
		"hours": func() (*clicks.Series, error) {
			return s.Series(t.Context(), 1, noon.Add(-clicks.MaxHours*time.Hour), noon, clicks.Hour, nil, "")
		},
		"days": func() (*clicks.Series, error) {
			return s.Series(t.Context(), 1, noon.AddDate(0, 0, -clicks.MaxDays+1), noon, clicks.Day, nil, "languages")
		},
	} {
		got, err := series()
		if err != nil || len(got.Buckets) > max(clicks.MaxHours, clicks.MaxDays) {
			t.Errorf("%s: the longest series = %v", name, err)
		}
	}
}
