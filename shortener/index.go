package shortener

import (
	"encoding/binary"
	"hash/maphash"
	"sync"
)

const (
	shardCount = 64

	// maxSlab bounds the memory of a shard, in bytes. A full shard starts
	// anew: what is still visited comes back from the store at once.
	maxSlab = 8 << 20
)

// Index keeps the targets of visited links in memory. It holds no pointers
// that the garbage collector would have to follow: entries are bytes in a slab,
// found by a hash, so that a million links cost a redirect nothing. It is safe
// for concurrent use; at most 512 MiB.
type Index struct {
	seed   maphash.Seed
	limit  int // bytes of a shard
	shards [shardCount]shard
}

type shard struct {
	mu      sync.RWMutex
	offsets map[uint64]uint32
	slab    []byte
	garbage int

	// version counts the removals, so that a target that was read from the
	// store before a change is not added after it.
	version uint64
}

// NewIndex returns an empty index.
func NewIndex() *Index {
	x := &Index{seed: maphash.MakeSeed(), limit: maxSlab}
	for i := range x.shards {
		x.shards[i].offsets = map[uint64]uint32{}
	}
	return x
}

func (x *Index) find(domain, alias string) (*shard, uint64) {
	var h maphash.Hash
	h.SetSeed(x.seed)
	// Hash never fails; a NUL cannot stand in a domain.
	_, _ = h.WriteString(domain)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(alias)
	sum := h.Sum64()
	return &x.shards[sum%shardCount], sum
}

// get returns the target, and the version to add it with where it is missing.
func (x *Index) get(domain, alias string) (t Target, version uint64, ok bool) {
	s, sum := x.find(domain, alias)
	s.mu.RLock()
	defer s.mu.RUnlock()
	offset, found := s.offsets[sum]
	if !found {
		return Target{}, s.version, false
	}
	e, _ := decodeEntry(s.slab[offset:])
	if string(e.domain) != domain || string(e.alias) != alias {
		return Target{}, s.version, false
	}
	return e.target(), s.version, true
}

// add keeps a target that was read from the store after get reported version.
func (x *Index) add(domain, alias string, t Target, version uint64) {
	s, sum := x.find(domain, alias)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version != version {
		return
	}
	s.drop(sum)
	switch {
	case len(s.slab) > x.limit:
		s.slab, s.garbage = nil, 0
		clear(s.offsets)
	case s.garbage > len(s.slab)/2:
		s.compact()
	}
	s.offsets[sum] = uint32(len(s.slab)) //nolint:gosec // maxSlab is far below 4 GiB.
	s.slab = appendEntry(s.slab, domain, alias, t)
}

// Remove forgets a target, so that the next visit reads the store.
func (x *Index) Remove(domain, alias string) {
	s, sum := x.find(domain, alias)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	s.drop(sum)
}

func (s *shard) drop(sum uint64) {
	if offset, ok := s.offsets[sum]; ok {
		_, size := decodeEntry(s.slab[offset:])
		s.garbage += size
		delete(s.offsets, sum)
	}
}

func (s *shard) compact() {
	slab := make([]byte, 0, len(s.slab)-s.garbage)
	for sum, offset := range s.offsets {
		_, size := decodeEntry(s.slab[offset:])
		s.offsets[sum] = uint32(len(slab)) //nolint:gosec // maxSlab is far below 4 GiB.
		slab = append(slab, s.slab[offset:int(offset)+size]...)
	}
	s.slab, s.garbage = slab, 0
}

// entry is a target as it lies in a slab: three lengths, the fixed fields, and
// the three texts.
type entry struct {
	linkID, expires    int64
	whole              bool
	domain, alias, url []byte
}

const entryHead = 4 + 1 + 1 + 1 + 8 + 8

func appendEntry(b []byte, domain, alias string, t Target) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(t.URL))) //nolint:gosec // The contract bounds all three.
	b = append(b, byte(len(domain)), byte(len(alias)))          //nolint:gosec // A host name has at most 253 bytes.
	if t.Whole {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(t.LinkID))  //nolint:gosec // Ids are positive.
	b = binary.LittleEndian.AppendUint64(b, uint64(t.Expires)) //nolint:gosec // Read back as it was.
	b = append(b, domain...)
	b = append(b, alias...)
	return append(b, t.URL...)
}

func decodeEntry(b []byte) (e entry, size int) {
	urlLength := int(binary.LittleEndian.Uint32(b))
	domainLength, aliasLength := int(b[4]), int(b[5])
	e.whole = b[6] == 1
	e.linkID = int64(binary.LittleEndian.Uint64(b[7:]))   //nolint:gosec // Written from an int64.
	e.expires = int64(binary.LittleEndian.Uint64(b[15:])) //nolint:gosec // Written from an int64.
	size = entryHead + domainLength + aliasLength + urlLength
	texts := b[entryHead:size]
	e.domain, texts = texts[:domainLength], texts[domainLength:]
	e.alias, e.url = texts[:aliasLength], texts[aliasLength:]
	return e, size
}

func (e entry) target() Target {
	return Target{LinkID: e.linkID, URL: string(e.url), Expires: e.expires, Whole: e.whole}
}
