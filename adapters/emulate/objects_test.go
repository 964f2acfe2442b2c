package emulate_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/visitors"
)

// emulatedOperations are one call each of what is done on emulated objects, on
// those with id 1.
var emulatedOperations = []struct {
	op api.Operation
	in in
}{
	{api.GetQRCode, in{id: 1}},
	{api.UpdateQRCode, in{id: 1, body: `{"data":"https://example.com/new"}`}},
	{api.GetCampaign, in{id: 1}},
	{api.UpdateCampaign, in{id: 1, body: `{"name":"Summer"}`}},
	{api.AssignLinkToCampaign, in{id: 1, item: 1}},
	{api.UpdateChannel, in{id: 1, body: `{"starred":true}`}},
	{api.AssignItemToChannel, in{id: 1, item: 1, itemType: "links"}},
	{api.AssignItemToChannel, in{id: 1, item: 1, itemType: "qr"}},
	{api.ListChannelItems, in{id: 1}},
	{api.DeleteQRCode, in{id: 1}},
	{api.DeleteCampaign, in{id: 1}},
	{api.DeleteChannel, in{id: 1}},
}

func TestObjects(t *testing.T) {
	s := newSite(t, &inner{})
	s.do(api.CreateQRCode, in{body: `{"type":"link","data":"https://example.com/","name":"Door"}`})
	s.campaign("", "Spring")
	s.channel("", "Print")
	s.link(`{'url':'https://example.com/'}`)
	lists := []api.Operation{api.ListQRCodes, api.ListCampaigns, api.ListChannels}
	for _, op := range lists {
		if n := s.do(op, in{}).Get("data.result").Int(); n != 1 {
			t.Errorf("%s has %d; want 1", op, n)
		}
		if n := s.do(op, in{account: "other"}).Get("data.result").Int(); n != 0 {
			t.Errorf("%s of another account has %d; want 0", op, n)
		}
	}
	// They are none of the native backend's own, nor the other way round.
	for _, op := range lists {
		reply, err := s.native.Do(t.Context(), s.call(op, in{}))
		if err != nil || !strings.Contains(string(reply.Document), `"result":0`) {
			t.Errorf("%s of the native backend = %+v, %v", op, reply, err)
		}
	}
	for _, c := range emulatedOperations {
		theirs := c.in
		theirs.account = "other"
		s.refused(c.op, theirs, api.NotFound)
	}
	for _, c := range emulatedOperations {
		s.do(c.op, c.in)
	}
	for _, op := range lists {
		if n := s.do(op, in{}).Get("data.result").Int(); n != 0 {
			t.Errorf("%s has %d after the deletes; want 0", op, n)
		}
	}
}

func TestChannelItems(t *testing.T) {
	s := newSite(t, &inner{})
	channel := s.channel("", "Print")
	s.link(`{'url':'https://example.com/none'}`)
	code := s.do(api.CreateQRCode, in{body: `{"type":"text","data":"hello","name":"Door"}`}).Get("id").Int()
	titled := s.link(fmt.Sprintf(`{'url':'https://example.com/1','metatitle':'Titled','channel':%d}`, channel))
	plain := s.link(`{'url':'https://example.com/2'}`)
	for range 2 {
		s.do(api.AssignItemToChannel, in{id: channel, item: plain, itemType: "links"})
		s.do(api.AssignItemToChannel, in{id: channel, item: code, itemType: "qr"})
	}
	got := map[string]string{}
	for page := 1; page <= 3; page++ {
		data := s.do(api.ListChannelItems, in{id: channel, query: fmt.Sprintf("limit=1&page=%d", page)}).Get("data")
		s.expect(data, map[string]string{"result": "3", "maxpage": "3", "items.#": "1"})
		item := data.Get("items.0")
		got[item.Get("type").Str+" "+item.Get("id").Raw] = item.Get("title").Str + " " + item.Get("link").Str
	}
	for item, want := range map[string]string{
		fmt.Sprint("links ", titled): "Titled https://sho.rt/a2",
		fmt.Sprint("links ", plain):  "a3 https://sho.rt/a3",
		fmt.Sprint("qr ", code):      "Door " + origin + "/qr/",
	} {
		if !strings.HasPrefix(got[item], want) {
			t.Errorf("%s = %q; want %q\nin %v", item, got[item], want, got)
		}
	}
	s.refused(api.AssignItemToChannel, in{id: channel, item: 99, itemType: "links"}, api.NotFound)
	s.refused(api.AssignItemToChannel, in{id: 99, item: plain, itemType: "links"}, api.NotFound)
	s.refused(api.AssignItemToChannel, in{id: channel, item: 1, itemType: "bio"}, api.Unsupported, "type")
	s.refused(api.AssignLinkToCampaign, in{id: 99, item: plain}, api.NotFound)
	s.do(api.DeleteChannel, in{id: channel})
	s.expect(s.do(api.GetLink, in{id: titled}), map[string]string{"details.channel": "null", "details.channels": "[]"})
}

