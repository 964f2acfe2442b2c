package shortener

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"time"
)

const (
	shardCount = 64

	// maxSlab bounds the targets of a shard, in bytes. A full shard starts
	// anew: what is still visited comes back from the store at once.
	maxSlab = 8 << 20

	// maxEntry bounds one target, so that a few with hundreds of long rules do
	// not push out everybody else's. What is larger is read from the store at
	// each visit.
	maxEntry = 256 << 10
)

// Index keeps the targets of visited links in memory. It holds no pointers
// that the garbage collector would have to follow: entries are bytes in a slab,
// found by a hash, so that a million links cost a redirect nothing. It also
// remembers for a second which aliases do not exist. It is safe for concurrent
// use. Its 64 shards hold 8 MiB of targets each, 512 MiB together, and find each
// by 11 to 22 bytes.
type Index struct {
	seed   maphash.Seed
	limit  int // bytes of a shard
	shards [shardCount]shard
}

type shard struct {
	mu      sync.RWMutex
	entries table
	slab    []byte
	garbage int

	// version counts the removals, so that a target that was read from the
	// store before a change is not added after it.
	version uint64

	missing missing
}

// NewIndex returns an empty index.
func NewIndex() *Index {
	return &Index{seed: maphash.MakeSeed(), limit: maxSlab}
}

func (x *Index) find(domain, alias string) (*shard, uint64) {
	sum := maphash.String(x.seed, alias)
	if domain != "" {
		sum ^= bits.RotateLeft64(maphash.String(x.seed, domain), 1)
	}
	return &x.shards[sum%shardCount], sum
}

// ticket says when the store was asked for what the index does not know.
type ticket struct {
	version uint64
	at      time.Time
}

// known is what the index knows of an address.
type known uint8

const (
	knownNot  known = iota // nothing: the store must be asked
	knownLink              // its target
	knownNone              // that nothing stands there
)

// get returns the target, or the ticket to add with what the store says.
func (x *Index) get(domain, alias string) (t Target, k known, tk ticket) {
	s, sum := x.find(domain, alias)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if slot := s.entries.slotAt(hashOf(sum), s.slab, domain, alias); slot >= 0 {
		return entryTarget(s.slab[s.entries.offset(slot):]), knownLink, ticket{}
	}
	now := time.Now()
	if s.missing.has(sum, now) {
		return Target{}, knownNone, ticket{}
	}
	return Target{}, knownNot, ticket{s.version, now}
}

// add keeps a target that was read from the store after get gave the ticket.
func (x *Index) add(domain, alias string, t *Target, tk ticket) {
	if len(domain) > 255 || len(alias) > 255 {
		return
	}
	s, sum := x.find(domain, alias)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version != tk.version {
		return
	}
	s.drop(sum, domain, alias)
	switch {
	case len(s.slab) > x.limit:
		s.empty()
	case s.garbage > len(s.slab)/2:
		s.compact()
	}
	offset := len(s.slab)
	s.slab = appendEntry(s.slab, domain, alias, t)
	if len(s.slab)-offset > maxEntry {
		s.slab = s.slab[:offset]
		return
	}
	s.entries.add(hashOf(sum), offset)
}

// addMissing remembers that nothing stands at the address, which the store said
// after get gave the ticket.
func (x *Index) addMissing(domain, alias string, tk ticket) {
	s, sum := x.find(domain, alias)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version == tk.version {
		s.missing.add(sum, tk.at)
	}
}

// Remove forgets what stands at an address, so that the next visit reads the
// store. It is called after something was created, changed or deleted there.
func (x *Index) Remove(domain, alias string) {
	s, sum := x.find(domain, alias)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	s.drop(sum, domain, alias)
	s.missing.drop(sum)
}

// Clear forgets everything, such as when the blocklist has changed.
func (x *Index) Clear() {
	for i := range x.shards {
		s := &x.shards[i]
		s.mu.Lock()
		s.version++
		s.empty()
		s.missing = missing{}
		s.mu.Unlock()
	}
}

// hashOf is the part of a hash that did not choose the shard.
func hashOf(sum uint64) uint32 { return uint32(sum >> 32) }

func (s *shard) empty() {
	s.slab, s.garbage, s.entries = nil, 0, table{}
}

func (s *shard) drop(sum uint64, domain, alias string) {
	if slot := s.entries.slotAt(hashOf(sum), s.slab, domain, alias); slot >= 0 {
		s.garbage += entrySize(s.slab[s.entries.offset(slot):])
		s.entries.remove(slot)
	}
}

func (s *shard) compact() {
	slab := make([]byte, 0, len(s.slab)-s.garbage)
	entries := table{slots: make([]uint64, len(s.entries.slots))}
	for i, slot := range s.entries.slots {
		if slot == 0 {
			continue
		}
		offset := s.entries.offset(i)
		entries.add(uint32(slot>>32), len(slab))
		slab = append(slab, s.slab[offset:offset+entrySize(s.slab[offset:])]...)
	}
	s.slab, s.entries, s.garbage = slab, entries, 0
}
