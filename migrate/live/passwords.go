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

// passwords are those of entries that this process has noted, by their hashes,
// until they are applied. They are never written down. It is safe for concurrent
// use.
type passwords struct {
	mu    sync.Mutex
	known map[string]password
}

type password struct {
	text string
	kept time.Time
}

func (p *passwords) keep(hash, text string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[string]password{}
	}
	if len(p.known) >= maxPasswords {
		for known, old := range p.known {
			if now.Sub(old.kept) > passwordAge {
				delete(p.known, known)
			}
		}
	}
	if len(p.known) < maxPasswords {
		p.known[hash] = password{text, now}
	}
}

// of returns the password of a hash, empty where it is not known.
func (p *passwords) of(hash string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[hash].text
}

func (p *passwords) forget(hash string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, hash)
}
