package live_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// target is the mark of ids that clients got from the target.
const target int64 = 1 << 39

// TestSwitch_IDs: after the cutover clients go on by the source's ids: of links,
// of what these name, in lists and in searches. What they make then has an id
// that it keeps, also when the source has it, too, and that is understood after
// the rollback.
func TestSwitch_IDs(t *testing.T) {
	s := newStand(t)
	// The target has objects already, so that no two ids are the same by chance.
	for range 3 {
		_, err := ask(t.Context(), s.native, api.NativeBackend, api.CreateLink, api.Path{}, `{"url":"https://example.com/native"}`)
		must(t, err)
		_, err = ask(t.Context(), s.native, api.NativeBackend, api.CreateCampaign, api.Path{}, `{"name":"native"}`)
		must(t, err)
	}
	campaign := s.mustDo(t, api.CreateCampaign, api.Path{}, `{"name":"Spring"}`).Get("id").Int()
	old := s.mustDo(t, api.CreateLink, api.Path{}, `{"url":"https://example.com/old","custom":"old-one","campaign":%d}`, campaign).Get("id").Int()
	s.open(t)
	s.copy(t)
	must(t, migrate.BeginDualWrite(t.Context(), s.mover))
	_, err := migrate.CutOver(t.Context(), s.mover, migrate.CutOverOptions{})
	must(t, err)
	s.atTarget(t)

	details := s.mustDo(t, api.GetLink, api.Path{ID: old}, "").Get("details")
	if details.Get("id").Int() != old || details.Get("campaign").Int() != campaign || details.Get("longurl").String() != "https://example.com/old" {
		t.Errorf("the old link is %s", details.Raw)
	}
	made := s.mustDo(t, api.CreateLink, api.Path{}, `{"url":"https://example.com/new","custom":"new-one","campaign":%d}`, campaign).Get("id").Int()
	if made < target {
		t.Errorf("a link of the target has the id %d", made)
	}
	bulk := &api.Call{Operation: api.CreateLinks, Key: &api.Key{Account: api.MainAccount, Backend: "kr"}, Items: []api.Item{
		{Err: api.Errorf(api.Invalid, "Bad.")}, {Document: []byte(`{"url":"https://example.com/bulk","custom":"bulk-one"}`)},
	}, Document: []byte(`{}`)}
	reply, err := s.kr.Do(t.Context(), bulk)
	must(t, err)
	if !strings.Contains(string(reply.Document), `"id":5497558138`) {
		t.Errorf("createLinks answered %s", reply.Document)
	}
	s.drained(t)
	if id := s.mustDo(t, api.GetLink, api.Path{ID: made}, "").Get("details.id").Int(); id != made {
		t.Errorf("when the source has it, too, the link %d is %d", made, id)
	}
	list := s.mustDo(t, api.ListLinks, api.Path{}, "")
	for _, id := range []int64{old, made} {
		if !strings.Contains(list.Raw, `{"id":`+itoa(id)+`,`) {
			t.Errorf("the list has no link %d: %s", id, list.Raw)
		}
	}
	// Nobody was ever given these.
	for _, id := range []int64{old + 1000, target, target + 1000} {
		if _, err := s.do(t.Context(), api.GetLink, api.Path{ID: id}, ""); !isNotFound(err) {
			t.Errorf("link %d: %v; want not found", id, err)
		}
	}
	if _, err := s.do(t.Context(), api.DeleteFile, api.Path{ID: old}, ""); !isNotFound(err) || !strings.Contains(err.Error(), `"kr"`) {
		t.Errorf("deleting a file of the source: %v; want not found, and where it is", err)
	}
	if _, err := s.do(t.Context(), api.CreateLink, api.Path{}, `{"url":"https://example.com","pixels":[77]}`); err == nil || api.AsError(err).Fields[0].Field != "pixels[0]" {
		t.Errorf("a pixel that there is none of: %v", err)
	}

	must(t, migrate.RollBack(t.Context(), s.mover, migrate.RollBackOptions{}))
	s.atSource(t)
	for _, id := range []int64{old, made} {
		s.mustDo(t, api.UpdateLink, api.Path{ID: id}, `{"url":"https://example.com/back"}`)
		if got := s.mustDo(t, api.GetLink, api.Path{ID: id}, "").Get("details"); got.Get("id").Int() != id || got.Get("longurl").String() != "https://example.com/back" {
			t.Errorf("after the rollback link %d is %s", id, got.Raw)
		}
	}
	// The address that the target told leads to it, too.
	search := &api.Call{
		Operation: api.ListLinks, Query: map[string][]string{"short": {"https://go.example.com/new-one"}}, Origin: "https://go.example.com",
		Key: &api.Key{Account: api.MainAccount, Backend: "kr"},
	}
	if reply, err := s.kr.Do(t.Context(), search); err != nil || !strings.Contains(string(reply.Document), s.server.URL+"/new-one") {
		t.Errorf("after the rollback a search by the target's address answers %s, %v", reply.Document, err)
	}
	if _, err := s.do(t.Context(), api.GetLink, api.Path{ID: target + 1000}, ""); !isNotFound(err) {
		t.Errorf("an unknown id of the target: %v; want not found", err)
	}
}

