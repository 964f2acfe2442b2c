package live_test

import (
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/live"
	"github.com/linkquay/linkquay/migrate/migratetest"
)

// TestSwitch_Behind: an update at the target waits for what was written of the same
// object at the source and is not there yet, and for nothing else.
func TestSwitch_Behind(t *testing.T) {
	store := &migratetest.Memory{}
	m := inPhase(t, store, migrate.Cutover)
	must(t, store.SaveRows(t.Context(), []migrate.Row{
		{Move: m.ID, Kind: adapters.KindLink, SourceID: 7, TargetID: 70, Status: migrate.Copied},
		{Move: m.ID, Kind: adapters.KindLink, SourceID: 8, TargetID: 80, Status: migrate.Copied},
	}))
	target := &answers{reply: `{"error":0,"id":70}`}
	r := live.New(live.Config{
		Store: store, Every: every, Patience: 20 * every,
		Place: func(name, account string) (*migrate.Place, error) {
			return &migrate.Place{Name: name, Account: account, Backend: target}, nil
		},
	})
	s := r.Switch("a", &answers{err: api.Errorf(api.Unavailable, "Away.")})
	must(t, r.Start(t.Context()))
	t.Cleanup(r.Close)
	until(t, "the cutover", func() bool { at, _ := s.Home("main"); return at == "b" })
	// It is under way at a server that has not noticed the cutover.
	old := &migrate.Entry{Move: m.ID, Kind: adapters.KindLink, Object: 7}
	must(t, store.NoteEntry(t.Context(), old))
	update := func(id int64) error {
		_, err := s.Do(t.Context(), &api.Call{
			Operation: api.UpdateLink, Path: api.Path{ID: id}, Document: []byte(`{"url":"https://example.com"}`), Key: &api.Key{Account: "main"},
		})
		return err
	}
	must(t, update(8))
	if err := update(7); err == nil || api.AsError(err).Code != api.Unavailable {
		t.Errorf("an update that has waited in vain: %v", err)
	}
	result := make(chan error, 1)
	go func() { result <- update(7) }()
	time.Sleep(2 * every)
	must(t, store.DropEntry(t.Context(), old))
	if err := <-result; err != nil {
		t.Errorf("an update behind another one: %v", err)
	}
}
