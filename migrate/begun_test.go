package migrate_test

import (
	"context"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// forgetful is a store that loses what was copied, as where a process is killed
// before it has written that down.
type forgetful struct{ migrate.Store }

func (f forgetful) SaveRows(ctx context.Context, rows []migrate.Row) error {
	if rows[0].Status == migrate.Copied {
		return api.Errorf(api.Unavailable, "The store is away.")
	}
	return f.Store.SaveRows(ctx, rows)
}

// carryForgotten carries what a client has written without that being written
// down.
func carryForgotten(tb testing.TB, m *migrate.Mover, kind adapters.Kind, id int64, toTarget bool) {
	tb.Helper()
	store := m.Store
	m.Store = forgetful{store}
	defer func() { m.Store = store }()
	if _, err := m.Carry(tb.Context(), kind, id, toTarget, &migrate.Entry{}); api.AsError(err).Code != api.Unavailable {
		tb.Fatalf("carrying %s %d: %v; want it to be forgotten", kind, id, err)
	}
}

// links returns where all links of a place lead, by alias.
func links(tb testing.TB, p *migrate.Place) map[string]string {
	tb.Helper()
	page, err := p.List(tb.Context(), adapters.KindLink, 0)
	if err != nil {
		tb.Fatal(err)
	}
	found := map[string]string{}
	for i := range page.Records {
		document := gjson.ParseBytes(page.Records[i].Document)
		found[document.Get("custom").Str] = document.Get("url").Str
	}
	return found
}

// TestCarryForgotten: what was made at the other side without anybody having
// written that down is known again when it has been changed at the primary since,
// and deleted when it is gone there.
func TestCarryForgotten(t *testing.T) {
	for _, target := range []string{"a site", "the native backend"} {
		for _, toTarget := range []bool{true, false} {
			name := target
			if !toTarget {
				name += ", on the way back"
			}
			t.Run(name, func(t *testing.T) {
				s := newStand(t)
				primary, _, _ := s.siteNamed(t, "kr", "https://kr.example")
				other := s.place()
				if target == "a site" {
					other, _, _ = s.siteNamed(t, "us", "https://us.example")
				}
				m := newMover(t, primary, other)
				if !toTarget {
					m = newMover(t, other, primary)
				}
				changed := idOf(t, primary, api.CreateLink, `{"url":"https://a.example/1","custom":"first"}`)
				renamed := idOf(t, primary, api.CreateLink, `{"url":"https://a.example/2","custom":"second"}`)
				deleted := idOf(t, primary, api.CreateLink, `{"url":"https://a.example/3","custom":"third"}`)
				for _, id := range []int64{changed, renamed, deleted} {
					carryForgotten(t, m, adapters.KindLink, id, toTarget)
				}
				if n := len(links(t, other)); n != 3 {
					t.Fatalf("the other side has %d links", n)
				}
				do(t, primary, api.UpdateLink, api.Path{ID: changed}, `{"url":"https://a.example/later"}`)
				do(t, primary, api.UpdateLink, api.Path{ID: renamed}, `{"url":"https://a.example/2","custom":"other"}`)
				do(t, primary, api.DeleteLink, api.Path{ID: deleted}, "")
				mustCarry(t, m, adapters.KindLink, changed, toTarget, nil)
				mustCarry(t, m, adapters.KindLink, renamed, toTarget, nil)
				row, err := m.Carry(t.Context(), adapters.KindLink, deleted, toTarget, nil)
				if err != nil || row.Status != migrate.Deleted || row.Error != "" {
					t.Errorf("what is gone has the row %+v, %v", row, err)
				}
				if got := links(t, other); len(got) != 2 || got["first"] != "https://a.example/later" || got["other"] != "https://a.example/2" {
					t.Errorf("the other side has %v", got)
				}
			})
		}
	}
}

// TestCarryAnswerLost: a link that a site has made and not told of is deleted
// there once it is gone at the primary. One that was there before is not.
func TestCarryAnswerLost(t *testing.T) {
	s := newStand(t)
	source := s.place()
	target, _, _ := s.siteNamed(t, "us", "https://us.example")
	m := newMover(t, source, target)
	idOf(t, target, api.CreateLink, `{"url":"https://theirs.example","custom":"taken"}`)
	site := target.Backend
	for _, alias := range []string{"lost", "taken"} {
		id := idOf(t, source, api.CreateLink, `{"url":"https://ours.example","custom":%q}`, alias)
		target.Backend = &silent{Backend: site, makes: alias == "lost"}
		if _, err := m.Carry(t.Context(), adapters.KindLink, id, true, &migrate.Entry{}); api.AsError(err).Code != api.Unavailable {
			t.Fatalf("%s: the site answers %v", alias, err)
		}
		target.Backend = site
		do(t, source, api.DeleteLink, api.Path{ID: id}, "")
		if row, err := m.Carry(t.Context(), adapters.KindLink, id, true, nil); err != nil || row.Status != migrate.Deleted {
			t.Errorf("%s: the row is %+v, %v", alias, row, err)
		}
	}
	if got := links(t, target); len(got) != 1 || got["taken"] != "https://theirs.example" {
		t.Errorf("the site has %v", got)
	}
}

// silent is a backend that never answers a create, whether it makes the link or
// not.
type silent struct {
	adapters.Backend
	makes bool
}

func (s *silent) Do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if call.Operation != api.CreateLink {
		return s.Backend.Do(ctx, call)
	}
	if s.makes {
		if _, err := s.Backend.Do(ctx, call); err != nil {
			return nil, err
		}
	}
	return nil, api.Errorf(api.Unavailable, "The backend does not answer.")
}

