package emulate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/emulate"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

func TestCreateLink(t *testing.T) {
	s := newSite(t, &inner{})
	campaign, channel := s.campaign("", "Spring"), s.channel("", "Print")
	body := fmt.Sprintf(js(`{'description':'a note','url':'https://example.com/','campaign':%d,'metatitle':'Title','channel':%d}`), campaign, channel)
	reply := s.do(api.CreateLink, in{body: body})
	s.expect(reply, map[string]string{"id": "1", "short": `"https://sho.rt/a1"`})

	sent := s.inner.sent(api.CreateLink)
	if len(sent) != 1 || string(sent[0].Document) != js(`{'url':'https://example.com/','metatitle':'Title'}`) || !slices.Equal(sent[0].Tags, []string{"Spring", "Print"}) {
		t.Errorf("the backend was sent %s with the tags %q", sent[0].Document, sent[0].Tags)
	}
	link := s.do(api.GetLink, in{id: 1})
	s.expect(link, map[string]string{
		"details.description": `"a note"`, "details.campaign": fmt.Sprint(campaign), "details.channel": fmt.Sprint(channel),
		"details.channels": fmt.Sprintf("[%d]", channel), "details.title": `"Title"`, "data.clicks": "3",
	})

	// A link without any of it is the backend's alone.
	s.link(`{'url':'https://example.com/2'}`)
	if sent := s.inner.sent(api.CreateLink); sent[1].Tags != nil || string(sent[1].Document) != js(`{'url':'https://example.com/2'}`) {
		t.Errorf("the backend was sent %s with the tags %q", sent[1].Document, sent[1].Tags)
	}
	rows := s.do(api.ListLinks, in{}).Get("data.urls")
	s.expect(rows, map[string]string{
		"#": "2", "0.description": `""`, "0.campaign": "null", "0.channel": "[]",
		"1.description": `"a note"`, "1.campaign": fmt.Sprint(campaign), "1.channel": fmt.Sprintf("[%d]", channel), "1.longurl": `"https://example.com/"`,
	})
	found := s.do(api.ListLinks, in{query: "short=https://sho.rt/a1"})
	s.expect(found, map[string]string{"details.campaign": fmt.Sprint(campaign), "data.urls.0.campaign": fmt.Sprint(campaign)})
	if miss := s.do(api.ListLinks, in{query: "short=https://sho.rt/a9"}); miss.Get("error").Int() != 1 {
		t.Errorf("a miss is answered with %s", miss.Raw)
	}
}

// TestCreateLink_Missing: what a link cannot be in is found out before there is
// one.
func TestCreateLink_Missing(t *testing.T) {
	s := newSite(t, &inner{})
	theirs := s.campaign("other", "Theirs")
	message := s.refused(api.CreateLink, in{body: fmt.Sprintf(js(`{'url':'https://example.com/','campaign':%d,'channel':9}`), theirs)}, api.Invalid, "campaign", "channel")
	if message != "Campaign not found. Please try again." {
		t.Errorf("message = %q", message)
	}
	if n := len(s.inner.sent(api.CreateLink)); n != 0 {
		t.Errorf("the backend was asked to create %d times", n)
	}
}

// TestCreateLink_Refused: what the backend refuses leaves nothing here.
func TestCreateLink_Refused(t *testing.T) {
	s := newSite(t, &inner{fail: func(call *api.Call) error {
		if call.Operation == api.CreateLink {
			return &api.Error{Code: api.Conflict, Message: "taken"}
		}
		return nil
	}})
	s.refused(api.CreateLink, in{body: js(`{'url':'https://example.com/','description':'x'}`)}, api.Conflict)
	if links, err := s.store.RemoteLinks(t.Context(), emulate.Owner("main", backend), []int64{0, 1}); err != nil || len(links) != 0 {
		t.Errorf("kept: %+v, %v", links, err)
	}
}

// failing is a store whose changes of records fail some times.
type failing struct {
	emulate.Store
	times atomic.Int64
	code  api.Code
}

func (f *failing) ChangeRemoteLink(ctx context.Context, account string, id int64, change func(l *shortener.Link) error) error {
	if f.times.Add(-1) >= 0 {
		return &api.Error{Code: f.code, Message: "not now"}
	}
	return f.Store.ChangeRemoteLink(ctx, account, id, change)
}

