package adopt

import (
	"strconv"
	"testing"
	"time"
)

// TestMisses_Bounded: strangers who try aliases cannot make it grow.
func TestMisses_Bounded(t *testing.T) {
	now := time.Now()
	m := newMisses(time.Hour)
	for i := range 3 * maxMisses {
		m.add(strconv.Itoa(i), now)
		m.add(strconv.Itoa(i), now)
	}
	if len(m.until) != maxMisses || len(m.order) != maxMisses {
		t.Errorf("%d and %d are remembered; want %d", len(m.until), len(m.order), maxMisses)
	}
	if m.has(strconv.Itoa(2*maxMisses-1), now) || !m.has(strconv.Itoa(2*maxMisses), now) || !m.has(strconv.Itoa(3*maxMisses-1), now) {
		t.Error("not the newest ones are remembered")
	}
	if m.has(strconv.Itoa(3*maxMisses-1), now.Add(time.Hour)) {
		t.Error("one is remembered past its time")
	}
}
