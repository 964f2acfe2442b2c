package dglnk_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects/dglnk"
	"github.com/linkquay/linkquay/gateway"
	"github.com/linkquay/linkquay/translate"
)

func TestDialect_Owns(t *testing.T) {
	d := dglnk.New(loadContract(t), nil)
	for path, want := range map[string]bool{
		"/api/links/create":   true,
		"/api/links/create/":  true,
		"/api/v1/link":        true,
		"/api/v1/link/":       true,
		"/api/v1/link/7":      true,
		"/api/v1/links":       false,
		"/api/links":          false,
		"/api/links/create/x": false,
		"/api":                false,
		"/api/url/add":        false,
		"/":                   false,
	} {
		if got := d.Owns(path); got != want {
			t.Errorf("Owns(%q) = %t", path, got)
		}
	}
}

func TestDialect_Head(t *testing.T) {
	d := dglnk.New(loadContract(t), nil)
	for _, c := range []struct {
		method, target, header string
		credential             api.Secret
		code                   api.Code
		habits                 int
	}{
		{"POST", "/api/links/create?api_token=abc", "", "abc", "", 0},
		{"POST", "/api/links/create?api_token=abc&api_token=def", "Bearer x", "def", "", 0},
		{"POST", "/api/links/create?api_token=", "Bearer x", "x", "", 0},
		{"POST", "/api/links/create", "", "", "", 0},
		{"POST", "/api/v1/link", "bearer  x ", "x", "", 0},
		{"POST", "/api/v1/link", "x", "x", "", 0},
		{"POST", "/api/v1/link?api_token=abc&b=1&a=2", "", "abc", "", 2},
		{"POST", "/api/v1/link?a=%zz;&api_token=abc", "", "abc", "", 1},
		{"GET", "/api/links/create?api_token=abc", "", "abc", api.MethodNotAllowed, 0},
		{"GET", "/api/v1/link", "Bearer x", "x", api.MethodNotAllowed, 0},
		{"PUT", "/api/v1/link/7", "Bearer x", "x", api.NotFound, 0},
		{"DELETE", "/api/v1/link/7,8", "Bearer x", "x", api.NotFound, 0},
		{"POST", "/api/v1/link/batch/shorten", "Bearer x", "x", api.NotFound, 0},
	} {
		r := httptest.NewRequest(c.method, c.target, nil)
		r.Header.Set("Authorization", c.header)
		h, err := d.Head(r)
		code := api.Code("")
		if err != nil {
			code = api.AsError(err).Code
		}
		if h.Credential.Reveal() != c.credential.Reveal() || code != c.code || len(h.Notes) != c.habits {
			t.Errorf("%s %s: %q, %v, %v", c.method, c.target, h.Credential.Reveal(), err, h.Notes)
		}
		if err == nil && (h.Call.Operation != api.CreateLink || h.Compose == nil) {
			t.Errorf("%s %s: %+v", c.method, c.target, h.Call)
		}
		if strings.Contains(h.Call.Query.Encode(), "abc") {
			t.Errorf("%s %s: the query keeps the credential", c.method, c.target)
		}
	}
}

