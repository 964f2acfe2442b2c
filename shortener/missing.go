package shortener

import "time"

const (
	// missingSlots is how many addresses without a link a shard remembers.
	missingSlots = 128

	// missingKept is how long it does: as long as another process may need to
	// let us know what it has created.
	missingKept = time.Second
)

// missing remembers where nothing stands. Each address has one place, which the
// latest takes, so that strangers who try aliases cannot make it grow. Two
// addresses with the same hash of 64 bits, whose seed is secret, are taken for
// one.
type missing [missingSlots]struct {
	sum uint64
	at  time.Time
}

func (m *missing) place(sum uint64) int { return int(sum / shardCount % missingSlots) }

func (m *missing) has(sum uint64, now time.Time) bool {
	e := &m[m.place(sum)]
	return e.sum == sum && !e.at.IsZero() && now.Sub(e.at) < missingKept
}

func (m *missing) add(sum uint64, at time.Time) {
	e := &m[m.place(sum)]
	e.sum, e.at = sum, at
}

func (m *missing) drop(sum uint64) {
	if e := &m[m.place(sum)]; e.sum == sum {
		e.at = time.Time{}
	}
}
