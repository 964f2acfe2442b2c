package pages_test

import (
	"image/color"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/visitors/pages"
)

var to = pages.Destination{URL: "https://example.com/to", Host: "example.com", Shown: "https://example.com/to"}

var box = &pages.Box{
	Message: "Message", Label: "Label", Link: "https://example.com/more", Position: "bottomright",
	Colours: pages.BoxColours(color.RGBA{A: 255}, color.RGBA{R: 255, G: 255, B: 255, A: 255}),
}

// views has every page, in every state that looks different.
func views() map[string]pages.View {
	days := make([]pages.Day, 30)
	for i := range days {
		days[i] = pages.Day{Day: "2026-06-01", Clicks: int64(i * i)}
	}
	return map[string]pages.View{
		"gone":           pages.Notice{Key: "gone"},
		"disabled":       pages.Notice{Key: "disabled"},
		"notstarted":     pages.Notice{Key: "notstarted"},
		"blocked":        pages.Notice{Key: "blocked"},
		"password":       pages.Password{},
		"password-wrong": pages.Password{Problem: "wrong"},
		"password-empty": pages.Password{Problem: "empty"},
		"password-long":  pages.Password{Problem: "toolong"},
		"limited":        pages.Password{Limited: true, Wait: 290, Path: "/abc"},
		"limited-short":  pages.Password{Limited: true, Wait: 12, Path: "/abc"},
		"splash":         pages.Splash{Destination: to},
		"splash-custom":  pages.Splash{Destination: to, Title: "T", Message: "M", Image: "https://example.com/i.png", Button: "B", Counter: 10},
		"frame":          pages.Frame{Destination: to},
		"frame-box":      pages.Frame{Destination: to, Title: "T", Box: box},
		"overlay":        pages.Overlay{Destination: to, Box: box},
		"interstitial":   pages.Interstitial{Destination: to},
		"app":            pages.App{Destination: to, App: "intent://x#Intent;end", Store: "https://example.com/store"},
		"preview":        pages.Preview{Destination: to, Short: "https://go.example.com/abc", Title: "T", Description: "D", Image: "https://example.com/i.png"},
		"statistics": pages.Statistics{Short: "go.example.com/abc", Shown: to.URL, Clicks: 2, Carried: 1, Created: "2026-06-01", Days: days, Rankings: []pages.Ranking{
			pages.NewRanking("countries", []pages.Row{{Name: "France", Clicks: 3}, {Clicks: 1}}), pages.NewRanking("referrers", []pages.Row{{Clicks: 1}}),
			pages.NewRanking("browsers", nil), pages.NewRanking("systems", nil),
		}},
		"statistics-empty": pages.Statistics{Short: "go.example.com/abc"},
		"list":             pages.List{Name: "L", Page: 2, Pages: 3, Links: []pages.ListedLink{{URL: "https://go.example.com/abc", Title: "T"}}},
		"list-empty":       pages.List{Name: "L", Page: 1, Pages: 1},
	}
}

func write(t *testing.T, lang string, v pages.View, pixels ...pages.Pixel) (*http.Response, string) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/abc", nil)
	r.Header.Set("Accept-Language", lang)
	if err := pages.Write(w, r, pages.Options{Status: 200, Site: "go.example.com", Pixels: pixels}, v); err != nil {
		t.Fatal(err)
	}
	return w.Result(), w.Body.String()
}

func TestWrite(t *testing.T) {
	tag := regexp.MustCompile(`<(h1|main|title)[ >]`)
	for name, v := range views() {
		for _, lang := range pages.Languages() {
			t.Run(name+"/"+lang, func(t *testing.T) {
				resp, text := write(t, lang, v)
				if !strings.HasPrefix(text, "<!doctype html>\n<html lang=\""+lang+"\">") || resp.Header.Get("Content-Language") != lang {
					t.Errorf("the page is not marked as %s: %.80s", lang, text)
				}
				for _, want := range []string{"<title>", "<main", `name="viewport"`, "</html>"} {
					if !strings.Contains(text, want) {
						t.Errorf("%s is missing", want)
					}
				}
				found := map[string]int{}
				for _, m := range tag.FindAllStringSubmatch(text, -1) {
					found[m[1]]++
				}
				if found["main"] != 1 || found["title"] < 1 || found["h1"] != 1 {
					t.Errorf("tags: %v", found)
				}
				// Left by the templates: a text's placeholder, a value that was
				// refused, a style or handler that the policy forbids.
				body := text[strings.Index(text, "</style>"):]
				if m := regexp.MustCompile(`\{\d\}|ZgotmplZ|<no value>|%!|\sstyle=|\son[a-z]+=`).FindString(body); m != "" {
					t.Errorf("%q is in the page:\n%s", m, body)
				}
				nonce := regexp.MustCompile(`'nonce-([\w-]{22})'`).FindStringSubmatch(resp.Header.Get("Content-Security-Policy"))
				if nonce == nil {
					t.Fatal("the policy has no nonce")
				}
				for _, m := range regexp.MustCompile(`<(?:style|script)(?: nonce="([^"]*)")?>`).FindAllStringSubmatch(text, -1) {
					if m[1] != nonce[1] {
						t.Errorf("%s has not the nonce %s", m[0], nonce[1])
					}
				}
				if strings.Contains(body, "<script nonce") != strings.Contains(resp.Header.Get("Content-Security-Policy"), "script-src") {
					t.Error("the page has a script that its policy forbids, or allows one that it does not have")
				}
			})
		}
	}
}

