package migrate_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/migratetest"
)

// mustCopy copies, and wants so many to have become each.
func mustCopy(tb testing.TB, m *migrate.Mover, o migrate.CopyOptions, want migrate.Summary) {
	tb.Helper()
	got, err := m.Copy(tb.Context(), o)
	if err != nil {
		tb.Fatalf("copying: %v", err)
	}
	got.Counts = nil
	if fmt.Sprint(*got) != fmt.Sprint(want) {
		tb.Errorf("the copy is %+v; want %+v", *got, want)
		rows, _ := m.Store.Rows(tb.Context(), migrate.Filter{Move: m.Move.ID, Status: migrate.Failed})
		for _, r := range rows {
			tb.Logf("%s %d failed: %s", r.Kind, r.SourceID, r.Error)
		}
	}
}

// TestCopy copies a site, again after changes, and retries.
func TestCopy(t *testing.T) {
	s := newStand(t)
	source, from, _ := s.siteNamed(t, "kr", "https://kr.example")
	target, to, server := s.siteNamed(t, "us", "https://us.example")
	m := newMover(t, source, target)
	campaign := idOf(t, source, api.CreateCampaign, `{"name":"Summer"}`)
	links := make([]int64, 60)
	for i := range links {
		links[i] = idOf(t, source, api.CreateLink, `{"url":"https://a.example/%d","custom":"alias%d","campaign":%d}`, i, i, campaign)
	}
	theirs := idOf(t, target, api.CreateLink, `{"url":"https://theirs.example","custom":"alias7"}`)

	var told atomic.Int64
	var last migrate.Progress
	progress := func(p migrate.Progress) { told.Add(1); last = p }
	// The site of the script has a splash page and an overlay that no request can
	// make; those of the target are found by their names.
	mustCopy(t, m, migrate.CopyOptions{Progress: progress}, migrate.Summary{Added: 63, Copied: 62, Failed: 1})
	if told.Load() < 2 || !last.Last || last.Done != 63 || last.Total != 63 || last.Failed != 1 {
		t.Errorf("progress was told %d times, the last of it %+v", told.Load(), last)
	}
	made := to.Links()
	if n := len(made); n != 60 {
		t.Errorf("the target has %d links", n)
	}
	// Some are made at a time, and one may lag behind, but the oldest come first.
	away := 0
	for at, link := range made[1:] {
		if n, err := strconv.Atoi(strings.TrimPrefix(link.URL, "https://a.example/")); err != nil || n-at > 10 || at-n > 10 {
			away++
		}
	}
	if away > 10 {
		t.Errorf("%d of 59 links are far from where they belong", away)
	}
	for _, l := range to.Links() {
		if l.Campaign == 0 && l.Alias != "alias7" {
			t.Errorf("%s has no campaign", l.Alias)
		}
	}
	before := len(server.Requests())
	mustCopy(t, m, migrate.CopyOptions{}, migrate.Summary{})
	if n := len(server.Requests()) - before; n != 0 {
		t.Errorf("a copy of what is there already has asked the target %d times", n)
	}

	do(t, target, api.DeleteLink, api.Path{ID: theirs}, "")
	do(t, source, api.UpdateLink, api.Path{ID: links[0]}, `{"url":"https://a.example/changed"}`)
	do(t, source, api.DeleteLink, api.Path{ID: links[1]}, "")
	idOf(t, source, api.CreateLink, `{"url":"https://a.example/new","custom":"fresh"}`)
	mustCopy(t, m, migrate.CopyOptions{Retry: true}, migrate.Summary{Added: 1, Changed: 1, Vanished: 1, Copied: 3, Deleted: 1})
	at := map[string]string{}
	for _, l := range to.Links() {
		at[l.Alias] = l.URL
	}
	if len(at) != 60 || at["alias0"] != "https://a.example/changed" || at["alias1"] != "" || at["alias7"] != "https://a.example/7" || at["fresh"] == "" {
		t.Errorf("the target has %v", at)
	}

	for _, l := range from.Links() {
		do(t, source, api.DeleteLink, api.Path{ID: int64(l.ID)}, "")
	}
	if _, err := m.Copy(t.Context(), migrate.CopyOptions{}); api.AsError(err).Code != api.Unavailable {
		t.Errorf("a source that has lost all was believed: %v", err)
	}
	if len(to.Links()) != 60 {
		t.Errorf("the target has %d links left", len(to.Links()))
	}
}

