package gempixel

import (
	"net/http"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // The test must not depend on the machine's zones.

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
)

// answer makes the site answer text with status 200.
func answer(text string) func(http.ResponseWriter, *http.Request, <-chan struct{}) {
	return func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) { _, _ = w.Write([]byte(text)) }
}

func mustDo(t *testing.T, f adaptertest.Fixture, call *api.Call) *api.Reply {
	t.Helper()
	reply, err := f.Backend.Do(t.Context(), call)
	if err != nil {
		t.Fatalf("Do(%s) = %v", call.Operation, err)
	}
	adaptertest.Valid(t, call.Operation, reply.Document)
	return reply
}

// The habits of live sites, recorded, and what becomes of them.
func TestAdapter_Habits(t *testing.T) {
	for _, c := range []struct {
		file string
		op   api.Operation
		want map[string]string // raw JSON by path
	}{
		{"createLink", api.CreateLink, map[string]string{"error": "0", "id": "3", "short": `"https://short.example/example"`, "shorturl": `"https://short.example/example"`}},
		{"createLink-live", api.CreateLink, map[string]string{"id": "3", "short": `"https://short.example/example"`, "shorturl": `"https://short.example/example"`, "extra.kept": "true"}},
		{"updateLink", api.UpdateLink, map[string]string{"short": `"https://short.example/example"`, "shorturl": `"https://short.example/example"`}},
		{"uploadFile", api.UploadFile, map[string]string{"shorturl": `"https://short.example/IUyaK"`}},
		{"createCampaign", api.CreateCampaign, map[string]string{"campaign": `"New Campaign"`, "domain": `"New Campaign"`, "name": `"New Campaign"`, "public": "true"}},
		{"createCampaign-live", api.CreateCampaign, map[string]string{"campaign": `"New Campaign"`, "domain": `"New Campaign"`, "name": `"New Campaign"`, "public": "true"}},
		{"listCampaigns", api.ListCampaigns, map[string]string{
			"error": "0", "data.nextpage": "null", "data.campaigns.0.campaign": `"Sample Campaign"`, "data.campaigns.1.name": `"Facebook Campaign"`, "data.campaigns.0.domain": `"Sample Campaign"`,
		}},
		{"listCampaigns-empty", api.ListCampaigns, map[string]string{"data.campaigns": "[]", "data.maxpage": "0", "data.perpage": "15"}},
		{"listOverlays", api.ListOverlays, map[string]string{"data.cta.#": "2", "data.overlay.1.name": `"Contact Page"`}},
		{"listOverlays-overlay", api.ListOverlays, map[string]string{"data.cta.0.name": `"Promo"`, "data.overlay.#": "1"}},
		{"listLinks", api.ListLinks, map[string]string{"error": "0", "data.nextpage": "null", "data.urls.#": "2"}},
		{"listLinks-middle-page", api.ListLinks, map[string]string{
			"data.result": "31", "data.perpage": "15", "data.currentpage": "2", "data.nextpage": "3", "data.maxpage": "3", "data.urls.0.id": "9", "data.urls.0.clicks": "12",
		}},
		{"listLinks-gap", api.ListLinks, map[string]string{"data.urls.#": "2", "data.urls.1.alias": `"b12"`}},
		{"listFiles", api.ListFiles, map[string]string{"list.#": "3", "nextpage": "null"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			f := harness().MustStart(t, adaptertest.Setup{})
			f.Site.Play(c.op, c.file)
			document := mustDo(t, f, f.MustCall(t, c.op)).Document
			for path, want := range c.want {
				if got := gjson.GetBytes(document, path).Raw; got != want && gjson.GetBytes(document, path).String() != want {
					t.Errorf("%s = %s; want %s\n%s", path, got, want, document)
				}
			}
		})
	}
}

func TestAdapter_Incomplete(t *testing.T) {
	for _, file := range []string{"createLink-no-id", "createLink-no-url"} {
		f := harness().MustStart(t, adaptertest.Setup{})
		f.Site.Play(api.CreateLink, file)
		_, err := f.Backend.Do(t.Context(), f.MustCall(t, api.CreateLink))
		if e := api.AsError(err); e.Code != api.Unavailable || !strings.Contains(e.Message, "unexpected reply") {
			t.Errorf("%s: Do = %v; want an unexpected reply", file, err)
		}
	}
}