// street counts who comes.
type street struct{ visits []clicks.Visit }

func (s *street) Visit(v clicks.Visit) { s.visits = append(s.visits, v) }

// TestVisitors: what stands on our domain works for visitors.
func TestVisitors(t *testing.T) {
	s := newSite(t, &inner{})
	campaign := s.campaign("", "Spring")
	id := s.link(fmt.Sprintf(`{'url':'https://example.com/','metatitle':'Secret <title>','campaign':%d}`, campaign))
	code := s.do(api.CreateQRCode, in{body: `{"type":"link","data":"https://sho.rt/a1"}`})
	street := &street{}
	handler := visitors.New(visitors.Config{
		Shortener: s.shortener, Recorder: street, Statistics: s.store,
		Origin: func(*http.Request) string { return origin },
	})
	get := func(address, agent string) *httptest.ResponseRecorder {
		t.Helper()
		path, ok := strings.CutPrefix(address, origin)
		if !ok {
			t.Fatalf("%q is not on our domain", address)
		}
		r := httptest.NewRequest(http.MethodGet, origin+path, nil)
		r.Header.Set("User-Agent", agent)
		w := httptest.NewRecorder()
		switch err := handler.ServeHTTP(w, r, netip.MustParseAddr("192.0.2.7")); {
		case errors.Is(err, visitors.ErrNotFound):
			w.WriteHeader(http.StatusNotFound)
		case err != nil:
			t.Fatalf("GET %s: %v", path, err)
		}
		return w
	}
	const human, preview = "Mozilla/5.0 Firefox/130.0", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"

	data := s.do(api.GetCampaign, in{id: campaign}).Get("data")
	for _, agent := range []string{human, preview} {
		w := get(data.Get("rotator").Str+"?utm_source=x", agent)
		if w.Code != http.StatusFound || w.Header().Get("Location") != "https://sho.rt/a1?utm_source=x" {
			t.Errorf("the rotator answers %d to %q", w.Code, w.Header().Get("Location"))
		}
	}
	list := get(data.Get("list").Str, human)
	if list.Code != http.StatusOK || !strings.Contains(list.Body.String(), "https://sho.rt/a1") || strings.Contains(list.Body.String(), "Secret") {
		t.Errorf("the list is answered with %d and\n%s", list.Code, list.Body)
	}

	picture := get(code.Get("link").Str, human)
	if picture.Code != http.StatusOK || picture.Header().Get("Content-Type") != "image/png" {
		t.Errorf("the picture is answered with %d", picture.Code)
	}
	before := len(street.visits)
	scan := get(strings.Replace(code.Get("link").Str, "/qr/", "/", 1), human)
	if scan.Code != http.StatusFound || scan.Header().Get("Location") != "https://sho.rt/a1" {
		t.Errorf("a scan is answered with %d to %q", scan.Code, scan.Header().Get("Location"))
	}
	if len(street.visits) != before+1 || street.visits[before].Kind != clicks.Scan {
		t.Errorf("the scan was not counted: %+v", street.visits[before:])
	}

	// Nobody reaches what is kept of a link.
	for _, path := range []string{"/main:dg/1", "/main:dg%2F1", "/main:dg/1+", "/qr/main:dg/1", "/qr/main:dg%2F1", fmt.Sprint("/", id)} {
		if w := get(origin+path, human); w.Code != http.StatusNotFound {
			t.Errorf("GET %s = %d; want 404", path, w.Code)
		}
	}
	for _, short := range []string{"main:dg/1", origin + "/main:dg/1", origin + "/main:dg%2F1"} {
		reply, err := s.native.Do(t.Context(), s.call(api.ListLinks, in{account: "main:dg", query: "short=" + short}))
		if err != nil || !strings.Contains(string(reply.Document), "not found") {
			t.Errorf("a search for %q = %+v, %v", short, reply, err)
		}
	}
}