// TestCopyRepairs gives links back what they referred to once that is there.
func TestCopyRepairs(t *testing.T) {
	s := newStand(t)
	source, _, _ := s.siteNamed(t, "kr", "https://kr.example")
	target, to, server := s.siteNamed(t, "us", "https://us.example")
	m := newMover(t, source, target)
	campaign := idOf(t, source, api.CreateCampaign, `{"name":"Summer"}`)
	idOf(t, source, api.CreateLink, `{"url":"https://a.example","custom":"abc","campaign":%d}`, campaign)
	refuse(t, server, "/api/campaign/add")
	mustCopy(t, m, migrate.CopyOptions{}, migrate.Summary{Added: 4, Copied: 3, Failed: 1})
	rows, err := m.Store.Rows(t.Context(), migrate.Filter{Move: m.Move.ID, Kind: adapters.KindLink})
	if err != nil || len(rows) != 1 || fmt.Sprint(rows[0].Different) != "[campaign]" {
		t.Fatalf("the link's row is %+v, %v", rows, err)
	}
	server.Heal()
	mustCopy(t, m, migrate.CopyOptions{Retry: true}, migrate.Summary{Copied: 2})
	if l := to.Links()[0]; l.Campaign == 0 {
		t.Errorf("the link is %+v", l)
	}
	if rows, _ = m.Store.Rows(t.Context(), migrate.Filter{Move: m.Move.ID, Different: true}); len(rows) != 0 {
		t.Errorf("there are still differences: %+v", rows)
	}
}

// TestCopyInBulk copies from one native backend to another, as far as it comes
// each time until the store fails.
func TestCopyInBulk(t *testing.T) {
	from, to := newStand(t), newStand(t)
	source, target := from.place(), to.place()
	source.Name = "old"
	m := newMover(t, source, target)
	idOf(t, target, api.CreateCampaign, `{"name":"Other"}`)
	winter := idOf(t, target, api.CreateCampaign, `{"name":"Winter"}`)
	idOf(t, source, api.CreateDomain, `{"domain":"https://go.example.org"}`)
	var campaigns []int64
	for _, name := range []string{"Summer", "Winter", "Winter"} {
		campaigns = append(campaigns, idOf(t, source, api.CreateCampaign, `{"name":%q}`, name))
	}
	channel := idOf(t, source, api.CreateChannel, `{"name":"News"}`)
	const links = 2500
	var items []string
	for i := range links {
		domain := ""
		if i%2 == 0 {
			domain = `,"domain":"go.example.org"`
		}
		items = append(items, fmt.Sprintf(`{"url":"https://a.example/%d","custom":"alias%d","campaign":%d,"channel":%d%s}`, i, i, campaigns[i%3], channel, domain))
	}
	fill(t, source, items)
	idOf(t, source, api.CreateQRCode, `{"type":"text","data":"hello"}`)

	store := m.Store.(*migratetest.Memory)
	var calls atomic.Int64
	fail := 1
	store.Fail = func(method string) error {
		if (method == "SaveRows" || method == "SaveProgress") && calls.Add(1) >= int64(fail) {
			return errors.New("the disk is full")
		}
		return nil
	}
	done := false
	for fail = 1; fail < 40 && !done; fail++ {
		calls.Store(0)
		move := *m.Move // what a new process reads
		moves, err := store.Moves(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		move = moves[0]
		one := &migrate.Mover{Store: store, Move: &move, Source: source, Target: target, Patience: -1}
		_, err = one.Copy(t.Context(), migrate.CopyOptions{})
		done = err == nil
	}
	if !done {
		t.Fatal("the copy does not come to an end")
	}
	store.Fail = nil
	counts, err := store.CountRows(t.Context(), m.Move.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range counts {
		want := map[adapters.Kind]int{adapters.KindDomain: 1, adapters.KindCampaign: 3, adapters.KindChannel: 1, adapters.KindLink: links, adapters.KindQR: 1}[c.Kind]
		if c.Status != migrate.Copied || c.Rows != want || c.Same != want {
			t.Errorf("rows are %+v; want %d", c, want)
		}
	}
	for kind, want := range map[adapters.Kind]int64{adapters.KindCampaign: 4, adapters.KindChannel: 1, adapters.KindLink: links, adapters.KindQR: 1, adapters.KindDomain: 1} {
		op := map[adapters.Kind]api.Operation{
			adapters.KindCampaign: api.ListCampaigns, adapters.KindChannel: api.ListChannels, adapters.KindLink: api.ListLinks,
			adapters.KindQR: api.ListQRCodes, adapters.KindDomain: api.ListDomains,
		}[kind]
		if n := int64Of(t, do(t, target, op, api.Path{}, ""), "data.result"); n != want {
			t.Errorf("the target has %d of %s; want %d", n, kind, want)
		}
	}
	rows, err := store.RowsBySource(t.Context(), m.Move.ID, adapters.KindCampaign, campaigns)
	if err != nil || len(rows) != 3 {
		t.Fatal(rows, err)
	}
	found := false
	for _, r := range rows {
		found = found || r.TargetID == winter
	}
	if !found {
		t.Error("the campaign that was there already was made again")
	}

	if moves, err := store.Moves(t.Context()); err != nil || moves[0].Cursors[adapters.KindLink] != links || moves[0].Listed.IsZero() {
		t.Errorf("the move is %+v, %v", moves, err)
	}

	// From then on it goes by what the list says.
	id := gjson.GetBytes(do(t, source, api.ListLinks, api.Path{}, ""), "data.urls.0.id").Int()
	do(t, source, api.UpdateLink, api.Path{ID: id}, `{"url":"https://a.example/changed"}`)
	moves, _ := store.Moves(t.Context())
	m.Move = &moves[0]
	mustCopy(t, m, migrate.CopyOptions{}, migrate.Summary{Changed: 1, Copied: 1})
}
