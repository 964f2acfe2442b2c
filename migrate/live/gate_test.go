package live

import "testing"

func TestGate(t *testing.T) {
	g := newGate()
	for range 2 {
		if !g.enter() {
			t.Fatal("an open gate lets nobody in")
		}
	}
	g.shut()
	g.leave()
	select {
	case <-g.idle:
		t.Fatal("a gate is idle while one is in")
	default:
	}
	if g.enter() {
		t.Error("a closed gate lets somebody in")
	}
	g.leave()
	<-g.idle
	empty := newGate()
	empty.shut()
	<-empty.idle
}
