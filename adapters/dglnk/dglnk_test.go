package dglnk

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
	"github.com/linkquay/linkquay/ledger/ledgertest"
)

func harness(l *ledgertest.Memory) adaptertest.Harness {
	return adaptertest.Harness{
		Outlives: []api.Operation{api.CreateLink, api.CreateLinks},
		Replies:  "../../testdata/upstream/dglnk",
		Routes:   map[string]api.Operation{"POST /api/links/create": api.CreateLink},
		Distinguish: func(route api.Operation, body string) api.Operation {
			if gjson.Get(body, "multiple_urls").Exists() {
				return api.CreateLinks
			}
			return route
		},
		New: func(tb testing.TB, s adaptertest.Setup) adapters.Backend {
			tb.Helper()
			client, err := upstream.New(upstream.Config{
				Backend: adaptertest.Name, BaseURL: s.URL, Key: adaptertest.Key, KeyQuery: KeyQuery, Timeout: s.Timeout,
			})
			if err != nil {
				tb.Fatal(err)
			}
			tb.Cleanup(client.Close)
			store := l
			if store == nil {
				store = &ledgertest.Memory{}
			}
			a, err := New(Config{
				Name: adaptertest.Name, Domains: map[string]int64{"Links.example.com": 12},
				Unsupported: s.Unsupported, Logger: s.Logger,
			}, client, store)
			if err != nil {
				tb.Fatal(err)
			}
			return a
		},
	}
}

func TestAdapter(t *testing.T) { adaptertest.Run(t, harness(nil)) }

func TestAdapter_Refusals(t *testing.T) {
	type refusal = adaptertest.Refusal
	var cases []refusal
	for _, c := range []struct{ field, value, member string }{
		{"type", "frame", `"type":"frame"`},
		{"type", "splash", `"type":"splash"`},
		{"type", "overlay-3", `"type":"overlay-3"`},
		{"type", "7", `"type":"7"`},
		{"status", "public", `"status":"public"`},
		{"metaimage", "https://example.com/a.png", `"metaimage":"https://example.com/a.png"`},
		{"channel", "4", `"channel":4`},
		{"campaign", "5", `"campaign":5`},
		{"deeplink.auto", "true", `"deeplink":{"auto":true}`},
		{"deeplink.apple", "https://apps.example.com/1", `"deeplink":{"apple":"https://apps.example.com/1"}`},
		{"parameters[0].name", "aff", `"parameters":[{"name":"aff","value":"3"}]`},
		{"languagetarget[1].language", "fr", `"languagetarget":[{"language":"en","link":"https://example.com"},{"language":"fr","link":"https://example.com"}]`},
		{"devicetarget[1].device", "iPhone", `"devicetarget":[{"device":"mobile","link":"https://example.com"},{"device":"iPhone","link":"https://example.com"}]`},
		{"devicetarget[0].device", "Android", `"devicetarget":[{"device":"Android","link":"https://example.com"}]`},
	} {
		cases = append(cases, refusal{
			Name: c.field + "=" + c.value, Operation: api.CreateLink,
			Document: `{"url":"https://example.com/",` + c.member + `}`, Field: c.field, Value: c.value,
		})
	}
	adaptertest.Refusals(t, harness(nil), append(cases, adaptertest.Ours(api.CreateLink)...))
}

// TestAdapter_FilterRefused: a filter that the ledger does not know is not left
// out in silence.
func TestAdapter_FilterRefused(t *testing.T) { adaptertest.FilterRefused(t, harness(nil)) }

// Nobody tells how often a link was visited.
func TestAdapter_OrderRefused(t *testing.T) {
	f := fixture{harness(nil).MustStart(t, adaptertest.Setup{})}
	call := f.MustCall(t, api.ListLinks)
	call.Query.Set("order", "click")
	_, err := f.Backend.Do(t.Context(), call)
	if e := api.AsError(err); e.Code != api.Unsupported || len(e.Fields) != 1 || e.Fields[0].Field != "order" || !strings.Contains(e.Message, `"click"`) {
		t.Errorf("listLinks(order=click) = %v; want the field and value refused", err)
	}
}

