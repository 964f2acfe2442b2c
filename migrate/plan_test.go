package migrate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/simulate"
	dglnksite "github.com/linkquay/linkquay/simulate/dglnk"
	gempixelsite "github.com/linkquay/linkquay/simulate/gempixel"
)

func mustPlan(t *testing.T, source, target *migrate.Place, o migrate.PlanOptions) *migrate.Report {
	t.Helper()
	r, err := migrate.Plan(t.Context(), source, target, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// finding returns the finding of a report, with a count of 0 where there is none.
func finding(r *migrate.Report, code migrate.Code, kind adapters.Kind, field string) migrate.Finding {
	for _, f := range r.Findings {
		if f.Code == code && f.Kind == kind && f.Field == field {
			return f
		}
	}
	return migrate.Finding{}
}

func kindOf(r *migrate.Report, kind adapters.Kind) migrate.KindReport {
	for _, k := range r.Kinds {
		if k.Kind == kind {
			return k
		}
	}
	return migrate.KindReport{}
}

func fieldOf(r *migrate.Report, name string) migrate.FieldReport {
	for _, f := range kindOf(r, adapters.KindLink).Fields {
		if f.Field == name {
			return f
		}
	}
	return migrate.FieldReport{}
}

func TestPlan_gempixelToNative(t *testing.T) {
	s := newStand(t)
	source, _, server := s.gempixel(t, gempixelsite.Options{ShortDomain: "https://short.example"})
	target := s.place()
	source.Rate = api.Rate{Requests: 30, Window: time.Minute}
	furnished(t, source)
	do(t, source, api.CreateLink, api.Path{}, `{"url":"https://example.com/own","custom":"own-one"}`)
	do(t, source, api.CreateLink, api.Path{}, `{"url":"https://example.com/taken","custom":"taken"}`)
	do(t, source, api.CreateLink, api.Path{}, `{"url":"https://example.com/there","custom":"there"}`)
	do(t, source, api.CreateLink, api.Path{}, `{"url":"https://example.com/dot","custom":"v1.2"}`)
	do(t, target, api.CreateLink, api.Path{}, `{"url":"https://example.com/else","custom":"taken"}`)
	do(t, target, api.CreateLink, api.Path{}, `{"url":"https://EXAMPLE.com/there","custom":"there"}`)
	sent := len(server.Requests())

	var steps []migrate.Progress
	r := mustPlan(t, source, target, migrate.PlanOptions{Progress: func(p migrate.Progress) { steps = append(steps, p) }})

	links := kindOf(r, adapters.KindLink)
	if links.Objects != 5 || links.Movable != 3 {
		t.Errorf("links = %+v; want 5, of which 3 can be copied", links)
	}
	for _, want := range []migrate.FieldReport{
		{Field: "address", Kept: 1, Changed: 4},
		{Field: "url", Kept: 5},
		{Field: "geotarget", Kept: 1},
		{Field: "campaign", Kept: 1},
		{Field: "channel", Kept: 1},
		{Field: "expiry", Kept: 1},
		{Field: "languagetarget", Untold: 5},
		{Field: "type", Untold: 5},
		{Field: "pixels", Untold: 5},
		{Field: "metadescription", Untold: 5},
		{Field: "parameters", Untold: 5},
		{Field: "deeplink", Untold: 5},
		{Field: "password", Untold: 5},
	} {
		if got := fieldOf(r, want.Field); got != want {
			t.Errorf("field = %+v; want %+v", got, want)
		}
	}
	own := finding(r, migrate.FoundAddress, adapters.KindLink, "address")
	if own.Count != 4 || !slices.ContainsFunc(own.Objects, func(o migrate.FoundObject) bool {
		return o.Name == "https://short.example/own-one" && o.Becomes == "https://go.example.com/own-one"
	}) {
		t.Errorf("links on the provider's domain = %+v", own)
	}
	for _, want := range []struct {
		code  migrate.Code
		kind  adapters.Kind
		field string
		name  string
	}{
		{migrate.FoundTaken, adapters.KindLink, "custom", "https://short.example/taken"},
		{migrate.FoundThere, adapters.KindLink, "", "https://short.example/there"},
		{migrate.FoundRefused, adapters.KindLink, "", "https://short.example/v1.2"},
		{migrate.FoundImmovable, adapters.KindQR, "", server.URL}, // It is at an address of the site.
	} {
		f := finding(r, want.code, want.kind, want.field)
		if f.Count != 1 || len(f.Objects) != 1 || want.kind == adapters.KindLink && f.Objects[0].Name != want.name {
			t.Errorf("%s = %+v; want %s", want.code, f, want.name)
		}
	}
	for _, k := range []adapters.Kind{adapters.KindDomain, adapters.KindPixel, adapters.KindCampaign, adapters.KindChannel, adapters.KindSplash} {
		if got := kindOf(r, k); got.Objects == 0 || got.Movable != got.Objects {
			t.Errorf("%s = %+v; want all to be movable", k, got)
		}
	}
	calls := 0
	for _, request := range server.Requests()[sent:] {
		if calls++; request.Method != http.MethodGet {
			t.Errorf("the plan has sent %s %s", request.Method, request.Path)
		}
	}
	if e := r.Estimate; e.Source.Calls < 6 || e.Seconds < float64(e.Source.Calls)*2-1 {
		t.Errorf("Estimate = %+v; want some calls at two seconds each", e)
	}
	if last := steps[len(steps)-1]; !last.Last || len(steps) < 10 {
		t.Errorf("%d steps, the last of which is %+v", len(steps), last)
	}

	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Plan: from kr to native. Nothing was written.",
		"https://short.example/own-one → https://go.example.com/own-one",
		"kr does not tell these of links, which lose them where they have them:\n  deeplink (5), languagetarget (5), ",
		"at 30 in 1m that is",
		"Links that cannot be copied, because another link at native has the address that they would get: 1.\n  https://short.example/taken → https://go.example.com/taken\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
	document, err := json.Marshal(r)
	if err != nil || strings.Contains(string(document)+text.String(), "sesame") {
		t.Errorf("the report is %s, %v", document, err)
	}
}

func TestPlan_domain(t *testing.T) {
	s := newStand(t)
	source, _, _ := s.gempixel(t, gempixelsite.Options{ShortDomain: "https://short.example"})
	furnished(t, source)
	do(t, source, api.CreateLink, api.Path{}, `{"url":"https://example.com/1","custom":"spring"}`)
	r := mustPlan(t, source, s.place(), migrate.PlanOptions{Domain: "brand.example"})
	// One of the two is on that domain already, the other would be.
	if f := finding(r, migrate.FoundTwice, adapters.KindLink, "custom"); f.Count != 1 {
		t.Errorf("links with one address = %+v; want 1", f)
	}
	if r.Addresses != (migrate.AddressReport{Kept: 1, Changed: 1}) || r.Domain != "brand.example" {
		t.Errorf("Addresses = %+v to %s", r.Addresses, r.Domain)
	}
}

func TestPlan_quick(t *testing.T) {
	s := newStand(t)
	source, _, server := s.gempixel(t, gempixelsite.Options{})
	for i := range 50 {
		do(t, source, api.CreateLink, api.Path{}, `{"url":"https://example.com/%d"}`, i)
	}
	r := mustPlan(t, source, s.place(), migrate.PlanOptions{Quick: true, Limit: 3})
	gets := 0
	for _, request := range server.Requests() {
		if strings.HasPrefix(request.Path, "/api/url/") && request.Method == http.MethodGet {
			gets++
		}
	}
	if gets != 1 || kindOf(r, adapters.KindLink).Objects != 50 || fieldOf(r, "languagetarget").Untold != 50 || !r.Quick {
		t.Errorf("a quick plan reads %d links and says %+v", gets, kindOf(r, adapters.KindLink))
	}
	if f := finding(r, migrate.FoundAddress, adapters.KindLink, "address"); f.Count != 50 || len(f.Objects) != 3 {
		t.Errorf("the report lists %d of %d; want 3 of 50", len(f.Objects), f.Count)
	}
}

func TestPlan_nativeToDgLnk(t *testing.T) {
	s := newStand(t)
	source := s.place()
	target, _, _ := s.dglnk(t, dglnksite.Options{APIVersion: 1, Domains: map[int64]string{12: "brand.example"}})
	target.Rate = api.Rate{Requests: 60, Window: time.Minute}
	furnished(t, source)
	do(t, source, api.CreateDomain, api.Path{}, `{"domain":"https://other.example"}`)
	do(t, source, api.CreateLink, api.Path{}, `{"url":"https://example.com/1","custom":"plain"}`)
	do(t, source, api.CreateLink, api.Path{}, `{"url":"https://example.com/2","custom":"other","domain":"other.example"}`)
	r := mustPlan(t, source, target, migrate.PlanOptions{})
	if l := kindOf(r, adapters.KindLink); l.Objects != 3 || l.Movable != 2 {
		t.Errorf("links = %+v", l)
	}
	for _, field := range []string{"languagetarget", "parameters", "deeplink", "status", "pixels", "devicetarget"} {
		if f := fieldOf(r, field); f.Lost != 1 || f.Kept != 0 {
			t.Errorf("%s = %+v; want it lost", field, f)
		}
	}
	for _, field := range []string{"geotarget", "metatitle", "metadescription", "expiry", "campaign", "channel", "description"} {
		if f := fieldOf(r, field); f.Kept != 1 || f.Lost != 0 {
			t.Errorf("%s = %+v; want it kept", field, f)
		}
	}
	if f := finding(r, migrate.FoundLost, adapters.KindLink, "devicetarget"); f.Count != 1 || !strings.EqualFold(f.Objects[0].Detail, "iphone") {
		t.Errorf("what is lost of devicetarget = %+v; want the iPhone", f)
	}
	if f := finding(r, migrate.FoundNoDomain, adapters.KindLink, "domain"); f.Count != 1 || f.Objects[0].Detail != "other.example" {
		t.Errorf("links without their domain = %+v", f)
	}
	if f := finding(r, migrate.FoundPassword, adapters.KindLink, "password"); f.Count != 1 {
		t.Errorf("links with a password = %+v", f)
	}
	if f := finding(r, migrate.FoundImmovable, adapters.KindPixel, ""); f.Count != 1 {
		t.Errorf("pixels = %+v; want none to be movable", f)
	}
	if f := fieldOf(r, "created"); f.Lost != 3 {
		t.Errorf("created = %+v; want it lost", f)
	}
	if e := r.Estimate.Target; e.Calls < 4 || e.Seconds != float64(e.Calls) {
		t.Errorf("Estimate = %+v", e)
	}
}

// TestPlan_dgLnk1 plans for links of which the ledger knows one, and a file the
// others.
func TestPlan_dgLnk1(t *testing.T) {
	s := newStand(t)
	source, _, server := s.dglnk(t, dglnksite.Options{APIVersion: 1})
	do(t, source, api.CreateLink, api.Path{}, `{"url":"https://example.com/known","custom":"known"}`)
	source.Aliases = []migrate.Alias{
		{ShortURL: server.URL + "/known"},
		{ShortURL: server.URL + "/filed", URL: "https://example.com/filed"},
		{ShortURL: server.URL + "/nowhere"},
	}
	r := mustPlan(t, source, s.place(), migrate.PlanOptions{})
	if l := kindOf(r, adapters.KindLink); l.Objects != 3 || l.Movable != 2 {
		t.Errorf("links = %+v; want 3, of which 2 can be moved", l)
	}
	if f := finding(r, migrate.FoundUnreadable, adapters.KindLink, ""); f.Count != 1 || f.Objects[0].Name != server.URL+"/nowhere" {
		t.Errorf("links that could not be read = %+v", f)
	}
	r = mustPlan(t, source, s.place(), migrate.PlanOptions{Quick: true})
	if l := kindOf(r, adapters.KindLink); l.Objects != 3 || l.Movable != 3 {
		t.Errorf("links of a quick plan = %+v; want 3", l)
	}
}

func TestPlan_nativeToNative(t *testing.T) {
	source, target := newStand(t).place(), newStand(t).place()
	furnished(t, source)
	r := mustPlan(t, source, target, migrate.PlanOptions{})
	for _, k := range r.Kinds {
		if k.Movable != k.Objects {
			t.Errorf("%s = %+v; want all to be movable", k.Kind, k)
		}
	}
	if r.Addresses.Changed != 0 || r.Addresses.Kept != 1 {
		t.Errorf("Addresses = %+v; want all kept", r.Addresses)
	}
	for _, f := range r.Findings {
		if f.Code != migrate.FoundPassword && f.Code != migrate.FoundUntold {
			t.Errorf("%s: %+v", f.Code, f)
		}
	}
}

// TestPlan_faults plans while the source fails now and then, and when it is gone.
func TestPlan_faults(t *testing.T) {
	s := newStand(t)
	source, _, server := s.gempixel(t, gempixelsite.Options{})
	for i := range 20 {
		do(t, source, api.CreateLink, api.Path{}, `{"url":"https://example.com/%d"}`, i)
	}
	fail := func(faults ...simulate.Fault) {
		t.Helper()
		if err := server.Fail(faults...); err != nil {
			t.Fatal(err)
		}
	}
	fail(simulate.Fault{Kind: simulate.Reset, Path: "/api/url/7", Times: 4}, simulate.Fault{Kind: simulate.Status, Status: http.StatusServiceUnavailable, Path: "/api/campaigns", Times: 3})
	if r := mustPlan(t, source, s.place(), migrate.PlanOptions{}); kindOf(r, adapters.KindLink).Movable != 20 {
		t.Errorf("links = %+v", kindOf(r, adapters.KindLink))
	}
	server.Heal()
	fail(simulate.Fault{Kind: simulate.Status, Status: http.StatusServiceUnavailable})
	_, err := migrate.Plan(t.Context(), source, s.place(), migrate.PlanOptions{Patience: -1})
	if api.AsError(err).Code != api.Unavailable || !strings.Contains(err.Error(), "reading kr: listing domains") {
		t.Errorf("Plan of a source that is gone = %v", err)
	}
}

func TestReport_WriteText(t *testing.T) {
	r := migrate.Report{Source: "kr", Target: "native", Findings: []migrate.Finding{{
		Code: migrate.FoundAddress, Kind: adapters.KindLink, Message: "30 links move.", Count: 30,
	}}}
	for i := range 30 {
		r.Findings[0].Objects = append(r.Findings[0].Objects, migrate.FoundObject{Name: fmt.Sprintf("https://short.example/\x1b[2J%d", i)})
	}
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if s := text.String(); strings.Contains(s, "\x1b") || !strings.Contains(s, "and 10 more") || strings.Count(s, "short.example") != 20 {
		t.Errorf("the text is %q", s)
	}
	for seconds, want := range map[float64]string{20_000: "5.6 hours", 59: "59 seconds", 300: "5.0 minutes", 400_000: "4.6 days"} {
		if got := migrate.Took(seconds); got != want {
			t.Errorf("Took(%v) = %s; want %s", seconds, got, want)
		}
	}
}
