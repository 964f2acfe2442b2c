package ratelimit

import (
	"fmt"
	"math"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/linkquay/linkquay/api"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var rate = api.Rate{Requests: 3, Window: time.Minute}

func TestMemory_Take(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(Options{})
		begin := time.Now()
		reset := begin.Add(time.Minute)
		steps := []struct {
			after time.Duration
			want  Result
		}{
			{0, Result{true, 3, 2, reset}},
			{10 * time.Second, Result{true, 3, 1, reset}},
			{10 * time.Second, Result{true, 3, 0, reset}},
			{0, Result{false, 3, 0, reset}},
			{40*time.Second - 1, Result{false, 3, 0, reset}},
			{1, Result{true, 3, 2, reset.Add(time.Minute)}},
			{5 * time.Minute, Result{true, 3, 2, begin.Add(7 * time.Minute)}},
		}
		for i, step := range steps {
			time.Sleep(step.after)
			if diff := cmp.Diff(step.want, mustTake(t, m, "a", rate)); diff != "" {
				t.Errorf("step %d: Take() (-want +got):\n%s", i, diff)
			}
		}
	})
}

func TestMemory_TakeN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(Options{})
		limited := api.Rate{Requests: 10, Window: time.Minute}
		reset := time.Now().Add(time.Minute)
		steps := []struct {
			n    int
			want Result
		}{
			{0, Result{true, 10, 10, reset}},
			{11, Result{false, 10, 10, reset}},
			{4, Result{true, 10, 6, reset}},
			{7, Result{false, 10, 6, reset}},
			{-1, Result{true, 10, 6, reset}},
			{6, Result{true, 10, 0, reset}},
			{1, Result{false, 10, 0, reset}},
			{0, Result{false, 10, 0, reset}},
			{math.MaxInt, Result{false, 10, 0, reset}},
		}
		for i, step := range steps {
			got, err := m.TakeN(t.Context(), "a", limited, step.n)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(step.want, got); diff != "" {
				t.Errorf("step %d: TakeN(%d) (-want +got):\n%s", i, step.n, diff)
			}
		}
		lowered := api.Rate{Requests: 3, Window: time.Minute}
		if got, _ := m.TakeN(t.Context(), "a", lowered, 1); got.Allowed || got.Remaining != 0 {
			t.Errorf("TakeN() by a lowered rate = %+v; want it refused", got)
		}
		time.Sleep(time.Minute)
		if got, _ := m.TakeN(t.Context(), "a", limited, 10); !got.Allowed || got.Remaining != 0 {
			t.Errorf("TakeN() after the window = %+v; want a fresh one", got)
		}
		if got, _ := m.TakeN(t.Context(), "b", api.Rate{}, 1000); got != (Result{Allowed: true}) {
			t.Errorf("TakeN() without a limit = %+v", got)
		}
	})
}

// TestMemory_TakeN_Exact: many at once get all that there is, and no more.
func TestMemory_TakeN_Exact(t *testing.T) {
	m := NewMemory(Options{})
	var taken atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if got, err := m.TakeN(t.Context(), "a", api.Rate{Requests: 1000, Window: time.Hour}, 7); err == nil && got.Allowed {
					taken.Add(7)
				}
			}
		})
	}
	wg.Wait()
	if n := taken.Load(); n != 994 {
		t.Errorf("%d taken; want 994, the most sevens in 1000", n)
	}
}

func TestMemory_TakeCountsEachIDAlone(t *testing.T) {
	m := NewMemory(Options{})
	for range 4 {
		mustTake(t, m, "a", rate)
	}
	if got := mustTake(t, m, "b", rate); !got.Allowed || got.Remaining != 2 {
		t.Errorf("Take(b) = %+v; want it untouched by a", got)
	}
}