// TestCreateLink_StoreAway: the link is there and is made no second time,
// whatever becomes of the rest.
func TestCreateLink_StoreAway(t *testing.T) {
	for _, c := range []struct {
		name  string
		times int64
		code  api.Code
		warns bool
	}{
		{"for a moment", 2, api.Unavailable, false},
		{"for long", 99, api.Unavailable, true},
		{"refuses", 1, api.Invalid, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &failing{code: c.code}
			s := newSite(t, &inner{}, func(cfg *emulate.Config) { f.Store, cfg.Store = cfg.Store, f })
			f.times.Store(c.times)
			// The client goes as soon as the backend is asked.
			ctx, cancel := context.WithCancel(t.Context())
			s.inner.changed = func(*api.Call) { cancel() }
			reply, err := s.try(ctx, api.CreateLink, in{body: js(`{'url':'https://example.com/','description':'x'}`)})
			if err != nil {
				t.Fatal(err)
			}
			if warned := slices.Equal(names(reply.Warnings), []string{"description"}); warned != c.warns || s.logs.Len() > 0 != c.warns {
				t.Errorf("warnings %v, %d log entries; want some: %t", reply.Warnings, s.logs.Len(), c.warns)
			}
			if n := len(s.inner.sent(api.CreateLink)); n != 1 {
				t.Errorf("the backend was asked to create %d times", n)
			}
			if note := s.do(api.GetLink, in{id: 1}).Get("details.description").Str; (note == "x") == c.warns {
				t.Errorf("description = %q", note)
			}
		})
	}
}

func TestUpdateLink_Nowhere(t *testing.T) {
	s := newSite(t, &inner{})
	campaign := s.campaign("", "Spring")
	id := s.link(`{'url':'https://example.com/','metatitle':'Title'}`)
	reply := s.do(api.UpdateLink, in{id: id, body: fmt.Sprintf(js(`{'description':'new','campaign':%d}`), campaign)})
	s.expect(reply, map[string]string{"id": fmt.Sprint(id), "shorturl": `"https://sho.rt/a1"`, "short": `"https://sho.rt/a1"`})
	s.expect(s.do(api.GetLink, in{id: id}), map[string]string{"details.description": `"new"`, "details.campaign": fmt.Sprint(campaign)})

	// The rest is refused by name before anything is changed, and no password
	// is repeated.
	message := s.refused(api.UpdateLink, in{id: id, body: js(`{'description':'half','password':'S3cr3t','metatitle':'Other'}`)}, api.Unsupported, "password", "metatitle")
	if strings.Contains(message, "S3cr3t") {
		t.Errorf("message = %q", message)
	}
	s.refused(api.UpdateLink, in{id: id, body: js(`{'description':'half','channel':9}`)}, api.Invalid, "channel")
	s.expect(s.do(api.GetLink, in{id: id}), map[string]string{"details.description": `"new"`})

	s.do(api.UpdateLink, in{id: id, body: js(`{'description':'','campaign':0}`)})
	s.expect(s.do(api.GetLink, in{id: id}), map[string]string{"details.description": `""`, "details.campaign": "null"})

	s.refused(api.UpdateLink, in{id: 99, body: js(`{'description':'x'}`)}, api.NotFound)
	s.refused(api.UpdateLink, in{account: "other", id: id, body: js(`{'description':'x'}`)}, api.NotFound)
}

func TestUpdateLink_Warn(t *testing.T) {
	s := newSite(t, &inner{}, func(cfg *emulate.Config) { cfg.Unsupported = adapters.Warn })
	id := s.link(`{'url':'https://example.com/'}`)
	reply, err := s.try(t.Context(), api.UpdateLink, in{id: id, body: js(`{'metatitle':'T','description':'x'}`)})
	if err != nil || !slices.Equal(names(reply.Warnings), []string{"metatitle"}) {
		t.Fatalf("updateLink = %+v, %v", reply, err)
	}
	s.expect(s.do(api.GetLink, in{id: id}), map[string]string{"details.description": `"x"`, "details.title": `""`})
}