// TestPage sends the page's own example with every parameter, and reads its
// reply member by member.
func TestPage(t *testing.T) {
	b := played(map[api.Operation]func(*api.Call) (*api.Reply, error){
		api.ListDomains:  reply(`{"error":0,"data":{"maxpage":1,"domains":[{"id":12,"domain":"https://links.example.com"}]}}`),
		api.ListChannels: reply(`{"error":0,"data":{"maxpage":1,"channels":[{"id":3,"name":"spring"}]}}`),
	})
	c := serve(t, b, nil)
	doc := c.post(`{"long_url":"https://google.com","alias":"spring24","domain_id":12,"password":"secret","disabled":true,
		"title":"Google","description":"Description","tags":["spring"],"expires_at":"2039-08-23 13:24:00","pixels":[4,5],
		"rules":[{"key":"ru","value":"https://destination.ru","type":"geo"},{"key":"phone","value":"https://bing.com","type":"device"}]}`, 200)
	want := `{"url":"https://google.com","custom":"spring24","password":"secret","disabled":true,"metatitle":"Google",` +
		`"metadescription":"Description","expiry":"2039-08-23 13:24:00","pixels":[4,5],` +
		`"geotarget":[{"location":"Russia","link":"https://destination.ru"}],"devicetarget":[{"device":"mobile","link":"https://bing.com"}],` +
		`"domain":"https://links.example.com","channel":3}`
	if sent := b.sent(api.CreateLink); len(sent) != 1 || string(sent[0].Document) != want {
		t.Fatalf("sent %s\nwant %s", sent[0].Document, want)
	}
	for member, want := range map[string]string{
		"status": `"success"`, "link.type": `"direct"`, "link.title": `"Google"`, "link.description": `"Description"`,
		"link.hash": `"oV5Ox"`, "link.long_url": `"https://google.com"`, "link.expires_at": `"2039-08-23 13:24:00"`,
		"link.disabled": "true", "link.user_id": "1", "link.domain_id": "12", "link.alias": `"spring24"`,
		"link.has_password": "true", "link.id": "80", "link.short_url": `"https://sml.life/oV5Ox"`,
		"link.name": "", "link.active": "", "errors": "", "warnings": "",
	} {
		if got := doc.Get(member).Raw; got != want {
			t.Errorf("%s is %s; want %s", member, got, want)
		}
	}
	for _, member := range []string{"link.created_at", "link.updated_at"} {
		if _, err := time.Parse(translate.DateTimeLayout, doc.Get(member).String()); err != nil {
			t.Errorf("%s: %v", member, err)
		}
	}
	if c.metrics.last() != api.CreateLink || len(c.metrics.tolerated()) != 0 {
		t.Errorf("metrics: %s, %v", c.metrics.last(), c.metrics.tolerated())
	}
}

// TestPlain: what was not asked for is null or false, and an alias that was
// drawn is the hash alone.
func TestPlain(t *testing.T) {
	b := played(nil)
	doc := serve(t, b, nil).post(`{"long_url":"https://google.com"}`, 200).Get("link")
	if sent := string(b.sent(api.CreateLink)[0].Document); sent != `{"url":"https://google.com"}` {
		t.Errorf("sent %s", sent)
	}
	for _, member := range []string{"title", "description", "expires_at", "domain_id", "alias"} {
		if v := doc.Get(member); v.Raw != "null" {
			t.Errorf("%s is %s", member, v.Raw)
		}
	}
	if doc.Get("hash").String() != "oV5Ox" || doc.Get("disabled").Raw != "false" || doc.Get("has_password").Raw != "false" {
		t.Errorf("%s", doc)
	}
}

// TestNewerClients: version 3 has a path, names and errors of its own.
func TestNewerClients(t *testing.T) {
	b := played(nil)
	c := serve(t, b, nil)
	resp, doc := c.send("POST", dglnk.LinkPath, good, `{"long_url":"https://google.com","name":"Google","active":false,"type":"frame",
		"image":"https://example.com/a.png","rules":[{"type":"platform","key":"ios","value":"https://apple.com"},{"type":"platform","key":"osx","value":"https://apple.com/mac"}]}`)
	want := `{"url":"https://google.com","metatitle":"Google","disabled":true,"type":"frame","metaimage":"https://example.com/a.png",` +
		`"devicetarget":[{"device":"iPhone","link":"https://apple.com"},{"device":"iPad","link":"https://apple.com"},{"device":"macOS","link":"https://apple.com/mac"}]}`
	if sent := string(b.sent(api.CreateLink)[0].Document); resp.StatusCode != 200 || sent != want {
		t.Fatalf("%d, sent %s\nwant %s", resp.StatusCode, sent, want)
	}
	l := doc.Get("link")
	if l.Get("name").String() != "Google" || l.Get("active").Raw != "false" || l.Get("disabled").Raw != "true" || l.Get("type").String() != "frame" {
		t.Errorf("%s", doc)
	}
	for _, e := range []struct {
		method, target, key, body string
		status                    int
		want                      string
	}{
		{"POST", dglnk.LinkPath, "", `{}`, 401, `{"message":"Unauthenticated."}`},
		{"POST", dglnk.LinkPath, "bad-key-0123456789", `{}`, 401, `{"message":"Unauthenticated."}`},
		{"POST", dglnk.LinkPath, good, `{}`, 422, `{"message":"Please enter a valid URL.","errors":{"long_url":["Please enter a valid URL."]}}`},
		{"POST", dglnk.LinkPath, good, `{"long_url":"https://google.com","utm":"a=b"}`, 422, `{"message":"utm is not supported.","errors":{"utm":["utm is not supported."]}}`},
		{"POST", dglnk.LinkPath, good, `{`, 422, `{"message":"The body is not valid JSON: it ends too early."}`},
		{"GET", dglnk.LinkPath, good, "", 405, `{"message":"This endpoint does not take that method."}`},
		{"GET", dglnk.LinkPath + "/7", good, "", 404, `{"message":"There is no such endpoint."}`},
	} {
		resp, doc := c.send(e.method, e.target, e.key, e.body)
		if resp.StatusCode != e.status || doc.Raw != e.want {
			t.Errorf("%s %s %s: %d %s; want %d %s", e.method, e.target, e.body, resp.StatusCode, doc.Raw, e.status, e.want)
		}
	}
}