func TestMemory_TakeChangedRate(t *testing.T) {
	tests := []struct {
		name    string
		changed api.Rate
		want    Result
	}{
		{"raised", api.Rate{Requests: 10, Window: time.Minute}, Result{Allowed: true, Limit: 10, Remaining: 6}},
		{"lowered", api.Rate{Requests: 2, Window: time.Minute}, Result{Allowed: false, Limit: 2, Remaining: 0}},
		{"window longer", api.Rate{Requests: 4, Window: time.Hour}, Result{Allowed: true, Limit: 4, Remaining: 0}},
		{"window over already", api.Rate{Requests: 3, Window: time.Second}, Result{Allowed: true, Limit: 3, Remaining: 2}},
		{"off", api.Rate{}, Result{Allowed: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := NewMemory(Options{})
				begin := time.Now()
				for range 5 {
					mustTake(t, m, "a", rate)
				}
				time.Sleep(2 * time.Second)
				want := tt.want
				switch tt.changed.Window {
				case 0:
				case time.Second:
					want.Reset = time.Now().Add(time.Second)
				default:
					want.Reset = begin.Add(tt.changed.Window)
				}
				if diff := cmp.Diff(want, mustTake(t, m, "a", tt.changed)); diff != "" {
					t.Errorf("Take() (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestMemory_TakeUnlimitedCountsNothing(t *testing.T) {
	m := NewMemory(Options{})
	for range 100 {
		if got := mustTake(t, m, "a", api.Rate{}); got != (Result{Allowed: true}) {
			t.Fatalf("Take() = %+v; want allowed without a limit", got)
		}
	}
	if got := mustTake(t, m, "a", rate); got.Remaining != 2 {
		t.Errorf("Take() = %+v; want the first of its window", got)
	}
}

func TestMemory_Peek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(Options{})
		want := []Result{{true, 3, 3, time.Now().Add(time.Minute)}}
		for i := range 3 {
			want = append(want, Result{i < 2, 3, 2 - i, time.Now().Add(time.Minute)})
		}
		for i := range want {
			for range 2 {
				got, err := m.Peek(t.Context(), "a", rate)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want[i], got); diff != "" {
					t.Errorf("Peek() after %d (-want +got):\n%s", i, diff)
				}
			}
			mustTake(t, m, "a", rate)
		}
		time.Sleep(time.Minute)
		if got, _ := m.Peek(t.Context(), "a", rate); !got.Allowed || got.Remaining != 3 {
			t.Errorf("Peek() after the window = %+v; want a fresh one", got)
		}
	})
}

func TestMemory_TakeIsExactUnderConcurrency(t *testing.T) {
	const ids, callers, each = 20, 8, 50
	limited := api.Rate{Requests: 37, Window: time.Hour}
	m := NewMemory(Options{})
	var allowed [ids]atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := range ids * each {
				got, err := m.Take(t.Context(), fmt.Sprint("id", i%ids), limited)
				if err != nil {
					t.Error(err)
				}
				if got.Allowed {
					allowed[i%ids].Add(1)
				}
			}
		})
	}
	wg.Wait()
	for i := range allowed {
		if n := allowed[i].Load(); n != 37 {
			t.Errorf("id %d: %d allowed; want 37", i, n)
		}
	}
}

// A window that ends while others sweep must not lose a count.
func TestMemory_TakeIsExactWhileSweeping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(Options{})
		for round := range 20 {
			var allowed atomic.Int64
			var wg sync.WaitGroup
			for c := range 4 {
				wg.Go(func() {
					for i := range 200 {
						mustTake(t, m, fmt.Sprint(round, c, i), rate)
						if mustTake(t, m, "watched", rate).Allowed {
							allowed.Add(1)
						}
					}
				})
			}
			wg.Wait()
			if n := allowed.Load(); n != 3 {
				t.Errorf("round %d: %d allowed; want 3", round, n)
			}
			time.Sleep(time.Minute)
		}
	})
}

func TestMemory_ForgetsEndedWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(Options{})
		for round := range 50 {
			for i := range 10_000 {
				mustTake(t, m, fmt.Sprint(round, "-", i), rate)
			}
			time.Sleep(time.Minute)
		}
		if n := m.size(); n > 25_000 {
			t.Errorf("%d ids are kept after 50 rounds of 10,000; want two rounds at most", n)
		}
	})
}

func TestMemory_MaxIDsKeepsThoseThatCount(t *testing.T) {
	m := NewMemory(Options{MaxIDs: 6400})
	for range 3 {
		mustTake(t, m, "guesser", rate)
	}
	for i := range 100_000 {
		mustTake(t, m, fmt.Sprint("flood", i), rate)
	}
	if n := m.size(); n > 6400 {
		t.Errorf("%d ids are kept; want 6400 at most", n)
	}
	if got := mustTake(t, m, "guesser", rate); got.Allowed {
		t.Errorf("Take(guesser) = %+v; want it refused after the flood", got)
	}
}

func TestAddressKey(t *testing.T) {
	tests := []struct{ addr, want string }{
		{"192.0.2.7", "192.0.2.7"},
		{"::ffff:192.0.2.7", "192.0.2.7"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"2001:db8:1:2:ffff::", "2001:db8:1:2::/64"},
		{"2001:db8:1:3::", "2001:db8:1:3::/64"},
		{"fe80::1%eth0", "fe80::/64"},
		{"::1", "::/64"},
	}
	for _, tt := range tests {
		if got := AddressKey(netip.MustParseAddr(tt.addr)); got != tt.want {
			t.Errorf("AddressKey(%s) = %q; want %q", tt.addr, got, tt.want)
		}
	}
	if got := AddressKey(netip.Addr{}); got != "invalid IP" {
		t.Errorf("AddressKey(zero) = %q", got)
	}
}

func BenchmarkMemory_Take(b *testing.B) {
	limited := api.Rate{Requests: math.MaxInt, Window: time.Minute}
	b.Run("one id", func(b *testing.B) {
		m := NewMemory(Options{})
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				mustTake(b, m, "key:partner", limited)
			}
		})
	})
	b.Run("new ids", func(b *testing.B) {
		m := NewMemory(Options{})
		var next atomic.Int64
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				mustTake(b, m, fmt.Sprint(next.Add(1)), limited)
			}
		})
	})
}

func (m *Memory) size() int {
	n := 0
	for i := range m.shards {
		n += len(m.shards[i].windows)
	}
	return n
}

func mustTake(tb testing.TB, m *Memory, id string, r api.Rate) Result {
	tb.Helper()
	got, err := m.Take(tb.Context(), id, r)
	if err != nil {
		tb.Errorf("Take(%q) = %v", id, err)
	}
	return got
}
