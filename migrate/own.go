package migrate

import (
	"sync"
	"time"
)

// maxOwn bounds how many rows a Mover knows to be its own.
const maxOwn = 100_000

// own are the rows that a Mover has written itself, by ID, and when. The zero
// value has none.
type own struct {
	mu   sync.Mutex
	rows map[int64]time.Time
}

func (o *own) note(r *Row) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.rows == nil || len(o.rows) >= maxOwn {
		o.rows = map[int64]time.Time{}
	}
	o.rows[r.ID] = r.Compared.Truncate(time.Millisecond)
}

func (o *own) has(r *Row) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	at, ok := o.rows[r.ID]
	return ok && at.Equal(r.Compared.Truncate(time.Millisecond))
}

// elsewhere reports whether another process has carried the object of a row since
// what is remembered of its place was read: then it may be in other channels by
// now. Clocks may differ by a minute.
func (c *carrier) elsewhere(r *Row) bool {
	if r.Compared.IsZero() || c.own.has(r) {
		return false
	}
	since := c.now().Add(-knownFor)
	if c.listed && c.Move.Listed.Before(since) {
		since = c.Move.Listed
	}
	return r.Compared.After(since.Add(-time.Minute))
}
