package main

import (
	"math"
	"strings"
	"testing"
)

func resultOf(name, database string, linkquay, caddy float64) result {
	return newResult(&scenario{name: name}, database, []round{{Linkquay: figures{Rate: linkquay}, Caddy: figures{Rate: caddy}}})
}

func TestAims(t *testing.T) {
	thousand, million := resultOf("redirect", "sqlite", 95, 100), resultOf("redirect-1m", "sqlite", 80, 100)
	million.PerLink = &perLink{Heap: 120, Resident: 301}
	million.Visits = &counted{Answered: 10, Counted: 10}
	thousand.Visits = &counted{Answered: 10, Counted: 9}
	for name, test := range map[string]struct {
		results []result
		want    map[string]bool
	}{
		"Nothing":    {nil, map[string]bool{}},
		"Creates":    {[]result{resultOf("create-64", "sqlite", 6000, 1)}, map[string]bool{"durable creates per second with 64 clients": true}},
		"TooFew":     {[]result{resultOf("create-64", "sqlite", 5999, 1)}, map[string]bool{"durable creates per second with 64 clients": false}},
		"OnPostgres": {[]result{resultOf("create-64", "postgres", 5999, 1)}, map[string]bool{}},
		"Redirects": {[]result{thousand, million}, map[string]bool{
			"visits of redirect that were counted":         false,
			"visits of redirect-1m that were counted":      true,
			"redirects of a million links ÷ redir":         false,
			"redirects of a million links ÷ of a thousand": false,
			"bytes of heap per link":                       true,
			"bytes of resident memory per link":            false,
		}},
		"OtherDatabase": {[]result{resultOf("redirect", "sqlite", 1, 2), resultOf("redirect-1m", "postgres", 2, 2)}, map[string]bool{
			"redirects of a million links ÷ redir": true,
		}},
		"Within": {[]result{resultOf("redirect", "sqlite", 100, 100), resultOf("redirect-1m", "sqlite", 105, 100)}, map[string]bool{
			"redirects of a million links ÷ redir":         true,
			"redirects of a million links ÷ of a thousand": true,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]bool{}
			for _, a := range aims(test.results) {
				got[a.Name] = a.Met
			}
			if len(got) != len(test.want) {
				t.Errorf("aims() = %v; want %v", got, test.want)
			}
			for name, met := range test.want {
				if is, ok := got[name]; !ok || is != met {
					t.Errorf("%s: met %v, there %v; want met %v", name, is, ok, met)
				}
			}
		})
	}
}

// TestAims_NotANumber: a load without a rate meets nothing.
func TestAims_NotANumber(t *testing.T) {
	results := []result{resultOf("redirect", "sqlite", 0, 0), resultOf("redirect-1m", "sqlite", 0, 0)}
	for _, a := range aims(results) {
		if a.Met {
			t.Errorf("%s is met by %v", a.Name, a.Value)
		}
		if strings.Contains(a.Name, "thousand") && !math.IsNaN(a.Value) {
			t.Errorf("%s = %v", a.Name, a.Value)
		}
	}
}

func TestWriteAims(t *testing.T) {
	var b strings.Builder
	err := writeAims(&b, []aim{
		{Name: "a", Database: "sqlite", Value: 0.9, Min: 0.95},
		{Name: "b", Database: "sqlite", Value: 120, Max: 300, Met: true},
		{Name: "c", Database: "sqlite", Value: 1, Min: 1, Max: 1, Met: true},
		{Name: "d", Database: "sqlite", Value: 1.2, Min: 0.9, Max: 1.1},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "\nAims\n  a, sqlite: 0.9 (at least 0.95): NOT MET\n  b, sqlite: 120 (at most 300): met\n" +
		"  c, sqlite: 1 (1): met\n  d, sqlite: 1.2 (0.9 to 1.1): NOT MET\n"
	if b.String() != want {
		t.Errorf("writeAims() = %q; want %q", b.String(), want)
	}
	if err := writeAims(&b, nil); err != nil || b.String() != want {
		t.Errorf("writeAims() of nothing, %v, wrote something", err)
	}
}
