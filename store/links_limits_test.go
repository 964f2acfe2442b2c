package store_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkquay/linkquay/store"
)

func TestStore_TakeClick(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		a, b := createLink(t, s, link("acme", "a")), createLink(t, s, link("acme", "b"))
		steps := []struct {
			link, limit int64
			want        bool
		}{
			{a.ID, 2, true},
			{a.ID, 2, true},
			{a.ID, 2, false},
			{b.ID, 1, true},
			{b.ID, 1, false},
			{a.ID, 3, true},
			{a.ID, 3, false},
			{a.ID, 0, true},
			{a.ID, 1, false},
			{999, 1, false},
		}
		for i, step := range steps {
			left, err := s.ClicksLeft(t.Context(), step.link, step.limit)
			if err != nil || left != step.want && step.link != 999 {
				t.Errorf("step %d: ClicksLeft(%d, %d) = %t, %v; want %t", i, step.link, step.limit, left, err, step.want)
			}
			if ok, err := s.TakeClick(t.Context(), step.link, step.limit); err != nil || ok != step.want {
				t.Errorf("step %d: TakeClick(%d, %d) = %t, %v; want %t", i, step.link, step.limit, ok, err, step.want)
			}
		}
		if _, err := s.DeleteLink(t.Context(), "acme", a.ID); err != nil {
			t.Fatal(err)
		}
		if ok, err := s.TakeClick(t.Context(), a.ID, 100); err != nil || ok {
			t.Errorf("TakeClick() of a deleted link = %t, %v; want none left", ok, err)
		}
	})
}

func TestStore_TakeClickAtOnce(t *testing.T) {
	const visitors, limit = 500, 123
	each(t, func(t *testing.T, s *store.Store, _ *time.Time) {
		l := createLink(t, s, link("acme", "a"))
		var taken atomic.Int64
		var wg sync.WaitGroup
		for range visitors {
			wg.Go(func() {
				ok, err := s.TakeClick(t.Context(), l.ID, limit)
				if err != nil {
					t.Error(err)
				}
				if ok {
					taken.Add(1)
				}
			})
		}
		wg.Wait()
		if n := taken.Load(); n != limit {
			t.Errorf("%d visitors were let in; want %d", n, limit)
		}
	})
}