// What a link is anyway is never refused.
func TestAdapter_Defaults(t *testing.T) {
	f := fixture{harness(nil).MustStart(t, adaptertest.Setup{})}
	call := f.MustCall(t, api.CreateLink)
	call.Document = []byte(`{"url":"https://example.com/","type":"direct","status":"private","languagetarget":[],"parameters":[],
		"geotarget":[],"devicetarget":[],"deeplink":{"auto":false},"description":"a note","domain":"http://127.0.0.1/",
		"redirectcode":302,"forwardquery":false}`)
	reply := f.mustDo(t, call)
	if len(reply.Warnings) != 0 {
		t.Errorf("warnings %v; want none", reply.Warnings)
	}
	sent := f.Site.Requests()[0].Body
	alias := gjson.Get(sent, "alias").String()
	if want := `{"long_url":"https://example.com/","alias":"` + alias + `"}`; sent != want || len(alias) != 8 {
		t.Errorf("sent %s; want %s", sent, want)
	}
}

// fixture shortens the tests below.
type fixture struct{ adaptertest.Fixture }

func (f fixture) mustDo(t *testing.T, call *api.Call) *api.Reply {
	t.Helper()
	reply, err := f.Backend.Do(t.Context(), call)
	if err != nil {
		t.Fatalf("Do(%s) = %v", call.Operation, err)
	}
	adaptertest.Valid(t, call.Operation, reply.Document)
	f.NoSecret(t, nil, reply.Document)
	return reply
}

const full = `{"url":"https://example.com","custom":"spring24","password":"hunter2hunter2","expiry":"2030-11-11 12:00:00",
	"metatitle":"Not Example","metadescription":"Not Example description","description":"for the flyer","domain":"https://links.example.com",
	"pixels":[1,2],"status":"private","type":"direct",
	"geotarget":[{"location":"Canada","link":"https://example.ca"},{"location":"us","link":"https://example.us"}],
	"devicetarget":[{"device":"Mobile","link":"https://m.example.com"},{"device":"tablet","link":"https://t.example.com"}]}`

func TestAdapter_Create(t *testing.T) {
	l := &ledgertest.Memory{}
	f := fixture{harness(l).MustStart(t, adaptertest.Setup{})}
	f.Site.Play(api.CreateLink, "createLink-full")
	call := f.MustCall(t, api.CreateLink)
	call.Document = []byte(full)
	reply := f.mustDo(t, call)
	if got, want := string(reply.Document), `{"error":0,"id":1,"shorturl":"https://links.example.com/spring24","short":"https://links.example.com/spring24"}`; got != want {
		t.Errorf("reply %s; want %s", got, want)
	}
	if len(reply.Warnings) != 0 {
		t.Errorf("warnings %v; want none", reply.Warnings)
	}
	request := f.Site.Requests()[0]
	want := map[string]any{
		"long_url": "https://example.com", "alias": "spring24", "password": "hunter2hunter2", "expires_at": "2030-11-11 12:00:00",
		"title": "Not Example", "description": "Not Example description", "domain_id": 12.0, "pixels": []any{1.0, 2.0},
		"rules": []any{
			map[string]any{"key": "phone", "value": "https://m.example.com", "type": "device"},
			map[string]any{"key": "mobile", "value": "https://m.example.com", "type": "device"},
			map[string]any{"key": "tablet", "value": "https://t.example.com", "type": "device"},
			map[string]any{"key": "ca", "value": "https://example.ca", "type": "geo"},
			map[string]any{"key": "us", "value": "https://example.us", "type": "geo"},
		},
	}
	if diff := cmp.Diff(want, gjson.Parse(request.Body).Value()); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(request.URI, "/api/links/create?api_token=S3cr3t%2BK3y%2F") || request.Header.Get("Authorization") != "" {
		t.Errorf("asked %s with %v", request.URI, request.Header)
	}
	entry := l.Entries()[0]
	if entry.RemoteID != "80" || entry.Alias != "spring24" || entry.Title != "Not Example" || strings.Contains(string(entry.Document), "hunter2") {
		t.Errorf("the ledger has %+v with %s", entry, entry.Document)
	}

	get := f.MustCall(t, api.GetLink)
	get.Path.ID = 1
	details := gjson.GetBytes(f.mustDo(t, get).Document, "details")
	for path, want := range map[string]string{
		"custom": "spring24", "has_password": "true", "password": "", "expiry": "2030-11-11 12:00:00", "description": "for the flyer",
		"location.canada": "https://example.ca", "location.united states": "https://example.us", "device.mobile": "https://m.example.com",
		"geotarget.1.location": "us", "metatitle": "Not Example", "url": "https://example.com",
	} {
		if got := details.Get(path).String(); got != want {
			t.Errorf("details.%s = %q; want %q", path, got, want)
		}
	}
}

