package dglnk

import (
	"maps"
	"slices"
	"time"
)

// Links are copies of the links, those in the bin too, oldest first.
func (s *Site) Links() []Link {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Link, 0, len(s.links))
	for _, id := range slices.Sorted(maps.Keys(s.links)) {
		all = append(all, s.links[id].clone())
	}
	return all
}

// Link is a copy of a link, and whether there is one.
func (s *Site) Link(id int64) (Link, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	link, ok := s.links[id]
	if !ok {
		return Link{}, false
	}
	return link.clone(), true
}

// Trash puts a link into the bin, as the dashboard does: version 3 goes on
// listing it, and its alias stays taken. It reports whether there was one.
func (s *Site) Trash(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick(time.Now())
	link, ok := s.links[id]
	if ok {
		link.DeletedAt = s.now()
	}
	return ok
}

// Clicks are copies of the visits that were sent on, oldest first.
func (s *Site) Clicks() []Click {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.clicks)
}

// Objects are copies of the groups, pixels, domains or tags, oldest first.
func (s *Site) Objects(kind string) []Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.objects[kind]
	if !ok {
		return nil
	}
	all := t.sorted()
	for i := range all {
		all[i].Values = maps.Clone(all[i].Values)
	}
	return all
}

// State is what the site holds, for people to look at.
func (s *Site) State() any {
	state := map[string]any{"links": s.Links(), "clicks": len(s.Clicks())}
	for _, k := range kinds {
		state[k.path] = s.Objects(k.path)
	}
	return state
}

// TooManyRequests is the body of a 429.
func (*Site) TooManyRequests(int) any { return map[string]any{"message": "Too Many Attempts."} }
