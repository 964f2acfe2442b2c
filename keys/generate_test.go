package keys_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/keys"
)

func TestGenerate(t *testing.T) {
	seen := map[api.Secret]bool{}
	characters := map[rune]int{}
	for range 5000 {
		key := mustGenerate(t)
		if seen[key] {
			t.Fatal("the same key came twice")
		}
		seen[key] = true
		if !keys.WellFormed(key) {
			t.Fatalf("WellFormed(%q) = false", key.Reveal())
		}
		for _, c := range key.Reveal()[len(keys.Prefix):][:30] {
			characters[c]++
		}
	}
	// 5000 * 30 / 62 = 2419, with a standard deviation of 49.
	for c, n := range characters {
		if n < 2100 || n > 2740 {
			t.Errorf("character %q came %d times of 150,000", c, n)
		}
	}
	if len(characters) != 62 {
		t.Errorf("%d characters are in use; want 62", len(characters))
	}
}

func TestWellFormed(t *testing.T) {
	good := mustGenerate(t).Reveal()
	tests := []struct {
		name, key string
		want      bool
	}{
		{"good", good, true},
		{"empty", "", false},
		{"prefix alone", "lq_", false},
		{"no prefix", strings.TrimPrefix(good, "lq_"), false},
		{"other prefix", "xx_" + strings.TrimPrefix(good, "lq_"), false},
		{"truncated", good[:len(good)-1], false},
		{"longer", good + "0", false},
		{"surrounded", " " + good, false},
		{"not base62", "lq_" + strings.Repeat("-", 36), false},
		{"opaque", "a-key-of-the-provider", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := keys.WellFormed(api.Secret(tt.key)); got != tt.want {
				t.Errorf("WellFormed(%q) = %v; want %v", tt.key, got, tt.want)
			}
		})
	}
}

// A checksum of 32 bits finds every change of a single character.
func TestWellFormed_FindsTypingErrors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := []byte(mustGenerateRapid(t))
		i := rapid.IntRange(0, len(key)-1).Draw(t, "position")
		c := rapid.Byte().Draw(t, "character")
		if key[i] == c {
			return
		}
		key[i] = c
		if keys.WellFormed(api.Secret(key)) {
			t.Fatalf("WellFormed(%q) = true after a change at %d", key, i)
		}
	})
}

func mustGenerateRapid(t *rapid.T) string {
	key, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return key.Reveal()
}

func TestHash(t *testing.T) {
	if got, want := keys.Hash("abc"), sha256.Sum256([]byte("abc")); got != want {
		t.Errorf("Hash(abc) = %x; want %x", got, want)
	}
}

func TestCheckConfigured(t *testing.T) {
	tests := []struct{ name, key, want string }{
		{"ok", "0123456789abcdef", ""},
		{"ok", strings.Repeat("k", 512), ""},
		{"partner", "", `key "partner" is empty`},
		{"partner", "0123456789abcde", `key "partner" is too short`},
		{"partner", strings.Repeat("k", 513), `key "partner" is too long`},
		{"partner", "0123456789abcdef\n", `key "partner" has a space`},
		{"partner", "0123456789 abcdef", `key "partner" has a space`},
		{"partner", "0123456789abcdéf", `key "partner" has a space`},
		{"", "0123456789abcdef", "needs a name"},
	}
	for _, tt := range tests {
		err := keys.CheckConfigured(tt.name, api.Secret(tt.key))
		if tt.want == "" {
			if err != nil {
				t.Errorf("CheckConfigured(%q) = %v; want none", tt.key, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("CheckConfigured(%q) = %v; want %q", tt.key, err, tt.want)
		}
		if err != nil && tt.key != "" && strings.Contains(err.Error(), tt.key) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}
