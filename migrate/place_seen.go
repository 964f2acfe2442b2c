package migrate

import (
	"context"
	"sync"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/translate"
)

const (
	// knownFor is how long the domains and the channels' items of a place are taken
	// to be what they were.
	knownFor = 5 * time.Minute

	// mostSeen bounds the links whose groups are remembered, which take about 80
	// bytes each. Those beyond cost a search.
	mostSeen = 2_000_000

	// mostHosts bounds the hosts that are remembered to be no branded domains.
	mostHosts = 1000
)

// seen is what reading a place has come by. The zero value is ready for use.
type seen struct {
	// turn is whose it is to find out what others would find out too.
	turn turn

	mu     sync.Mutex
	limits map[adapters.Kind]int
	totals map[adapters.Kind]int
	links  map[int64]groups

	items   map[item][]int64
	itemsAt time.Time

	hosts   map[string]bool // branded ones, and others that were met
	hostsAt time.Time

	once    sync.Once
	aliases map[int64]int // places in Place.Aliases
}

// alias returns the one with the id. All are the same each time.
func (s *seen) alias(all []Alias, id int64) (Alias, bool) {
	s.once.Do(func() {
		s.aliases = make(map[int64]int, len(all))
		for i, a := range all {
			s.aliases[a.ID()] = i
		}
	})
	i, ok := s.aliases[id]
	if !ok {
		return Alias{}, false
	}
	return all[i], true
}

func (s *seen) limit(kind adapters.Kind) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.limits[kind]; n > 0 {
		return n
	}
	return mostRows
}

func (s *seen) setLimit(kind adapters.Kind, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limits == nil {
		s.limits = map[adapters.Kind]int{}
	}
	s.limits[kind] = n
}

func (s *seen) total(kind adapters.Kind) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.totals[kind]
}

func (s *seen) setTotal(kind adapters.Kind, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.totals == nil {
		s.totals = map[adapters.Kind]int{}
	}
	s.totals[kind] = n
}

// rows keeps the groups of links off the rows of a list. With the first page
// what was known before is forgotten.
func (s *seen) rows(first bool, list []gjson.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first {
		s.links, s.items = map[int64]groups{}, nil
	}
	for _, row := range list {
		g := groupsOf(row)
		id, ok := integerOf(translate.Member(row, "id"))
		if ok && len(s.links) < mostSeen {
			s.links[id] = g
		}
	}
}

func (s *seen) groups(id int64) (groups, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.links[id]
	return g, ok
}

func (s *seen) freshItems() map[item][]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.itemsAt) > knownFor {
		return nil
	}
	return s.items
}

func (s *seen) setItems(items map[item][]int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items, s.itemsAt = items, time.Now()
}

// host returns whether a host is a branded domain, and whether that is known.
func (s *seen) host(host string) (branded, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	branded, known = s.hosts[host]
	return branded, known && time.Since(s.hostsAt) < knownFor
}

// setHosts keeps the branded domains, and that the host was met.
func (s *seen) setHosts(branded map[string]bool, met string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for host, is := range s.hosts {
		if !is && len(branded) < mostHosts {
			if _, ok := branded[host]; !ok {
				branded[host] = false
			}
		}
	}
	if !branded[met] {
		branded[met] = false
	}
	s.hosts, s.hostsAt = branded, time.Now()
}

// branded reports whether a host is a branded domain: one that the place lists,
// or that is configured. Every other is the provider's own.
func (p *Place) branded(ctx context.Context, host string) (bool, error) {
	if host == hostOf(p.Origin) {
		return false, nil
	}
	for _, d := range p.Domains {
		if hostOf(d) == host {
			return true, nil
		}
	}
	if branded, known := p.seen.host(host); known {
		return branded, nil
	}
	if err := p.seen.turn.take(ctx); err != nil {
		return false, err
	}
	defer p.seen.turn.end()
	if branded, known := p.seen.host(host); known {
		return branded, nil
	}
	hosts := map[string]bool{}
	for page := 0; ; {
		domains, err := p.List(ctx, adapters.KindDomain, page)
		if err != nil {
			return false, err
		}
		for i := range domains.Records {
			hosts[domainOf(&domains.Records[i])] = true
		}
		if page = domains.Next; page == 0 {
			break
		}
	}
	is := hosts[host]
	p.seen.setHosts(hosts, host)
	return is, nil
}

// domainOf is the host of a record's domain, empty where it has none.
func domainOf(r *adapters.Record) string {
	return hostOf(gjson.GetBytes(r.Document, "domain").Str)
}

// turn is had by one at a time. The zero value is nobody's.
type turn struct {
	once sync.Once
	slot chan struct{}
}

// take waits for the turn. The error is the context's.
func (t *turn) take(ctx context.Context) error {
	t.once.Do(func() { t.slot = make(chan struct{}, 1) })
	select {
	case t.slot <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *turn) end() { <-t.slot }
