package gempixel

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

func TestLinks_Refused(t *testing.T) {
	s := newTester(t, Options{})
	s.do("POST", "/api/url/add", `{"url":"https://example.com","custom":"google"}`)
	s.do("POST", "/api/url/add", `{"url":"https://example.com","custom":"second"}`)
	s.do("POST", "/api/files/upload/a.png?custom=picture", "PNG")
	const good = `"url":"https://example.com"`
	for body, message := range map[string]string{
		``:                              "Please enter a valid URL.",
		`not JSON`:                      "Please enter a valid URL.",
		`{"url":null}`:                  "Please enter a valid URL.",
		`{"url":"example"}`:             "Please enter a valid URL.",
		`{"url":"javascript:alert(1)"}`: "Please enter a valid URL.",
		`{` + good + `,"custom":"ab"}`:  "Custom alias must be at least 3 characters.",
		`{` + good + `,"custom":"` + string50 + `"}`: "Custom alias must be less than 50 characters.",
		`{` + good + `,"custom":"google"}`:           "That alias is taken. Please choose another one.",
		`{` + good + `,"custom":"picture"}`:          "That alias is taken. Please choose another one.",
		`{` + good + `,"custom":"Admin"}`:            "That alias is reserved. Please choose another one.",
		`{` + good + `,"expiry":"2020-11-10"}`:       "The expiry date must be later than today.",
		`{` + good + `,"expiry":"soon"}`:             "The expiry date must be later than today.",
		`{` + good + `,"domain":"none.example"}`:     "Domain not found. Please try again.",
		`{` + good + `,"campaign":9}`:                "Campaign not found. Please try again.",
		`{` + good + `,"channel":9}`:                 "Channel does not exist",
		`{` + good + `,"pixels":[9]}`:                "Pixel not found. Please try again.",
	} {
		s.refused("POST", "/api/url/add", body, message)
	}
	s.refused("PUT", "/api/url/2/update", `{"custom":"other"}`, "Please enter a valid URL.")
	s.refused("PUT", "/api/url/2/update", `{`+good+`,"custom":"google"}`, "That alias is taken. Please choose another one.")
	for _, id := range []string{"9", "x", "0"} {
		s.refused("GET", "/api/url/"+id, "", "Link not found. Please try again.")
		s.refused("PUT", "/api/url/"+id+"/update", `{`+good+`}`, "Link not found. Please try again.")
		s.refused("DELETE", "/api/url/"+id+"/delete", "", "Link not found. Please try again.")
	}
	if links := s.site.Links(); len(links) != 2 || links[1].Alias != "second" {
		t.Errorf("refusals left %+v", links)
	}
}

var string50 = strings.Repeat("x", 50)

// A link can be written with everything and read back with little of it.
func TestLinks_Lossy(t *testing.T) {
	s := newTester(t, Options{Zone: time.FixedZone("KST", 9*60*60)})
	s.do("POST", "/api/channel/add", `{"name":"First"}`)
	s.do("POST", "/api/campaign/add", `{"name":"First"}`)
	s.do("POST", "/api/url/add", `{"url":"https://example.com","custom":12345,"password":"sesame","expiry":"2020-11-11","status":"private",
		"metatitle":"Title","description":"Note","geotarget":[{"location":"South Korea","link":"https://example.kr"},{"location":"None"}],
		"languagetarget":[{"language":"fr","link":"https://example.fr"}],"campaign":"1","channel":1,"domain":false,"type":null,"unknown":1}`)
	want := `{"data":{"clicks":0,"socialCount":{"facebook":0,"google":0,"twitter":0},"topBrowsers":0,"topCountries":0,"topOs":0,` +
		`"topReferrers":0,"uniqueClicks":0},"details":{"date":"2020-11-10 21:00:00","description":"Note","device":0,` +
		`"expiry":"2020-11-11 00:00:00","id":1,"location":{"south korea":"https://example.kr"},"longurl":"https://example.com",` +
		`"shorturl":"https://short.example/12345","title":"Title"},"error":0,"id":1}`
	if got := s.do("GET", "/api/url/1", "").Raw; got != want+"\n" && got != want {
		t.Errorf("GET = %s, want %s", got, want)
	}
	row := s.do("GET", "/api/urls", "").Get("data.urls.0")
	if row.Get("campaign").Raw != "1" || row.Get("channel").Raw != "[1]" || row.Get("domain").Str != "https://short.example" || row.Get("uniqueclicks").Raw != "0" {
		t.Errorf("row = %s", row.Raw)
	}
	link := s.site.Links()[0]
	for _, name := range []string{"unknown", "domain", "type"} {
		if v, ok := link.Sent[name]; ok {
			t.Errorf("%s was kept as %v", name, v)
		}
	}
	if link.Sent["password"] != "sesame" || link.Sent["languagetarget"] == nil || !reflect.DeepEqual(link.Channels, []int{1}) {
		t.Errorf("Links() = %+v", link)
	}
	if !link.Expiry.Equal(noon.Add(3 * time.Hour)) {
		t.Errorf("expiry = %v, want midnight of the site's zone", link.Expiry)
	}
}