// A plan that drops fields answers success all the same.
func TestAdapter_ReadBack(t *testing.T) {
	f := fixture{harness(nil).MustStart(t, adaptertest.Setup{})}
	call := f.MustCall(t, api.CreateLink)
	call.Document = []byte(full)
	reply := f.mustDo(t, call)
	var lost []string
	for _, w := range reply.Warnings {
		lost = append(lost, w.Field)
	}
	if diff := cmp.Diff([]string{"custom", "password", "expiry", "domain"}, lost); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	get := f.MustCall(t, api.GetLink)
	get.Path.ID = gjson.GetBytes(reply.Document, "id").Int()
	details := gjson.GetBytes(f.mustDo(t, get).Document, "details")
	if details.Get("has_password").Bool() || details.Get("custom").Exists() || details.Get("expiry").Type != gjson.Null {
		t.Errorf("the details tell of what was dropped: %s", details.Raw)
	}
}

func TestAdapter_Errors(t *testing.T) {
	for _, c := range []struct {
		name, document, reply string
		code                  api.Code
		fields                []string
		message               string
	}{
		{"taken", `{"url":"https://example.com","custom":"taken"}`, "createLink-taken", api.Conflict, []string{"custom"}, "That alias is taken. Please choose another one."},
		{"fields", `{"url":"https://example.com","geotarget":[{"location":"Canada","link":"https://e.ca"}]}`, "createLink-invalid", api.Invalid, []string{"url", "expiry", "geotarget[0].link"}, "This url is not valid."},
		{"unprocessable", `{"url":"https://example.com","custom":"far-too-long"}`, "createLink-unprocessable", api.Invalid, []string{"custom"}, "The alias may not be greater than 10 characters."},
		{"unknown-domain", `{"url":"https://example.com","domain":"other.example.com"}`, "", api.Invalid, []string{"domain"}, "Domain not found. Please try again."},
		{"unknown-country", `{"url":"https://example.com","geotarget":[{"location":"Atlantis","link":"https://e.ca"}]}`, "", api.Invalid, []string{"geotarget[0].location"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &ledgertest.Memory{}
			f := harness(l).MustStart(t, adaptertest.Setup{})
			f.Site.Play(api.CreateLink, c.reply)
			call := f.MustCall(t, api.CreateLink)
			call.Document = []byte(c.document)
			_, err := f.Backend.Do(t.Context(), call)
			coded, ok := errors.AsType[*api.Error](err)
			if !ok || coded.Code != c.code || c.message != "" && coded.Message != c.message {
				t.Fatalf("Do = %v; want %s: %s", err, c.code, c.message)
			}
			var fields []string
			for _, f := range coded.Fields {
				fields = append(fields, f.Field)
			}
			if diff := cmp.Diff(c.fields, fields); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if n, _ := l.Pending(t.Context(), adaptertest.Name, 0); n != 0 {
				t.Errorf("%d intents are left; want 0", n)
			}
		})
	}
}

