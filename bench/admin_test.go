package main

import "testing"

func TestParseMetrics(t *testing.T) {
	got, err := parseMetrics([]byte("# HELP a b\n# TYPE a counter\na 12\n\nb{c=\"d e\"} 3\ngo_x 1.5e+06\n"))
	if err != nil || len(got) != 2 || got["a"] != 12 || got["go_x"] != 1.5e6 {
		t.Errorf("parseMetrics() = %v, %v", got, err)
	}
	if _, err := parseMetrics([]byte("a much\n")); err == nil {
		t.Error("parseMetrics() of a word is no error")
	}
}
