package pages_test

import (
	"encoding/json"
	"image/color"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/visitors/pages"
)

func texts(t *testing.T, lang string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("texts", lang+".json"))
	if err != nil {
		t.Fatal(err)
	}
	x := map[string]string{}
	if err := json.Unmarshal(b, &x); err != nil {
		t.Fatal(err)
	}
	return x
}

var placeholder = regexp.MustCompile(`\{\d\}`)

func placeholders(s string) []string {
	found := placeholder.FindAllString(s, -1)
	slices.Sort(found)
	return found
}

func TestTexts(t *testing.T) {
	english := texts(t, "en")
	for _, lang := range pages.Languages()[1:] {
		x := texts(t, lang)
		for key, text := range english {
			switch translated, ok := x[key]; {
			case !ok:
				t.Errorf("%s lacks %q", lang, key)
			case translated == text:
				t.Errorf("%s has %q in English", lang, key)
			case !slices.Equal(placeholders(text), placeholders(translated)):
				t.Errorf("%s has other placeholders in %q: %q; want those of %q", lang, key, translated, text)
			case strings.TrimSpace(translated) == "":
				t.Errorf("%s has nothing for %q", lang, key)
			}
		}
		for key := range x {
			if _, ok := english[key]; !ok {
				t.Errorf("%s has %q, which English has not", lang, key)
			}
		}
	}
}

// A text that no page shows is one that nobody corrects.
func TestTexts_AreShown(t *testing.T) {
	var shown strings.Builder
	for _, v := range views() {
		_, text := write(t, "en", v)
		shown.WriteString(text)
	}
	_, text := write(t, "en", pages.Frame{Destination: to, Box: &pages.Box{Email: "a@b.c", Position: "top"}})
	shown.WriteString(text)
	for key, text := range texts(t, "en") {
		longest := ""
		for _, part := range placeholder.Split(text, -1) {
			if len(part) > len(longest) {
				longest = part
			}
		}
		if !strings.Contains(shown.String(), longest) {
			t.Errorf("no page shows %q", key)
		}
	}
}

func parse(t *testing.T, s string) color.RGBA {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 24)
	if err != nil || len(s) != 7 {
		t.Fatalf("%q is no colour", s)
	}
	return color.RGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 255}
}

// WCAG 1.4.3 asks 4.5 of text, 1.4.11 asks 3 of what marks a control.
func TestStyle_Contrast(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("css", "base.css"))
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(b), "prefers-color-scheme: dark")
	if !ok {
		t.Fatal("there is no dark scheme")
	}
	for scheme, css := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]color.RGBA{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(css, -1) {
			if _, twice := colours[m[1]]; !twice {
				colours[m[1]] = parse(t, m[2])
			}
		}
		for _, c := range []struct {
			foreground, background string
			least                  float64
		}{
			{"text", "ground", 4.5},
			{"text", "card", 4.5},
			{"muted", "ground", 4.5},
			{"muted", "card", 4.5},
			{"accent", "card", 4.5},
			{"accent", "ground", 4.5},
			{"accent", "tint", 3},
			{"accent-text", "accent", 4.5},
			{"error", "card", 4.5},
			{"edge", "card", 3},
		} {
			f, known := colours[c.foreground]
			g, too := colours[c.background]
			if !known || !too {
				t.Fatalf("%s: %s or %s is missing", scheme, c.foreground, c.background)
			}
			if got := pages.Contrast(f, g); got < c.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f; want %.1f", scheme, c.foreground, c.background, got, c.least)
			}
		}
	}
}
