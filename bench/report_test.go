package main

import (
	"strings"
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	for _, test := range []struct {
		sorted []time.Duration
		p      float64
		want   time.Duration
	}{
		{nil, 50, 0},
		{hundred[:1], 99, 1},
		{hundred[:2], 50, 1},
		{hundred[:3], 50, 2},
		{hundred, 0, 1},
		{hundred, 50, 50},
		{hundred, 99, 99},
		{hundred, 99.5, 100},
		{hundred, 100, 100},
	} {
		if got := percentile(test.sorted, test.p); got != test.want {
			t.Errorf("percentile(of %d, %v) = %d; want %d", len(test.sorted), test.p, got, test.want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{3}, 3},
		{[]float64{4, 1}, 2.5},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 3, 2, 1}, 2.5},
	} {
		if got := median(test.values); got != test.want {
			t.Errorf("median(%v) = %v; want %v", test.values, got, test.want)
		}
	}
}

func TestMedian_LeavesItsArgument(t *testing.T) {
	values := []float64{3, 1, 2}
	median(values)
	if values[0] != 3 {
		t.Errorf("median sorted its argument: %v", values)
	}
}

// TestCompare_PairsRounds: the ratio is that of each round, not that of the
// medians.
func TestCompare_PairsRounds(t *testing.T) {
	got := compare([]float64{10, 30, 20}, []float64{10, 60, 10})
	if want := (ratio{Median: 1, Min: 0.5, Max: 2}); got != want {
		t.Errorf("compare() = %+v; want %+v", got, want)
	}
	if got := compare([]float64{1, 4}, []float64{0, 2}); got != (ratio{2, 2, 2}) {
		t.Errorf("compare() with a zero = %+v; want it left out", got)
	}
	if got := compare(nil, nil); got != (ratio{}) {
		t.Errorf("compare() of nothing = %+v", got)
	}
}

// TestWriteMarkdown: each database has a table, each scenario a row.
func TestWriteMarkdown(t *testing.T) {
	rounds := []round{{Linkquay: figures{Rate: 90, CPU: 30}, Caddy: figures{Rate: 100, CPU: 20}}}
	var results []result
	for _, database := range []string{"sqlite", "postgres"} {
		for _, name := range []string{"redirect", "create-64"} {
			results = append(results, newResult(&scenario{name: name}, database, rounds))
		}
	}
	var b strings.Builder
	if err := writeMarkdown(&b, results); err != nil {
		t.Fatal(err)
	}
	const ratios = "` | 0.90 (0.90–0.90) | 0.00 (0.00–0.00) | 0.00 (0.00–0.00) | 1.50 (1.50–1.50) | 0.00 (0.00–0.00) | 0.00 (0.00–0.00) |\n"
	for _, database := range []string{"sqlite", "postgres"} {
		want := "| Linkquay ÷ Caddy, " + database + " | requests per second | latency p50 | latency p99 | server CPU per request | " +
			"memory after the load | memory at its peak |\n|---|---|---|---|---|---|---|\n| `redirect" + ratios + "| `create-64" + ratios
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %s", want, b.String())
		}
	}
}

func TestWriteText(t *testing.T) {
	r := newResult(&scenario{name: "redirect", about: "visiting"}, "sqlite", nil)
	r.PerLink, r.Visits = &perLink{Heap: 111, Resident: 222}, &counted{Answered: 9, Counted: 8, Waiting: 7, Dropped: 1}
	var b strings.Builder
	if err := writeText(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"redirect on sqlite: visiting\n",
		"9 visits answered, 8 counted (7 not added up yet), 1 dropped\n",
		"111 bytes of heap, 222 of resident memory\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %s", want, b.String())
		}
	}
}

func TestQuietest(t *testing.T) {
	noisy := func(linkquay, caddy float64) round {
		return round{Linkquay: figures{Others: linkquay}, Caddy: figures{Others: caddy}}
	}
	got := quietest([]round{noisy(0, 50), noisy(3, 1), noisy(20, 0), noisy(0, 2)}, 2)
	if len(got) != 2 || got[0] != noisy(0, 2) || got[1] != noisy(3, 1) {
		t.Errorf("quietest() = %+v", got)
	}
	if got := quietest([]round{noisy(1, 1)}, 2); len(got) != 1 {
		t.Errorf("quietest() of too few = %+v", got)
	}
}
