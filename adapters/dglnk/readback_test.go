package dglnk

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/api"
)

// answering makes the site answer every create with a link that has the
// members, after its alias.
func answering(t *testing.T, members map[string]string) func(http.ResponseWriter, *http.Request, <-chan struct{}) {
	return func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) {
		reply := []byte(`{"status":"success","link":{"id":80,"hash":"oV5Ox","long_url":"https://example.com","short_url":"https://short.example/oV5Ox",
			"alias":null,"has_password":false,"disabled":false,"title":"Example"}}`)
		for name, raw := range members {
			var err error
			if reply, err = sjson.SetRawBytes(reply, "link."+name, []byte(raw)); err != nil {
				t.Error(err)
			}
		}
		_, _ = w.Write(reply)
	}
}

// What the site tells of a link is compared with what was asked for.
func TestAdapter_ReadBackOfLists(t *testing.T) {
	const document = `{"url":"https://example.com","pixels":[7,8],
		"devicetarget":[{"device":"mobile","link":"https://m.example.com"},{"device":"tablet","link":"https://t.example.com"}],
		"geotarget":[{"location":"Canada","link":"https://example.ca"},{"location":"us","link":"https://example.us"}]}`
	for _, c := range []struct {
		name    string
		members map[string]string
		lost    []string
		stored  map[string]string // path in the details of getLink
	}{
		{
			name: "nothing told", members: nil, lost: nil,
			stored: map[string]string{"pixels": "[7,8]", "geotarget.#": "2", "devicetarget.#": "2"},
		},
		{
			name: "all kept",
			members: map[string]string{
				"pixels": `[{"id":8},{"id":7}]`, "tags": `[{"name":"Spring"},"print"]`,
				"rules": `[{"type":"geo","key":"CA"},{"type":"geo","key":"us"},{"type":"device","key":"mobile"},{"type":"device","key":"tablet"}]`,
			},
			stored: map[string]string{"pixels": "[7,8]", "geotarget.#": "2", "devicetarget.#": "2"},
		},
		{
			name: "some dropped",
			members: map[string]string{
				"pixels": `[8]`, "tags": `["print"]`, "rules": `[{"type":"geo","key":"us"},{"type":"device","key":"phone"},{"type":"geo","key":"tablet"}]`,
			},
			lost: []string{"pixels[0]", "devicetarget[1]", "geotarget[0]", "tags"},
			stored: map[string]string{
				"pixels": "[8]", "geotarget.#": "1", "geotarget.0.location": "us", "devicetarget.#": "1", "devicetarget.0.device": "mobile",
			},
		},
		{
			name:    "all dropped",
			members: map[string]string{"pixels": `[]`, "rules": `[]`, "tags": `[]`},
			lost:    []string{"pixels[0]", "pixels[1]", "devicetarget[0]", "devicetarget[1]", "geotarget[0]", "geotarget[1]", "tags", "tags"},
			stored:  map[string]string{"pixels": "[]", "geotarget.#": "0", "devicetarget.#": "0", "location": "0", "device": "0"},
		},
		{
			name:    "disabled and elsewhere",
			members: map[string]string{"disabled": "true", "long_url": `"https://other.example.com/"`},
			lost:    []string{"url", "url"},
			stored:  map[string]string{"url": "https://example.com", "longurl": "https://other.example.com/"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fixture{harness(nil).MustStart(t, adaptertest.Setup{})}
			f.Site.Fail(answering(t, c.members))
			call := f.MustCall(t, api.CreateLink)
			call.Document, call.Tags = []byte(document), []string{"spring", "print"}
			reply := f.mustDo(t, call)
			var lost []string
			for _, w := range reply.Warnings {
				lost = append(lost, w.Field)
			}
			if diff := cmp.Diff(c.lost, lost); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if got := gjson.Get(f.Site.Requests()[0].Body, "tags").Raw; got != `["spring","print"]` {
				t.Errorf("sent the tags %s", got)
			}
			get := f.MustCall(t, api.GetLink)
			get.Path.ID = gjson.GetBytes(reply.Document, "id").Int()
			details := gjson.GetBytes(f.mustDo(t, get).Document, "details")
			for path, want := range c.stored {
				if got := details.Get(path).String(); got != want {
					t.Errorf("details.%s = %s; want %s", path, got, want)
				}
			}
		})
	}
}

