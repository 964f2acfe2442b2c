package upstream

import (
	"container/list"
	"crypto/sha256"
	"sync"
	"time"
)

// maxBuckets is how many credentials a budget counts at a time.
const maxBuckets = 10_000

// maxIdleLooks is how many of the buckets used longest ago are looked at for an
// idle one. Several, since a backend may have stopped one for minutes.
const maxIdleLooks = 16

// Budget is how much may be sent to a backend: never more than so many requests
// in any window of time, as the backend sees it. It holds what must survive a
// reload, so it is made outside of the clients that share it: what was sent,
// and the last known answers.
//
// Each credential that callers bring has a bucket of its own, and the clients'
// own key has one. A request takes a place in its bucket before it is sent and
// keeps it until a window after its exchange has ended. Nobody here knows when
// it reached the backend, but that was before its end; so two requests that had
// the same place reach the backend more than a window apart, however slow the
// first one's way and however fast the second's. On top comes a hundredth of
// the window, at least 250 ms, for clocks that run differently and for what was
// given up and arrives all the same.
//
// The backend is heeded too, since its key may have other users: a 429 stops
// the bucket for as long as it says, and so does X-RateLimit-Remaining: 0 until
// X-RateLimit-Reset, for a second at least and five minutes at most.
//
// It is safe for concurrent use.
type Budget struct {
	answers memory

	mu       sync.Mutex
	changes  int // of what follows
	requests int
	window   time.Duration
	span     time.Duration // window and margin
	buckets  map[credential]*bucket
	recent   list.List // of *bucket, the one used last in front

	loans     map[string]*time.Timer // places of the own bucket that others have
	borrowing bool                   // from a Lender
}

// Room is what may be sent now.
type Room struct {
	// Requests is how many are allowed in a window.
	Requests int `json:"requests"`

	// Window is its length in seconds.
	Window float64 `json:"window_seconds"`

	// Left is how many may be sent at once.
	Left int `json:"left"`

	// Free is when one may be sent by whoever comes now; in the past where that
	// is at once.
	Free time.Time `json:"free_at"`
}

// credential is the hash of a key, and of where it is used.
type credential [sha256.Size]byte

// ownBucket is the bucket of the clients' own key. It is the same for every
// key: a new one is most likely that of the same account.
var ownBucket credential

// NewBudget returns a budget of at least one request per window, of at least a
// second.
func NewBudget(requests int, window time.Duration) *Budget {
	b := &Budget{buckets: map[credential]*bucket{}, loans: map[string]*time.Timer{}}
	b.set(requests, window)
	return b
}

// Change sets other limits, such as those of a new configuration. What was sent
// still counts, and what is remembered stays. Of a window that grows, the
// first one begins when it was the shorter one. Undo brings the limits before
// back unless others were set since: for a configuration that came to nothing.
func (b *Budget) Change(requests int, window time.Duration) (undo func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before, length := b.requests, b.window
	b.set(requests, window)
	change := b.changes
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.changes == change {
			b.set(before, length)
		}
	}
}

// set sets the limits. It is called with the lock held.
func (b *Budget) set(requests int, window time.Duration) {
	b.changes++
	b.requests, b.window = max(requests, 1), window
	b.span = window + max(window/100, 250*time.Millisecond)
	now := time.Now()
	for _, k := range b.buckets {
		k.serve(now)
	}
}

// try takes a place in the bucket where one is free and nobody waits for it.
func (b *Budget) try(id credential) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	k, _ := b.bucket(id, now)
	if k == nil || k.queue.Len() > 0 || !k.free(now) {
		return false
	}
	k.under++
	return true
}

// end gives a place back. Where the request was sent, it is free a window from
// now. A pause above 0 is what the backend asked for.
func (b *Budget) end(id credential, sent bool, pause time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	// A bucket with a place taken is in use, and so was kept.
	k, now := b.buckets[id], time.Now()
	k.under--
	if sent {
		k.ends = append(k.ends, now)
	}
	if pause > 0 {
		k.stop(now, pause)
	}
	k.serve(now)
}

// room returns what may be sent from a bucket.
func (b *Budget) room(id credential) Room {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	r := Room{Requests: b.requests, Window: b.window.Seconds(), Left: b.requests, Free: now}
	k := b.buckets[id]
	if k == nil {
		return r
	}
	r.Free = k.slot(now, k.queue.Len())
	if r.Left -= len(k.ends) + k.under; k.queue.Len() > 0 || r.Free.After(now) {
		r.Left = 0
	}
	return r
}

// bucket returns a credential's bucket. Where there are too many, an idle one
// goes; where none of those used longest ago is idle, it returns nil and when
// one will be: to forget a bucket that counts would be to exceed it.
func (b *Budget) bucket(id credential, now time.Time) (*bucket, time.Time) {
	if k := b.buckets[id]; k != nil {
		b.recent.MoveToFront(k.element)
		return k, now
	}
	if len(b.buckets) >= maxBuckets {
		oldest := b.recent.Back()
		for range maxIdleLooks {
			if oldest.Value.(*bucket).idle(now) {
				break
			}
			oldest = oldest.Prev()
		}
		k := oldest.Value.(*bucket)
		if !k.idle(now) {
			return nil, now.Add(b.span)
		}
		delete(b.buckets, k.id)
		b.recent.Remove(k.element)
	}
	k := &bucket{budget: b, id: id}
	k.element = b.recent.PushFront(k)
	b.buckets[id] = k
	return k, now
}