func TestWrite_NonceIsNew(t *testing.T) {
	a, _ := write(t, "en", pages.Notice{Key: "gone"})
	b, _ := write(t, "en", pages.Notice{Key: "gone"})
	if p := a.Header.Get("Content-Security-Policy"); p == b.Header.Get("Content-Security-Policy") {
		t.Errorf("two pages have the same nonce: %s", p)
	}
}

func TestWrite_Head(t *testing.T) {
	w := httptest.NewRecorder()
	if err := pages.Write(w, httptest.NewRequest(http.MethodHead, "/abc", nil), pages.Options{Status: 410}, pages.Notice{Key: "gone"}); err != nil {
		t.Fatal(err)
	}
	if w.Code != 410 || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "0" || w.Header().Get("Content-Length") == "" {
		t.Errorf("status %d, %d bytes, header %v", w.Code, w.Body.Len(), w.Header())
	}
}

// What fails is told before anything is written.
func TestWrite_Fails(t *testing.T) {
	w := httptest.NewRecorder()
	err := pages.Write(w, httptest.NewRequest(http.MethodGet, "/abc", nil), pages.Options{Status: 200}, pages.Notice{Key: "missing"})
	if err == nil || w.Body.Len() != 0 || len(w.Header()) != 0 {
		t.Errorf("err = %v, %d bytes, header %v", err, w.Body.Len(), w.Header())
	}
}

func TestWrite_URLsThatRun(t *testing.T) {
	for _, url := range []string{
		"javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", " javascript:alert(1)", "java\nscript:alert(1)", "blob:x", "//x", "",
	} {
		for name, v := range map[string]pages.View{
			"splash":       pages.Splash{Destination: pages.Destination{URL: url}},
			"interstitial": pages.Interstitial{Destination: pages.Destination{URL: url}},
			"frame":        pages.Frame{Destination: pages.Destination{URL: url}},
			"preview":      pages.Preview{Destination: pages.Destination{URL: url}},
			"app":          pages.App{Destination: to, App: url},
		} {
			_, text := write(t, "en", v)
			if m := regexp.MustCompile(`(?i)(href|src|content)="(\d;url=)?\s*(java\s*script|data|vbscript|blob):`).FindString(text); m != "" {
				t.Errorf("%s of %q has %s", name, url, m)
			}
		}
	}
}

func TestWrite_OtherSchemes(t *testing.T) {
	for _, url := range []string{"mailto:me@example.com", "tel:+821012345678", "vnd.youtube://x", "intent://x#Intent;scheme=https;end"} {
		_, text := write(t, "en", pages.App{Destination: to, App: url})
		if !strings.Contains(text, `href="`+strings.ReplaceAll(url, "+", "&#43;")+`"`) && !strings.Contains(text, `href="`+url+`"`) {
			t.Errorf("the page does not lead to %s", url)
		}
	}
}

// Pixels fire where people stay, and on no other page.
func TestWrite_Pixels(t *testing.T) {
	fires := map[string]bool{"splash": true, "frame": true, "overlay": true, "interstitial": true, "app": true}
	for name, v := range views() {
		resp, text := write(t, "en", v, pages.Pixel{Type: "fbpixel", Tag: "12345678901"})
		kind, _, _ := strings.Cut(name, "-")
		if got := strings.Contains(text, "12345678901"); got != fires[kind] {
			t.Errorf("%s: fires = %v; want %v", name, got, fires[kind])
		}
		if got := strings.Contains(resp.Header.Get("Content-Security-Policy"), "facebook"); got != fires[kind] {
			t.Errorf("%s: the policy lets pixels through = %v; want %v", name, got, fires[kind])
		}
	}
}

func TestBoxColours(t *testing.T) {
	for _, c := range []struct{ background, foreground, want string }{
		{"#000000", "#ffffff", "#ffffff"},
		{"#ffffff", "#777777", "#000000"}, // 4.48
		{"#ffffff", "#767676", "#767676"}, // 4.54
		{"#0000ff", "#0000fe", "#ffffff"},
		{"#ffff00", "#ffffff", "#000000"},
	} {
		got := pages.BoxColours(parse(t, c.background), parse(t, c.foreground))
		if string(got.Background) != c.background || string(got.Foreground) != c.want {
			t.Errorf("BoxColours(%s, %s) = %v; want %s", c.background, c.foreground, got, c.want)
		}
	}
}
