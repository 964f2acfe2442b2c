package openapi

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestKeyName(t *testing.T) {
	for key, want := range map[string]string{
		"utm_source-1":                  "utm_source-1",
		"":                              `""`,
		"a.b":                           `"a.b"`,
		"a[0]":                          `"a[0]"`,
		"a\nb\u202e":                    `"a\nb\u202e"`,
		strings.Repeat("k", 64):         strings.Repeat("k", 64),
		strings.Repeat("k", 65):         strings.Repeat("k", 61) + "...",
		strings.Repeat("\U0001f600", 9): `"` + strings.Repeat(`\U0001f600`, 5) + `..."`,
	} {
		if got := keyName(key); got != want {
			t.Errorf("keyName(%q) = %s; want %s", key, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.String().Draw(t, "key")
		got := keyName(key)
		for _, c := range got {
			if c < ' ' || c >= utf8.RuneSelf {
				t.Fatalf("keyName(%q) = %q holds %q", key, got, c)
			}
		}
		if len(got) > maxKey {
			t.Fatalf("keyName(%q) has %d bytes", key, len(got))
		}
	})
}