// TestRead: createLink's reply tells little; what the backend tells of the link
// afterwards counts, and where it tells nothing the link is answered all the
// same.
func TestRead(t *testing.T) {
	details := `{"error":0,"details":{"id":80,"shorturl":"https://sml.life/oV5Ox","longurl":"https://google.com/","title":"Google","metatitle":"",` +
		`"description":"a note","metadescription":"Text","expiry":"2039-08-23 13:24","date":"2026-01-02 03:04:05","type":"direct","disabled":true,"has_password":true},"data":{"clicks":0}}`
	b := played(map[api.Operation]func(*api.Call) (*api.Reply, error){api.GetLink: reply(details)})
	doc := serve(t, b, nil).post(`{"long_url":"https://google.com"}`, 200)
	if want := `{"type":"direct","title":"Google","description":"Text","hash":"oV5Ox","long_url":"https://google.com/","expires_at":"2039-08-23 13:24:00","disabled":true,` +
		`"user_id":1,"domain_id":null,"alias":null,"has_password":true,"updated_at":"2026-01-02 03:04:05","created_at":"2026-01-02 03:04:05","id":80,"short_url":"https://sml.life/oV5Ox"}`; doc.Get("link").Raw != want {
		t.Errorf("%s\nwant %s", doc.Get("link").Raw, want)
	}
	if got := b.sent(api.GetLink); len(got) != 1 || got[0].Path.ID != 80 {
		t.Errorf("read %v", got)
	}

	b = played(map[api.Operation]func(*api.Call) (*api.Reply, error){api.GetLink: failure(api.Errorf(api.Unavailable, "Down."))})
	if doc := serve(t, b, nil).post(`{"long_url":"https://google.com","password":"x"}`, 200); !doc.Get("link.has_password").Bool() {
		t.Errorf("%s", doc)
	}
	b = played(map[api.Operation]func(*api.Call) (*api.Reply, error){api.GetLink: reply(details)})
	c := serve(t, b, func(_ *gateway.Config, key *api.Key) { key.Scopes = api.ScopeCreate })
	if doc := c.post(`{"long_url":"https://google.com"}`, 200); doc.Get("link.title").Raw != "null" || len(b.sent(api.GetLink)) != 0 {
		t.Errorf("a key that may not read: %s", doc)
	}
}

func TestCredentials(t *testing.T) {
	b := played(nil)
	c := serve(t, b, nil)
	const body = `{"long_url":"https://google.com"}`
	for _, e := range []struct {
		target, key string
		status      int
	}{
		{create, "", 200},
		{create, "bad-key-0123456789", 200},
		{dglnk.CreatePath, good, 200},
		{dglnk.CreatePath, "", 401},
		{dglnk.CreatePath + "?api_token=bad-key-0123456789", good, 401},
		{dglnk.LinkPath, good, 200},
	} {
		resp, doc := c.send("POST", e.target, e.key, body)
		if resp.StatusCode != e.status || e.status == 401 && doc.Raw != `{"message":"Unauthenticated."}` {
			t.Errorf("%s %q: %d %s", e.target, e.key, resp.StatusCode, doc.Raw)
		}
	}
	c = serve(t, b, func(_ *gateway.Config, key *api.Key) { key.Scopes = api.ScopeRead })
	if doc := c.post(body, 403); doc.Get("messages.general.0").String() == "" {
		t.Errorf("%s", doc)
	}
	resp, _ := c.send("GET", create, "", "")
	if resp.StatusCode != 405 || resp.Header.Get("Allow") != "POST" {
		t.Errorf("GET: %d %v", resp.StatusCode, resp.Header)
	}
}