// TestCarryForgotten_named: of what has a name, that which a move has made is
// deleted, and what had the name before is not.
func TestCarryForgotten_named(t *testing.T) {
	s := newStand(t)
	source, _, _ := s.siteNamed(t, "kr", "https://kr.example")
	target, site, _ := s.siteNamed(t, "us", "https://us.example")
	m := newMover(t, source, target)
	idOf(t, target, api.CreateCampaign, `{"name":"Theirs"}`)
	for _, name := range []string{"Theirs", "Ours & more"} {
		id := idOf(t, source, api.CreateCampaign, `{"name":%q}`, name)
		carryForgotten(t, m, adapters.KindCampaign, id, true)
		do(t, source, api.DeleteCampaign, api.Path{ID: id}, "")
		if row, err := m.Carry(t.Context(), adapters.KindCampaign, id, true, nil); err != nil || row.Status != migrate.Deleted {
			t.Errorf("%s: the row is %+v, %v", name, row, err)
		}
	}
	if left := site.Objects("campaign"); len(left) != 1 || left[0].Sent["name"] != "Theirs" {
		t.Errorf("the site has %v", left)
	}
}

// TestCarryAdopted_gone: a link that was taken over by itself, and is deleted at
// the source before it was copied, is deleted at the target. One that belongs to
// somebody there is not.
func TestCarryAdopted_gone(t *testing.T) {
	s := newStand(t)
	source, _, _ := s.siteNamed(t, "kr", "https://kr.example")
	target := s.place()
	do(t, source, api.CreateDomain, api.Path{}, `{"domain":"https://brand.example"}`)
	do(t, target, api.CreateDomain, api.Path{}, `{"domain":"https://brand.example"}`)
	m := newMover(t, source, target)
	for _, alias := range []string{"adopted", "theirs"} {
		id := idOf(t, source, api.CreateLink, `{"url":"https://a.example/","custom":"%s","domain":"https://brand.example"}`, alias)
		res := target.Put(t.Context(), []adapters.Record{{
			Kind: adapters.KindLink, Adopted: alias == "adopted",
			Document: []byte(`{"url":"https://a.example/","custom":"` + alias + `","domain":"brand.example"}`),
		}})[0]
		if res.Err != nil {
			t.Fatal(res.Err)
		}
		_, _, err := m.Store.AddRows(t.Context(), []migrate.Row{{Move: m.Move.ID, Kind: adapters.KindLink, SourceID: id, ShortURL: "https://brand.example/" + alias}})
		if err != nil {
			t.Fatal(err)
		}
		do(t, source, api.DeleteLink, api.Path{ID: id}, "")
		if row, err := m.Carry(t.Context(), adapters.KindLink, id, true, nil); err != nil || row.Status != migrate.Deleted {
			t.Errorf("%s: the row is %+v, %v", alias, row, err)
		}
	}
	if got := links(t, target); len(got) != 1 || got["theirs"] == "" {
		t.Errorf("the target has %v", got)
	}
}

// TestCarryOvertaken_gone: what one process makes at the other side, while another
// one finds it gone at the primary and says so, does not stay.
func TestCarryOvertaken_gone(t *testing.T) {
	s := newStand(t)
	source, _, _ := s.siteNamed(t, "kr", "https://kr.example")
	target, site, _ := s.siteNamed(t, "us", "https://us.example")
	link := idOf(t, source, api.CreateLink, `{"url":"https://a.example/1","custom":"abc"}`)
	m := newMover(t, source, target)
	if _, _, err := m.Store.AddRows(t.Context(), []migrate.Row{{Move: m.Move.ID, Kind: adapters.KindLink, SourceID: link}}); err != nil {
		t.Fatal(err)
	}
	meets := make(chan struct{})
	source.Backend = &watched{Backend: source.Backend, after: api.GetLink, tell: meets}
	done := make(chan struct{})
	slow := &migrate.Mover{Store: m.Store, Move: m.Move, Source: source, Target: target, Patience: -1}
	go func() {
		defer close(done)
		if row, err := slow.Carry(t.Context(), adapters.KindLink, link, true, nil); err != nil || row.Status != migrate.Deleted {
			t.Errorf("the row is %+v, %v", row, err)
		}
	}()
	meets <- struct{}{}
	fast := &migrate.Mover{Store: m.Store, Move: m.Move, Source: s.placeAgain(source), Target: s.placeAgain(target), Patience: -1}
	do(t, fast.Source, api.DeleteLink, api.Path{ID: link}, "")
	if row, err := fast.Carry(t.Context(), adapters.KindLink, link, true, nil); err != nil || row.Status != migrate.Deleted {
		t.Errorf("the row is %+v, %v", row, err)
	}
	meets <- struct{}{}
	close(meets)
	<-done
	if n := len(site.Links()); n != 0 {
		t.Errorf("the target has %d links", n)
	}
}
