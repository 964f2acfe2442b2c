package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/clicks"
)

// A roll that fails at any statement changes nothing, and the next one counts
// everything once.
func TestStore_RollVisitsIsAllOrNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		link := mustCreate(t, s, newLink("main", "a")).ID
		mustRecord(t, s, visitor(link, 1, noon), visitor(link, 2, noon), clicks.Visit{Path: "gone", UserAgent: chrome, At: noon})
		boom := errors.New("power cut")
		for range 3 {
			sum, ids, damaged, err := s.sumBatches(t.Context())
			if err != nil || len(ids) == 0 || len(damaged) > 0 {
				t.Fatalf("sumBatches() = %v, %v, %v", ids, damaged, err)
			}
			err = s.writer.do(t.Context(), func(tx *session) error {
				return errors.Join(roll{sum: sum}.run(tx, ids, nil), boom)
			})
			if !errors.Is(err, boom) {
				t.Fatalf("the roll ended with %v", err)
			}
			if n := count(t, s, "SELECT (SELECT COUNT(*) FROM visits_hourly) + (SELECT COUNT(*) FROM visitors) + (SELECT COUNT(*) FROM orphan_visits)"); n != 0 {
				t.Fatalf("a roll that failed left %d rows", n)
			}
		}
		// One that another process was faster with does nothing either.
		sum, ids, _, err := s.sumBatches(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		mustRoll(t, s)
		err = s.writer.do(t.Context(), func(tx *session) error { return roll{sum: sum}.run(tx, ids, nil) })
		if !errors.Is(err, errRolled) {
			t.Errorf("rolling the same batches again ended with %v; want errRolled", err)
		}
		if got := mustSummary(t, s, link); got.Clicks != 2 || got.UniqueClicks != 2 {
			t.Errorf("%d clicks, %d unique; want 2 and 2", got.Clicks, got.UniqueClicks)
		}
	})
}

// Two processes record and roll on one database while links are deleted.
func TestStore_RollVisitsOfTwoProcesses(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		stores := []*Store{openConfig(t, cfg), openConfig(t, cfg)}
		const links, each = 40, 3000
		for i := range links {
			mustCreate(t, stores[0], newLink("main", fmt.Sprintf("a%02d", i)))
		}
		var wg sync.WaitGroup
		for _, s := range stores {
			recorder := clicks.NewRecorder(t.Context(), s, clicks.Options{FlushEvery: 2 * time.Millisecond})
			roller := clicks.NewRoller(t.Context(), s, clicks.RollerOptions{Every: time.Millisecond})
			wg.Go(func() {
				defer roller.Close()
				for i := range each {
					recorder.Visit(visitor(int64(i%links+1), i/links, noon))
					if i%500 == 0 {
						time.Sleep(5 * time.Millisecond)
					}
				}
				if err := recorder.Close(t.Context()); err != nil {
					t.Errorf("Recorder.Close() = %v", err)
				}
			})
		}
		for id := int64(1); id <= links; id += 10 {
			if _, err := stores[0].DeleteLink(t.Context(), "main", id); err != nil {
				t.Errorf("DeleteLink(%d) = %v", id, err)
			}
		}
		wg.Wait()
		mustRoll(t, stores[1])
		for id := int64(2); id <= 4; id++ {
			got := mustSummary(t, stores[0], id)
			if got.Clicks != 2*each/links || got.UniqueClicks != each/links {
				t.Errorf("link %d has %d clicks, %d unique; want %d and %d", id, got.Clicks, got.UniqueClicks, 2*each/links, each/links)
			}
		}
		if n := count(t, stores[0], "SELECT COUNT(*) FROM visits_hourly WHERE link_id IN (1, 11, 21, 31)"); n != 0 {
			t.Errorf("%d hours of deleted links are left", n)
		}
	})
}

