package migrate_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// TestCopyMany copies as many links from one native store to another as
// LINKQUAY_TEST_LINKS says, and tells how long that takes and how much memory is
// used. It is run by hand.
func TestCopyMany(t *testing.T) {
	links, _ := strconv.Atoi(os.Getenv("LINKQUAY_TEST_LINKS"))
	if links == 0 {
		t.Skip("LINKQUAY_TEST_LINKS is not set")
	}
	from, to := newStand(t), newStand(t)
	source, target := from.place(), to.place()
	source.Name = "old"
	campaign := idOf(t, source, api.CreateCampaign, `{"name":"Summer"}`)
	channel := idOf(t, source, api.CreateChannel, `{"name":"News"}`)
	began := time.Now()
	for at := 0; at < links; at += 1000 {
		records := make([]adapters.Record, 0, 1000)
		for i := at; i < min(at+1000, links); i++ {
			records = append(records, adapters.Record{
				Kind: adapters.KindLink, Clicks: int64(i % 100), Channels: []int64{channel}, Created: began,
				Document: fmt.Appendf(nil, `{"url":"https://a.example/some/page/%d","custom":"alias%d","campaign":%d,"metatitle":"Link %d","geotarget":[{"location":"KR","link":"https://a.example/kr/%d"}]}`, i, i, campaign, i, i),
			})
		}
		for _, r := range source.Put(t.Context(), records) {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
		}
	}
	t.Logf("filled with %d links in %s", links, time.Since(began))

	var most uint64
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
		}
	}()
	store := to.store.Moves()
	copyOnce := func(what string) {
		move, err := store.OpenMove(t.Context(), migrate.Move{Source: "old", Target: target.Name, SourceAccount: api.MainAccount, TargetAccount: api.MainAccount})
		if err != nil {
			t.Fatal(err)
		}
		m := &migrate.Mover{Store: store, Move: move, Source: source, Target: target}
		tell, end := migrate.Show(os.Stderr)
		defer end()
		began := time.Now()
		summary, err := m.Copy(t.Context(), migrate.CopyOptions{Progress: tell})
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		t.Logf("%s: %s, %.0f a second: %+v", what, took, float64(links)/took.Seconds(), *summary)
	}
	copyOnce("copied")
	copyOnce("copied again")
	close(done)
	t.Logf("the heap was %d MiB at most", most>>20)
}
