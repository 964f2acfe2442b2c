package upstream

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clock is a time that passes when it is told to.
type clock struct{ since atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(1_000_000_000, c.since.Load()) }
func (c *clock) advance(d time.Duration) { c.since.Add(int64(d)) }

func newTestBreaker() (*breaker, *clock, *[]State) {
	c, told := &clock{}, &[]State{}
	b := newBreaker(15*time.Second, func(s State) { *told = append(*told, s) })
	b.now = c.now
	return b, c, told
}

// play settles one call per letter: "." answered, "x" failed, "?" unknown.
func play(tb testing.TB, b *breaker, calls string) {
	tb.Helper()
	for i, ch := range calls {
		t, wait := b.admit()
		if wait != 0 {
			tb.Fatalf("call %d of %q was refused for %s", i, calls, wait)
		}
		b.settle(t, map[rune]outcome{'.': answered, 'x': failed, '?': unknown}[ch])
	}
}

func TestBreaker_Opens(t *testing.T) {
	for _, c := range []struct {
		calls string
		pause time.Duration // before each call
		want  State
	}{
		{"", 0, Closed},
		{"xxxx", 0, Closed},
		{"xxxxx", 0, Open},
		{"xxxxx", time.Hour, Open},
		{"xxxx.xxxx", 0, Closed},
		{"xxxx????x", 0, Open},
		{"????????????????????????", 0, Closed},
		{"x.x.x.x.x.x.x.x.x.x", 0, Closed}, // 19
		{"x.x.x.x.x.x.x.x.x.x.", 0, Closed},
		{"x.x.x.x.x.x.x.x.x.x.x", 0, Open},
		{"..........xxxx.xxxx.xx", 0, Open},
		{"x..x..x..x..x..x..x..x..x..x..x..x..x..x", 0, Closed},
		{"x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x", 2 * time.Second, Closed},
		{"x.x.x.x.x.x.x.x.x.x.x", 1500 * time.Millisecond, Open},
		{"....................................................xxxxx", 0, Open},
	} {
		b, clock, _ := newTestBreaker()
		for _, ch := range c.calls {
			clock.advance(c.pause)
			play(t, b, string(ch))
		}
		if got := b.current(); got != c.want {
			t.Errorf("after %q each %s it is %s; want %s", c.calls, c.pause, got, c.want)
		}
	}
}

func TestBreaker_Recovers(t *testing.T) {
	b, clock, told := newTestBreaker()
	play(t, b, "xxxxx")
	for _, passed := range []time.Duration{0, 4 * time.Second, 5500 * time.Millisecond} {
		clock.advance(passed)
		if _, wait := b.admit(); wait < time.Second || wait > openTime {
			t.Errorf("after %s it says to wait for %s", passed, wait)
		}
	}
	clock.advance(500 * time.Millisecond)
	if b.current() != HalfOpen {
		t.Errorf("when the time is over it is %s; want half_open", b.current())
	}
	probe, wait := b.admit()
	if wait != 0 || !probe.probe {
		t.Fatalf("admit = %+v, %s; want a probe", probe, wait)
	}
	for range 3 {
		if _, wait := b.admit(); wait != time.Second {
			t.Errorf("a second probe may wait %s; want 1s", wait)
		}
	}
	b.settle(probe, failed)
	if _, wait := b.admit(); b.current() != Open || wait != openTime {
		t.Errorf("after a failed probe it is %s for %s; want open for 10s", b.current(), wait)
	}
	clock.advance(openTime)
	play(t, b, "?")
	if b.current() != HalfOpen {
		t.Errorf("after a probe that was given up it is %s; want half_open", b.current())
	}
	play(t, b, ".xxxx")
	if b.current() != Closed {
		t.Errorf("after an answered probe and four failures it is %s; want closed", b.current())
	}
	if want := []State{Open, HalfOpen, Open, HalfOpen, Closed}; !slices.Equal(*told, want) {
		t.Errorf("told %v; want %v", *told, want)
	}
}

// What was sent before the breaker changed says nothing about the time after.
func TestBreaker_Stragglers(t *testing.T) {
	b, clock, _ := newTestBreaker()
	early, _ := b.admit()
	late, _ := b.admit()
	play(t, b, "xxxxx")
	b.settle(early, answered)
	if b.current() != Open {
		t.Errorf("a straggler's answer made it %s", b.current())
	}
	clock.advance(openTime)
	probe, _ := b.admit()
	b.settle(late, failed)
	if b.current() != HalfOpen {
		t.Errorf("a straggler's failure made it %s", b.current())
	}

	// A probe that never comes back, such as an endless upload, is replaced.
	clock.advance(15 * time.Second)
	next, wait := b.admit()
	if wait != 0 || !next.probe {
		t.Fatalf("admit = %+v, %s; want another probe", next, wait)
	}
	b.settle(probe, failed)
	if _, wait := b.admit(); b.current() != HalfOpen || wait != time.Second {
		t.Errorf("the replaced probe made it %s", b.current())
	}
	b.settle(next, answered)
	if b.current() != Closed {
		t.Errorf("after the probe it is %s; want closed", b.current())
	}
}

// However calls interleave, one probe at a time goes through, and the listener
// hears the last state last.
func TestBreaker_Concurrent(t *testing.T) {
	clock := &clock{}
	var last atomic.Value
	b := newBreaker(time.Hour, func(s State) { last.Store(s) })
	b.now = clock.now
	var probing, probes atomic.Int32
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				t1, wait := b.admit()
				if wait > 0 {
					clock.advance(openTime / 50)
					continue
				}
				if t1.probe {
					if probing.Add(1) != 1 {
						t.Error("two probes at a time")
					}
					probes.Add(1)
				}
				o := outcome((i / (g + 3)) % 3)
				if t1.probe {
					probing.Add(-1)
				}
				b.settle(t1, o)
				_ = b.current()
			}
		})
	}
	wg.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	if probes.Load() == 0 || last.Load() != b.state {
		t.Errorf("%d probes; told %v last, and it is %s", probes.Load(), last.Load(), b.state)
	}
}
