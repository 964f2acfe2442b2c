package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
	"time"
)

// metric is one of the figures.
type metric struct {
	name   string
	unit   string
	better string // which ratio is good
	of     func(figures) float64
}

const (
	higher = "higher"
	lower  = "lower"
)

var metrics = []metric{
	{"requests per second", "/s", higher, func(f figures) float64 { return f.Rate }},
	{"latency p50", "µs", lower, func(f figures) float64 { return f.P50 }},
	{"latency p99", "µs", lower, func(f figures) float64 { return f.P99 }},
	{"server CPU per request", "µs", lower, func(f figures) float64 { return f.CPU }},
	{"memory after the load", "MiB", lower, func(f figures) float64 { return f.RSS }},
	{"memory at its peak", "MiB", lower, func(f figures) float64 { return f.Peak }},
}

// comparison is a metric of a scenario over all rounds.
type comparison struct {
	Metric   string  `json:"metric"`
	Unit     string  `json:"unit"`
	Better   string  `json:"better"`
	Linkquay float64 `json:"linkquay_median"`
	Caddy    float64 `json:"caddy_median"`
	Ratio    ratio   `json:"ratio"`
}

// ratio is Linkquay ÷ Caddy: the median of the rounds' ratios, and the spread.
type ratio struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// result is a scenario's report.
type result struct {
	Scenario    string       `json:"scenario"`
	Database    string       `json:"database"`
	About       string       `json:"about"`
	Noise       float64      `json:"noise_percent"` // of the noisiest round that counts
	Comparisons []comparison `json:"comparisons"`
	PerLink     *perLink     `json:"memory_per_link,omitempty"`
	Visits      *counted     `json:"visits,omitempty"`
	Rounds      []round      `json:"rounds"`
}

func newResult(s *scenario, database string, rounds []round) result {
	r := result{Scenario: s.name, Database: database, About: s.about, Rounds: rounds}
	for _, round := range rounds {
		r.Noise = max(r.Noise, round.noise())
	}
	for _, m := range metrics {
		var linkquay, caddy []float64
		for _, round := range rounds {
			linkquay, caddy = append(linkquay, m.of(round.Linkquay)), append(caddy, m.of(round.Caddy))
		}
		r.Comparisons = append(r.Comparisons, comparison{
			Metric: m.name, Unit: m.unit, Better: m.better,
			Linkquay: median(linkquay), Caddy: median(caddy), Ratio: compare(linkquay, caddy),
		})
	}
	return r
}

// compare sets each round's figures against each other: what disturbs the
// machine for a while disturbs both sides of a round.
func compare(linkquay, caddy []float64) ratio {
	ratios := make([]float64, 0, len(linkquay))
	for i := range linkquay {
		// Too short a load may use no measurable CPU time.
		if caddy[i] > 0 {
			ratios = append(ratios, linkquay[i]/caddy[i])
		}
	}
	if len(ratios) == 0 {
		return ratio{}
	}
	return ratio{Median: median(ratios), Min: slices.Min(ratios), Max: slices.Max(ratios)}
}

// median returns the middle of the values, 0 where there are none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// percentile returns the smallest of the sorted values that p percent of them
// do not exceed, 0 where there are none.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// writeText writes the absolute figures and the ratios of a scenario.
func writeText(w io.Writer, r result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\n%s on %s: %s\n%d rounds, others used up to %.0f %% of the processors\n", r.Scenario, r.Database, r.About, len(r.Rounds), r.Noise)
	if v := r.Visits; v != nil {
		fmt.Fprintf(w, "%d visits answered, %d counted (%d not added up yet), %d dropped\n", v.Answered, v.Counted, v.Waiting, v.Dropped)
	}
	if m := r.PerLink; m != nil {
		fmt.Fprintf(w, "memory per link over idle: %.0f bytes of heap, %.0f of resident memory\n", m.Heap, m.Resident)
	}
	fmt.Fprintln(t, "\tLinkquay\tCaddy\tLinkquay ÷ Caddy\tmin – max\tgood is\t")
	for _, c := range r.Comparisons {
		fmt.Fprintf(t, "%s (%s)\t%.1f\t%.1f\t%.2f\t%.2f – %.2f\t%s\t\n",
			c.Metric, c.Unit, c.Linkquay, c.Caddy, c.Ratio.Median, c.Ratio.Min, c.Ratio.Max, c.Better)
	}
	return t.Flush()
}

// writeMarkdown writes the ratios as the tables that docs/bench.md carries, one
// for each database.
func writeMarkdown(w io.Writer, results []result) error {
	for len(results) > 0 {
		n := slices.IndexFunc(results, func(r result) bool { return r.Database != results[0].Database })
		if n < 0 {
			n = len(results)
		}
		if err := writeTable(w, results[:n]); err != nil {
			return err
		}
		results = results[n:]
	}
	return nil
}

// writeTable has a row for each scenario, since there are more of them than
// metrics.
func writeTable(w io.Writer, results []result) error {
	head, rule := "| Linkquay ÷ Caddy, "+results[0].Database+" |", "|---|"
	for _, m := range metrics {
		head, rule = head+" "+m.name+" |", rule+"---|"
	}
	if _, err := fmt.Fprintf(w, "\n%s\n%s\n", head, rule); err != nil {
		return err
	}
	for _, r := range results {
		row := "| `" + r.Scenario + "` |"
		for _, c := range r.Comparisons {
			row += fmt.Sprintf(" %.2f (%.2f–%.2f) |", c.Ratio.Median, c.Ratio.Min, c.Ratio.Max)
		}
		if _, err := fmt.Fprintln(w, row); err != nil {
			return err
		}
	}
	return nil
}

// report is what a run showed.
type report struct {
	Results []result `json:"results"`
	Aims    []aim    `json:"aims"`
}

func (r report) write(w io.Writer) error {
	for _, result := range r.Results {
		if err := writeText(w, result); err != nil {
			return err
		}
	}
	if err := writeAims(w, r.Aims); err != nil {
		return err
	}
	return writeMarkdown(w, r.Results)
}

func (r report) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	return e.Encode(r)
}
