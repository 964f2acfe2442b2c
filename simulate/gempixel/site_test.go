package gempixel

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/simulate"
)

// noon is before every time of the pages' samples that has to be to come.
var noon = time.Date(2020, 11, 10, 12, 0, 0, 0, time.UTC)

// tester is a site behind a server whose clock stands at noon.
type tester struct {
	*testing.T
	site   *Site
	server *simulate.Server
}

func newTester(t *testing.T, o Options) *tester {
	if o.ShortDomain == "" {
		o.ShortDomain = "https://short.example"
	}
	site := New(o)
	return &tester{T: t, site: site, server: simulate.NewServer(site, simulate.Options{Now: func() time.Time { return noon }})}
}

// raw sends a request with the default key.
func (t *tester) raw(method, target, body string) *httptest.ResponseRecorder {
	return t.as(DefaultKey, method, target, body)
}

func (t *tester) as(key, method, target, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+key)
	w := httptest.NewRecorder()
	t.server.ServeHTTP(w, r)
	return w
}

// do sends a request that must succeed.
func (t *tester) do(method, target, body string) gjson.Result {
	t.Helper()
	w := t.raw(method, target, body)
	out := gjson.ParseBytes(w.Body.Bytes())
	if w.Code != 200 || out.Get("error").Raw != "0" {
		t.Fatalf("%s %s %s = %d %s", method, target, body, w.Code, w.Body)
	}
	return out
}

// refused sends a request that must be refused in these words.
func (t *tester) refused(method, target, body, message string) {
	t.Helper()
	w := t.raw(method, target, body)
	out := gjson.ParseBytes(w.Body.Bytes())
	if w.Code != t.site.o.ErrorStatus || out.Get("error").Raw != "1" || out.Get("message").Str != message {
		t.Errorf("%s %s %s = %d %s, want the message %q", method, target, body, w.Code, w.Body, message)
	}
}

type operation struct {
	Operation, Method, Path, Query string
	Samples                        []struct {
		Source            string
		Request, Response json.RawMessage
	}
}

