package dglnk

import (
	"net/http"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger/ledgertest"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

// remember makes the adapter remember answers, by a budget that is never spent.
func (s *site3) remember(t *testing.T) {
	t.Helper()
	client, err := upstream.New(upstream.Config{
		Backend: adaptertest.Name, BaseURL: s.server.URL, Key: adaptertest.Key, Budget: upstream.NewBudget(1000, time.Minute),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if s.Backend, err = New(Config{Name: adaptertest.Name, APIVersion: 3}, client, &ledgertest.Memory{}); err != nil {
		t.Fatal(err)
	}
}

// TestVersion3_MemoryOfReports: a report that was none of the link's when it came
// is none of it from memory.
func TestVersion3_MemoryOfReports(t *testing.T) {
	s := simulation3(t, sites.Options{}, Config{})
	s.remember(t)
	id, _ := s.create(t, `{"url":"https://example.com/"}`)
	others := simulate.Fault{
		Kind: simulate.Status, Status: http.StatusOK, Path: "/api/v1/reports/clicks",
		Body: `{"status":"success","report":{"clicks":{"total":99}}}`,
	}
	for _, fault := range []simulate.Fault{others, {Kind: simulate.RateLimit}} {
		if err := s.server.Fail(fault); err != nil {
			t.Fatal(err)
		}
		r, _ := s.must(t, s.call(api.GetLink, api.Path{ID: id}, "", ""))
		if r.Get("data.clicks").Raw != "0" {
			t.Errorf("%s: getLink = %s; want the link's own number", fault.Kind, r)
		}
		if reply, err := s.Do(t.Context(), s.call(api.GetLinkStatistics, api.Path{ID: id}, "", "")); err == nil {
			t.Errorf("%s: statistics = %s; want none", fault.Kind, reply.Document)
		}
	}
}

// A link that was put into a campaign is not remembered as it was before.
func TestVersion3_MemoryOfCampaigns(t *testing.T) {
	s := simulation3(t, sites.Options{}, Config{})
	s.remember(t)
	s.create(t, `{"url":"https://example.com/0"}`) // so that no link below has the number of the campaign
	one, _ := s.create(t, `{"url":"https://example.com/1"}`)
	other, _ := s.create(t, `{"url":"https://example.com/2"}`)
	campaign, _ := s.must(t, s.call(api.CreateCampaign, api.Path{}, "", `{"name":"Spring"}`))
	s.details(t, one)
	s.details(t, other)
	s.must(t, s.call(api.AssignLinkToCampaign, api.Path{ID: campaign.Get("id").Int(), ItemID: one}, "", ""))
	if err := s.server.Fail(simulate.Fault{Kind: simulate.RateLimit}); err != nil {
		t.Fatal(err)
	}
	if reply, err := s.Do(t.Context(), s.call(api.GetLink, api.Path{ID: one}, "", "")); err == nil || api.AsError(err).Code != api.RateLimited {
		t.Errorf("the assigned link = %+v, %v; want RateLimited", reply, err)
	}
	if reply, err := s.Do(t.Context(), s.call(api.GetLink, api.Path{ID: other}, "", "")); err != nil || reply.Header["Age"] == nil {
		t.Errorf("the other link = %+v, %v; want it from memory", reply, err)
	}
}
