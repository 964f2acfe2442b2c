package reconcile

import (
	"sync"
	"time"
)

// countAge is how old the number of doubts may be: so long it takes until a
// process knows what others are in doubt of.
const countAge = time.Second

// Doubts remembers whether creates are in doubt at all, so that those that are not
// need not ask the database each. The zero value knows nothing. It is safe for
// concurrent use.
type Doubts struct {
	mu      sync.Mutex
	some    bool
	read    time.Time // when it was read; zero means that it must be
	changes int
	reading bool
}

// Any reports whether some are in doubt, by a number that read returns and that
// is at most countAge old. Where it cannot be read, nobody knows: the error says
// so. One reads at a time; until it has, the others go by the number before.
func (c *Doubts) Any(now time.Time, read func() (int, error)) (bool, error) {
	c.mu.Lock()
	fresh := !c.read.IsZero() && now.Sub(c.read).Abs() < countAge
	if fresh || c.reading && !c.read.IsZero() {
		defer c.mu.Unlock()
		return c.some, nil
	}
	c.reading = true
	changes := c.changes
	c.mu.Unlock()

	n, err := read()

	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading = false
	// A number from before a change is of no use to those who come after it.
	if err == nil && c.changes == changes {
		c.some, c.read = n > 0, now
	}
	return n > 0 || c.changes != changes, err
}

// Forget has the next one read the number.
func (c *Doubts) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	c.read = time.Time{}
}
