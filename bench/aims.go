package main

import (
	"fmt"
	"io"
	"math"
	"slices"
)

// aim is something that a run is to show.
type aim struct {
	Name     string  `json:"name"`
	Database string  `json:"database"`
	Value    float64 `json:"value"`
	Min      float64 `json:"min,omitempty"`
	Max      float64 `json:"max,omitempty"` // 0: no limit
	Met      bool    `json:"met"`
}

// The aims. The creates per second are the only ones that depend on the
// machine.
const (
	minRedirects   = 0.95
	maxLoss        = 0.10 // from a thousand links to a million
	minCreates     = 6000
	maxBytesOfLink = 300
)

// aims says which of them the results meet. What did not run is left out.
func aims(results []result) []aim {
	var found []aim
	add := func(r *result, name string, value, low, high float64) {
		found = append(found, aim{
			Name: name, Database: r.Database, Value: value, Min: low, Max: high,
			Met: value >= low && (high == 0 || value <= high) && !math.IsNaN(value),
		})
	}
	for i := range results {
		r := &results[i]
		switch r.Scenario {
		case "create-64":
			if r.Database == defaultDatabase {
				add(r, "durable creates per second with 64 clients", r.rate().Linkquay, minCreates, 0)
			}
		case "redirect-1m":
			add(r, "redirects of a million links ÷ redir", r.rate().Ratio.Median, minRedirects, 0)
			// Each against Caddy in its own rounds: the machine may have been
			// slower in one of the two.
			if one := find(results, r.Database, "redirect"); one != nil {
				add(r, "redirects of a million links ÷ of a thousand", r.rate().Ratio.Median/one.rate().Ratio.Median, 1-maxLoss, 0)
			}
		}
		if m := r.PerLink; m != nil {
			add(r, "bytes of heap per link", m.Heap, 0, maxBytesOfLink)
			add(r, "bytes of resident memory per link", m.Resident, 0, maxBytesOfLink)
		}
		if v := r.Visits; v != nil {
			add(r, "visits of "+r.Scenario+" that were counted", float64(v.Counted)/float64(v.Answered), 1, 1)
		}
	}
	return found
}

// rate is the comparison of requests per second.
func (r *result) rate() comparison { return r.Comparisons[0] }

func find(results []result, database, scenario string) *result {
	i := slices.IndexFunc(results, func(r result) bool { return r.Database == database && r.Scenario == scenario })
	if i < 0 {
		return nil
	}
	return &results[i]
}

// limits says what the value is to be.
func (a aim) limits() string {
	switch {
	case a.Max == 0:
		return fmt.Sprintf("at least %g", a.Min)
	case a.Min == a.Max:
		return fmt.Sprintf("%g", a.Max)
	case a.Min == 0:
		return fmt.Sprintf("at most %g", a.Max)
	}
	return fmt.Sprintf("%g to %g", a.Min, a.Max)
}

func writeAims(w io.Writer, aims []aim) error {
	if len(aims) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(w, "\nAims"); err != nil {
		return err
	}
	for _, a := range aims {
		verdict := "met"
		if !a.Met {
			verdict = "NOT MET"
		}
		if _, err := fmt.Fprintf(w, "  %s, %s: %.5g (%s): %s\n", a.Name, a.Database, a.Value, a.limits(), verdict); err != nil {
			return err
		}
	}
	return nil
}
