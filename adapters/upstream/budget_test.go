package upstream

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// take takes a place within patience and tells how long that took.
func take(tb testing.TB, b *Budget, patience time.Duration) time.Duration {
	tb.Helper()
	start := time.Now()
	if _, err := b.wait(tb.Context(), ownBucket, start.Add(patience)); err != nil {
		tb.Fatalf("a place after %s = %v", time.Since(start), err)
	}
	return time.Since(start)
}

// Whatever the way to the backend takes there and back, and whoever gives up on
// it: it never sees more than the budget in any window.
func TestBudget_NeverMore(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			const requests, window = 7, 3 * time.Second
			random := rand.New(rand.NewPCG(seed, 1))
			b := NewBudget(requests, window)
			var mu sync.Mutex
			var arrivals []time.Time
			var wg sync.WaitGroup
			for range 300 {
				time.Sleep(rand.N(700 * time.Millisecond))
				there, back := time.Duration(random.Int64N(int64(2*time.Second))), time.Duration(random.Int64N(int64(time.Second)))
				patience, leaves, unsent := time.Duration(random.Int64N(int64(10*time.Second))), random.IntN(5) == 0, random.IntN(10) == 0
				pause := time.Duration(0)
				if random.IntN(40) == 0 {
					pause = 2 * time.Second
				}
				wg.Go(func() {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					if leaves {
						time.AfterFunc(patience/2, cancel)
					}
					if !b.try(ownBucket) {
						if _, err := b.wait(ctx, ownBucket, time.Now().Add(patience)); err != nil {
							return
						}
					}
					if unsent {
						b.end(ownBucket, false, 0)
						return
					}
					time.Sleep(there)
					mu.Lock()
					arrivals = append(arrivals, time.Now())
					mu.Unlock()
					time.Sleep(back)
					b.end(ownBucket, true, pause)
				})
			}
			wg.Wait()
			for i := requests; i < len(arrivals); i++ {
				if d := arrivals[i].Sub(arrivals[i-requests]); d <= window {
					t.Fatalf("seed %d: %d requests within %s", seed, requests+1, d)
				}
			}
			if len(arrivals) < 100 {
				t.Errorf("seed %d: %d of 300 requests were sent", seed, len(arrivals))
			}
			time.Sleep(time.Minute)
			if r := b.room(ownBucket); r.Left != requests || r.Free.After(time.Now()) {
				t.Errorf("seed %d: at rest the room is %+v", seed, r)
			}
		})
	}
}

// Places go to those who wait in the order of their coming, when the first
// estimate said that they would.
func TestBudget_Order(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(3, 10*time.Second) // and 250 ms
		for i := range 3 {
			if !b.try(ownBucket) {
				t.Fatal("a fresh budget has no place")
			}
			if r := b.room(ownBucket); r.Left != 2-i {
				t.Errorf("with %d places taken the room is %+v", i+1, r)
			}
			b.end(ownBucket, true, 0)
			time.Sleep(time.Second)
		}
		var mu sync.Mutex
		var order []int
		var wg sync.WaitGroup
		start := time.Now()
		for i := range 8 {
			wg.Go(func() {
				b.mu.Lock()
				k := b.buckets[ownBucket]
				want := k.slot(time.Now(), k.queue.Len())
				b.mu.Unlock()
				take(t, b, time.Hour)
				if !time.Now().Equal(want) {
					t.Errorf("waiter %d got its place after %s; want %s", i, time.Since(start), want.Sub(start))
				}
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				b.end(ownBucket, true, 0)
			})
			synctest.Wait()
			if b.try(ownBucket) {
				t.Error("somebody got a place before those who wait")
			}
		}
		wg.Wait()
		if !slices.Equal(order, []int{0, 1, 2, 3, 4, 5, 6, 7}) {
			t.Errorf("the order was %v", order)
		}
	})
}

