package migrate_test

import (
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	gempixelsite "github.com/linkquay/linkquay/simulate/gempixel"
)

// TestCopyElsewhere: what a copy remembers of its list is not carried over what a
// server has brought since.
func TestCopyElsewhere(t *testing.T) {
	s := newStand(t)
	source, _, _ := s.gempixel(t, gempixelsite.Options{})
	idOf(t, source, api.CreateLink, `{"url":"https://a.example/0","custom":"first-one"}`)
	link := idOf(t, source, api.CreateLink, `{"url":"https://a.example/1","custom":"abc-def"}`)
	channel := idOf(t, source, api.CreateChannel, `{"name":"Print"}`)
	m := newMover(t, source, s.place())
	server := &migrate.Mover{Store: m.Store, Move: m.Move, Source: s.placeAgain(source), Target: s.place(), Patience: -1}
	meets := make(chan struct{})
	source.Backend = &watched{Backend: source.Backend, after: api.GetLink, tell: meets}
	copied := make(chan error)
	go func() {
		_, err := m.Copy(t.Context(), migrate.CopyOptions{Workers: 1})
		copied <- err
	}()
	meets <- struct{}{} // It carries the first link, and has read which others to carry.
	do(t, server.Source, api.AssignItemToChannel, api.Path{ID: channel, ItemID: link, ItemType: "links"}, "")
	mustCarry(t, server, adapters.KindLink, link, true, nil)
	close(meets)
	if err := <-copied; err != nil {
		t.Fatal(err)
	}
	rows, err := m.Store.RowsBySource(t.Context(), m.Move.ID, adapters.KindChannel, []int64{channel})
	if err != nil || len(rows) == 0 {
		t.Fatalf("the channel's row: %v, %v", rows, err)
	}
	items := do(t, m.Target, api.ListChannelItems, api.Path{ID: rows[0].TargetID}, "")
	if n := gjson.GetBytes(items, "data.items.#").Int(); n != 1 {
		t.Errorf("the channel has %s; want the link", items)
	}
}
