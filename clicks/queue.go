package clicks

import (
	"math/rand/v2"
	"sync"
)

const shardCount = 16

// queue holds visits until they are classified. Any shard may take any visit,
// so that visits on several processors do not wait for each other.
type queue struct {
	perShard int
	shards   [shardCount]shard
}

type shard struct {
	mu     sync.Mutex
	closed bool
	visits []Visit
	// spare is the other buffer, empty: the two take turns.
	spare []Visit
	_     [64]byte
}

func newQueue(size int) *queue {
	return &queue{perShard: max(1, size/shardCount)}
}

// add takes the visit unless the queue is full or closed.
func (q *queue) add(v *Visit) (added, closed bool) {
	s := &q.shards[rand.Uint32()%shardCount] //nolint:gosec // It spreads load and decides nothing.
	s.mu.Lock()
	added, closed = !s.closed && len(s.visits) < q.perShard, s.closed
	if added {
		s.visits = append(s.visits, *v)
	}
	s.mu.Unlock()
	return added, closed
}

// close lets nothing more in. What is in stays.
func (q *queue) close() {
	for i := range q.shards {
		s := &q.shards[i]
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
	}
}

// drain appends all visits to the slice and empties the queue. It must not be
// called twice at once.
func (q *queue) drain(to []Visit) []Visit {
	for i := range q.shards {
		s := &q.shards[i]
		s.mu.Lock()
		if len(s.visits) == 0 {
			s.mu.Unlock()
			continue
		}
		visits := s.visits
		s.visits = s.spare
		s.mu.Unlock()

		to = append(to, visits...)
		// Nobody but drain touches spare. A buffer that a rush has blown up is
		// let go; one that is kept must not hold on to the strings.
		s.spare = nil
		if len(visits) >= cap(visits)/8 {
			clear(visits)
			s.spare = visits[:0]
		}
	}
	return to
}
