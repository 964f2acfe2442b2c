package adopt

import (
	"hash/maphash"
	"sync"
	"time"
)

// maxMisses is how many aliases without a link a domain remembers, in some 3
// MiB.
const maxMisses = 1 << 16

// misses remembers which aliases lead nowhere, each for the same time and up to
// a number, over which the oldest goes first. Two aliases with the same hash of
// 64 bits, whose seed is secret, are taken for one. It is safe for concurrent
// use.
type misses struct {
	seed maphash.Seed
	kept time.Duration

	mu    sync.Mutex
	until map[uint64]time.Time
	order []uint64 // a ring, the oldest at next
	next  int
}

func newMisses(kept time.Duration) *misses {
	return &misses{seed: maphash.MakeSeed(), kept: kept, until: map[uint64]time.Time{}}
}

func (m *misses) has(alias string, now time.Time) bool {
	sum := maphash.String(m.seed, alias)
	m.mu.Lock()
	defer m.mu.Unlock()
	return now.Before(m.until[sum])
}

func (m *misses) add(alias string, now time.Time) {
	sum := maphash.String(m.seed, alias)
	m.mu.Lock()
	defer m.mu.Unlock()
	_, known := m.until[sum]
	m.until[sum] = now.Add(m.kept)
	switch {
	case known:
	case len(m.order) < maxMisses:
		m.order = append(m.order, sum)
	default:
		delete(m.until, m.order[m.next])
		m.order[m.next] = sum
		m.next = (m.next + 1) % maxMisses
	}
}
