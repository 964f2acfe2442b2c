package dglnk

import (
	"slices"
	"sync"
	"time"
)

const (
	// remembered is how long, and for how many lists, it is known which of their
	// rows lie in the bin.
	remembered = 10 * time.Minute
	maxLists   = 256
)

// trash knows which rows of the site's lists lie in the dashboard's bin: the
// lists have them all, so that pages of the rows that are left do not begin where
// the site's do. It is safe for concurrent use.
type trash struct {
	mu    sync.Mutex
	lists map[string]gone
}

// gone are the rows of one list that lie in the bin.
type gone struct {
	at      time.Time
	total   int   // the rows of the list, those in the bin too
	scanned int   // how many rows from the first are known
	rows    []int // the indexes of those in the bin, in order
}

// index is where the row with so many others before it stands in the list. Rows
// that nobody has looked at are taken for none of the bin's.
func (g *gone) index(live int) int {
	for _, i := range g.rows {
		if i <= live {
			live++
		}
	}
	return live
}

func (t *trash) of(name string, now time.Time) gone {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.lists[name]
	if now.Sub(g.at) > remembered {
		return gone{at: now}
	}
	g.rows = slices.Clone(g.rows)
	return g
}

func (t *trash) keep(name string, g gone) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lists) >= maxLists || t.lists == nil {
		t.lists = map[string]gone{}
	}
	t.lists[name] = g
}

// see remembers one row.
func (g *gone) see(row int, deleted bool) {
	if row > g.scanned {
		// What lies between is not known, so what is known ends before it.
		return
	}
	at, known := slices.BinarySearch(g.rows, row)
	switch {
	case deleted && !known:
		g.rows = slices.Insert(g.rows, at, row)
	case !deleted && known:
		g.rows = slices.Delete(g.rows, at, at+1)
	}
	g.scanned = max(g.scanned, row+1)
}