// An update changes what it names, and neither "description" nor "status".
func TestLinks_Update(t *testing.T) {
	s := newTester(t, Options{})
	s.do("POST", "/api/domain/add", `{"domain":"https://brand.example"}`)
	s.do("POST", "/api/url/add", `{"url":"https://example.com","custom":"google","password":"sesame","description":"Note","status":"public"}`)
	out := s.do("PUT", "/api/url/1/update", `{"url":"https://example.org","domain":"https://brand.example","description":"Other","status":"private","custom":""}`)
	if want := `{"error":0,"id":1,"short":"https://brand.example/google"}`; strings.TrimSpace(out.Raw) != want {
		t.Errorf("reply = %s, want %s", out.Raw, want)
	}
	link := s.site.Links()[0]
	want := map[string]any{
		"url": "https://example.org", "domain": "https://brand.example", "custom": "google", "password": "sesame",
		"description": "Note", "status": "public",
	}
	if !reflect.DeepEqual(link.Sent, want) || link.ShortURL != "https://brand.example/google" {
		t.Errorf("Links() = %+v, want %v", link, want)
	}
	s.do("PUT", "/api/url/1/update", `{"url":"https://example.org","custom":"google"}`)
	s.do("DELETE", "/api/url/1/delete", "")
	s.refused("GET", "/api/url/1", "", "Link not found. Please try again.")
}

func TestLinks_Pages(t *testing.T) {
	s := newTester(t, Options{})
	for i := range 33 {
		s.do("POST", "/api/url/add", fmt.Sprintf(`{"url":"https://example.com/%d","custom":"link-%02d"}`, i, i))
	}
	s.raw("GET", "/link-07", "")
	tests := []struct {
		query      string
		rows       int
		first      string
		head, next string
	}{
		{"", 15, "link-32", "33 15 1 3", "1"},
		{"?page=2", 15, "link-17", "33 15 2 3", "1"},
		{"?page=3", 3, "link-02", "33 15 3 3", "null"},
		{"?page=4", 0, "", "33 15 4 3", "null"},
		{"?limit=500", 33, "link-32", "33 500 1 1", "null"},
		{"?limit=2&order=click", 2, "link-07", "33 2 1 17", "1"},
		{"?q=EXAMPLE.com/7", 1, "link-07", "1 15 1 1", "null"},
		{"?q=link-1", 10, "link-19", "10 15 1 1", "null"},
		{"?q=nothing", 0, "", "0 15 1 0", "null"},
	}
	for _, tt := range tests {
		data := s.do("GET", "/api/urls"+tt.query, "").Get("data")
		head := fmt.Sprint(data.Get("result"), " ", data.Get("perpage"), " ", data.Get("currentpage"), " ", data.Get("maxpage"))
		if !data.Get("urls").IsArray() || data.Get("urls.#").Int() != int64(tt.rows) || data.Get("urls.0.alias").Str != tt.first ||
			head != tt.head || data.Get("nextpage").Raw != tt.next {
			t.Errorf("%q = %s", tt.query, data.Raw)
		}
	}
}

func TestLinks_Short(t *testing.T) {
	s := newTester(t, Options{})
	s.do("POST", "/api/domain/add", `{"domain":"https://brand.example"}`)
	s.do("POST", "/api/url/add", `{"url":"https://example.com/1","custom":"google"}`)
	s.do("POST", "/api/url/add", `{"url":"https://example.com/2","custom":"google","domain":"https://brand.example"}`)
	for short, id := range map[string]int64{
		"https://short.example/google": 1, "short.example/google": 1, "google": 1, "https://brand.example/google": 2,
		"https://short.example/none": 0, "https://other.example/google": 0,
	} {
		w := s.raw("GET", "/api/urls?limit=1&q=nothing&short="+short, "")
		out := gjson.Parse(w.Body.String())
		if w.Code != 200 || out.Get("details.id").Int() != id || (id == 0) != (out.Get("error").Raw == "1") || (id == 0) == out.Get("data").Exists() {
			t.Errorf("short=%s = %d %s", short, w.Code, out.Raw)
		}
	}
}

func TestLinks_Reuse(t *testing.T) {
	for _, reuse := range []bool{false, true} {
		s := newTester(t, Options{Reuse: reuse})
		first := s.do("POST", "/api/url/add", `{"url":"https://example.com"}`)
		again := s.do("POST", "/api/url/add", `{"url":"https://example.com","custom":""}`)
		s.do("POST", "/api/url/add", `{"url":"https://example.com","custom":"another"}`)
		if (first.Raw == again.Raw) != reuse {
			t.Errorf("reuse %v: %s and %s", reuse, first.Raw, again.Raw)
		}
		if want := map[bool]int{false: 3, true: 2}[reuse]; len(s.site.Links()) != want {
			t.Errorf("reuse %v: %d links, want %d", reuse, len(s.site.Links()), want)
		}
		if alias := s.site.Links()[0].Alias; len(alias) != 5 {
			t.Errorf("random alias %q", alias)
		}
	}
}

// Of many who want an alias at once one gets it.
func TestLinks_Race(t *testing.T) {
	s := newTester(t, Options{})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { s.raw("POST", "/api/url/add", `{"url":"https://example.com","custom":"google"}`) })
		wg.Go(func() { s.site.Links(); s.site.State() })
	}
	wg.Wait()
	if links := s.site.Links(); len(links) != 1 {
		t.Errorf("Links() = %+v", links)
	}
}
