package dglnk

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger/ledgertest"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

// TestVersion3_UpdatesAtOnce: of several updates of one link at the same time
// none undoes another.
func TestVersion3_UpdatesAtOnce(t *testing.T) {
	s := simulation3(t, sites.Options{}, Config{})
	id, _ := s.create(t, `{"url":"https://example.com/"}`)
	if err := s.server.Fail(simulate.Fault{Kind: simulate.Late, Delay: 20 * time.Millisecond, Method: http.MethodGet, Path: "/api/v1/link/{id}"}); err != nil {
		t.Fatal(err)
	}
	documents := []string{
		`{"metatitle":"Spring"}`, `{"metadescription":"Text"}`, `{"metaimage":"https://example.com/a.png"}`, `{"disabled":true}`,
		`{"geotarget":[{"location":"Canada","link":"https://example.ca/"}]}`, `{"devicetarget":[{"device":"tablet","link":"https://t.example.com/"}]}`,
	}
	var all sync.WaitGroup
	for _, document := range documents {
		all.Go(func() {
			if _, err := s.Do(t.Context(), s.call(api.UpdateLink, api.Path{ID: id}, "", document)); err != nil {
				t.Errorf("%s: %v", document, err)
			}
		})
	}
	all.Wait()
	if l, _ := s.site.Link(id); l.Title != "Spring" || l.Description != "Text" || l.Image == "" || !l.Disabled || len(l.Rules) != 2 {
		t.Errorf("the link is %+v; want every change in it", l)
	}
	if left := s.Backend.(*version3).turns.busy; len(left) > 0 {
		t.Errorf("turns that nobody has: %v", left)
	}
}

