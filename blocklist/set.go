package blocklist

import (
	"hash/maphash"
	"math/bits"
	"strings"
)

// Set is what a list blocks. It does not change and is safe for concurrent use.
// A million hosts take some 30 MB, which hold no pointer that the garbage
// collector would follow.
type Set struct {
	seed maphash.Seed

	// slab has the entries one behind the other, each ended by "\n": a host, a
	// URL as host and path (see key), or a host and "?" where the set has URLs
	// of it.
	slab []byte

	// slots is an open hash table of places in slab, counted from 1; 0 is free.
	slots []uint32

	// count is the number of different hosts and URLs, longest the length of
	// the longest URL in bytes, 0 without any.
	count   int
	longest int

	// Skipped is how many lines of the list could not be understood, FirstSkipped
	// the number of the first of them, counted from 1.
	Skipped      int
	FirstSkipped int
}

// Len is the number of different hosts and URLs in the set.
func (s *Set) Len() int { return s.count }

// Blocked reports whether an absolute URL leads to a host or page in the set. A
// URL is read as browsers read it, also a broken one; without a host, such as
// "mailto:a@example.com", nothing is blocked; a host longer than DNS allows is
// blocked by any list that is not empty, since it cannot be judged.
func (s *Set) Blocked(url string) bool {
	if len(s.slots) == 0 {
		return false
	}
	authority, rest, ok := split(url)
	if !ok {
		return false
	}
	// Mapping takes time by the square of the length, so that a long name would
	// hold a redirect for seconds.
	if len(authority) > maxAuthority {
		return true
	}
	host, whole := canonical(authority)
	switch {
	case host == "":
		return false
	case len(host) > maxHost:
		return true
	}
	for h, more := host, true; more; _, h, more = strings.Cut(h, ".") {
		if s.has(h) {
			return true
		}
		if whole {
			break
		}
	}
	return s.longest > 0 && s.has(host+"?") && s.hasPrefix(key(host, rest))
}

// hasPrefix reports whether the set has a key or one above it: a folder of its
// path, or its query without the last parameters.
func (s *Set) hasPrefix(key string) bool {
	slash := strings.IndexByte(key, '/')
	if s.has(key[:slash+1]) {
		return true
	}
	for i := slash + 1; i <= min(len(key), s.longest); i++ {
		if i == len(key) || key[i] == '/' || key[i] == '?' || key[i] == '&' {
			if s.has(key[:i]) {
				return true
			}
		}
	}
	return false
}

func (s *Set) has(entry string) bool {
	_, found := s.find(entry)
	return found
}

// find returns the slot of an entry, or the free one where it belongs.
func (s *Set) find(entry string) (slot int, found bool) {
	mask := len(s.slots) - 1
	slot = int(maphash.String(s.seed, entry) % uint64(len(s.slots))) //nolint:gosec // less than a length
	for s.slots[slot] != 0 {
		at := int(s.slots[slot]) - 1
		end := at + len(entry)
		if end < len(s.slab) && s.slab[end] == '\n' && string(s.slab[at:end]) == entry {
			return slot, true
		}
		slot = (slot + 1) & mask
	}
	return slot, false
}

// seal makes the table of what the slab holds, lines of them at most.
func (s *Set) seal(lines int) {
	if lines == 0 {
		return
	}
	// At most two thirds of the slots are taken.
	s.slots = make([]uint32, 1<<bits.Len(uint(lines+lines/2)))
	s.seed = maphash.MakeSeed()
	for at := 0; at < len(s.slab); {
		end := at
		for s.slab[end] != '\n' {
			end++
		}
		entry := string(s.slab[at:end])
		if slot, found := s.find(entry); !found {
			s.slots[slot] = uint32(at) + 1
			if !strings.HasSuffix(entry, "?") {
				s.count++
			}
		}
		at = end + 1
	}
}