func TestUpdateLink_There(t *testing.T) {
	s := newSite(t, &inner{also: []api.Operation{api.UpdateLink}})
	campaign := s.campaign("", "Spring")
	id := s.link(fmt.Sprintf(`{'url':'https://example.com/','campaign':%d}`, campaign))
	s.do(api.UpdateLink, in{id: id, body: js(`{'metatitle':'New','description':'note'}`)})
	sent := s.inner.sent(api.UpdateLink)
	if len(sent) != 1 || string(sent[0].Document) != js(`{'metatitle':'New'}`) {
		t.Errorf("the backend was sent %+v", sent)
	}
	s.do(api.UpdateLink, in{id: id, body: js(`{'description':'other'}`)})
	s.do(api.UpdateLink, in{id: id, body: js(`{'custom':'moved'}`)})
	if n := len(s.inner.sent(api.UpdateLink)); n != 2 {
		t.Errorf("the backend was asked to update %d times; want 2", n)
	}
	s.expect(s.do(api.GetLink, in{id: id}), map[string]string{"details.description": `"other"`, "details.shorturl": `"https://sho.rt/moved"`, "details.campaign": fmt.Sprint(campaign)})
	// What the rotator leads to has moved along.
	links, err := s.store.CampaignLinks(t.Context(), campaign, 10)
	if err != nil || len(links) != 1 || links[0].URL != "https://sho.rt/moved" || links[0].MetaTitle != "New" {
		t.Errorf("CampaignLinks = %+v, %v", links, err)
	}
	// What does not exist is found out before the backend is asked.
	s.refused(api.UpdateLink, in{id: id, body: js(`{'metatitle':'X','channel':9}`)}, api.Invalid, "channel")
	if n := len(s.inner.sent(api.UpdateLink)); n != 2 {
		t.Errorf("the backend was asked to update %d times; want 2", n)
	}
	// A refusal of the backend changes nothing here.
	s.inner.fail = func(call *api.Call) error {
		if call.Operation == api.UpdateLink {
			return errors.New("no")
		}
		return nil
	}
	s.refused(api.UpdateLink, in{id: id, body: js(`{'metatitle':'X','description':'half'}`)}, api.Internal)
	s.expect(s.do(api.GetLink, in{id: id}), map[string]string{"details.description": `"other"`})
}

// TestUpdateLink_OldNote: the backend's own description counts until there is
// one here, and does not come back when that is emptied.
func TestUpdateLink_OldNote(t *testing.T) {
	s := newSite(t, &inner{})
	campaign := s.campaign("", "Spring")
	id := s.link(`{'url':'https://example.com/'}`)
	s.inner.links[0].note = "old"
	s.expect(s.do(api.GetLink, in{id: id}), map[string]string{"details.description": `"old"`})
	s.do(api.AssignLinkToCampaign, in{id: campaign, item: id})
	s.expect(s.do(api.GetLink, in{id: id}), map[string]string{"details.description": `"old"`})
	s.do(api.UpdateLink, in{id: id, body: js(`{'description':''}`)})
	s.expect(s.do(api.GetLink, in{id: id}), map[string]string{"details.description": `""`})
}

func TestDeleteLink(t *testing.T) {
	s := newSite(t, &inner{also: []api.Operation{api.DeleteLink}})
	kept := func(id int64) bool {
		links, err := s.store.RemoteLinks(t.Context(), emulate.Owner("main", backend), []int64{id})
		if err != nil {
			t.Fatal(err)
		}
		return len(links) == 1
	}
	id, other := s.link(`{'url':'https://example.com/','description':'x'}`), s.link(`{'url':'https://example.com/','description':'y'}`)
	s.refused(api.DeleteLink, in{account: "other", id: id}, api.NotFound)
	if !kept(id) {
		t.Error("another account's delete took the record")
	}
	s.do(api.DeleteLink, in{id: id})
	if kept(id) || !kept(other) {
		t.Error("the wrong record went")
	}
	// One that went elsewhere is forgotten when somebody tries.
	s.inner.links[other-1] = nil
	s.refused(api.DeleteLink, in{id: other}, api.NotFound)
	if kept(other) {
		t.Error("the record of a link that is gone stays")
	}
}

// TestReadLinks_Shared: a reply that the backend remembers is not written into.
func TestReadLinks_Shared(t *testing.T) {
	s := newSite(t, &inner{})
	s.link(`{'url':'https://example.com/','description':'x'}`)
	shared := &api.Reply{Document: []byte(`{"error":0,"details":{"id":1,"description":"theirs"},"data":null}`), Header: map[string][]string{"Age": {"3"}}}
	b := emulate.Wrap(constant{s.inner, shared}, emulate.Config{Name: backend, Native: s.native, Store: s.store})
	reply, err := b.Do(t.Context(), s.call(api.GetLink, in{id: 1}))
	if err != nil || gjson.GetBytes(reply.Document, "details.description").Str != "x" || reply.Header.Get("Age") != "3" {
		t.Errorf("getLink = %+v, %v", reply, err)
	}
	if got := gjson.GetBytes(shared.Document, "details.description").Str; got != "theirs" {
		t.Errorf("the shared reply has become %s", shared.Document)
	}
}

// constant answers everything with one reply.
type constant struct {
	adapters.Backend
	reply *api.Reply
}

func (c constant) Do(context.Context, *api.Call) (*api.Reply, error) { return c.reply, nil }
