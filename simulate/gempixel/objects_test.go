package gempixel

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestObjects_Refused(t *testing.T) {
	s := newTester(t, Options{})
	s.do("POST", "/api/campaign/add", `{"name":"First"}`)
	s.do("POST", "/api/domain/add", `{"domain":"https://brand.example"}`)
	s.do("POST", "/api/pixel/add", `{"type":"bing","name":"Mine","tag":"1"}`)
	s.do("POST", "/api/channel/add", `{"name":"First"}`)
	for _, c := range [][3]string{
		{"/api/campaign/add", `{}`, "Campaign name cannot be empty."},
		{"/api/campaign/add", `{"name":"First"}`, "You already have a campaign with that name."},
		{"/api/channel/add", `{"color":"#000000"}`, "Channel name cannot be empty."},
		{"/api/domain/add", `{"domain":"brand.example"}`, "A valid domain name is required."},
		{"/api/domain/add", `{"domain":"http://BRAND.example/"}`, "The domain has been already used."},
		{"/api/pixel/add", `{"type":"myspace","name":"Mine","tag":"1"}`, "Pixel provider is currently not supported."},
		{"/api/pixel/add", `{"type":"bing","name":"Mine"}`, "Pixel name and tag cannot be empty."},
		{"/api/pixel/add", `{"type":"bing","name":"Other","tag":"1"}`, "A pixel with this provider and tag already exists."},
		{"/api/qr/add", `{"type":"link"}`, "Invalid QR format or missing data"},
		{"/api/qr/add", `{"type":"song","data":"la"}`, "Invalid QR format or missing data"},
		{"/api/campaign/1/assign/9", ``, "Link not found. Please try again."},
		{"/api/campaign/9/assign/9", ``, "Campaign not found. Please try again."},
		{"/api/channel/1/assign/links/9", ``, "Link not found. Please try again."},
		{"/api/channel/1/assign/qr/9", ``, "QR not found. Please try again."},
		{"/api/channel/1/assign/bio/1", ``, "Item does not exist."},
		{"/api/channel/9/assign/links/1", ``, "Channel does not exist"},
		{"/api/files/upload/a.png", ``, "The file is empty."},
		{"/api/files/upload/a.png?custom=a", `PNG`, "Custom alias must be at least 3 characters."},
	} {
		s.refused("POST", c[0], c[1], c[2])
	}
	for _, res := range resources {
		if len(res.fields) > 0 {
			s.refused("PUT", res.base+"/9/update", `{}`, string(res.missing))
			s.refused("DELETE", res.base+"/9/delete", ``, string(res.missing))
		}
	}
}

// Each kind is made, listed, changed where it can be, and deleted.
func TestObjects_Life(t *testing.T) {
	for kind, tt := range map[string]struct{ made, update, row string }{
		"campaign": {
			`{"name":"First","slug":"one","public":true}`, `{"name":"Second","public":false}`,
			`{"id":1,"list":"https://short.example/u/main/one-1","name":"Second","public":false,"rotator":"https://short.example/r/one"}`,
		},
		"channel": {
			`{"name":"First","description":"Note","color":"#000000","starred":"true"}`, `{"name":"Second","starred":0}`,
			`{"color":"#000000","description":"Note","id":1,"name":"Second","starred":false}`,
		},
		"domain": {
			`{"domain":"https://brand.example","redirect404":"https://brand.example/404"}`,
			`{"domain":"https://other.example","redirectroot":"https://example.com"}`,
			`{"domain":"https://brand.example","id":1,"redirect404":"https://brand.example/404","redirectroot":"https://example.com"}`,
		},
		"pixel": {
			`{"type":"bing","name":"First","tag":"1"}`, `{"type":"reddit","name":"Second","tag":"2"}`,
			`{"date":"2020-11-10 12:00:00","id":1,"name":"Second","tag":"2","type":"bing"}`,
		},
	} {
		t.Run(kind, func(t *testing.T) {
			s := newTester(t, Options{})
			s.do("POST", "/api/"+kind+"/add", tt.made)
			s.do("PUT", "/api/"+kind+"/1/update", tt.update)
			data := s.do("GET", "/api/"+kind+"s", "").Get("data")
			if data.Get("result").Int() != 1 || data.Get(kind+"s.0").Raw != tt.row {
				t.Errorf("list = %s, want %s", data.Raw, tt.row)
			}
			if got := s.site.Objects(kind); len(got) != 1 || got[0].ID != 1 || got[0].Account != "main" {
				t.Errorf("Objects(%q) = %+v", kind, got)
			}
			s.do("DELETE", "/api/"+kind+"/1/delete", "")
			if got := s.site.Objects(kind); len(got) != 0 {
				t.Errorf("Objects(%q) = %+v", kind, got)
			}
		})
	}
}