// Who cannot get a place in time is told at once, and when there is one.
func TestBudget_Refuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1, time.Minute) // and 600 ms
		take(t, b, 0)
		b.end(ownBucket, true, 0)
		start := time.Now()
		wait, err := b.wait(t.Context(), ownBucket, start.Add(time.Minute))
		if !errors.Is(err, errSpent) || wait != 60600*time.Millisecond || time.Since(start) != 0 {
			t.Errorf("wait = %s, %v after %s; want 1m0.6s at once", wait, err, time.Since(start))
		}
		if d := take(t, b, 61*time.Second); d != 60600*time.Millisecond {
			t.Errorf("the next place was free after %s", d)
		}

		// While one is under way nobody knows when it will have ended.
		go func() {
			time.Sleep(5 * time.Second)
			b.end(ownBucket, true, 0)
		}()
		start = time.Now()
		if wait, err := b.wait(t.Context(), ownBucket, start.Add(62*time.Second)); !errors.Is(err, errSpent) || time.Since(start) != 62*time.Second || wait != 3600*time.Millisecond {
			t.Errorf("wait = %s, %v after %s; want 3.6s after 62s", wait, err, time.Since(start))
		}
	})
}

// Who leaves the queue makes room for those behind, also at the moment at which
// it is its turn.
func TestBudget_Cancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1, 10*time.Second)
		take(t, b, 0)
		b.end(ownBucket, true, 0)
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan error)
		go func() {
			_, err := b.wait(ctx, ownBucket, time.Now().Add(time.Hour))
			first <- err
		}()
		synctest.Wait()
		second := make(chan time.Duration)
		go func() { second <- take(t, b, time.Hour) }()
		synctest.Wait()
		time.Sleep(time.Second)
		cancel()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled wait = %v", err)
		}
		if d := <-second; d != 10250*time.Millisecond {
			t.Errorf("the one behind got a place after %s", d)
		}
		b.end(ownBucket, false, 0)
		if d := take(t, b, 0); d != 0 {
			t.Errorf("the place of a request that was not sent was free after %s", d)
		}
		b.end(ownBucket, true, 0)
		// At the moment at which it is its turn.
		ctx, cancel = context.WithCancel(t.Context())
		go func() {
			_, err := b.wait(ctx, ownBucket, time.Now().Add(time.Hour))
			first <- err
		}()
		synctest.Wait()
		b.mu.Lock()
		b.buckets[ownBucket].serve(time.Now().Add(time.Minute))
		cancel()
		b.mu.Unlock()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled wait = %v", err)
		}
		if r := b.room(ownBucket); r.Left != 1 {
			t.Errorf("the room at the end is %+v", r)
		}
	})
}

// A pause that the backend asks for holds for all; who has not the time for it
// is told at once.
func TestBudget_Stop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(2, 10*time.Second)
		take(t, b, 0)
		take(t, b, 0)
		start := time.Now()
		var wg sync.WaitGroup
		for _, patience := range []time.Duration{25 * time.Second, time.Minute, 25 * time.Second} {
			wg.Go(func() {
				wait, err := b.wait(t.Context(), ownBucket, start.Add(patience))
				took := time.Since(start)
				if patience == time.Minute && (err != nil || took != 31*time.Second) || patience != time.Minute && (!errors.Is(err, errSpent) || wait != 30*time.Second || took != time.Second) {
					t.Errorf("with %s: %s, %v after %s", patience, wait, err, took)
				}
			})
		}
		time.Sleep(time.Second)
		b.end(ownBucket, true, 30*time.Second)
		b.end(ownBucket, true, 5*time.Second)
		if r := b.room(ownBucket); r.Left != 0 || r.Free.Sub(start) != 31*time.Second {
			t.Errorf("the room while it is stopped: %+v", r)
		}
		if b.try(ownBucket) {
			t.Error("it gave a place while it was stopped")
		}
		wg.Wait()
		b.end(ownBucket, false, 0)

		// Two have the time for it, the third would have to wait for their places.
		time.Sleep(time.Hour)
		take(t, b, 0)
		take(t, b, 0)
		start = time.Now()
		refused := 0
		for range 3 {
			wg.Go(func() {
				if wait, err := b.wait(t.Context(), ownBucket, start.Add(35*time.Second)); err != nil {
					refused++
					if wait != 40250*time.Millisecond || !time.Now().Equal(start) {
						t.Errorf("the third waits %s, %v after %s", wait, err, time.Since(start))
					}
				}
			})
		}
		synctest.Wait()
		b.end(ownBucket, true, 30*time.Second)
		b.end(ownBucket, true, 0)
		wg.Wait()
		if refused != 1 {
			t.Errorf("%d were refused; want 1", refused)
		}
	})
}

