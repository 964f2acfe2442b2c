package live

import (
	"sync"
	"time"
)

const (
	// maxPasswords and passwordAge bound what is remembered: a backend that takes
	// no hashes gets the passwords of the others never.
	maxPasswords = 10_000
	passwordAge  = time.Hour
)

// passwords are those of entries that this process has noted, until they are
// applied. They are never written down. It is safe for concurrent use.
type passwords struct {
	mu    sync.Mutex
	known map[int64]password
}

type password struct {
	text string
	kept time.Time
}

func (p *passwords) keep(entry int64, text string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[int64]password{}
	}
	if len(p.known) >= maxPasswords {
		for id, old := range p.known {
			if now.Sub(old.kept) > passwordAge {
				delete(p.known, id)
			}
		}
	}
	if len(p.known) < maxPasswords {
		p.known[entry] = password{text, now}
	}
}

// of returns the password of an entry, empty where it is not known.
func (p *passwords) of(entry int64) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[entry].text
}

func (p *passwords) forget(entry int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, entry)
}
