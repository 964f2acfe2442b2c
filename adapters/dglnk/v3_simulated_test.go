package dglnk

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger/ledgertest"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

// site3 is an adapter of version 3 in front of a simulated site.
type site3 struct {
	adapters.Backend

	site   *sites.Site
	server *simulate.Server
}

func simulation3(t *testing.T, o sites.Options, cfg Config) *site3 {
	t.Helper()
	return simulation3At(t, o, cfg, time.Now)
}

// simulation3At is simulation3 with a clock of the site's own.
func simulation3At(t *testing.T, o sites.Options, cfg Config, now func() time.Time) *site3 {
	t.Helper()
	o.APIVersion, o.Key, o.AliasMax = 3, adaptertest.Key.Reveal(), 30
	site := sites.New(o)
	server, err := simulate.Start(t.Context(), site, simulate.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	client, err := upstream.New(upstream.Config{
		Backend: adaptertest.Name, BaseURL: server.URL, Key: adaptertest.Key, Timeout: 500 * time.Millisecond, RetryPause: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	cfg.Name, cfg.APIVersion = adaptertest.Name, 3
	b, err := New(cfg, client, &ledgertest.Memory{})
	if err != nil {
		t.Fatal(err)
	}
	return &site3{Backend: b, site: site, server: server}
}

func (s *site3) call(id api.Operation, path api.Path, query, document string) *api.Call {
	values, _ := url.ParseQuery(query)
	call := &api.Call{
		Operation: id, Path: path, Query: values, Key: &api.Key{ID: "test", Account: api.MainAccount}, Origin: "https://go.example.com",
	}
	if document != "" {
		call.Document = []byte(document)
	}
	if contract, err := openapi.Load(); err == nil {
		call.Items = contract.Operation(id).Items(call)
	}
	return call
}

func (s *site3) must(t *testing.T, call *api.Call) (gjson.Result, []api.FieldError) {
	t.Helper()
	reply, err := s.Do(t.Context(), call)
	if err != nil {
		t.Fatalf("Do(%s %s) = %v", call.Operation, call.Document, err)
	}
	adaptertest.Valid(t, call.Operation, reply.Document)
	return gjson.ParseBytes(reply.Document), reply.Warnings
}

func (s *site3) create(t *testing.T, document string) (id int64, warnings []api.FieldError) {
	t.Helper()
	reply, warnings := s.must(t, s.call(api.CreateLink, api.Path{}, "", document))
	return reply.Get("id").Int(), warnings
}

func (s *site3) details(t *testing.T, id int64) gjson.Result {
	t.Helper()
	reply, _ := s.must(t, s.call(api.GetLink, api.Path{ID: id}, "", ""))
	return reply.Get("details")
}

// visit opens a short link as a visitor does, and returns where it leads.
func (s *site3) visit(id int64, agent, country string) string {
	l, _ := s.site.Link(id)
	r := httptest.NewRequest(http.MethodGet, "/"+l.Hash, nil)
	r.Header.Set("User-Agent", agent)
	r.Header.Set(sites.CountryHeader, country)
	w := httptest.NewRecorder()
	s.site.ServeHTTP(w, r)
	return w.Header().Get("Location")
}

const everything = `{"url":"https://example.com/sale","custom":"spring24","type":"overlay-7","password":"hunter2hunter2","expiry":"2099-11-11 12:00:00",
	"metatitle":"Spring sale","metadescription":"Two weeks only.","metaimage":"https://example.com/a.png","domain":"links.example.com","pixels":[5],
	"geotarget":[{"location":"Canada","link":"https://example.ca/"},{"location":"us","link":"https://example.us/"}],
	"devicetarget":[{"device":"Android","link":"https://a.example.com/"},{"device":"tablet","link":"https://t.example.com/"}],
	"deeplink":{"apple":"https://apps.apple.com/app/id1"},"parameters":[{"name":"utm_source","value":"a b"}]}`

// TestVersion3_Life: what a create asks for comes back under the same names, on
// sites of either spelling and way to write times.
func TestVersion3_Life(t *testing.T) {
	for _, o := range []sites.Options{{Spelling: sites.SpellingNew}, {Spelling: sites.SpellingOld, ISOTimes: true}} {
		t.Run(o.Spelling, func(t *testing.T) {
			o.Domains, o.Pixels = map[int64]string{12: "https://Links.example.com"}, map[int64]string{5: "Shop"}
			o.Zone = time.FixedZone("", 7200)
			s := simulation3(t, o, Config{RemoteZone: o.Zone})
			id, warnings := s.create(t, everything)
			if len(warnings) != 0 {
				t.Errorf("warnings %v; want none", warnings)
			}
			d := s.details(t, id)
			want := map[string]string{
				"url": `https://example.com/sale?utm_source=a+b`, "custom": "spring24", "type": "overlay-7", "has_password": "true",
				"expiry": "2099-11-11 12:00:00", "metatitle": "Spring sale", "metadescription": "Two weeks only.",
				"metaimage": "https://example.com/a.png", "domain": "https://Links.example.com", "pixels": "[5]", "status": "private",
				"geotarget":    `[{"location":"Canada","link":"https://example.ca/?utm_source=a+b"},{"location":"United States","link":"https://example.us/?utm_source=a+b"}]`,
				"devicetarget": `[{"device":"Android","link":"https://a.example.com/?utm_source=a+b"},{"device":"tablet","link":"https://t.example.com/?utm_source=a+b"}]`,
				"deeplink":     `{"apple":"https://apps.apple.com/app/id1"}`,
			}
			for name, w := range want {
				if got := d.Get(name).String(); got != w {
					t.Errorf("%s = %s; want %s", name, got, w)
				}
			}

			before, _ := s.site.Link(id)
			_, warnings = s.must(t, s.call(api.UpdateLink, api.Path{ID: id}, "", `{"metatitle":"Summer"}`))
			if len(warnings) != 0 {
				t.Errorf("warnings %v; want none", warnings)
			}
			after, _ := s.site.Link(id)
			before.Title, before.UpdatedAt = "Summer", after.UpdatedAt
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("an update of the title changed (-want +got):\n%s", diff)
			}

			s.must(t, s.call(api.UpdateLink, api.Path{ID: id}, "", `{"expiry":"","password":"","metaimage":"","pixels":[],"geotarget":[],"type":"frame","disabled":true}`))
			after, _ = s.site.Link(id)
			if !after.ExpiresAt.IsZero() || after.Password != "" || after.Image != "" || len(after.Pixels) != 0 || after.Type != "frame" || after.TypeID != 0 || !after.Disabled || len(after.Rules) != 3 {
				t.Errorf("after clearing: %+v", after)
			}

			s.must(t, s.call(api.UpdateLink, api.Path{ID: id}, "", `{"metatitle":"Autumn"}`))
			if d := s.details(t, id); !d.Get("disabled").Bool() {
				t.Errorf("details = %s; want it disabled still", d)
			}

			s.must(t, s.call(api.DeleteLink, api.Path{ID: id}, "", ""))
			for _, op := range []api.Operation{api.GetLink, api.GetLinkStatistics, api.UpdateLink, api.DeleteLink} {
				_, err := s.Do(t.Context(), s.call(op, api.Path{ID: id}, "", `{"metatitle":"x"}`))
				if e := api.AsError(err); e.Code != api.NotFound || e.Message != adapters.LinkNotFound {
					t.Errorf("Do(%s) of a deleted link = %v; want NotFound in the product's words", op, err)
				}
			}
		})
	}
}

// TestVersion3_Dropped: what the plan does not include is dropped by the site
// without a word, and reported by us.
func TestVersion3_Dropped(t *testing.T) {
	s := simulation3(t, sites.Options{
		Plan: []string{sites.PlanTags}, Domains: map[int64]string{12: "links.example.com"}, Pixels: map[int64]string{5: "Shop"},
	}, Config{})
	id, warnings := s.create(t, everything)
	var got []string
	for _, w := range warnings {
		got = append(got, w.Field)
	}
	slices.Sort(got)
	want := []string{"custom", "deeplink", "devicetarget", "domain", "expiry", "geotarget", "password", "pixels", "type"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	_, warnings = s.must(t, s.call(api.UpdateLink, api.Path{ID: id}, "", `{"password":"another1","metatitle":"x"}`))
	if len(warnings) != 1 || warnings[0].Field != "password" {
		t.Errorf("warnings of the update %v; want one about the password", warnings)
	}
}

// TestVersion3_Statistics: the visits of one link, not of all.
func TestVersion3_Statistics(t *testing.T) {
	s := simulation3(t, sites.Options{}, Config{})
	a, _ := s.create(t, `{"url":"https://example.com/a"}`)
	other, _ := s.create(t, `{"url":"https://example.com/b"}`)
	s.visit(a, "Mozilla/5.0 (iPhone) Safari/604", "ca")
	s.visit(a, "Mozilla/5.0 (Windows NT 10.0) Firefox/130", "ca")
	s.visit(other, "Mozilla/5.0 (Windows NT 10.0) Firefox/130", "us")
	r, warnings := s.must(t, s.call(api.GetLinkStatistics, api.Path{ID: a}, "", ""))
	if r.Get("data.total.clicks").Int() != 2 || r.Get("data.dimensions.countries").Raw != `[{"name":"Canada","clicks":2}]` ||
		r.Get("data.series.#").Int() != 1 || r.Get("data.dimensions.devices.#").Int() != 2 {
		t.Errorf("statistics = %s", r)
	}
	if len(warnings) != 4 {
		t.Errorf("warnings %v; want one for each number that nobody tells", warnings)
	}
	r, _ = s.must(t, s.call(api.GetLink, api.Path{ID: a}, "", ""))
	if r.Get("data.clicks").Int() != 2 || r.Get("data.topCountries.Canada").Int() != 2 || r.Get("data.topReferrers").Raw != "0" {
		t.Errorf("getLink = %s", r)
	}
	r, _ = s.must(t, s.call(api.GetLinkStatistics, api.Path{ID: a}, "dimension=systems&interval=day", ""))
	if r.Get("data.dimensions").Raw != `{"systems":[{"name":"ios","clicks":1},{"name":"windows","clicks":1}]}` {
		t.Errorf("one dimension = %s", r)
	}
}

// TestVersion3_Rules: visitors get what they would get from Linkquay itself,
// whatever the order of the members, and rules of the dashboard survive.
func TestVersion3_Rules(t *testing.T) {
	s := simulation3(t, sites.Options{}, Config{})
	id, warnings := s.create(t, `{"url":"https://example.com/","geotarget":[{"location":"Canada","link":"https://example.ca/"}],
		"devicetarget":[{"device":"iPhone","link":"https://i.example.com/"},{"device":"mobile","link":"https://m.example.com/"}],
		"deeplink":{"google":"https://play.google.com/store/apps/details?id=x"}}`)
	if len(warnings) != 1 || warnings[0].Field != "devicetarget[0].device" || !strings.Contains(warnings[0].Message, "iPhone") {
		t.Errorf("warnings %v; want one about the iPhone", warnings)
	}
	for _, c := range []struct{ agent, country, want string }{
		{"Mozilla/5.0 (iPhone) Mobile", "ca", "https://i.example.com/"},
		{"Mozilla/5.0 (Linux; Android 15) Mobile", "ca", "https://play.google.com/store/apps/details?id=x"},
		{"Mozilla/5.0 Mobile", "ca", "https://m.example.com/"},
		{"Mozilla/5.0 (Windows NT 10.0)", "ca", "https://example.ca/"},
		{"Mozilla/5.0 (Windows NT 10.0)", "us", "https://example.com/"},
	} {
		if got := s.visit(id, c.agent, c.country); got != c.want {
			t.Errorf("%s from %s is led to %s; want %s", c.agent, c.country, got, c.want)
		}
	}
	s.must(t, s.call(api.UpdateLink, api.Path{ID: id}, "", `{"devicetarget":[{"device":"desktop","link":"https://d.example.com/"}]}`))
	l, _ := s.site.Link(id)
	want := []sites.Rule{
		{Type: "platform", Key: "android", Value: "https://play.google.com/store/apps/details?id=x"},
		{Type: "device", Key: "desktop", Value: "https://d.example.com/"},
		{Type: "geo", Key: "ca", Value: "https://example.ca/"},
	}
	if diff := cmp.Diff(want, l.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	s.must(t, s.call(api.UpdateLink, api.Path{ID: id}, "", `{"parameters":[{"name":"utm_source","value":"x"}]}`))
	s.must(t, s.call(api.UpdateLink, api.Path{ID: id}, "", `{"parameters":[{"name":"utm_source","value":"y"}]}`))
	l, _ = s.site.Link(id)
	if l.LongURL != "https://example.com/?utm_source=y" || l.Rules[2].Value != "https://example.ca/?utm_source=y" || strings.Contains(l.Rules[0].Value, "utm") {
		t.Errorf("parameters twice: %s, %v", l.LongURL, l.Rules)
	}
}
