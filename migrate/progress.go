package migrate

import (
	"sync"
	"time"

	"github.com/linkquay/linkquay/adapters"
)

// The steps that Progress tells of.
const (
	StepListing   = "listing"
	StepCopying   = "copying"
	StepPlanning  = "planning"
	StepVerifying = "verifying"
)

// progressEvery is how often somebody is told at most.
const progressEvery = 200 * time.Millisecond

// Progress is how far something is.
type Progress struct {
	// Step is what is being done, a word for people: one of the constants, or
	// another one.
	Step string

	// Kind is of what; empty for all kinds.
	Kind adapters.Kind

	// Done of Total objects are done. Total is 0 while it is unknown.
	Done, Total int

	// Failed is how many of Done were not taken.
	Failed int

	// Last says that the step has ended.
	Last bool
}

// meter counts what many goroutines do, and tells of it. It is safe for
// concurrent use.
type meter struct {
	tell func(Progress)
	now  func() time.Time

	mu    sync.Mutex
	is    Progress
	told  time.Time
	ended bool
}

func newMeter(step string, tell func(Progress), now func() time.Time) *meter {
	if tell == nil {
		tell = func(Progress) {}
	}
	return &meter{tell: tell, now: now, is: Progress{Step: step}}
}

// total says how many there are to do beside those that are done.
func (m *meter) total(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.is.Total = m.is.Done + n
}

// of says what is being done.
func (m *meter) of(kind adapters.Kind) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.is.Kind = kind
}

func (m *meter) add(done, failed int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.is.Done += done
	m.is.Failed += failed
	m.is.Total = max(m.is.Total, 0)
	if m.is.Total > 0 {
		// What is referred to is carried first, and counted before its turn comes.
		m.is.Total = max(m.is.Total, m.is.Done)
	}
	if now := m.now(); now.Sub(m.told) >= progressEvery {
		m.told = now
		m.tell(m.is)
	}
}

// pass tells of another step.
func (m *meter) pass(p Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.now(); p.Last || now.Sub(m.told) >= progressEvery {
		m.told = now
		m.tell(p)
	}
}

// end tells the last of it.
func (m *meter) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.ended {
		m.ended = true
		m.is.Last, m.is.Kind = true, ""
		m.tell(m.is)
	}
}