// A message about a rule names the entry that it was made of.
func TestAdapter_RuleErrors(t *testing.T) {
	const document = `{"url":"https://example.com",
		"devicetarget":[{"device":"mobile","link":"https://m.example.com"},{"device":"tablet","link":"https://t.example.com"}],
		"geotarget":[{"location":"Canada","link":"https://example.ca"},{"location":"us","link":"https://example.us"}]}`
	f := harness(nil).MustStart(t, adaptertest.Setup{})
	call := f.MustCall(t, api.CreateLink)
	call.Document = []byte(document)
	for name, want := range map[string]string{
		"rules.0.value":        "devicetarget[0].link",
		"rules.1.key":          "devicetarget[0].device",
		"rules.2.value":        "devicetarget[1].link",
		"rules.3.key":          "geotarget[0].location",
		"rules.4.value":        "geotarget[1].link",
		"rules.4":              "geotarget[1]",
		"rules.5.value":        "devicetarget",
		"rules":                "devicetarget",
		"rules.-1.key":         "devicetarget",
		"rules.99999999999999": "devicetarget",
	} {
		f.Site.Fail(func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) {
			_, _ = w.Write([]byte(`{"status":"error","messages":{"` + name + `":["is wrong"]}}`))
		})
		_, err := f.Backend.Do(t.Context(), call)
		coded, ok := errors.AsType[*api.Error](err)
		if !ok || coded.Code != api.Invalid || len(coded.Fields) != 1 || coded.Fields[0].Field != want {
			t.Errorf("an error about %s = %v; want it about %s", name, err, want)
		}
	}
	const order = `["https://m.example.com","https://m.example.com","https://t.example.com","https://example.ca","https://example.us"]`
	if got := gjson.Get(f.Site.Requests()[0].Body, "rules.#.value").Raw; got != order {
		t.Errorf("the rules were sent in the order of %s; want %s", got, order)
	}
}

// What is not as the page describes it is counted, and answered sensibly or not
// at all.
func TestAdapter_Drift(t *testing.T) {
	link := func(members string) string { return `{"status":"success","link":{"hash":"oV5Ox",` + members + `}}` }
	const described = `"id":80,"long_url":"https://example.com","short_url":"https://short.example/oV5Ox","has_password":false,"disabled":false`
	for _, c := range []struct {
		name, reply string
		want        []drift.Count
		ok          bool
	}{
		{"as described", link(described), nil, true},
		{"null", link(described + `,"alias":null,"title":null,"description":null,"expires_at":null,"domain_id":null`), nil, true},
		{"id as text", link(strings.Replace(described, "80", `"80"`, 1)), []drift.Count{{Field: "link.id", Kind: drift.Type}}, true},
		{"one less", link(strings.Replace(described, "long_url", "url", 1)), []drift.Count{{Field: "link.long_url", Kind: drift.Missing}}, true},
		{"no address", link(strings.Replace(described, "https://short.example", "javascript://short.example/%0a", 1)), []drift.Count{{Field: "link.short_url", Kind: drift.Value}}, false},
		{"a page", `<h1>Welcome</h1>`, []drift.Count{{Field: "", Kind: drift.NotJSON}}, false},
		{"an error", `{"status":"error","messages":{"long_url":["This url is not valid."]}}`, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			counter := drift.New(adaptertest.Name, drift.Options{})
			h := harness(nil)
			made := h.New
			h.New = func(tb testing.TB, s adaptertest.Setup) adapters.Backend {
				a := made(tb, s).(*Adapter)
				a.cfg.Drift = counter
				return a
			}
			f := h.MustStart(t, adaptertest.Setup{})
			f.Site.Fail(func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) { _, _ = w.Write([]byte(c.reply)) })
			_, err := f.Backend.Do(t.Context(), f.MustCall(t, api.CreateLink))
			if (err == nil) != c.ok {
				t.Errorf("Do = %v; want success: %v", err, c.ok)
			}
			var got []drift.Count
			for _, n := range counter.Counts() {
				got = append(got, drift.Count{Field: n.Field, Kind: n.Kind})
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("drift (-want +got):\n%s", diff)
			}
		})
	}
}
