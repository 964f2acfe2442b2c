package dglnk

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

// TestVersion3_Campaigns: they are the site's groups; a link is in one at most.
func TestVersion3_Campaigns(t *testing.T) {
	s := simulation3(t, sites.Options{}, Config{})
	var ids []int64
	for _, name := range []string{"Spring", "Summer"} {
		r, _ := s.must(t, s.call(api.CreateCampaign, api.Path{}, "", `{"name":"`+name+`"}`))
		ids = append(ids, r.Get("id").Int())
	}
	id, warnings := s.create(t, `{"url":"https://example.com/","campaign":`+strconv.FormatInt(ids[0], 10)+`}`)
	in := func(want ...int64) {
		t.Helper()
		l, _ := s.site.Link(id)
		if !slices.Equal(l.Groups, want) {
			t.Errorf("the link is in %v; want %v", l.Groups, want)
		}
	}
	if in(ids[0]); len(warnings) != 0 || s.details(t, id).Get("campaign").Int() != ids[0] {
		t.Errorf("warnings %v, details %s", warnings, s.details(t, id))
	}
	s.must(t, s.call(api.AssignLinkToCampaign, api.Path{ID: ids[1], ItemID: id}, "", ""))
	in(ids[1])
	s.must(t, s.call(api.UpdateLink, api.Path{ID: id}, "", `{"campaign":`+strconv.FormatInt(ids[0], 10)+`}`))
	in(ids[0])
	s.must(t, s.call(api.UpdateLink, api.Path{ID: id}, "", `{"campaign":0}`))
	in()
	r, _ := s.must(t, s.call(api.UpdateCampaign, api.Path{ID: ids[1]}, "", `{"name":"Autumn"}`))
	if r.Get("campaign").String() != "Autumn" {
		t.Errorf("updateCampaign = %s", r)
	}
	for _, c := range []*api.Call{
		s.call(api.AssignLinkToCampaign, api.Path{ID: 99, ItemID: id}, "", ""),
		s.call(api.AssignLinkToCampaign, api.Path{ID: ids[0], ItemID: 99}, "", ""),
		s.call(api.GetCampaign, api.Path{ID: 99}, "", ""),
		s.call(api.DeleteCampaign, api.Path{ID: 99}, "", ""),
	} {
		if _, err := s.Do(t.Context(), c); api.AsError(err).Code != api.NotFound {
			t.Errorf("Do(%s %+v) = %v; want NotFound", c.Operation, c.Path, err)
		}
	}
	// A campaign that there is none of is told before a link is made.
	links := len(s.site.Links())
	_, err := s.Do(t.Context(), s.call(api.CreateLink, api.Path{}, "", `{"url":"https://example.com/x","campaign":99}`))
	if e := api.AsError(err); e.Code != api.Invalid || len(e.Fields) != 1 || e.Fields[0].Field != "campaign" || len(s.site.Links()) != links {
		t.Errorf("createLink in no campaign = %v, %d links", err, len(s.site.Links())-links)
	}
	// One that cannot be joined afterwards is a warning: the link is there.
	if err := s.server.Fail(simulate.Fault{Kind: simulate.Status, Status: 500, Method: "POST", Path: "/api/v1/link-group/{id}/attach"}); err != nil {
		t.Fatal(err)
	}
	_, warnings = s.create(t, `{"url":"https://example.com/y","campaign":`+strconv.FormatInt(ids[0], 10)+`}`)
	if len(warnings) != 1 || warnings[0].Field != "campaign" {
		t.Errorf("warnings %v; want one about the campaign", warnings)
	}
}

// TestVersion3_Objects: domains and pixels, on a site of the page's paths too.
func TestVersion3_Objects(t *testing.T) {
	for _, older := range []bool{false, true} {
		s := simulation3(t, sites.Options{TrackingPixel: older}, Config{})
		if older {
			if err := s.server.Fail(simulate.Fault{Kind: simulate.Status, Status: 404, Path: "/api/v1/tp"}); err != nil {
				t.Fatal(err)
			}
			if err := s.server.Fail(simulate.Fault{Kind: simulate.Status, Status: 404, Path: "/api/v1/tp/{id}"}); err != nil {
				t.Fatal(err)
			}
		}
		r, _ := s.must(t, s.call(api.CreatePixel, api.Path{}, "", `{"type":"fbpixel","name":"Shop","tag":"77"}`))
		at := api.Path{ID: r.Get("id").Int()}
		s.must(t, s.call(api.UpdatePixel, at, "", `{"tag":"78"}`))
		r, _ = s.must(t, s.call(api.GetPixel, at, "", ""))
		if r.Get("data.type").String() != "fbpixel" || r.Get("data.name").String() != "Shop" || r.Get("data.tag").String() != "78" {
			t.Errorf("getPixel = %s", r)
		}
		if r, _ = s.must(t, s.call(api.ListPixels, api.Path{}, "", "")); r.Get("data.result").Int() != 1 {
			t.Errorf("listPixels = %s", r)
		}
		s.must(t, s.call(api.DeletePixel, at, "", ""))
		if _, err := s.Do(t.Context(), s.call(api.GetPixel, at, "", "")); api.AsError(err).Code != api.NotFound {
			t.Errorf("getPixel of none = %v; want NotFound", err)
		}

		asked := 0
		for _, q := range s.server.Requests() {
			if strings.HasPrefix(q.Path, "/api/v1/tp") {
				asked++
			}
		}
		// At first, and where there is none: afterwards it is known where they are.
		if older && asked != 2 {
			t.Errorf("%d requests went where older sites have no pixels; want 2", asked)
		}

		// A domain that is new is known at once.
		document := `{"url":"https://example.com/","domain":"https://go.example.com"}`
		_, err := s.Do(t.Context(), s.call(api.CreateLink, api.Path{}, "", document))
		if e := api.AsError(err); e.Code != api.Invalid || len(e.Fields) != 1 || e.Fields[0].Field != "domain" {
			t.Errorf("a create on an unknown domain = %v; want Invalid about it", err)
		}
		s.must(t, s.call(api.CreateDomain, api.Path{}, "", `{"domain":"go.example.com"}`))
		id, _ := s.create(t, document)
		if d := s.details(t, id); d.Get("domain").String() != "https://go.example.com" {
			t.Errorf("details = %s", d)
		}
		domain, _ := s.must(t, s.call(api.ListDomains, api.Path{}, "", ""))
		at = api.Path{ID: domain.Get("data.domains.0.id").Int()}
		if r, _ = s.must(t, s.call(api.GetDomain, at, "", "")); r.Get("data.domain").String() != "https://go.example.com" {
			t.Errorf("getDomain = %s", r)
		}
		_, err = s.Do(t.Context(), s.call(api.CreateDomain, api.Path{}, "", `{"domain":"go.example.com/"}`))
		if e := api.AsError(err); e.Code != api.Conflict || len(e.Fields) != 1 || e.Fields[0].Field != "domain" {
			t.Errorf("a domain twice = %v; want Conflict about it", err)
		}
		s.must(t, s.call(api.DeleteDomain, at, "", ""))
		for _, op := range []api.Operation{api.GetDomain, api.DeleteDomain} {
			if _, err := s.Do(t.Context(), s.call(op, at, "", "")); api.AsError(err).Code != api.NotFound {
				t.Errorf("Do(%s) of none = %v; want NotFound", op, err)
			}
		}
	}
}