// Other limits hold at once, for what was sent before as well.
func TestBudget_Change(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(5, 10*time.Second)
		for range 5 {
			take(t, b, 0)
			b.end(ownBucket, true, 0)
			time.Sleep(time.Second)
		}
		b.Change(2, 20*time.Second)
		// The fourth of them ended two seconds ago.
		if d := take(t, b, time.Minute); d != 18250*time.Millisecond {
			t.Errorf("with a smaller budget a place was free after %s", d)
		}
		b.end(ownBucket, true, 0)
		go func() {
			time.Sleep(100 * time.Millisecond)
			b.Change(7, 20*time.Second)
		}()
		if d := take(t, b, time.Minute); d != 100*time.Millisecond {
			t.Errorf("with a greater budget a place was free after %s", d)
		}
	})
}

// A change is undone for a configuration that came to nothing, and not for one
// that another has followed.
func TestBudget_Undo(t *testing.T) {
	b := NewBudget(5, 10*time.Second)
	requests := func() int { return b.room(ownBucket).Requests }
	first := b.Change(3, 10*time.Second)
	failed := b.Change(50, time.Second)
	if failed(); requests() != 3 || b.room(ownBucket).Window != 10 {
		t.Errorf("after a change that was undone: %+v", b.room(ownBucket))
	}
	b.Change(3, 10*time.Second)
	for name, undo := range map[string]func(){"first": first, "failed": failed} {
		if undo(); requests() != 3 {
			t.Errorf("%s was undone when others had followed: %d", name, requests())
		}
	}
}

// There are never more credentials than the bound, and none that counts is
// forgotten.
func TestBudget_Credentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		id := func(i int) (c credential) {
			binary.BigEndian.PutUint32(c[:], uint32(i+1))
			return c
		}
		b := NewBudget(1, time.Second)
		for i := range maxBuckets {
			if !b.try(id(i)) {
				t.Fatalf("credential %d has no place", i)
			}
			b.end(id(i), true, 0)
		}
		if b.try(id(maxBuckets)) {
			t.Error("one too many has a place")
		}
		start := time.Now()
		if wait, err := b.wait(t.Context(), id(maxBuckets), start.Add(time.Hour)); !errors.Is(err, errSpent) || wait <= 0 || time.Since(start) != 0 {
			t.Errorf("one too many waits %s, %v", wait, err)
		}
		time.Sleep(2 * time.Second)
		for i := range 3 {
			if !b.try(id(maxBuckets + i)) {
				t.Errorf("new credential %d has no place", i)
			}
		}
		// Those in use do not stand in the way of those that are not.
		for i := range 2 * maxIdleLooks {
			b.try(id(3 + i))
		}
		if !b.try(id(2 * maxBuckets)) {
			t.Error("a new credential has no place for those in use")
		}
		if len(b.buckets) != maxBuckets || b.recent.Len() != maxBuckets {
			t.Errorf("%d buckets are kept; want %d", len(b.buckets), maxBuckets)
		}
		if b.try(id(maxBuckets)) {
			t.Error("a credential has two buckets")
		}
	})
}
