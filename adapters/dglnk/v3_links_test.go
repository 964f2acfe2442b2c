package dglnk

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger/ledgertest"
)

func TestVersion3_Refusals(t *testing.T) {
	type refusal = adaptertest.Refusal
	var cases []refusal
	for _, c := range []struct{ field, value, member string }{
		{"type", "splash", `"type":"splash"`},
		{"type", "7", `"type":"7"`},
		{"status", "public", `"status":"public"`},
		{"channel", "4", `"channel":4`},
		{"description", "for the flyer", `"description":"for the flyer"`},
		{"deeplink.auto", "true", `"deeplink":{"auto":true}`},
		{"deeplink.apple", "https://apps.example.com/1", `"deeplink":{"apple":"https://apps.example.com/1"}`},
		{"deeplink.google", "https://apps.apple.com/1", `"deeplink":{"google":"https://apps.apple.com/1"}`},
		{"languagetarget[1].language", "fr", `"languagetarget":[{"language":"en","link":"https://example.com"},{"language":"fr","link":"https://example.com"}]`},
		{"devicetarget[1].device", "iPad", `"devicetarget":[{"device":"MOBILE","link":"https://example.com"},{"device":"iPad","link":"https://example.com"}]`},
	} {
		for _, id := range []api.Operation{api.CreateLink, api.UpdateLink} {
			cases = append(cases, refusal{
				Name: string(id) + " " + c.field + "=" + c.value, Operation: id,
				Document: `{"url":"https://example.com/",` + c.member + `}`, Field: c.field, Value: c.value,
			})
		}
	}
	cases = append(cases, []refusal{
		{Name: "slug", Operation: api.CreateCampaign, Document: `{"name":"Spring","slug":"spring"}`, Field: "slug", Value: "spring"},
		{Name: "public", Operation: api.UpdateCampaign, Document: `{"public":true}`, Field: "public", Value: "true"},
		{Name: "root", Operation: api.CreateDomain, Document: `{"domain":"go.example.com","redirectroot":"https://example.com"}`, Field: "redirectroot", Value: "https://example.com"},
		{Name: "404", Operation: api.CreateDomain, Document: `{"domain":"go.example.com","redirect404":"https://example.com"}`, Field: "redirect404", Value: "https://example.com"},
	}...)
	for _, id := range []api.Operation{api.CreateLink, api.UpdateLink} {
		cases = append(cases, adaptertest.Ours(id)...)
	}
	adaptertest.Refusals(t, harness3(), cases)
}

// TestVersion3_QueriesRefused: a filter or span that the site does not know is
// not left out in silence.
func TestVersion3_QueriesRefused(t *testing.T) {
	adaptertest.FilterRefused(t, harness3())
	for _, c := range []struct {
		id          api.Operation
		name, value string
	}{
		{api.ListLinks, "order", "click"},
		{api.GetLinkStatistics, "from", "2030-01-01"},
		{api.GetLinkStatistics, "to", "2030-01-01"},
		{api.GetLinkStatistics, "interval", "hour"},
		{api.GetLinkStatistics, "dimension", "social"},
	} {
		f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
		call := f.MustCall(t, c.id)
		call.Query.Set(c.name, c.value)
		_, err := f.Backend.Do(t.Context(), call)
		if e := api.AsError(err); e.Code != api.Unsupported || len(e.Fields) != 1 || e.Fields[0].Field != c.name || f.Site.Served() > 0 {
			t.Errorf("%s with %s=%s: %v; want Unsupported", c.id, c.name, c.value, err)
		}
		w := fixture{harness3().MustStart(t, adaptertest.Setup{Unsupported: adapters.Warn})}
		if reply := w.mustDo(t, call); reply.Warnings[0].Field != c.name {
			t.Errorf("%s with %s=%s warns of %v", c.id, c.name, c.value, reply.Warnings)
		}
	}
}