func TestAdapter_Short(t *testing.T) {
	f := harness().MustStart(t, adaptertest.Setup{})
	call := f.MustCall(t, api.ListLinks)
	call.Query = map[string][]string{"short": {"https://short.example/examplecanada"}, "limit": {"5"}, "q": {"x"}}

	f.Site.Play(api.ListLinks, "listLinks-short-hit")
	document := mustDo(t, f, call).Document
	want := `{"id":1,"alias":"examplecanada","shorturl":"https://short.example/examplecanada","longurl":"https://example.ca","title":"Example Canada","description":"","date":"2020-11-10 18:00:25","clicks":7}`
	if got := gjson.GetBytes(document, "data.urls.0").Raw; got != want {
		t.Errorf("data.urls[0] = %s; want %s", got, want)
	}
	if got := gjson.GetBytes(document, "data.clicks").Raw; got != "7" {
		t.Errorf("data.clicks = %s; want 7", got)
	}
	if got, want := f.Site.Requests()[0].URI, "/api/urls?short=https%3A%2F%2Fshort.example%2Fexamplecanada"; got != want {
		t.Errorf("asked %s; want %s", got, want)
	}

	f.Site.Play(api.ListLinks, "listLinks-short-miss")
	document = mustDo(t, f, call).Document
	if gjson.GetBytes(document, "error").Int() == 0 || gjson.GetBytes(document, "data").Exists() || gjson.GetBytes(document, "message").Str == "" {
		t.Errorf("a miss = %s", document)
	}

	f.Site.Fail(func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) {
		w.WriteHeader(http.StatusInternalServerError)
	})
	if _, err := f.Backend.Do(t.Context(), call); api.AsError(err).Code != api.Unavailable {
		t.Errorf("a fault of the site = %v; want Unavailable", err)
	}
}

func TestAdapter_Messages(t *testing.T) {
	for _, c := range []struct {
		op      api.Operation
		message string
		code    api.Code
		field   string
	}{
		{api.CreateLink, "That alias is taken. Please choose another one.", api.Conflict, "custom"},
		{api.CreateLink, "That alias is reserved. Please choose another one.", api.Conflict, "custom"},
		{api.CreateLink, "Custom alias must be at least 3 characters.", api.Invalid, "custom"},
		{api.CreateLink, "Please enter a valid URL.", api.Invalid, "url"},
		{api.CreateLink, "This domain name or link has been blacklisted.", api.Invalid, "domain"},
		{api.CreateLink, "The expiry date must be later than today.", api.Invalid, "expiry"},
		{api.CreateLink, "Domain not found. Please try again.", api.Invalid, "domain"},
		{api.CreateLink, "Campaign not found. Please try again.", api.Invalid, "campaign"},
		{api.UpdateLink, "Link not found. Please try again.", api.NotFound, ""},
		{api.DeleteLink, "Link not found. Please try again.", api.NotFound, ""},
		{api.GetLink, "Link not found. Please try again.", api.NotFound, ""},
		{api.DeleteChannel, "Channel does not exist", api.NotFound, ""},
		{api.AssignLinkToCampaign, "Campaign not found. Please try again.", api.NotFound, ""},
		{api.CreateDomain, "The domain has been already used.", api.Conflict, "domain"},
		{api.CreatePixel, "A pixel with this provider and tag already exists.", api.Conflict, ""},
		{api.CreatePixel, "Pixel provider is currently not supported.", api.Invalid, "type"},
		{api.CreateQRCode, "Invalid QR format or missing data", api.Invalid, "data"},
		{api.GetAccount, "A valid API key is required.", api.Unauthorized, ""},
	} {
		f := harness().MustStart(t, adaptertest.Setup{})
		f.Site.Fail(answer(`{"error":1,"message":` + string(gjson.AppendJSONString(nil, c.message)) + `}`))
		call := f.MustCall(t, c.op)
		if c.op == api.UpdateLink {
			call.Document = []byte(`{"url":"https://example.com"}`)
		}
		_, err := f.Backend.Do(t.Context(), call)
		e := api.AsError(err)
		field := ""
		if len(e.Fields) > 0 {
			field = e.Fields[0].Field
		}
		if e.Code != c.code || field != c.field || e.Message != c.message {
			t.Errorf("%s %q = %s, field %q, %q; want %s, %q", c.op, c.message, e.Code, field, e.Message, c.code, c.field)
		}
	}
}