// The name of a campaign comes under another member each time.
func TestObjects_CampaignNames(t *testing.T) {
	s := newTester(t, Options{})
	for i, public := range []bool{false, true} {
		body := fmt.Sprintf(`{"name":"Name %d","public":%t}`, i, public)
		if out := s.do("POST", "/api/campaign/add", body); out.Get("campaign").Str != fmt.Sprint("Name ", i) {
			t.Errorf("created %s", out.Raw)
		}
	}
	if out := s.do("PUT", "/api/campaign/1/update", `{"name":"Other"}`); out.Get("domain").Str != "Other" || out.Get("id").Int() != 1 {
		t.Errorf("updated %s", out.Raw)
	}
	rows := s.do("GET", "/api/campaigns", "").Get("data.campaigns")
	if rows.Get("0.name").Str != "Other" || rows.Get("1.domain").Str != "Name 1" || rows.Get("1.name").Exists() {
		t.Errorf("listed %s", rows.Raw)
	}
}

func TestObjects_Assign(t *testing.T) {
	s := newTester(t, Options{})
	s.do("POST", "/api/campaign/add", `{"name":"First"}`)
	s.do("POST", "/api/channel/add", `{"name":"First"}`)
	s.do("POST", "/api/url/add", `{"url":"https://example.com","custom":"google","metatitle":"Title"}`)
	s.do("POST", "/api/qr/add", `{"type":"text","data":"Hello","name":"Greeting"}`)
	s.do("POST", "/api/campaign/1/assign/1", "")
	for range 2 {
		s.do("POST", "/api/channel/1/assign/links/1", "")
		s.do("POST", "/api/channel/1/assign/qr/1", "")
	}
	data := s.do("GET", "/api/channel/1?limit=1", "").Get("data")
	want := `{"date":"2020-11-10","id":1,"link":"https://short.example/google","preview":"https://example.com","title":"Title","type":"links"}`
	if data.Get("result").Int() != 2 || data.Get("maxpage").Int() != 2 || data.Get("items.0").Raw != want {
		t.Errorf("items = %s", data.Raw)
	}
	if link := s.site.Links()[0]; link.Campaign != 1 || !reflect.DeepEqual(link.Channels, []int{1}) {
		t.Errorf("Links() = %+v", link)
	}
	s.do("DELETE", "/api/qr/1/delete", "")
	s.do("DELETE", "/api/campaign/1/delete", "")
	if data := s.do("GET", "/api/channel/1", "").Get("data"); data.Get("result").Int() != 1 {
		t.Errorf("items = %s", data.Raw)
	}
	s.do("DELETE", "/api/channel/1/delete", "")
	if link := s.site.Links()[0]; link.Campaign != 0 || len(link.Channels) != 0 {
		t.Errorf("Links() = %+v", link)
	}
}

func TestObjects_Files(t *testing.T) {
	s := newTester(t, Options{})
	for _, query := range []string{"?name=My+Photo&custom=photo&maxdownloads=1", "?name=Papers&password=sesame", "?expiry=2020-11-11"} {
		s.do("POST", "/api/files/upload/a.png"+query, "PNG")
	}
	if w := s.raw("GET", "/photo", ""); w.Body.String() != "PNG" {
		t.Errorf("download = %d %s", w.Code, w.Body)
	}
	if w := s.raw("GET", "/photo", ""); w.Code != 404 {
		t.Errorf("a download too many = %d", w.Code)
	}
	list := s.do("GET", "/api/files?name=PHOTO", "")
	want := `{"date":"2020-11-10 12:00:00","downloads":1,"id":1,"name":"My Photo","shorturl":"https://short.example/photo"}`
	if list.Get("result").Int() != 1 || list.Get("list.0").Raw != want {
		t.Errorf("list = %s", list.Raw)
	}
	list = s.do("GET", "/api/files", "")
	if list.Get("list.2.name").Str != "a.png" || !strings.HasPrefix(list.Get("list.1.shorturl").Str, "https://short.example/") {
		t.Errorf("list = %s", list.Raw)
	}
	if w := s.raw("GET", list.Get("list.1.shorturl").Str, ""); !strings.Contains(w.Body.String(), `type="password"`) {
		t.Errorf("a protected file = %d %s", w.Code, w.Body)
	}
}
