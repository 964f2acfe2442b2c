package clicks_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/linkquay/linkquay/clicks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"

// memoryStore keeps what it is given, and fails while err is set.
type memoryStore struct {
	mu      sync.Mutex
	batches []clicks.Batch
	salts   map[int64]clicks.Salt
	calls   int
	largest int // visits of a batch
	most    int // batches of a call
	err     error
}

func (s *memoryStore) AddVisits(ctx context.Context, batches []clicks.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if err := errors.Join(ctx.Err(), s.err); err != nil {
		return err
	}
	s.most = max(s.most, len(batches))
	for _, b := range batches {
		s.largest = max(s.largest, b.Visits)
	}
	s.batches = append(s.batches, batches...)
	return nil
}

func (s *memoryStore) VisitorSalt(ctx context.Context, day int64) (clicks.Salt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if err := errors.Join(ctx.Err(), s.err); err != nil {
		return clicks.Salt{}, err
	}
	if s.salts == nil {
		s.salts = map[int64]clicks.Salt{}
	}
	if _, known := s.salts[day]; !known {
		s.salts[day] = clicks.Salt{byte(rand.Uint32()), byte(rand.Uint32()), byte(day)}
	}
	return s.salts[day], nil
}

func (s *memoryStore) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// rollup adds up all that was kept.
func (s *memoryStore) rollup(tb testing.TB) *clicks.Rollup {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	sum, visits := clicks.NewRollup(), 0
	for _, b := range s.batches {
		if err := sum.Add(b.Data); err != nil {
			tb.Fatalf("Add() = %v", err)
		}
		visits += b.Visits
	}
	if visits != sum.Visits {
		tb.Errorf("batches say that they have %d visits; they have %d", visits, sum.Visits)
	}
	return sum
}

func (s *memoryStore) total(tb testing.TB) int64 {
	tb.Helper()
	return int64(s.rollup(tb).Visits)
}

func human(link int64) clicks.Visit {
	return clicks.Visit{LinkID: link, UserAgent: chrome, Addr: netip.MustParseAddr("192.0.2.1")}
}

func TestRecorder_FlushesWithinItsInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memoryStore{}
		r := clicks.NewRecorder(t.Context(), store, clicks.Options{})
		for i := range 100 {
			r.Visit(human(int64(i%3 + 1)))
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if visits := store.total(t); visits != 100 {
			t.Errorf("after 100 ms the store has %d visits; want 100", visits)
		}
		calls := store.calls
		time.Sleep(time.Second)
		synctest.Wait()
		if store.calls != calls {
			t.Errorf("without visits the store was called %d times", store.calls-calls)
		}
		mustClose(t, r)
	})
}

func TestRecorder_LosesNothing(t *testing.T) {
	const visitors, each = 8, 20_000
	store := &memoryStore{}
	r := clicks.NewRecorder(t.Context(), store, clicks.Options{FlushEvery: time.Millisecond, MaxQueued: visitors * each * 2})
	var wg sync.WaitGroup
	for range visitors {
		wg.Go(func() {
			for range each {
				r.Visit(human(rand.Int64N(5000) + 1))
			}
		})
	}
	wg.Wait()
	mustClose(t, r)
	if visits := store.total(t); visits != visitors*each {
		t.Errorf("the store has %d visits; want %d", visits, visitors*each)
	}
	if store.largest > 128 || store.most > 32 {
		t.Errorf("a batch had %d visits and a call %d batches; want 128 and 32 at most", store.largest, store.most)
	}
}

// What is visited while it closes is either counted or dropped, and told.
func TestRecorder_VisitDuringClose(t *testing.T) {
	for range 50 {
		store := &memoryStore{}
		var dropped atomic.Int64
		r := clicks.NewRecorder(t.Context(), store, clicks.Options{OnDrop: func(n int64) { dropped.Add(n) }})
		const visitors, each = 4, 500
		var wg sync.WaitGroup
		for range visitors {
			wg.Go(func() {
				for range each {
					r.Visit(human(1))
				}
			})
		}
		mustClose(t, r)
		wg.Wait()
		if visits := store.total(t); visits+dropped.Load() != visitors*each {
			t.Fatalf("%d visits stored, %d dropped; want %d in all", visits, dropped.Load(), visitors*each)
		}
	}
}

func TestRecorder_FailingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.InfoLevel)
		store := &memoryStore{err: errors.New("disk full")}
		r := clicks.NewRecorder(t.Context(), store, clicks.Options{Logger: zap.New(core)})
		for i := range 10 {
			r.Visit(human(int64(i + 1)))
			r.Visit(clicks.Visit{LinkID: 1}) // a bot needs no salt
			time.Sleep(time.Second)
		}
		if got := logs.FilterLevelExact(zapcore.ErrorLevel).Len(); got != 1 {
			t.Errorf("an outage is logged %d times; want once", got)
		}
		store.fail(nil)
		time.Sleep(time.Second)
		synctest.Wait()
		if visits := store.total(t); visits != 20 {
			t.Errorf("after the outage the store has %d visits; want 20", visits)
		}
		if got := logs.FilterMessageSnippet("again").FilterLevelExact(zapcore.InfoLevel).Len(); got != 1 {
			t.Errorf("the end of the outage is logged %d times; want once", got)
		}
		mustClose(t, r)
	})
}

