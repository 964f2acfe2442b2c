package dglnk

import (
	"net/http"
	"slices"
)

// attach puts links into a group.
func (s *Site) attach(w http.ResponseWriter, r *http.Request) {
	s.changeGroup(w, r, func(l *Link, group int64) {
		if !slices.Contains(l.Groups, group) {
			l.Groups = append(l.Groups, group)
		}
	})
}

// detach takes links out of a group.
func (s *Site) detach(w http.ResponseWriter, r *http.Request) {
	s.changeGroup(w, r, func(l *Link, group int64) {
		l.Groups = slices.DeleteFunc(l.Groups, func(id int64) bool { return id == group })
	})
}

func (s *Site) changeGroup(w http.ResponseWriter, r *http.Request, change func(l *Link, group int64)) {
	group := s.objectAt(w, r, Groups)
	if group == nil {
		return
	}
	in, p := read(r), problems{}
	if !in.has("linkIds") {
		p.add("linkIds", "The link ids field is required.")
	}
	var links []*Link
	for _, v := range in.list("linkIds", p) {
		id, ok := whole(v)
		l := s.links[id]
		if !ok || l == nil {
			p.add("linkIds", "The selected link ids is invalid.")
			break
		}
		links = append(links, l)
	}
	if len(p) > 0 {
		s.invalid(w, r, p)
		return
	}
	for _, l := range links {
		change(l, group.ID)
	}
	succeed(w, "group", s.renderObject(group))
}

func (s *Site) groupLinks(w http.ResponseWriter, r *http.Request) {
	if group := s.objectAt(w, r, Groups); group != nil {
		s.answerLinks(w, r, func(l *Link) bool { return slices.Contains(l.Groups, group.ID) })
	}
}
