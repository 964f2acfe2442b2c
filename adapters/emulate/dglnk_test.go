package emulate_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters/dglnk"
	"github.com/linkquay/linkquay/adapters/emulate"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/simulate"
	simulated "github.com/linkquay/linkquay/simulate/dglnk"
)

// newDgLnk returns a client's view of a simulated dgLnk.
func newDgLnk(t *testing.T, version int) (*site, *simulated.Site, *simulate.Server) {
	t.Helper()
	there := simulated.New(simulated.Options{APIVersion: version})
	server, err := simulate.Start(t.Context(), there, simulate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	cfg := upstream.Config{Backend: backend, BaseURL: server.URL, Key: simulated.DefaultKey, Timeout: 10 * time.Second}
	if version == 1 {
		cfg.KeyQuery = dglnk.KeyQuery
	}
	client, err := upstream.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	s := newSite(t, &inner{})
	adapter, err := dglnk.New(dglnk.Config{Name: backend, APIVersion: version}, client, s.store.Ledger())
	if err != nil {
		t.Fatal(err)
	}
	s.backend = emulate.Wrap(adapter, emulate.Config{Name: backend, Native: s.native, Store: s.store})
	return s, there, server
}

// TestDgLnk is a client's day on a dgLnk that can do nothing but create, with
// all that the contract has.
func TestDgLnk(t *testing.T) {
	s, site, server := newDgLnk(t, 1)
	campaign, channel := s.campaign("", "Spring"), s.channel("", "Print")
	made := s.do(api.CreateLink, in{body: fmt.Sprintf(
		js(`{'url':'https://example.com/','custom':'spring','description':'note','campaign':%d,'channel':%d}`), campaign, channel)})
	id, short := made.Get("id").Int(), made.Get("shorturl").Raw
	s.expect(s.do(api.GetLink, in{id: id}), map[string]string{
		"details.shorturl": short, "details.description": `"note"`, "details.campaign": fmt.Sprint(campaign),
		"details.channel": fmt.Sprint(channel),
	})
	if there := site.Links(); len(there) != 1 || !slices.Equal(there[0].Tags, []string{"Spring", "Print"}) {
		t.Errorf("dgLnk has %+v", there)
	}
	s.expect(s.do(api.ListLinks, in{query: "q=EXAMPLE"}), map[string]string{"data.result": "1", "data.urls.0.description": `"note"`})
	s.expect(s.do(api.ListLinks, in{query: "short=" + made.Get("shorturl").Str}), map[string]string{"data.urls.0.campaign": fmt.Sprint(campaign)})

	s.do(api.UpdateLink, in{id: id, body: js(`{'description':'','campaign':0}`)})
	s.expect(s.do(api.GetLink, in{id: id}), map[string]string{"details.description": `""`, "details.campaign": "null"})
	s.refused(api.UpdateLink, in{id: id, body: js(`{'url':'https://example.com/2'}`)}, api.Unsupported, "url")
	s.refused(api.CreateLink, in{body: js(`{'url':'https://example.com/','languagetarget':[{'language':'ko','link':'https://example.com/ko'}],'description':'x'}`)},
		api.Unsupported, "languagetarget[0].language")
	s.do(api.AssignLinkToCampaign, in{id: campaign, item: id})

	many := s.do(api.CreateLinks, urls(
		fmt.Sprintf(`{'url':'https://example.com/1','description':'one','campaign':%d}`, campaign),
		fmt.Sprintf(`{'url':'https://example.com/2','description':'two','campaign':%d}`, campaign),
		`{'url':'https://example.com/3'}`,
	)).Get("data")
	s.expect(many, map[string]string{"created": "3", "failed": "0"})
	for i, want := range []string{`"one"`, `"two"`, `""`} {
		s.expect(s.do(api.GetLink, in{id: many.Get(fmt.Sprintf("results.%d.id", i)).Int()}), map[string]string{"details.description": want})
	}
	links, err := s.store.CampaignLinks(t.Context(), campaign, 10)
	if err != nil || len(links) != 3 {
		t.Errorf("the campaign has %d links, %v; want 3", len(links), err)
	}
	creates := 0
	for _, r := range server.Requests() {
		if r.Method == http.MethodPost {
			creates++
		}
	}
	if creates > 4 {
		t.Errorf("dgLnk was asked to create %d times", creates)
	}
}

// TestDgLnk3: what version 3 has is its own, and the rest stands beside it.
func TestDgLnk3(t *testing.T) {
	s, site, _ := newDgLnk(t, 3)
	campaign, channel := s.do(api.CreateCampaign, in{body: `{"name":"Spring"}`}).Get("id").Int(), s.channel("", "Print")
	id := s.do(api.CreateLink, in{body: fmt.Sprintf(
		js(`{'url':'https://example.com/','custom':'spring','description':'note','campaign':%d,'channel':%d}`), campaign, channel)}).Get("id").Int()
	want := map[string]string{
		"details.description": `"note"`, "details.campaign": fmt.Sprint(campaign), "details.channels": fmt.Sprintf("[%d]", channel),
	}
	s.expect(s.do(api.GetLink, in{id: id}), want)
	if there, ok := site.Link(id); !ok || !slices.Equal(there.Groups, []int64{campaign}) || !slices.Equal(there.Tags, []string{"Print"}) || there.Description == "note" {
		t.Errorf("dgLnk has %+v", there)
	}
	s.do(api.UpdateLink, in{id: id, body: js(`{'url':'https://example.com/new','custom':'summer','description':'changed','campaign':0}`)})
	s.expect(s.do(api.ListLinks, in{}), map[string]string{
		"data.urls.0.longurl": `"https://example.com/new"`, "data.urls.0.description": `"changed"`, "data.urls.0.channel": fmt.Sprintf("[%d]", channel),
	})
	items := s.do(api.ListChannelItems, in{id: channel}).Get("data.items.0")
	if items.Get("id").Int() != id || !strings.HasSuffix(items.Get("link").Str, "/summer") {
		t.Errorf("the channel holds %s", items.Raw)
	}
	s.do(api.DeleteLink, in{id: id})
	s.expect(s.do(api.ListChannelItems, in{id: channel}), map[string]string{"data.result": "0"})
}