func TestRecorder_Bounds(t *testing.T) {
	for name, test := range map[string]struct {
		options clicks.Options
		visit   clicks.Visit
		atMost  int64
	}{
		"visits that cannot be classified": {clicks.Options{MaxQueued: 1600}, human(1), 2 * 1600},
		"batches that cannot be kept":      {clicks.Options{MaxQueued: 1600, MaxKept: 3200}, clicks.Visit{LinkID: 1}, 3200 + 1600},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var dropped int64
				store := &memoryStore{err: errors.New("disk full")}
				test.options.OnDrop = func(n int64) { dropped += n }
				r := clicks.NewRecorder(t.Context(), store, test.options)
				const made = 20_000
				for i := range made {
					r.Visit(test.visit)
					if i%500 == 0 {
						time.Sleep(time.Second)
					}
				}
				store.fail(nil)
				mustClose(t, r)
				visits := store.total(t)
				if visits+dropped != made || visits > test.atMost || visits < 1600 {
					t.Errorf("%d stored, %d dropped; want %d in all, and 1600 to %d stored", visits, dropped, made, test.atMost)
				}
			})
		})
	}
}

func TestRecorder_CloseTriesUntilItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dropped int64
		store := &memoryStore{err: errors.New("disk full")}
		r := clicks.NewRecorder(t.Context(), store, clicks.Options{OnDrop: func(n int64) { dropped += n }})
		r.Visit(clicks.Visit{LinkID: 1})
		r.Visit(human(2))
		r.Visit(human(2))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := r.Close(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "3 visits are lost") {
			t.Errorf("Close() = %v; want the deadline and the number of lost visits", err)
		}
		if dropped != 3 {
			t.Errorf("%d visits are told as dropped; want 3", dropped)
		}
		if again := r.Close(t.Context()); !errors.Is(again, err) && again.Error() != err.Error() {
			t.Errorf("second Close() = %v; want %v", again, err)
		}
	})
}

func TestRecorder_CloseOutlastsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memoryStore{err: errors.New("busy")}
		r := clicks.NewRecorder(t.Context(), store, clicks.Options{})
		r.Visit(human(1))
		time.AfterFunc(time.Second, func() { store.fail(nil) })
		mustClose(t, r)
		if visits := store.total(t); visits != 1 {
			t.Errorf("the store has %d visits; want 1", visits)
		}
	})
}

// The context of NewRecorder belongs to whoever makes it, such as a request.
func TestRecorder_OutlivesTheContextThatMadeIt(t *testing.T) {
	store := &memoryStore{}
	ctx, cancel := context.WithCancel(t.Context())
	r := clicks.NewRecorder(ctx, store, clicks.Options{})
	cancel()
	r.Visit(human(1))
	mustClose(t, r)
	if visits := store.total(t); visits != 1 {
		t.Errorf("the store has %d visits; want 1", visits)
	}
}

// A clock that jumps neither loses a visit nor counts it twice.
func TestRecorder_ClockJumps(t *testing.T) {
	store := &memoryStore{}
	var now atomic.Int64
	r := clicks.NewRecorder(t.Context(), store, clicks.Options{Now: func() time.Time { return time.Unix(now.Load(), 0) }})
	moments := []int64{1e9, 4e9, 1e9 - 86400, 0, -1e9, 1e9}
	for _, at := range moments {
		now.Store(at)
		r.Visit(human(1))
	}
	mustClose(t, r)
	sum := store.rollup(t)
	for hour, want := range map[int64]int64{277777: 2, 1111111: 1, 277753: 1, 0: 1, -277778: 1} {
		if got := sum.Hours[clicks.HourKey{LinkID: 1, Hour: hour}].Clicks; got != want {
			t.Errorf("hour %d has %d clicks; want %d", hour, got, want)
		}
	}
	if len(sum.Visitors) != 5 {
		t.Errorf("%d visitors; want one for each day that the clock showed", len(sum.Visitors))
	}
}

// A visit neither allocates nor copies its strings.
func TestRecorder_VisitAllocatesNothing(t *testing.T) {
	r := clicks.NewRecorder(t.Context(), &memoryStore{}, clicks.Options{FlushEvery: time.Hour, MaxQueued: 1 << 16})
	defer mustClose(t, r)
	v := human(1)
	v.At = time.Now()
	for range 1 << 16 {
		r.Visit(v) // fill the buffers, so that nothing grows
	}
	if n := testing.AllocsPerRun(1000, func() { r.Visit(v) }); n != 0 {
		t.Errorf("Visit() allocates %v times", n)
	}
}

func mustClose(tb testing.TB, r *clicks.Recorder) {
	tb.Helper()
	if err := r.Close(tb.Context()); err != nil {
		tb.Errorf("Close() = %v", err)
	}
}