// Whether an intent stays is whether the link may exist.
func TestAdapter_Intents(t *testing.T) {
	answer := func(code int, body string) func(http.ResponseWriter, *http.Request, <-chan struct{}) {
		return func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) {
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
		}
	}
	for _, c := range []struct {
		name    string
		play    func(http.ResponseWriter, *http.Request, <-chan struct{})
		pending int
	}{
		{"500", answer(500, "{}"), 1},
		{"unreadable", answer(200, "<h1>hello</h1>"), 1},
		{"no-short-url", answer(200, `{"status":"success","link":{"id":80,"hash":"a"}}`), 1},
		{"closed", func(http.ResponseWriter, *http.Request, <-chan struct{}) { panic(http.ErrAbortHandler) }, 1},
		{"hangs", func(_ http.ResponseWriter, r *http.Request, _ <-chan struct{}) { <-r.Context().Done() }, 1},
		{"401", answer(401, "{}"), 0},
		{"403", answer(403, `{"message":"no"}`), 0},
		{"422", answer(422, `{"message":"no"}`), 0},
		{"429", answer(429, "{}"), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &ledgertest.Memory{}
			f := harness(l).MustStart(t, adaptertest.Setup{Timeout: 300 * time.Millisecond})
			f.Site.Fail(c.play)
			_, err := f.Backend.Do(t.Context(), f.MustCall(t, api.CreateLink))
			if err == nil {
				t.Fatal("Do = nil; want an error")
			}
			if n, _ := l.Pending(t.Context(), adaptertest.Name, 0); n != c.pending {
				t.Errorf("%d intents are left; want %d", n, c.pending)
			}
			if logged := f.Logs.FilterField(zap.Int64("intent", 1)).Len(); logged != c.pending {
				t.Errorf("%d log entries name the intent; want %d", logged, c.pending)
			}
		})
	}
}

// A site that cannot be reached was not asked: nothing can have been created.
func TestAdapter_IntentNotSent(t *testing.T) {
	client, err := upstream.New(upstream.Config{Backend: "dg", BaseURL: "http://127.0.0.1:1", Key: adaptertest.Key, KeyQuery: KeyQuery})
	if err != nil {
		t.Fatal(err)
	}
	l := &ledgertest.Memory{}
	a, err := New(Config{Name: "dg"}, client, l)
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Do(t.Context(), &api.Call{Operation: api.CreateLink, Document: []byte(`{"url":"https://example.com"}`), Key: &api.Key{Account: "main"}})
	if api.AsError(err).Code != api.Unavailable {
		t.Errorf("Do = %v; want Unavailable", err)
	}
	if n, _ := l.Pending(t.Context(), "dg", 0); n != 0 {
		t.Errorf("%d intents are left; want 0", n)
	}
}

// A create that the breaker refuses was not asked of the site either, and the
// client hears when to come back.
func TestAdapter_IntentRefused(t *testing.T) {
	l := &ledgertest.Memory{}
	f := harness(l).MustStart(t, adaptertest.Setup{})
	f.Site.Fail(func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) { w.WriteHeader(http.StatusBadGateway) })
	var err error
	for n := 1; ; n++ {
		if _, err = f.Backend.Do(t.Context(), f.MustCall(t, api.CreateLink)); upstream.NotSent(err) {
			break
		}
		if n == 100 {
			t.Fatal("the breaker never opened")
		}
	}
	if e := api.AsError(err); e.Code != api.Unavailable || e.RetryAfter < time.Second || strings.Contains(e.Message, "may have been created") {
		t.Errorf("Do = %#v; want Unavailable, later, and nothing created", e)
	}
	if n, _ := l.Pending(t.Context(), adaptertest.Name, 0); n != 1 {
		t.Errorf("%d intents are left; want the one that each request took up", n)
	}
}

