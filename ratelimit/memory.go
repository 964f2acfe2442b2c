package ratelimit

import (
	"context"
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/linkquay/linkquay/api"
)

const (
	shardCount = 64

	// defaultMaxIDs costs some 30 MB where it is reached.
	defaultMaxIDs = 1 << 18

	// firstSweep is the number of ids at which a shard looks for ended windows
	// for the first time.
	firstSweep = 64

	// fullSweepEvery is how often a full shard is swept at most.
	fullSweepEvery = time.Second

	// evictionSample is how many ids are compared when one has to go.
	evictionSample = 8
)

// Options are the settings of NewMemory. The zero value is good.
type Options struct {
	// MaxIDs is how many ids are counted at once; 0 means 262,144. Where more
	// come within their windows, those with few requests are forgotten.
	MaxIDs int

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Memory is a Limiter that counts in this process. Its methods never fail and
// never wait for anything but each other, for less than a microsecond as a
// rule. It needs no closing: ended windows are cleared away by later requests,
// and memory is bounded.
type Memory struct {
	seed   maphash.Seed
	now    func() time.Time
	start  time.Time
	shards [shardCount]shard
}

type shard struct {
	mu      sync.Mutex
	windows map[string]window
	// sweepAt is the number of ids at which ended windows are looked for, max
	// the number that is never passed.
	sweepAt int
	max     int
	sweptAt time.Duration
}

// window is the count of one id. Times are on the monotonic clock, so that a
// corrected wall clock neither lengthens nor ends a window.
type window struct {
	begin  time.Duration
	length time.Duration
	count  int
}

func (w window) ended(now time.Duration) bool { return now-w.begin >= w.length }

// NewMemory returns a limiter that has counted nothing.
func NewMemory(o Options) *Memory {
	if o.MaxIDs <= 0 {
		o.MaxIDs = defaultMaxIDs
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	m := &Memory{seed: maphash.MakeSeed(), now: o.Now, start: o.Now()}
	for i := range m.shards {
		s := &m.shards[i]
		s.windows = map[string]window{}
		s.max = max(1, o.MaxIDs/shardCount)
		s.sweepAt = min(firstSweep, s.max)
	}
	return m
}

// Take counts one request. A refused one is not counted, so that a limit that
// is raised lets the caller go on at once. A changed window applies at once
// too, from the same beginning.
func (m *Memory) Take(ctx context.Context, id string, rate api.Rate) (Result, error) {
	return m.TakeN(ctx, id, rate, 1)
}

// TakeN counts n requests, or refuses all of them as Take does.
func (m *Memory) TakeN(ctx context.Context, id string, rate api.Rate, n int) (Result, error) {
	if n < 1 {
		return m.Peek(ctx, id, rate)
	}
	if unlimited(rate) {
		return Result{Allowed: true}, nil
	}
	now := m.now()
	at := now.Sub(m.start)

	s := m.shard(id)
	s.mu.Lock()
	w, known := s.window(id, rate, at)
	// A lowered rate can leave less than nothing.
	allowed := n <= rate.Requests-w.count
	if allowed {
		w.count += n
		if !known {
			s.makeRoom(at)
			// The id may be a part of a large request.
			id = strings.Clone(id)
		}
		s.windows[id] = w
	}
	s.mu.Unlock()
	return w.result(now, at, rate, allowed), nil
}

// window returns the window that the id is in by this rate, which begins now
// where there is none or it has ended. The caller holds the lock.
func (s *shard) window(id string, rate api.Rate, at time.Duration) (w window, known bool) {
	w, known = s.windows[id]
	if w.length = rate.Window; !known || w.ended(at) {
		w.begin, w.count = at, 0
	}
	return w, known
}

// Peek reports where the id stands. Allowed says whether a Take would be; the
// Reset of an id without a window is that of one that begins now.
func (m *Memory) Peek(_ context.Context, id string, rate api.Rate) (Result, error) {
	if unlimited(rate) {
		return Result{Allowed: true}, nil
	}
	now := m.now()
	at := now.Sub(m.start)

	s := m.shard(id)
	s.mu.Lock()
	w, _ := s.window(id, rate, at)
	s.mu.Unlock()
	return w.result(now, at, rate, w.count < rate.Requests), nil
}

// unlimited reports whether the rate limits nothing. A rate that is half zero
// is taken for that: configuration refuses it.
func unlimited(rate api.Rate) bool { return rate.Requests <= 0 || rate.Window <= 0 }

func (m *Memory) shard(id string) *shard {
	return &m.shards[maphash.String(m.seed, id)%shardCount]
}

func (w window) result(now time.Time, at time.Duration, rate api.Rate, allowed bool) Result {
	return Result{
		Allowed:   allowed,
		Limit:     rate.Requests,
		Remaining: max(0, rate.Requests-w.count),
		Reset:     now.Add(w.begin + w.length - at),
	}
}

// makeRoom sweeps each time the shard has doubled since the last time, so that
// a request pays for a few ids on average. A full shard is swept now and then
// only, and drops an id for each new one.
func (s *shard) makeRoom(now time.Duration) {
	if len(s.windows) < s.sweepAt {
		return
	}
	if len(s.windows) < s.max || now-s.sweptAt >= fullSweepEvery {
		s.sweep(now)
	}
	if len(s.windows) >= s.max {
		s.evict(now)
	}
}

// sweep clears ended windows away, into a new map: one that was emptied would
// keep its memory.
func (s *shard) sweep(now time.Duration) {
	live := make(map[string]window, len(s.windows)/2)
	for id, w := range s.windows {
		if !w.ended(now) {
			live[id] = w
		}
	}
	s.windows, s.sweptAt = live, now
	s.sweepAt = min(s.max, max(firstSweep, 2*len(live)))
}

// evict drops one of a random handful: an ended window, else the one with the
// fewest requests. So a flood of made-up ids drops itself rather than those
// that are close to their limit.
func (s *shard) evict(now time.Duration) {
	var victim string
	fewest, seen := 0, 0
	for id, w := range s.windows {
		if w.ended(now) {
			victim = id
			break
		}
		if seen == 0 || w.count < fewest {
			victim, fewest = id, w.count
		}
		if seen++; seen == evictionSample {
			break
		}
	}
	delete(s.windows, victim)
}

var _ Limiter = (*Memory)(nil)
