package dglnk

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/simulate"
)

var noon = time.Date(2019, 8, 21, 13, 33, 17, 0, time.UTC)

func clock() time.Time { return noon }

// caller sends requests to a site as a good client does, but for the headers
// that a test takes away.
type caller struct {
	t       *testing.T
	site    *Site
	without []string
}

func newCaller(t *testing.T, o Options) caller {
	if o.Now == nil {
		o.Now = clock
	}
	if o.ShortDomain == "" {
		o.ShortDomain = "https://sml.life"
	}
	return caller{t: t, site: New(o)}
}

func (c caller) send(method, path, body string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+DefaultKey)
	for _, name := range c.without {
		r.Header.Del(name)
	}
	w := httptest.NewRecorder()
	c.site.ServeHTTP(w, r)
	return w
}

// do sends a request that is to be answered with JSON of a status.
func (c caller) do(method, path, body string, status int) gjson.Result {
	c.t.Helper()
	w := c.send(method, path, body)
	if w.Code != status || w.Header().Get("Content-Type") != "application/json" || !json.Valid(w.Body.Bytes()) {
		c.t.Fatalf("%s %s %s: %d %s, want JSON with %d", method, path, body, w.Code, w.Body, status)
	}
	return gjson.ParseBytes(w.Body.Bytes())
}

const createPath = "/api/links/create?api_token=" + DefaultKey

// make1 makes a link in version 1.
func (c caller) make1(body string) gjson.Result {
	c.t.Helper()
	return c.do("POST", createPath, body, http.StatusOK).Get("link")
}

// make3 makes a link in version 3.
func (c caller) make3(body string) gjson.Result {
	c.t.Helper()
	return c.do("POST", "/api/v1/link", body, http.StatusOK).Get("link")
}

func wantJSON(t *testing.T, got gjson.Result, want string) {
	t.Helper()
	if diff := cmp.Diff(gjson.Parse(want).Value(), got.Value()); diff != "" {
		t.Errorf("the reply differs (-want +got):\n%s", diff)
	}
}

func TestStrangers(t *testing.T) {
	type request struct{ method, path, body string }
	create := request{"POST", "/api/links/create", `{"long_url":"https://example.com"}`}
	list := request{"GET", "/api/v1/link?perPage=1", ""}
	keyed := request{"POST", createPath, create.body}
	none := []string(nil)
	for _, c := range []struct {
		name     string
		o        Options
		request  request
		without  []string
		status   int
		location string // of a redirect
		json     string // of a reply that is JSON
	}{
		{"1 no key", Options{}, create, none, 401, "", `{"message":"Unauthenticated."}`},
		{"1 no key, no Accept", Options{}, create, []string{"Accept"}, 302, "/login", ""},
		{"1 no permission", Options{NoAccess: true}, keyed, none, 403, "", `{"message":"This action is unauthorized."}`},
		{"1 has one call", Options{}, list, none, 404, "", `{"message":"Not Found"}`},
		{"1 has one call, no Accept", Options{}, list, []string{"Accept"}, 404, "", ""},
		{"1 has one method", Options{}, request{"GET", createPath, ""}, none, 405, "", `{"message":"Method Not Allowed"}`},
		{"1 dashboard", Options{}, request{"GET", "/dashboard/links", ""}, none, 302, "/login", ""},
		{"1 login", Options{}, request{"GET", "/login", ""}, none, 200, "", ""},
		{"1 no Accept", Options{}, keyed, []string{"Accept"}, 200, "", "any"},
		{"1 no Content-Type", Options{}, keyed, []string{"Content-Type"}, 422, "", `{"status":"error","messages":{"long_url":["The long url field is required."]}}`},
		{"1 no headers", Options{}, keyed, []string{"Accept", "Content-Type"}, 302, "/", ""},
		{"1 broken body", Options{}, request{"POST", createPath, `{"long_url":`}, none, 422, "", `{"status":"error","messages":{"long_url":["The long url field is required."]}}`},
		{"3 no key", Options{APIVersion: 3}, list, []string{"Authorization"}, 401, "", `{"message":"Unauthenticated."}`},
		{"3 key of version 1", Options{APIVersion: 3}, request{"GET", "/api/v1/link?api_token=" + DefaultKey, ""}, []string{"Authorization"}, 401, "", `{"message":"Unauthenticated."}`},
		{"3 no key, no Accept", Options{APIVersion: 3}, list, []string{"Authorization", "Accept"}, 302, "/login", ""},
		{"3 other key", Options{APIVersion: 3, Key: "other"}, list, none, 401, "", `{"message":"Unauthenticated."}`},
		{"3 no permission", Options{APIVersion: 3, NoAccess: true}, list, none, 403, "", `{"message":"This action is unauthorized."}`},
		{"3 without the call of 1", Options{APIVersion: 3}, keyed, none, 404, "", `{"message":"Not Found"}`},
		{"3 without the list of 4", Options{APIVersion: 3}, request{"GET", "/api/v1/links?per_page=1", ""}, none, 404, "", `{"message":"Not Found"}`},
		{"3 no such link", Options{APIVersion: 3}, request{"GET", "/api/v1/link/9", ""}, none, 404, "", `{"message":"Not Found"}`},
		{"3 no such link, no Accept", Options{APIVersion: 3}, request{"GET", "/api/v1/link/9", ""}, []string{"Accept"}, 404, "", ""},
		{"3 invalid", Options{APIVersion: 3}, request{"POST", "/api/v1/link", `{"long_url":"x"}`}, none, 422, "", `{"message":"The given data was invalid.","errors":{"long_url":["This url is not valid."]}}`},
		{"3 invalid, no Accept", Options{APIVersion: 3}, request{"POST", "/api/v1/link", `{"long_url":"x"}`}, []string{"Accept"}, 302, "/", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			site := newCaller(t, c.o)
			site.without = c.without
			w := site.send(c.request.method, c.request.path, c.request.body)
			if w.Code != c.status || w.Header().Get("Location") != c.location {
				t.Errorf("answered %d to %q, want %d to %q", w.Code, w.Header().Get("Location"), c.status, c.location)
			}
			isJSON := strings.HasPrefix(w.Header().Get("Content-Type"), "application/json")
			if isJSON != (c.json != "") {
				t.Fatalf("answered %s", w.Body)
			}
			if isJSON && c.json != "any" {
				wantJSON(t, gjson.Parse(w.Body.String()), c.json)
			}
		})
	}
}

