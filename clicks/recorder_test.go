package clicks_test

import (
	"context"
	"errors"
	"math/rand/v2"
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

// memoryStore keeps what it is given, and fails while err is set.
type memoryStore struct {
	mu      sync.Mutex
	counts  map[int64]int64
	calls   int
	largest int
	err     error
}

func (s *memoryStore) AddClicks(ctx context.Context, counts []clicks.Count) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if err := errors.Join(ctx.Err(), s.err); err != nil {
		return err
	}
	s.largest = max(s.largest, len(counts))
	if s.counts == nil {
		s.counts = map[int64]int64{}
	}
	for _, c := range counts {
		s.counts[c.LinkID] += c.Visits
	}
	return nil
}

func (s *memoryStore) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *memoryStore) total() (visits int64, links int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.counts {
		visits += n
	}
	return visits, len(s.counts)
}

func TestRecorder_FlushesWithinItsInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memoryStore{}
		r := clicks.NewRecorder(t.Context(), store, clicks.Options{})
		for i := range 100 {
			r.Visit(int64(i % 3))
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if visits, links := store.total(); visits != 100 || links != 3 {
			t.Errorf("after 100 ms the store has %d visits to %d links; want 100 to 3", visits, links)
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
	r := clicks.NewRecorder(t.Context(), store, clicks.Options{FlushEvery: time.Millisecond})
	var wg sync.WaitGroup
	for range visitors {
		wg.Go(func() {
			for range each {
				r.Visit(rand.Int64N(5000))
			}
		})
	}
	wg.Wait()
	mustClose(t, r)
	if visits, _ := store.total(); visits != visitors*each {
		t.Errorf("the store has %d visits; want %d", visits, visitors*each)
	}
	if store.largest > 1000 {
		t.Errorf("one call of the store had %d counts; want 1000 at most", store.largest)
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
					r.Visit(1)
				}
			})
		}
		mustClose(t, r)
		wg.Wait()
		if visits, _ := store.total(); visits+dropped.Load() != visitors*each {
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
			r.Visit(int64(i))
			time.Sleep(time.Second)
		}
		if got := logs.FilterLevelExact(zapcore.ErrorLevel).Len(); got != 1 {
			t.Errorf("an outage is logged %d times; want once", got)
		}
		store.fail(nil)
		time.Sleep(time.Second)
		synctest.Wait()
		if visits, links := store.total(); visits != 10 || links != 10 {
			t.Errorf("after the outage the store has %d visits to %d links; want 10 to 10", visits, links)
		}
		if got := logs.FilterMessageSnippet("again").FilterLevelExact(zapcore.InfoLevel).Len(); got != 1 {
			t.Errorf("the end of the outage is logged %d times; want once", got)
		}
		mustClose(t, r)
	})
}

func TestRecorder_BoundsWhatItKeeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dropped int64
		store := &memoryStore{err: errors.New("disk full")}
		r := clicks.NewRecorder(t.Context(), store, clicks.Options{
			MaxCounts: 1600,
			OnDrop:    func(n int64) { dropped += n },
		})
		const made = 50_000
		for i := range made {
			r.Visit(int64(i))
			if i%1000 == 0 {
				time.Sleep(time.Second)
			}
		}
		store.fail(nil)
		mustClose(t, r)
		visits, links := store.total()
		if visits+dropped != made || links > 2*1600 || links < 1600 {
			t.Errorf("%d stored on %d links, %d dropped; want %d in all, and some 1600 links", visits, links, dropped, made)
		}
	})
}

func TestRecorder_CloseTriesUntilItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dropped int64
		store := &memoryStore{err: errors.New("disk full")}
		r := clicks.NewRecorder(t.Context(), store, clicks.Options{OnDrop: func(n int64) { dropped += n }})
		r.Visit(1)
		r.Visit(2)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := r.Close(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2 visits are lost") {
			t.Errorf("Close() = %v; want the deadline and the number of lost visits", err)
		}
		if dropped != 2 {
			t.Errorf("%d visits are told as dropped; want 2", dropped)
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
		r.Visit(1)
		time.AfterFunc(time.Second, func() { store.fail(nil) })
		mustClose(t, r)
		if visits, _ := store.total(); visits != 1 {
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
	r.Visit(1)
	mustClose(t, r)
	if visits, _ := store.total(); visits != 1 {
		t.Errorf("the store has %d visits; want 1", visits)
	}
}

func BenchmarkRecorder_Visit(b *testing.B) {
	for _, links := range []int64{1, 10_000} {
		b.Run(map[int64]string{1: "one link", 10_000: "10k links"}[links], func(b *testing.B) {
			r := clicks.NewRecorder(b.Context(), &memoryStore{}, clicks.Options{})
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := int64(0); pb.Next(); i++ {
					r.Visit(i % links)
				}
			})
			b.StopTimer()
			mustClose(b, r)
		})
	}
}

func mustClose(tb testing.TB, r *clicks.Recorder) {
	tb.Helper()
	if err := r.Close(tb.Context()); err != nil {
		tb.Errorf("Close() = %v", err)
	}
}
