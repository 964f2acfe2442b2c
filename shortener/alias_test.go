package shortener

import (
	"strings"
	"testing"

	"github.com/linkquay/linkquay/api"
)

func TestRandomAlias(t *testing.T) {
	seen := map[string]bool{}
	for range 10_000 {
		a := randomAlias(randomLength)
		if len(a) != randomLength || strings.Trim(a, base58) != "" || !IsAlias(a) || seen[a] {
			t.Fatalf("randomAlias = %q, seen before: %v", a, seen[a])
		}
		seen[a] = true
	}
}

func TestCheckAlias(t *testing.T) {
	s := New(Config{Reserved: func(alias string) bool { return strings.EqualFold(alias, "api") }})
	for alias, want := range map[string]string{
		"abc":                   "",
		"A_b-9":                 "",
		strings.Repeat("a", 49): "",
		"ab":                    "Custom alias must be at least 3 characters.",
		strings.Repeat("a", 50): "Custom alias must be less than 50 characters.",
		"a b":                   "custom may hold letters, digits, - and _ only.",
		"한글이":                   "custom may hold letters, digits, - and _ only.",
		"api":                   "That alias is reserved. Please choose another one.",
		"API":                   "That alias is reserved. Please choose another one.",
		"robots":                "",
	} {
		got := ""
		if err := s.checkAlias(alias); err != nil {
			got = api.AsError(err).Message
		}
		if got != want {
			t.Errorf("checkAlias(%q) = %q; want %q", alias, got, want)
		}
	}
}