// The power goes after a roll has written and before its commit: what is on the
// disk then is copied away and goes on as the database.
func TestStore_RollVisitsSurvivesPowerCut(t *testing.T) {
	cfg := sqliteFile(t)
	s := openConfig(t, cfg)
	link := mustCreate(t, s, newLink("main", "a")).ID
	mustRecord(t, s, visitor(link, 1, noon), visitor(link, 2, noon))
	mustRoll(t, s)
	mustRecord(t, s, visitor(link, 2, noon), visitor(link, 3, noon))
	copied := filepath.Join(t.TempDir(), "linkquay.db")
	snapshot := func() error {
		for _, side := range []string{"", "-wal"} {
			data, err := os.ReadFile(cfg.Source + side)
			if err == nil {
				err = os.WriteFile(copied+side, data, 0o600)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	sum, ids, _, err := s.sumBatches(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = s.writer.do(t.Context(), func(tx *session) error {
		return errors.Join(roll{sum: sum}.run(tx, ids, nil), snapshot())
	})
	if err != nil {
		t.Fatal(err)
	}
	after := openConfig(t, Config{Driver: SQLite, Source: copied})
	if got := mustSummary(t, after, link); got.Clicks != 2 || got.UniqueClicks != 2 {
		t.Errorf("after the power cut %d clicks, %d unique; want 2 and 2", got.Clicks, got.UniqueClicks)
	}
	for name, s := range map[string]*Store{"the copy": after, "the original": s} {
		mustRoll(t, s)
		if got := mustSummary(t, s, link); got.Clicks != 4 || got.UniqueClicks != 3 {
			t.Errorf("%s has %d clicks, %d unique; want 4 and 3", name, got.Clicks, got.UniqueClicks)
		}
	}
}

func TestStore_DamagedBatch(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		link := mustCreate(t, s, newLink("main", "a")).ID
		if err := s.AddVisits(t.Context(), []clicks.Batch{{Data: []byte("\x01 no batch")}}); err != nil {
			t.Fatal(err)
		}
		mustRecord(t, s, visitor(link, 1, noon))
		mustRoll(t, s)
		if got := mustSummary(t, s, link); got.Clicks != 1 {
			t.Errorf("%d clicks; want 1", got.Clicks)
		}
		if n := count(t, s, "SELECT COUNT(*) FROM visit_batches WHERE version = -1"); n != 1 {
			t.Errorf("%d batches are set aside; want 1", n)
		}
	})
}

// A copy of the database goes on where the original was.
func TestStore_PendingVisitsSurvive(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		s := openConfig(t, cfg)
		link := mustCreate(t, s, newLink("main", "a")).ID
		mustRecord(t, s, visitor(link, 1, noon))
		mustClose(t, s)
		s = openConfig(t, cfg)
		mustRoll(t, s)
		if got := mustSummary(t, s, link); got.Clicks != 1 {
			t.Errorf("%d clicks; want 1", got.Clicks)
		}
	})
}

func TestStore_ReferrersAreBounded(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store) {
		link := mustCreate(t, s, newLink("main", "a")).ID
		var visits []clicks.Visit
		const early = clicks.MaxReferrers / 2
		for i := range clicks.MaxReferrers + 50 {
			v := visitor(link, i, noon)
			v.Referer = fmt.Sprintf("https://site%d.example/", i)
			visits = append(visits, v)
		}
		mustRecord(t, s, visits[:early]...)
		mustRoll(t, s)
		mustRecord(t, s, visits...)
		mustRoll(t, s)
		const where = " FROM visits_daily WHERE dimension = 1"
		if n := count(t, s, "SELECT COUNT(*)"+where); n != clicks.MaxReferrers+1 {
			t.Errorf("%d referrers; want %d", n, clicks.MaxReferrers+1)
		}
		if n := count(t, s, "SELECT clicks"+where+" AND value = ?", clicks.OtherReferrers); n != 50 {
			t.Errorf("%d clicks of other referrers; want 50", n)
		}
		if n := count(t, s, "SELECT CAST(SUM(clicks) AS BIGINT)"+where); n != len(visits)+early {
			t.Errorf("%d clicks by referrer; want %d", n, len(visits)+early)
		}
	})
}