// TestVersion3_Repeated: a write repeats what the link has in whatever form the
// site shows it, and reports what is gone by it.
func TestVersion3_Repeated(t *testing.T) {
	full, err := os.ReadFile("../../testdata/upstream/dglnk3/getLink-full.json")
	if err != nil {
		t.Fatal(err)
	}
	before, after := full, full
	for path, value := range map[string]string{
		"link.expires_at": `"11/11/2030 12:00"`, "link.utm": `{"utm_source":"x"}`, "link.name": `null`, "link.title": `"Spring sale"`,
	} {
		if before, err = sjson.SetRawBytes(before, path, []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	for path, value := range map[string]any{"link.expires_at": "11/11/2030 12:00", "link.has_password": false, "link.rules": []string{}} {
		if after, err = sjson.SetBytes(after, path, value); err != nil {
			t.Fatal(err)
		}
	}
	f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
	f.Site.Fail(func(w http.ResponseWriter, r *http.Request, _ <-chan struct{}) {
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodGet {
			_, _ = w.Write(before)
			return
		}
		_, _ = w.Write(after)
	})
	call := f.MustCall(t, api.UpdateLink)
	call.Path.ID, call.Document = 1, []byte(`{"metadescription":"Two weeks only."}`)
	reply := f.mustDo(t, call)
	sent := gjson.Parse(f.Site.Requests()[1].Body)
	for name, want := range map[string]string{"expires_at": `"11/11/2030 12:00"`, "utm": `{"utm_source":"x"}`, "name": `"Spring sale"`} {
		if got := sent.Get(name).Raw; got != want {
			t.Errorf("the write has %s = %s; want %s", name, got, want)
		}
	}
	var lost []string
	for _, w := range reply.Warnings {
		lost = append(lost, w.Field)
	}
	slices.Sort(lost)
	if want := []string{"deeplink", "devicetarget", "geotarget", "password"}; !slices.Equal(lost, want) {
		t.Errorf("warnings about %v; want %v", lost, want)
	}
	// Who takes the password off is not told that it is gone.
	call.Document = []byte(`{"password":"","geotarget":[],"devicetarget":[],"deeplink":{}}`)
	if reply = f.mustDo(t, call); len(reply.Warnings) != 0 {
		t.Errorf("warnings %v; want none", reply.Warnings)
	}
}

// TestVersion3_ParametersTakenOff: what once were parameters nobody can tell from
// the rest of a query, so that an update that is to take them off is refused.
func TestVersion3_ParametersTakenOff(t *testing.T) {
	for _, unsupported := range []adapters.Unsupported{adapters.Reject, adapters.Warn} {
		s := simulation3(t, sites.Options{}, Config{Unsupported: unsupported})
		const rules = `"geotarget":[{"location":"Canada","link":"https://example.ca/"}]`
		for _, c := range []struct {
			parameters, document string
			refused              bool
		}{
			{`[{"name":"a","value":"b"}]`, `{"parameters":[],"metatitle":"x"}`, true},
			{`[{"name":"a","value":"b"}]`, `{"parameters":[],"url":"https://example.com/new"}`, true}, // the rule's stay
			{`[{"name":"a","value":"b"}]`, `{"parameters":[],"geotarget":[]}`, true},                  // the link's stay
			{`[{"name":"a","value":"b"}]`, `{"parameters":[],"url":"https://example.com/new",` + rules + `}`, false},
			{`[]`, `{"parameters":[]}`, false},
		} {
			id, _ := s.create(t, `{"url":"https://example.com/","parameters":`+c.parameters+`,`+rules+`}`)
			reply, err := s.Do(t.Context(), s.call(api.UpdateLink, api.Path{ID: id}, "", c.document))
			var got []api.FieldError
			if err != nil {
				if got = api.AsError(err).Fields; api.AsError(err).Code != api.Unsupported || unsupported == adapters.Warn {
					t.Errorf("%s %s: %v", unsupported, c.document, err)
				}
			} else {
				got = reply.Warnings
			}
			if (len(got) == 1 && got[0].Field == "parameters") != c.refused || len(got) > 1 {
				t.Errorf("%s %s: told %v; want it refused: %t", unsupported, c.document, got, c.refused)
			}
			if unsupported == adapters.Warn {
				continue
			}
			if l, _ := s.site.Link(id); c.refused && (l.LongURL != "https://example.com/?a=b" || l.Title == "x") {
				t.Errorf("%s was refused, and the link is %+v", c.document, l)
			}
		}
	}
}

// TestVersion3_Changed: a link that leads elsewhere, or nowhere, is told of.
func TestVersion3_Changed(t *testing.T) {
	for more, want := range map[string]string{
		`"long_url":"https://EXAMPLE.com","active":true`:      ``,
		`"long_url":"https://ads.example.net","active":true`:  `changed`,
		`"long_url":"https://example.com/","active":false`:    `disabled`,
		`"long_url":"https://example.com/","disabled":true`:   `disabled`,
		`"long_url":"https://example.com/","disabled":"oops"`: ``,
	} {
		f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
		f.Site.Fail(func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"status":"success","link":{"id":1,"hash":"a","short_url":"https://s.example/a",%s}}`, more)
		})
		call := f.MustCall(t, api.CreateLink)
		call.Document = []byte(`{"url":"https://example.com/"}`)
		warnings := f.mustDo(t, call).Warnings
		if (len(warnings) == 1) != (want != "") || want != "" && (warnings[0].Field != "url" || !strings.Contains(warnings[0].Message, want)) {
			t.Errorf("%s: warnings %v; want %q", more, warnings, want)
		}
	}
}

// TestVersion3_Values: what the tables refuse of a field that is honoured is
// listed.
func TestVersion3_Values(t *testing.T) {
	capabilities := fixture{harness3().MustStart(t, adaptertest.Setup{})}.Backend.Capabilities()
	for place, want := range map[string]api.Support{
		"createLink type N": api.Refused, "updateLink type N": api.Refused, "createLink deeplink auto": api.Refused,
		"updateLink parameters ": api.Refused, "createLinks urls": api.Native,
	} {
		part := strings.SplitN(place, " ", 3)
		field := capabilities[api.Operation(part[0])].Fields[part[1]]
		got := field.Support
		if len(part) == 3 {
			got = field.Values[part[2]]
		}
		if got != want {
			t.Errorf("%s is %q; want %q", place, got, want)
		}
	}
}

// TestVersion3_PagesMembers: what the pages print and the site does not tell is
// there all the same, since clients read it without a look.
func TestVersion3_PagesMembers(t *testing.T) {
	f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
	link := gjson.ParseBytes(f.mustDo(t, f.MustCall(t, api.GetLink)).Document).Get("data")
	f.Site.Play(api.GetLinkStatistics, "getLinkStatistics-others")
	bare := gjson.ParseBytes(f.mustDo(t, f.MustCall(t, api.GetLink)).Document).Get("data")
	for _, data := range []gjson.Result{link, bare} {
		if data.Get("uniqueClicks").Raw != "0" || data.Get("socialCount").Raw != noSocial {
			t.Errorf("data = %s", data)
		}
	}
	for _, row := range gjson.GetBytes(f.mustDo(t, f.MustCall(t, api.ListDomains)).Document, "data.domains").Array() {
		if row.Get("redirectroot").Raw != `""` || row.Get("redirect404").Raw != `""` {
			t.Errorf("domain = %s", row)
		}
	}
	v1 := fixture{harness(&ledgertest.Memory{}).MustStart(t, adaptertest.Setup{})}
	id := gjson.GetBytes(v1.mustDo(t, v1.MustCall(t, api.CreateLink)).Document, "id").Int()
	call := v1.MustCall(t, api.GetLink)
	call.Path.ID = id
	if got := gjson.GetBytes(v1.mustDo(t, call).Document, "data.socialCount").Raw; got != noSocial {
		t.Errorf("version 1: socialCount = %s", got)
	}
}

// TestVersion3_ErrorsOfNull: a member that is null hides none of the others.
func TestVersion3_ErrorsOfNull(t *testing.T) {
	for body, want := range map[string]string{
		`{"message":"No more links.","errors":null}`:                          "No more links.",
		`{"message":"x","errors":null,"messages":{"foo":["No more links."]}}`: "No more links.",
		`{"message":"x","errors":"No more links."}`:                           "No more links.",
	} {
		f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
		f.Site.Fail(func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = fmt.Fprint(w, body)
		})
		_, err := f.Backend.Do(t.Context(), f.MustCall(t, api.CreateLink))
		if e := api.AsError(err); e.Code != api.Invalid || e.Message != want {
			t.Errorf("%s = %v; want %s", body, err, want)
		}
	}
}

func TestReadLink(t *testing.T) {
	for _, c := range []struct {
		short, more string
		alias       string
		ok          bool
	}{
		{"https://s.example/abc", `,"alias":"abc","hash":"h"`, "abc", true},
		{"https://s.example/abc", `,"alias":null,"hash":"h"`, "h", true},
		{"https://s.example/abc", ``, "abc", true},
		{"https://s.example/", ``, "", false},
		{"https://", `,"alias":"abc"`, "abc", false},
		{"javascript:abc", `,"alias":"abc"`, "abc", false},
		{"https://s.example/" + strings.Repeat("a", 2048), `,"alias":"abc"`, "abc", false},
	} {
		l, ok := readLink(gjson.Parse(`{"id":1,"long_url":"https://example.com/","short_url":"` + c.short + `"` + c.more + `}`))
		if diff := cmp.Diff([]any{c.alias, c.ok}, []any{l.alias(), ok}); diff != "" {
			t.Errorf("%s%s (-want +got):\n%s", c.short, c.more, diff)
		}
	}
}