func TestAdapter_MessageIsCleaned(t *testing.T) {
	f := harness().MustStart(t, adaptertest.Setup{})
	f.Site.Fail(answer(`{"error":1,"message":"a\u0000b\u001b[31m\n` + strings.Repeat("é", 400) + `"}`))
	_, err := f.Backend.Do(t.Context(), f.MustCall(t, api.DeleteLink))
	if got := api.AsError(err).Message; !strings.HasPrefix(got, "ab[31mé") || len(got) > upstream.MaxMessage || strings.ContainsAny(got, "\x00\x1b\n") {
		t.Errorf("message %q", got)
	}
}

func TestAdapter_Zones(t *testing.T) {
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	f := zoned(time.UTC, seoul).MustStart(t, adaptertest.Setup{})
	for sent, want := range map[string]string{
		"2030-01-01 00:00:00":       "2030-01-01 09:00:00",
		"2030-01-01":                "2030-01-02 08:59:59",
		"2030-01-01T00:00:00+02:00": "2030-01-01 07:00:00",
	} {
		f.Site.Forget()
		call := f.MustCall(t, api.CreateLink)
		call.Document = []byte(`{"url":"https://example.com","expiry":"` + sent + `"}`)
		mustDo(t, f, call)
		if got := gjson.Get(f.Site.Requests()[0].Body, "expiry").Str; got != want {
			t.Errorf("expiry %s is sent as %s; want %s", sent, got, want)
		}
	}
	upload := f.MustCall(t, api.UploadFile)
	upload.Query.Set("expiry", "2030-01-01")
	f.Site.Forget()
	mustDo(t, f, upload)
	if got := f.Site.Requests()[0].URI; !strings.Contains(got, "expiry=2030-01-02+08%3A59%3A59") {
		t.Errorf("the upload asked %s", got)
	}
	for op, want := range map[api.Operation]map[string]string{
		api.GetLink:          {"details.date": "2020-11-10 09:01:43"},
		api.ListLinks:        {"data.urls.0.date": "2020-11-10 09:01:43"},
		api.GetAccount:       {"data.expires": "2022-11-15 06:00:00"},
		api.ListChannelItems: {"data.items.0.date": "2022-05-12"},
	} {
		document := mustDo(t, f, f.MustCall(t, op)).Document
		for path, want := range want {
			if got := gjson.GetBytes(document, path).Str; got != want {
				t.Errorf("%s: %s = %s; want %s", op, path, got, want)
			}
		}
	}
}

func TestAdapter_UpdateReadsFirst(t *testing.T) {
	f := harness().MustStart(t, adaptertest.Setup{})
	call := f.MustCall(t, api.UpdateLink)
	call.Document = []byte(`{"metatitle":"Spring"}`)
	mustDo(t, f, call)
	requests := f.Site.Requests()
	if len(requests) != 2 || requests[0].Method != http.MethodGet || requests[0].URI != "/api/url/1" {
		t.Fatalf("asked %v", requests)
	}
	if diff := cmp.Diff(`{"metatitle":"Spring","url":"https://example.com"}`, requests[1].Body); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestAdapter_Forwarded(t *testing.T) {
	f := harness().MustStart(t, adaptertest.Setup{})
	call := f.MustCall(t, api.UploadFile)
	call.Key.Forwarded = "the-callers-own-key"
	mustDo(t, f, call)
	call = f.MustCall(t, api.GetLink)
	call.Key.Forwarded = "the-callers-own-key"
	mustDo(t, f, call)
	for _, r := range f.Site.Requests() {
		if got := r.Header.Get("Authorization"); got != "Bearer the-callers-own-key" {
			t.Errorf("%s %s carries %q", r.Method, r.URI, got)
		}
	}
}

func TestAdapter_Upload(t *testing.T) {
	f := harness().MustStart(t, adaptertest.Setup{Unsupported: adapters.Warn})
	call := f.MustCall(t, api.UploadFile)
	call.Path.Filename = "été 50%?#.pdf"
	call.Query.Set("maxdownloads", "3")
	call.Query.Set("api_key", "not-a-parameter")
	mustDo(t, f, call)
	r := f.Site.Requests()[0]
	if want := "/api/files/upload/%C3%A9t%C3%A9%2050%25%3F%23.pdf?maxdownloads=3&name=My+file"; r.URI != want {
		t.Errorf("asked %s; want %s", r.URI, want)
	}
	if r.Body != "%PDF-1.4 of a kind" || r.Header.Get("Content-Type") != "application/pdf" || r.Header.Get("Content-Length") != "18" {
		t.Errorf("sent %q with %v", r.Body, r.Header)
	}
}
