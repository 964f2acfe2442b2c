package translate

import (
	"testing"
	"time"
)

func TestParseDateTime(t *testing.T) {
	zone := time.FixedZone("", 9*3600)
	for s, want := range map[string]string{
		"2021-09-28 23:11:16":       "2021-09-28T14:11:16Z",
		"2021-09-28 23:11":          "2021-09-28T14:11:00Z",
		"2021-09-28T23:11:16":       "2021-09-28T14:11:16Z",
		"2021-09-28T23:11":          "2021-09-28T14:11:00Z",
		"2021-09-28":                "2021-09-28T14:59:59Z",
		"2021-09-28T23:11:16Z":      "2021-09-28T23:11:16Z",
		"2021-09-28T23:11:16+02:00": "2021-09-28T21:11:16Z",
		"2021-09-28T23:11:16.5Z":    "2021-09-28T23:11:16Z",
	} {
		got, err := ParseDateTime(s, zone)
		if err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("ParseDateTime(%q) = %s, %v; want %s", s, got.UTC().Format(time.RFC3339), err, want)
		}
	}
	for _, s := range []string{"", "tomorrow", "2021-02-30", "2021-13-01", "28.09.2021", "2021-09-28 25:00:00"} {
		if got, err := ParseDateTime(s, zone); err == nil {
			t.Errorf("ParseDateTime(%q) = %s; want an error", s, got)
		}
	}
}

func TestCountryCode(t *testing.T) {
	for s, want := range map[string]string{
		"Canada": "CA", " canada ": "CA", "ca": "CA", "CA": "CA", "United States": "US", "USA": "US", "us": "US", "Russia": "RU",
		"Russian Federation": "RU", "South Korea": "KR", "Korea, Republic of": "KR", "Germany": "DE", "United Kingdom": "GB",
		"Côte d’Ivoire": "CI", "Ivory Coast": "CI", "Czech Republic": "CZ", "Czechia": "CZ", "Turkey": "TR", "Viet Nam": "VN",
		"Hong Kong": "HK", "Taiwan": "TW", "Macedonia": "MK", "Congo": "CG",
	} {
		if got, ok := CountryCode(s); got != want || !ok {
			t.Errorf("CountryCode(%q) = %q, %t; want %q", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "x", "Atlantis", "zz", "eu", "001", "Europe", "World", "Can"} {
		if got, ok := CountryCode(s); ok {
			t.Errorf("CountryCode(%q) = %q; want none", s, got)
		}
	}
}

// Every name that we write is one that we read.
func TestCountryName(t *testing.T) {
	for _, code := range countries() {
		name := CountryName(code)
		if got, ok := CountryCode(name); !ok || got != code {
			t.Errorf("CountryCode(CountryName(%q) = %q) = %q, %t", code, name, got, ok)
		}
	}
	if got := CountryName("?"); got != "?" {
		t.Errorf("CountryName(?) = %q", got)
	}
}