// TestVersion3_Sent: what the site is sent, with both names of what has two, and
// nothing for what a link is anyway.
func TestVersion3_Sent(t *testing.T) {
	for _, c := range []struct {
		name, document string
		tags           []string
		want           string
	}{
		{
			"Defaults", `{"url":"https://example.com/","type":"direct","status":"private","languagetarget":[],"parameters":[],"geotarget":[],
			"devicetarget":[],"deeplink":{"auto":false},"description":"","domain":"http://127.0.0.1/","redirectcode":302,"forwardquery":false}`, nil,
			`{"long_url":"https://example.com/","type":"direct"}`,
		},
		{
			"Order", `{"geotarget":[{"location":"South Korea","link":"https://kr.example.com/"}],"deeplink":{"google":"https://play.google.com/x"},
			"devicetarget":[{"device":"macos","link":"https://mac.example.com/"}],"url":"https://example.com/"}`, nil,
			`{"long_url":"https://example.com/","rules":[{"key":"android","value":"https://play.google.com/x","type":"platform"},
			{"key":"osx","value":"https://mac.example.com/","type":"platform"},{"key":"kr","value":"https://kr.example.com/","type":"geo"}]}`,
		},
		{
			"Rest", `{"url":"https://example.com/","metatitle":"Spring","type":"overlay-3","expiry":"2030-11-11","domain":"Links.example.com","pixels":[5]}`,
			[]string{"print", "may"},
			`{"long_url":"https://example.com/","name":"Spring","type":"overlay","expires_at":"2030-11-12 08:59:59","domain_id":12,"pixels":[5],"title":"Spring","type_id":3,"tags":["print","may"]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			zone := time.FixedZone("", 9*3600)
			f := fixture{harness3With(Config{Zone: time.UTC, RemoteZone: zone}).MustStart(t, adaptertest.Setup{})}
			call := f.MustCall(t, api.CreateLink)
			call.Document, call.Tags = []byte(c.document), c.tags
			f.mustDo(t, call)
			served := f.Site.Requests()
			got := served[len(served)-1]
			var want, sent any
			want, sent = gjson.Parse(c.want).Value(), gjson.Parse(got.Body).Value()
			if diff := cmp.Diff(want, sent); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			if auth := got.Header.Get("Authorization"); auth != "Bearer "+adaptertest.Key.Reveal() || got.URI != "/api/v1/link" {
				t.Errorf("sent to %s with the authorization %q", got.URI, auth)
			}
		})
	}
}

// TestVersion3_DomainConfigured: what the configuration says is not asked for.
func TestVersion3_DomainConfigured(t *testing.T) {
	f := fixture{harness3With(Config{Domains: map[string]int64{"Links.Example.com": 4}}).MustStart(t, adaptertest.Setup{})}
	call := f.MustCall(t, api.CreateLink)
	call.Document = []byte(`{"url":"https://example.com/","domain":"https://links.example.com"}`)
	f.mustDo(t, call)
	if served := f.Site.Requests(); len(served) != 1 || gjson.Get(served[0].Body, "domain_id").Int() != 4 {
		t.Errorf("the site was asked %v", served)
	}
}

// TestVersion3_Spellings: a reply may have either name.
func TestVersion3_Spellings(t *testing.T) {
	f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
	f.Site.Play(api.CreateLink, "createLink-old")
	call := f.MustCall(t, api.CreateLink)
	call.Document = []byte(`{"url":"https://example.com/","metatitle":"Spring sale"}`)
	if reply := f.mustDo(t, call); len(reply.Warnings) != 0 {
		t.Errorf("warnings %v; want none", reply.Warnings)
	}
}

// TestVersion3_DroppedOnce: each reply reports what the plan dropped, the log
// does so once.
func TestVersion3_DroppedOnce(t *testing.T) {
	f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
	call := f.MustCall(t, api.CreateLink)
	call.Document = []byte(`{"url":"https://example.com/","custom":"spring24","password":"hunter2hunter2","geotarget":[{"location":"ca","link":"https://example.ca/"}]}`)
	f.Site.Play(api.CreateLink, "createLink-dropped")
	for range 2 {
		reply := f.mustDo(t, call)
		var got []string
		for _, w := range reply.Warnings {
			got = append(got, w.Field)
		}
		if !slices.Equal(got, []string{"custom", "password", "geotarget"}) {
			t.Errorf("warnings %v", reply.Warnings)
		}
	}
	if n := f.Logs.FilterMessageSnippet("drops a field").Len(); n != 3 {
		t.Errorf("%d log lines; want 3", n)
	}
}

// TestVersion3_Errors: what is wrong with a rule is said of the entry that asks
// for it, and nothing is said of what the request does not have.
func TestVersion3_Errors(t *testing.T) {
	f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
	call := f.MustCall(t, api.CreateLink)
	call.Document = []byte(`{"url":"https://example.com/","custom":"spring24","geotarget":[{"location":"ca","link":"https://example.ca/"}],
		"devicetarget":[{"device":"tablet","link":"https://t.example.com/"},{"device":"mobile","link":"https://m.example.com/"}]}`)
	f.Site.Play(api.CreateLink, "createLink-rules")
	_, err := f.Backend.Do(t.Context(), call)
	want := []api.FieldError{
		{Field: "devicetarget[1].link", Message: "This url is not valid."},
		{Field: "geotarget[0].location", Message: "Unknown country."},
		{Field: "url", Message: "This url is not valid."},
	}
	if e := api.AsError(err); e.Code != api.Invalid || !cmp.Equal(e.Fields, want) {
		t.Errorf("Do = %v, %v; want %v", err, e.Fields, want)
	}
	f.Site.Play(api.CreateLink, "createLink-taken")
	_, err = f.Backend.Do(t.Context(), call)
	if e := api.AsError(err); e.Code != api.Conflict || e.Message != taken || len(e.Fields) != 1 || e.Fields[0].Field != "custom" {
		t.Errorf("Do = %v; want Conflict about the alias", err)
	}
	call.Document = []byte(`{"url":"https://example.com/"}`)
	if _, err = f.Backend.Do(t.Context(), call); len(api.AsError(err).Fields) != 0 {
		t.Errorf("Do = %v; want no field, since the client sent no alias", err)
	}
}

// TestVersion3_LooksFirst: nothing is deleted or written that was not seen
// before: another link's reply, one in the bin, one whose rules are not told.
func TestVersion3_LooksFirst(t *testing.T) {
	for _, c := range []struct {
		id       api.Operation
		document string
		file     string
		code     api.Code
	}{
		{api.DeleteLink, "", "getLink-other", api.Unavailable},
		{api.DeleteLink, "", "getLink-deleted", api.NotFound},
		{api.UpdateLink, `{"metatitle":"x"}`, "getLink-other", api.Unavailable},
		{api.UpdateLink, `{"metatitle":"x"}`, "getLink-deleted", api.NotFound},
		{api.UpdateLink, `{"geotarget":[]}`, "getLink-norules", api.Unavailable},
		{api.GetLink, "", "getLink-other", api.Unavailable},
		{api.GetLinkStatistics, "", "getLink-deleted", api.NotFound},
	} {
		f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
		call := f.MustCall(t, c.id)
		call.Document = []byte(c.document)
		f.Site.Play(api.GetLink, c.file)
		_, err := f.Backend.Do(t.Context(), call)
		if api.AsError(err).Code != c.code || f.Site.Served() != 1 {
			t.Errorf("%s with %s = %v after %d requests; want %s after one", c.id, c.file, err, f.Site.Served(), c.code)
		}
	}
}

// TestVersion3_UpdateNothing: there is nothing to write, and nothing is.
func TestVersion3_UpdateNothing(t *testing.T) {
	f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
	call := f.MustCall(t, api.UpdateLink)
	call.Document = []byte(`{"status":"private","clicklimit":0,"parameters":[]}`)
	f.mustDo(t, call)
	if served := f.Site.Requests(); len(served) != 1 || served[0].Method != http.MethodGet {
		t.Errorf("the site was asked %v; want one read", served)
	}
}

// TestVersion3_OthersVisits: a report of all the user's visits is none of one
// link.
func TestVersion3_OthersVisits(t *testing.T) {
	f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
	f.Site.Play(api.GetLinkStatistics, "getLinkStatistics-others")
	reply := f.mustDo(t, f.MustCall(t, api.GetLink))
	if data := gjson.GetBytes(reply.Document, "data"); data.Get("clicks").Int() != 7 || data.Get("topCountries").Raw != "0" {
		t.Errorf("data = %s; want the link's own number alone", data)
	}
	if _, err := f.Backend.Do(t.Context(), f.MustCall(t, api.GetLinkStatistics)); api.AsError(err).Code != api.Unavailable {
		t.Errorf("statistics = %v; want Unavailable", err)
	}
	counts := f.Backend.(*version3).cfg.Drift.Counts()
	if !slices.ContainsFunc(counts, func(c drift.Count) bool { return c.Field == "report.clicks" && c.Kind == drift.Value }) {
		t.Errorf("drift %+v; want the report's clicks", counts)
	}
}

// TestVersion3_Drift: what is missing or of another type is counted, and the
// client sees none of it; so is a reply that is no JSON.
func TestVersion3_Drift(t *testing.T) {
	f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
	f.Site.Play(api.GetLink, "getLink-drifted")
	f.mustDo(t, f.MustCall(t, api.GetLink))
	f.Site.Fail(func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) {
		_, _ = w.Write([]byte("<h1>Hello</h1>"))
	})
	if _, err := f.Backend.Do(t.Context(), f.MustCall(t, api.ListLinks)); api.AsError(err).Code != api.Unavailable {
		t.Errorf("a page instead of a list = %v; want Unavailable", err)
	}
	got := map[string]drift.Kind{}
	for _, c := range f.Backend.(*version3).cfg.Drift.Counts() {
		got[string(c.Operation)+" "+c.Field] = c.Kind
	}
	want := map[string]drift.Kind{"getLink link.hash": drift.Missing, "getLink link.type": drift.Type, "listLinks ": drift.NotJSON}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("drift (-want +got):\n%s", diff)
	}
}

// TestVersion3_NoDrift: the recorded replies are what is expected.
func TestVersion3_NoDrift(t *testing.T) {
	f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
	for id := range f.Backend.Capabilities() {
		if id != api.AssignLinkToCampaign {
			f.mustDo(t, f.MustCall(t, id))
		}
	}
	for _, c := range f.Backend.(*version3).cfg.Drift.Counts() {
		t.Errorf("drift: %+v", c)
	}
}

// TestVersion3_Aged: an answer from memory says how old it is, and a write is
// never made of one.
func TestVersion3_Aged(t *testing.T) {
	f := harness3().MustStart(t, adaptertest.Setup{})
	client, err := upstream.New(upstream.Config{
		Backend: adaptertest.Name, BaseURL: f.Site.URL, Key: adaptertest.Key, Timeout: 200 * time.Millisecond,
		Budget: upstream.NewBudget(2, time.Minute),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	b, err := New(Config{Name: adaptertest.Name, APIVersion: 3}, client, &ledgertest.Memory{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		reply, err := b.Do(t.Context(), f.MustCall(t, api.GetLink))
		if err != nil || (reply.Header.Get("Age") != "") != (i == 1) {
			t.Fatalf("getLink %d = %+v, %v", i, reply, err)
		}
	}
	if _, err := b.Do(t.Context(), f.MustCall(t, api.DeleteLink)); api.AsError(err).Code != api.RateLimited {
		t.Errorf("deleteLink = %v; want RateLimited", err)
	}
}

// TestVersion3_Forwarded: a caller's own key goes to the site.
func TestVersion3_Forwarded(t *testing.T) {
	f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
	for _, id := range []api.Operation{api.GetLink, api.UpdateLink, api.ListPixels, api.CreateLink, api.CreateLink} {
		call := f.MustCall(t, id)
		call.Key.Forwarded = "the-callers-own-key"
		if id == api.CreateLink {
			call.Document = []byte(`{"url":"https://example.com/","domain":"go.example.com"}`)
		}
		f.mustDo(t, call)
	}
	lookups := 0
	for _, r := range f.Site.Requests() {
		if strings.HasPrefix(r.URI, "/api/v1/custom-domain") {
			lookups++
		}
	}
	if lookups != 2 {
		t.Errorf("domains were read %d times; want each time, since each caller has others", lookups)
	}
	for _, r := range f.Site.Requests() {
		if got := r.Header.Get("Authorization"); got != "Bearer the-callers-own-key" {
			t.Errorf("%s %s came with %q", r.Method, r.URI, got)
		}
		if u, err := url.ParseRequestURI(r.URI); err != nil || strings.Contains(u.RawQuery, "key") {
			t.Errorf("the address %s holds a key", r.URI)
		}
	}
}
