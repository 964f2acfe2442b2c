package shortener

import (
	"strings"
	"testing"
)

// TestShortener_Update_ChecksWhatChanges makes sure that a link whose
// destination could not be made any more can still be edited, and led elsewhere.
func TestShortener_Update_ChecksWhatChanges(t *testing.T) {
	blocked := false
	s, _ := newShortener(t, Config{Blocked: func(url string) bool { return blocked && strings.Contains(url, "bad.example") }})
	l := &Link{Account: "main", URL: "https://bad.example/", Options: Options{Geo: []GeoRule{{"KR", "https://bad.example/kr"}}}}
	if _, err := s.Create(t.Context(), l, "", "", Creation{}); err != nil {
		t.Fatal(err)
	}
	d := &Domain{Account: "main", Host: "mine.example", RedirectRoot: "https://bad.example/root"}
	if _, err := s.CreateDomain(t.Context(), d, nil); err != nil {
		t.Fatal(err)
	}
	blocked = true
	for name, c := range map[string]struct {
		change func(*Link)
		field  string
	}{
		"Title":       {func(l *Link) { l.MetaTitle = "x" }, ""},
		"OneOfTwo":    {func(l *Link) { l.URL = "https://good.example/" }, ""},
		"AnotherBad":  {func(l *Link) { l.URL = "https://bad.example/other" }, "url"},
		"AnotherRule": {func(l *Link) { l.Options.Geo = []GeoRule{{"KR", "https://bad.example/us"}} }, "geotarget[0].link"},
		"NoURL":       {func(l *Link) { l.URL = "" }, "url"},
	} {
		_, err := s.Update(t.Context(), "main", l.ID, "", func(l *Link) error { c.change(l); return nil })
		if field := fieldOf(err); field != c.field || (err != nil) != (field != "") {
			t.Errorf("%s: Update = %v; want an error about %q", name, err, c.field)
		}
	}
	for target, want := range map[string]string{"https://good.example/": "", "https://bad.example/404": "redirect404"} {
		_, err := s.UpdateDomain(t.Context(), "main", d.ID, func(d *Domain) error { d.Redirect404 = target; return nil })
		if field := fieldOf(err); field != want || (err != nil) != (field != "") {
			t.Errorf("UpdateDomain to %s = %v; want an error about %q", target, err, want)
		}
	}
}