// TestHabits: what means "not given" is dropped and counted, and refused of a
// strict key.
func TestHabits(t *testing.T) {
	const u = `"long_url":"https://google.com"`
	for _, c := range []struct {
		body, more string
		want       []translate.Kind
	}{
		{`{` + u + `,"alias":"","password":null,"title":false}`, ``, []translate.Kind{translate.EmptyValue, translate.NullValue, translate.EmptyValue}},
		{`{` + u + `,"nonsense":1,"api_token":"x"}`, ``, []translate.Kind{translate.UnknownField, translate.UnknownField}},
		{`{` + u + `,"alias":12345,"pixels":["4",5]}`, `,"custom":"12345","pixels":[4,5]`, []translate.Kind{translate.OtherType, translate.OtherType}},
		{`{` + u + `,"tags":[],"rules":{},"pixels":"","multiple_urls":[]}`, ``, []translate.Kind{translate.EmptyValue, translate.EmptyValue, translate.EmptyValue, translate.EmptyValue}},
		{`{` + u + `,"disabled":"1"}`, `,"disabled":true`, []translate.Kind{translate.OtherType}},
		{`{` + u + `,"disabled":0,"domain_id":"0"}`, ``, []translate.Kind{translate.OtherType, translate.OtherType}},
		{`{` + u + `,"disabled":false,"domain_id":null}`, ``, nil},
		{`{` + u + `,"active":true,"domain_id":0}`, ``, nil},
		{`{` + u + `,"active":"0"}`, `,"disabled":true`, []translate.Kind{translate.OtherType}},
		{`{` + u + `,"disabled":"","domain_id":""}`, ``, []translate.Kind{translate.EmptyValue, translate.EmptyValue}},
		{`{` + u + `,"title":"a","name":"b"}`, `,"metatitle":"a"`, []translate.Kind{translate.DuplicateField}},
		{
			`{` + u + `,"rules":[{"type":"geo","key":"","value":""},null,{"type":"device","key":"desktop","value":"https://a.example"}]}`,
			`,"devicetarget":[{"device":"desktop","link":"https://a.example"}]`,
			[]translate.Kind{translate.IncompleteEntry, translate.IncompleteEntry},
		},
		// A client that names telephones both ways means one rule.
		{
			`{` + u + `,"rules":[{"type":"device","key":"phone","value":"https://a.example"},{"type":"device","key":"mobile","value":"https://a.example"},{"type":"device","key":"table","value":"https://b.example"}]}`,
			`,"devicetarget":[{"device":"mobile","link":"https://a.example"},{"device":"tablet","link":"https://b.example"}]`, nil,
		},
		{
			`{` + u + `,"rules":[{"type":"geo","key":"KR","value":"https://a.example"},{"type":"geo","key":"Canada","value":"https://b.example"}]}`,
			`,"geotarget":[{"location":"South Korea","link":"https://a.example"},{"location":"Canada","link":"https://b.example"}]`, nil,
		},
	} {
		b := played(nil)
		client := serve(t, b, nil)
		client.post(c.body, 200)
		if sent, want := string(b.sent(api.CreateLink)[0].Document), `{"url":"https://google.com"`+c.more+`}`; sent != want {
			t.Errorf("%s: sent %s; want %s", c.body, sent, want)
		}
		if got := client.metrics.tolerated(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v; want %v", c.body, got, c.want)
		}
		if len(c.want) > 0 {
			strict := serve(t, b, func(_ *gateway.Config, key *api.Key) { key.Strict = true })
			if resp, doc := strict.send(http.MethodPost, create, "", c.body); resp.StatusCode != 422 {
				t.Errorf("%s from a strict key: %d %s", c.body, resp.StatusCode, doc)
			}
		}
	}
}