func mustOperations(t *testing.T) []operation {
	t.Helper()
	data, err := os.ReadFile("../../testdata/operations.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []operation
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// Each sample of the pages works on a site that holds what the samples speak
// of, and is answered with the members of the sample's reply.
func TestSite_Samples(t *testing.T) {
	operations := mustOperations(t)
	if len(operations) != 35 {
		t.Fatalf("there are %d operations, want 35", len(operations))
	}
	for _, op := range operations {
		for _, sample := range op.Samples {
			t.Run(op.Operation+" of "+sample.Source, func(t *testing.T) {
				s := newTester(t, Options{})
				furnish(s, op.Operation)
				path := strings.NewReplacer(
					":campaignid", "1", ":linkid", "1", ":channelid", "1", ":type", "links", ":itemid", "1", ":filename", "photo.png", ":id", "1",
				).Replace(op.Path)
				if op.Query != "" {
					path += "?" + op.Query
				}
				body := string(sample.Request)
				if body == "null" {
					body = "{}"
				}
				got := s.do(op.Method, path, body)
				sameMembers(t, "", gjson.ParseBytes(sample.Response), got)
			})
		}
	}
}

// furnish makes what an operation's samples need to be there.
func furnish(s *tester, op string) {
	s.do("POST", "/api/campaign/add", `{"name":"First","slug":"first"}`)
	s.do("POST", "/api/campaign/add", `{"name":"Second","public":true}`)
	s.do("POST", "/api/channel/add", `{"name":"First"}`)
	for _, tag := range []string{"1", "2", "3", "4"} {
		s.do("POST", "/api/pixel/add", `{"type":"gtmpixel","name":"Mine","tag":"`+tag+`"}`)
	}
	s.do("POST", "/api/domain/add", `{"domain":"https://brand.example"}`)
	s.do("POST", "/api/url/add", `{"url":"https://example.com","geotarget":[{"location":"Canada","link":"https://example.ca"},`+
		`{"location":"United States","link":"https://example.us"}],"devicetarget":[{"device":"iPhone","link":"https://example.com/i"},`+
		`{"device":"Android","link":"https://example.com/a"}]}`)
	s.do("POST", "/api/qr/add", `{"type":"link","data":"https://example.com","name":"First"}`)
	s.do("POST", "/api/channel/1/assign/links/1", "")
	if op == "listFiles" {
		s.do("POST", "/api/files/upload/a.png", "PNG")
	}
}

// sameMembers compares which members two replies have, and of which type their
// values are. Of arrays it looks at the first rows.
func sameMembers(t *testing.T, path string, want, got gjson.Result) {
	t.Helper()
	// The pages print "0" and 1 where sites send 0 and null; some members have
	// one of two types.
	loose := map[string]bool{".error": true, ".data.nextpage": true, ".nextpage": true, ".details.expiry": true}
	if want.IsArray() && got.IsArray() {
		sameMembers(t, path+"[]", want.Get("0"), got.Get("0"))
		return
	}
	// Aggregates are 0 or an object whose members are values.
	if strings.HasPrefix(path, ".data.top") {
		return
	}
	if want.IsObject() && got.IsObject() {
		want.ForEach(func(name, value gjson.Result) bool {
			other := got.Get(name.Str)
			switch p := path + "." + name.Str; {
			case p == ".domain", p == ".data.campaigns[].name":
				// A campaign's name comes under one of several members.
			case !other.Exists():
				t.Errorf("%s is missing in %s", p, got.Raw)
			case !loose[p]:
				sameMembers(t, p, value, other)
			}
			return true
		})
		return
	}
	if want.Type != got.Type && (!want.IsBool() || !got.IsBool()) && path != ".data.campaigns[].rotator" {
		t.Errorf("%s is %s, want something like %s", path, got.Raw, want.Raw)
	}
}

func TestSite_Keys(t *testing.T) {
	s := newTester(t, Options{Keys: map[string]string{"key-one": "one", "key-two": "two"}})
	for authorization, want := range map[string]int{
		"Bearer key-one": 200, "token key-one": 200, "key-one": 200, "Bearer wrong": 401, "Bearer": 401, "": 401,
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/account", http.NoBody)
		r.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		s.site.ServeHTTP(w, r)
		if w.Code != want || want == 401 && gjson.Get(w.Body.String(), "error").Int() != 1 {
			t.Errorf("%q is answered with %d %s, want %d", authorization, w.Code, w.Body, want)
		}
	}
	// Accounts do not see each other's links, but aliases are everybody's.
	if w := s.as("key-one", "POST", "/api/url/add", `{"url":"https://example.com","custom":"google"}`); w.Code != 200 {
		t.Fatal(w.Body)
	}
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/api/url/1", ""},
		{"PUT", "/api/url/1/update", `{"url":"https://example.com"}`},
		{"DELETE", "/api/url/1/delete", ""},
		{"POST", "/api/url/add", `{"url":"https://example.com","custom":"google"}`},
	} {
		if w := s.as("key-two", c.method, c.path, c.body); w.Code != 400 {
			t.Errorf("another account's %s %s = %d %s", c.method, c.path, w.Code, w.Body)
		}
	}
	if w := s.as("key-two", "GET", "/api/urls", ""); gjson.Get(w.Body.String(), "data.result").Int() != 0 {
		t.Errorf("another account lists %s", w.Body)
	}
	if w := s.as("key-two", "GET", "/api/urls?short=google", ""); gjson.Get(w.Body.String(), "error").Int() != 1 {
		t.Errorf("another account finds %s", w.Body)
	}
	if links := s.site.Links(); len(links) != 1 || links[0].Account != "one" {
		t.Errorf("Links() = %+v", links)
	}
}

func TestSite_ErrorStatus(t *testing.T) {
	s := newTester(t, Options{ErrorStatus: 200})
	s.refused("POST", "/api/url/add", `{}`, "Please enter a valid URL.")
	if w := s.raw("GET", "/api/nothing", ""); w.Code != 404 || json.Valid(w.Body.Bytes()) {
		t.Errorf("an unknown path = %d %s", w.Code, w.Body)
	}
}

func TestSite_Visits(t *testing.T) {
	s := newTester(t, Options{})
	s.do("POST", "/api/domain/add", `{"domain":"https://brand.example"}`)
	s.do("POST", "/api/url/add", `{"url":"https://example.com/?a=1","custom":"open","parameters":[{"name":"b","value":"2"},{"device":"x","link":"y"}]}`)
	s.do("POST", "/api/url/add", `{"url":"https://example.com/secret","custom":"closed","password":"sesame"}`)
	s.do("POST", "/api/url/add", `{"url":"https://example.com/late","custom":"brief","expiry":"2020-11-10 12:30:00"}`)
	s.do("POST", "/api/url/add", `{"url":"https://example.com/brand","custom":"open","domain":"brand.example"}`)

	for target, want := range map[string]string{
		"/open": "https://example.com/?a=1&b=2", "https://short.example/open": "https://example.com/?a=1&b=2",
		"/brief": "https://example.com/late", "/nothing": "", "/closed": "",
	} {
		if w := s.raw("GET", target, ""); w.Header().Get("Location") != want {
			t.Errorf("GET %s = %d %v, want %q", target, w.Code, w.Header(), want)
		}
	}
	if w := s.raw("GET", "/closed", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `type="password"`) {
		t.Errorf("a protected link = %d %s", w.Code, w.Body)
	}
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/closed", strings.NewReader("password=sesame"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.server.ServeHTTP(w, r)
	if w.Header().Get("Location") != "https://example.com/secret" {
		t.Errorf("a protected link with its password = %d %v", w.Code, w.Header())
	}
	if err := s.server.Fail(simulate.Fault{Kind: simulate.Skew, Skew: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if w := s.raw("GET", "/brief", ""); w.Code != 404 {
		t.Errorf("an expired link = %d", w.Code)
	}
	data := s.do("GET", "/api/url/1", "").Get("data")
	if data.Get("clicks").Int() != 2 || data.Get("uniqueClicks").Int() != 1 || data.Get("topCountries.Unknown").Raw != `"2"` {
		t.Errorf("statistics = %s", data.Raw)
	}
	if data := s.do("GET", "/api/url/4", "").Get("data"); data.Get("topCountries").Raw != "0" {
		t.Errorf("statistics without a visit = %s", data.Raw)
	}
}

// The address of a QR code's picture serves it.
func TestSite_Pictures(t *testing.T) {
	s := newTester(t, Options{})
	for _, data := range []string{`"https://example.com"`, `{"ssid":"home"}`} {
		link := s.do("POST", "/api/qr/add", `{"type":"text","data":`+data+`}`).Get("link").Str
		w := s.raw("GET", link, "")
		if w.Header().Get("Content-Type") != "image/png" || !strings.HasPrefix(w.Body.String(), "\x89PNG") {
			t.Errorf("GET %s = %d %v", link, w.Code, w.Header())
		}
	}
	if w := s.raw("GET", "/qr/none", ""); w.Code != 404 {
		t.Errorf("an unknown picture = %d", w.Code)
	}
}

// A site without a domain of its own makes short URLs that lead to itself.
func TestSite_ShortDomain(t *testing.T) {
	site := New(Options{})
	srv, err := simulate.Start(t.Context(), site, simulate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	req, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL+"/api/url/add", strings.NewReader(`{"url":"`+srv.URL+`/_simulate/requests"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", DefaultKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp, err = http.Get(gjson.GetBytes(body, "shorturl").Str)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || resp.Request.URL.Path != "/_simulate/requests" {
		t.Errorf("%s leads to %s", body, resp.Request.URL)
	}
}