// The client goes at the moment in which the link is made: it is recorded all
// the same, also by a ledger that fails at first.
func TestAdapter_ClientGone(t *testing.T) {
	l := &ledgertest.Memory{}
	l.Refuse(2)
	a := &Adapter{cfg: Config{Name: "dg", Zone: time.UTC}, ledger: l}
	ctx, cancel := context.WithCancel(t.Context())
	entry := &ledger.Entry{Account: "main", Backend: "dg"}
	if _, err := l.Begin(ctx, entry); err != nil {
		t.Fatal(err)
	}
	cancel()
	d := &draft{call: &api.Call{}, document: gjson.Parse(`{"url":"https://example.com"}`), stored: []byte(`{"url":"https://example.com"}`)}
	if _, err := a.complete(ctx, d, entry, &created{id: "80", alias: "a12", shortURL: "https://s.example/a12"}); err != nil {
		t.Fatal(err)
	}
	if kept := l.Entries()[0]; kept.Completed.IsZero() || kept.RemoteID != "80" {
		t.Errorf("the ledger has %+v", kept)
	}
}

func TestAdapter_List(t *testing.T) {
	f := fixture{harness(nil).MustStart(t, adaptertest.Setup{})}
	create := f.MustCall(t, api.CreateLink)
	for range 5 {
		f.mustDo(t, create)
	}
	list := f.MustCall(t, api.ListLinks)
	for _, c := range []struct {
		query map[string]string
		want  string
	}{
		{nil, `{"result":5,"perpage":15,"currentpage":1,"nextpage":null,"maxpage":1}`},
		{map[string]string{"limit": "2"}, `{"result":5,"perpage":2,"currentpage":1,"nextpage":2,"maxpage":3}`},
		{map[string]string{"limit": "2", "page": "3", "order": "date"}, `{"result":5,"perpage":2,"currentpage":3,"nextpage":null,"maxpage":3}`},
		{map[string]string{"limit": "2", "page": "9"}, `{"result":5,"perpage":2,"currentpage":9,"nextpage":null,"maxpage":3}`},
		{map[string]string{"q": "EXAMPLE.com"}, `{"result":5,"perpage":15,"currentpage":1,"nextpage":null,"maxpage":1}`},
		{map[string]string{"q": "nowhere"}, `{"result":0,"perpage":15,"currentpage":1,"nextpage":null,"maxpage":0}`},
	} {
		clear(list.Query)
		for k, v := range c.query {
			list.Query.Set(k, v)
		}
		document := f.mustDo(t, list).Document
		got := gjson.GetBytes(document, `data.{result,perpage,currentpage,nextpage,maxpage}`).Raw
		if got != c.want {
			t.Errorf("listLinks(%v) = %s; want %s", c.query, got, c.want)
		}
	}
	list.Query = map[string][]string{"short": {"https://short.example/oV5Ox"}, "limit": {"1"}}
	hit := f.mustDo(t, list).Document
	if gjson.GetBytes(hit, "data.urls.0.id").Int() != 5 || gjson.GetBytes(hit, "details.id").Int() != 5 {
		t.Errorf("listLinks(short) = %s", hit)
	}
	list.Query = map[string][]string{"short": {"missing"}}
	miss := f.mustDo(t, list).Document
	if gjson.GetBytes(miss, "error").Int() == 0 || gjson.GetBytes(miss, "data").Exists() {
		t.Errorf("listLinks(short) = %s", miss)
	}
}

func TestAdapter_OtherAccount(t *testing.T) {
	f := fixture{harness(nil).MustStart(t, adaptertest.Setup{})}
	get := f.MustCall(t, api.GetLink)
	get.Key.Account = "other"
	if _, err := f.Backend.Do(t.Context(), get); api.AsError(err).Code != api.NotFound {
		t.Errorf("getLink of another account's link = %v; want NotFound", err)
	}
}

func TestNew(t *testing.T) {
	client, err := upstream.New(upstream.Config{BaseURL: "https://app.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]Config{
		"version": {APIVersion: 2},
		"domain":  {Domains: map[string]int64{"a.example.com": -1}},
		"no-host": {Domains: map[string]int64{"https://": 1}},
	} {
		if _, err := New(cfg, client, &ledgertest.Memory{}); err == nil {
			t.Errorf("%s: New = nil; want an error", name)
		}
	}
}
