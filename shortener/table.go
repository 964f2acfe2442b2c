package shortener

// table finds entries of a slab by hash: open addressing with linear probing
// and no tombstones. Eight bytes a slot and the largest of four fills make it
// half the size of a map, and a look-up touches it and the entry alone.
type table struct {
	// slots hold a hash above an offset plus one; 0 is empty. Their number is a
	// power of two.
	slots []uint64
	n     int
}

// slotAt returns the slot of an entry, -1 where there is none.
func (t *table) slotAt(hash uint32, slab []byte, domain, alias string) int {
	if t.n == 0 {
		return -1
	}
	mask := len(t.slots) - 1
	for i := int(hash) & mask; t.slots[i] != 0; i = (i + 1) & mask {
		if uint32(t.slots[i]>>32) == hash && entryIs(slab[t.offset(i):], domain, alias) {
			return i
		}
	}
	return -1
}

// offset is where the entry of a slot in use begins.
func (t *table) offset(slot int) int { return int(uint32(t.slots[slot])) - 1 } //nolint:gosec // The lower half is the offset.

// add adds an entry that the table does not have.
func (t *table) add(hash uint32, offset int) {
	if t.n >= len(t.slots)/4*3 {
		old := t.slots
		t.slots = make([]uint64, max(16, 2*len(old)))
		for _, s := range old {
			if s != 0 {
				t.put(s)
			}
		}
	}
	t.put(uint64(hash)<<32 | uint64(offset+1)) //nolint:gosec // A shard is far below 4 GiB.
	t.n++
}

func (t *table) put(s uint64) {
	mask := len(t.slots) - 1
	i := int(s>>32) & mask
	for t.slots[i] != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}

// remove empties a slot and moves those behind it that it stood in the way of.
func (t *table) remove(slot int) {
	mask := len(t.slots) - 1
	for i := (slot + 1) & mask; t.slots[i] != 0; i = (i + 1) & mask {
		home := int(t.slots[i]>>32) & mask
		if (i-home)&mask >= (i-slot)&mask {
			t.slots[slot] = t.slots[i]
			slot = i
		}
	}
	t.slots[slot] = 0
	t.n--
}