// TestSwitch_Domain: clients that name the source's main domain, or none, reach
// the domain that its links got.
func TestSwitch_Domain(t *testing.T) {
	s := newStand(t)
	s.mustDo(t, api.CreateLink, api.Path{}, `{"url":"https://example.com/old","custom":"old-one"}`)
	_, err := ask(t.Context(), s.native, api.NativeBackend, api.CreateDomain, api.Path{}, `{"domain":"https://new.example"}`)
	must(t, err)
	s.open(t)
	s.mover.Move.Domain = "new.example"
	must(t, s.mover.Store.SaveProgress(t.Context(), s.mover.Move))
	s.copy(t)
	must(t, migrate.BeginDualWrite(t.Context(), s.mover))
	_, err = migrate.CutOver(t.Context(), s.mover, migrate.CutOverOptions{})
	must(t, err)
	s.atTarget(t)
	for alias, document := range map[string]string{"no-host": ``, "main-host": `,"domain":"` + s.server.URL + `"`} {
		got := s.mustDo(t, api.CreateLink, api.Path{}, `{"url":"https://example.com/x","custom":%q%s}`, alias, document)
		if want := "https://new.example/" + alias; got.Get("shorturl").String() != want {
			t.Errorf("%s: %s; want %s", document, got.Raw, want)
		}
	}
	for _, short := range []string{"old-one", s.server.URL + "/old-one", "https://new.example/old-one"} {
		call := &api.Call{
			Operation: api.ListLinks, Query: map[string][]string{"short": {short}}, Origin: "https://go.example.com",
			Key: &api.Key{Account: api.MainAccount, Backend: "kr"},
		}
		reply, err := s.kr.Do(t.Context(), call)
		must(t, err)
		if !strings.Contains(string(reply.Document), "https://example.com/old") {
			t.Errorf("short=%s: %s", short, reply.Document)
		}
	}
}

// TestSwitch_Current: what asks for a backend's abilities is told those of the
// side that answers, and callers with credentials of their own are in no move.
func TestSwitch_Current(t *testing.T) {
	s := newStand(t)
	idempotent := func() bool {
		_, ok := adapters.Answering(s.kr.For(api.MainAccount), api.MainAccount).(adapters.Idempotent)
		return ok
	}
	if _, ok := s.native.Current("any").(adapters.Idempotent); !ok || idempotent() {
		t.Error("without a move abilities are not those of the backends")
	}
	s.open(t)
	if idempotent() {
		t.Error("the source has the target's abilities")
	}
	m := s.mover.Move
	must(t, s.mover.Store.SetPhase(t.Context(), m.ID, migrate.Copying, migrate.DualWrite))
	must(t, s.mover.Store.SetPhase(t.Context(), m.ID, migrate.DualWrite, migrate.Cutover))
	s.atTarget(t)
	if !idempotent() || !s.kr.For(api.MainAccount).Capabilities().Supports(api.GetLinkStatistics) {
		t.Error("the target's abilities are not told")
	}
	if s.kr.Current("another").Capabilities().Supports(api.GetLinkStatistics) {
		t.Error("another account has the target's abilities")
	}
	call := &api.Call{Operation: api.ListLinks, Key: &api.Key{Account: api.MainAccount, Backend: "kr", Forwarded: siteKey}}
	before := s.requests()
	_, err := s.kr.Do(t.Context(), call)
	must(t, err)
	if s.requests() == before {
		t.Error("a caller with a credential of its own was not answered by the site")
	}
}

func isNotFound(err error) bool {
	failure, ok := errors.AsType[*api.Error](err)
	return ok && failure.Code == api.NotFound
}
