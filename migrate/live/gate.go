package live

import "sync"

// gate lets writes through until it is closed, and tells when the last of them
// has ended.
type gate struct {
	mu     sync.Mutex
	under  int
	closed bool
	idle   chan struct{} // closed when the gate is and nothing is under way
	next   chan struct{} // closed when there is another gate to go to
}

func newGate() *gate {
	return &gate{idle: make(chan struct{}), next: make(chan struct{})}
}

// enter reports whether the gate was open. Who has entered leaves.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.under++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.under--
	if g.closed && g.under == 0 {
		close(g.idle)
	}
}

// shut closes the gate, once.
func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	if g.under == 0 {
		close(g.idle)
	}
}