func TestReplies_AreSpeltAsPHPDoes(t *testing.T) {
	c := newCaller(t, Options{})
	w := c.send("POST", createPath, `{"long_url":"https://example.com/a","title":"é 😀"}`)
	for _, want := range []string{`"long_url":"https:\/\/example.com\/a"`, `"title":"\u00e9 \ud83d\ude00"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s is missing in %s", want, w.Body)
		}
	}
	if got := gjson.Get(w.Body.String(), "link.title").String(); got != "é 😀" {
		t.Errorf("the title reads %q", got)
	}
	if got := w.Header().Get("Date"); got != noon.Format(http.TimeFormat) {
		t.Errorf("Date is %q", got)
	}
}

func TestState_IsCopied(t *testing.T) {
	c := newCaller(t, Options{APIVersion: 3, Domains: map[int64]string{12: "a.example"}})
	c.make3(`{"long_url":"https://example.com","tags":["a"],"domain_id":12}`)
	before := c.site.Links()
	before[0].Tags[0], *before[0].DomainID = "b", 13
	domains := c.site.Objects(Domains)
	domains[0].Values["host"] = "b.example"
	after, ok := c.site.Link(1)
	if !ok || after.Tags[0] != "a" || *after.DomainID != 12 {
		t.Errorf("a copy changed the site: %+v", after)
	}
	if got := c.site.Objects(Domains)[0].Values["host"]; got != "a.example" {
		t.Errorf("a copy changed the site's domain: %q", got)
	}
	if _, ok := c.site.Link(2); ok || c.site.Trash(2) || c.site.Objects("none") != nil {
		t.Error("the site has what nobody made")
	}
	if state, err := json.Marshal(c.site.State()); err != nil || !gjson.GetBytes(state, "links.0.LongURL").Exists() {
		t.Errorf("the state is %s, %v", state, err)
	}
	body, err := json.Marshal(c.site.TooManyRequests(1))
	if err != nil || gjson.GetBytes(body, "message").String() == "" {
		t.Errorf("the body of a 429 is %s, %v", body, err)
	}
}

func TestSite_BehindTheServer(t *testing.T) {
	site := New(Options{})
	srv, err := simulate.Start(t.Context(), site, simulate.Options{Rate: 2, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Fail(simulate.Fault{Kind: simulate.Skew, Skew: time.Hour}); err != nil {
		t.Fatal(err)
	}
	var status int
	for range 3 {
		reply, err := http.Post(srv.URL+createPath, "application/json", strings.NewReader(`{"long_url":"https://example.com"}`))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(reply.Body)
		if err != nil || reply.Body.Close() != nil {
			t.Fatal(err)
		}
		if status = reply.StatusCode; status == http.StatusTooManyRequests {
			wantJSON(t, gjson.ParseBytes(body), `{"message":"Too Many Attempts."}`)
			continue
		}
		if got := gjson.GetBytes(body, "link.created_at").String(); got != "2019-08-21 14:33:17" {
			t.Errorf("it was made at %q", got)
		}
		if got := gjson.GetBytes(body, "link.short_url").String(); !strings.HasPrefix(got, srv.URL+"/") {
			t.Errorf("the short URL is %q", got)
		}
	}
	if status != http.StatusTooManyRequests || len(site.Links()) != 2 {
		t.Errorf("the last of three is answered %d, and %d links were made", status, len(site.Links()))
	}
}
