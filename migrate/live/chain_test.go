package live_test

import (
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/live"
)

// moved takes a move from its beginning to the phase done.
func (s *stand) moved(tb testing.TB, from, to string) {
	tb.Helper()
	s.openMove(tb, from, to)
	s.copy(tb)
	must(tb, migrate.BeginDualWrite(tb.Context(), s.mover))
	_, err := migrate.CutOver(tb.Context(), s.mover, migrate.CutOverOptions{MinParity: 1})
	must(tb, err)
}

func until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(every) {
		if time.Now().After(deadline) {
			tb.Fatalf("%s: not within half a minute", what)
		}
	}
}

// TestSwitch_Chain: clients of the first backend follow links to the third, by the
// ids that they know, and what they make there has an id that they can use.
func TestSwitch_Chain(t *testing.T) {
	s := newStand(t)
	dg, _ := s.dgLnk(t, 3)
	r := live.New(live.Config{Store: s.store.Moves(), Every: every, Place: s.place})
	kr, native := r.Switch("kr", s.places["kr"].Backend), r.Switch(api.NativeBackend, s.places[api.NativeBackend].Backend)
	r.Switch("dg", s.places["dg"].Backend)
	must(t, r.Start(t.Context()))
	t.Cleanup(r.Close)
	_ = dg
	client := func(op api.Operation, path api.Path, document string) (string, int64) {
		t.Helper()
		reply, err := ask(t.Context(), adapters.Answering(kr, api.MainAccount), "kr", op, path, document)
		must(t, err)
		if details := reply.Get("details.id"); details.Exists() {
			return reply.Raw, details.Int()
		}
		return reply.Raw, reply.Get("id").Int()
	}
	_, first := client(api.CreateLink, api.Path{}, `{"url":"https://example.com/first","custom":"first-one"}`)
	home := func(name string) func() bool {
		return func() bool { at, _ := kr.Home(api.MainAccount); return at == name }
	}
	s.moved(t, "kr", api.NativeBackend)
	until(t, "the first cutover", home(api.NativeBackend))
	must(t, migrate.Finish(t.Context(), s.mover))
	_, second := client(api.CreateLink, api.Path{}, `{"url":"https://example.com/second","custom":"second-one"}`)
	one := s.mover
	s.moved(t, api.NativeBackend, "dg")
	until(t, "the second cutover", home("dg"))
	_, third := client(api.CreateLink, api.Path{}, `{"url":"https://example.com/third","custom":"third-one"}`)
	for id, want := range map[int64]string{first: "/first", second: "/second", third: "/third"} {
		raw, got := client(api.GetLink, api.Path{ID: id}, "")
		if got != id || !strings.Contains(raw, "https://example.com"+want) {
			t.Errorf("link %d is %s", id, raw)
		}
		client(api.UpdateLink, api.Path{ID: id}, `{"url":"https://example.com/again`+want+`"}`)
	}
	list, _ := client(api.ListLinks, api.Path{}, "")
	for _, id := range []int64{first, second, third} {
		if !strings.Contains(list, `"id":`+itoa(id)) {
			t.Errorf("the list has no link %d: %s", id, list)
		}
	}
	// The first move cannot be taken back while the links are further on.
	if err := migrate.RollBack(t.Context(), one, migrate.RollBackOptions{}); err == nil || api.AsError(err).Code != api.Conflict {
		t.Errorf("rolling back the first move: %v; want a conflict", err)
	}
	s.mover.Patience = 0
	must(t, migrate.RollBack(t.Context(), s.mover, migrate.RollBackOptions{}))
	until(t, "the rollback", home(api.NativeBackend))
	for id, want := range map[int64]string{first: "/again/first", second: "/again/second", third: "/again/third"} {
		if raw, got := client(api.GetLink, api.Path{ID: id}, ""); got != id || !strings.Contains(raw, "https://example.com"+want) {
			t.Errorf("after the rollback link %d is %s", id, raw)
		}
	}
	_ = native
}

// TestSwitch_ThereAndBack: links that have moved to another backend and, by a move
// of their own, back again are where they began, for the keys of both.
func TestSwitch_ThereAndBack(t *testing.T) {
	s := newStand(t)
	id := s.mustDo(t, api.CreateLink, api.Path{}, `{"url":"https://example.com/first","custom":"first-one"}`).Get("id").Int()
	s.moved(t, "kr", api.NativeBackend)
	s.atTarget(t)
	rows, err := s.mover.Store.RowsBySource(t.Context(), s.mover.Move.ID, adapters.KindLink, []int64{id})
	must(t, err)
	must(t, migrate.Finish(t.Context(), s.mover))
	s.openMove(t, api.NativeBackend, "kr")
	if err := migrate.Backwards(t.Context(), s.mover); err == nil || api.AsError(err).Code != api.Conflict {
		t.Errorf("a move back: %v; want a conflict", err)
	}
	m := s.mover.Move
	must(t, s.mover.Store.SaveRows(t.Context(), []migrate.Row{
		{Move: m.ID, Kind: adapters.KindLink, SourceID: rows[0].TargetID, TargetID: id, Status: migrate.Copied},
	}))
	must(t, s.mover.Store.SetPhase(t.Context(), m.ID, migrate.Copying, migrate.DualWrite))
	must(t, s.mover.Store.SetPhase(t.Context(), m.ID, migrate.DualWrite, migrate.Cutover))
	for _, b := range []*live.Switch{s.native, s.kr} {
		until(t, "the move back", func() bool { at, _ := b.Home(api.MainAccount); return at == "kr" })
	}
	if got := s.mustDo(t, api.GetLink, api.Path{ID: id}, "").Get("details"); got.Get("id").Int() != id || got.Get("longurl").String() != "https://example.com/first" {
		t.Errorf("link %d is %s", id, got.Raw)
	}
	s.mustDo(t, api.UpdateLink, api.Path{ID: id}, `{"url":"https://example.com/back"}`)
	if l := s.site.Links()[0]; l.URL != "https://example.com/back" {
		t.Errorf("the site leads to %s", l.URL)
	}
}
