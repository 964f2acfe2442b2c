package dglnk

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The kinds of objects beside links that version 3 serves, by their paths.
const (
	Groups  = "link-group"
	Pixels  = "tp"
	Domains = "custom-domain"
	Tags    = "tags"
)

// Object is a group, pixel, domain or tag.
type Object struct {
	ID        int64
	Values    map[string]string // its members that callers set
	CreatedAt time.Time
	UpdatedAt time.Time
}

type kind struct {
	path               string
	member             string // that holds one in replies
	required, optional []string
	unique             string // the member that no two share
}

var kinds = []kind{
	{path: Groups, member: "group", required: []string{"name"}, optional: []string{"description"}},
	{path: Pixels, member: "pixel", required: []string{"name", "type", "pixel_id"}},
	{path: Domains, member: "domain", required: []string{"host"}, unique: "host"},
	{path: Tags, member: "tag", required: []string{"name"}, unique: "name"},
}

// table keeps the objects of one kind.
type table struct {
	last int64
	rows map[int64]*Object
}

func (t *table) sorted() []Object {
	all := make([]Object, 0, len(t.rows))
	for _, id := range slices.Sorted(maps.Keys(t.rows)) {
		all = append(all, *t.rows[id])
	}
	return all
}

func (s *Site) seed(kind string, id int64, values map[string]string) *Object {
	t := s.objects[kind]
	t.last = max(t.last, id)
	t.rows[id] = &Object{ID: id, Values: values, CreatedAt: s.now(), UpdatedAt: s.now()}
	return t.rows[id]
}

func (s *Site) objectRoutes(k kind, path string) {
	path = "/" + path
	s.handle3("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		rows := []any{}
		query := strings.ToLower(r.URL.Query().Get("query"))
		for _, o := range s.objects[k.path].sorted() {
			if strings.Contains(strings.ToLower(o.Values["name"]+o.Values["host"]), query) {
				rows = append(rows, s.renderObject(&o))
			}
		}
		succeed(w, "pagination", paginate(r, rows))
	})
	s.handle3("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		if values, ok := s.values(w, r, k, 0); ok {
			succeed(w, k.member, s.renderObject(s.seed(k.path, s.objects[k.path].last+1, values)))
		}
	})
	s.handle3("GET "+path+"/{id}", func(w http.ResponseWriter, r *http.Request) {
		if o := s.objectAt(w, r, k.path); o != nil {
			succeed(w, k.member, s.renderObject(o))
		}
	})
	s.handle3("PUT "+path+"/{id}", func(w http.ResponseWriter, r *http.Request) {
		o := s.objectAt(w, r, k.path)
		if o == nil {
			return
		}
		if values, ok := s.values(w, r, k, o.ID); ok {
			if k.path == Tags {
				s.renameTag(o.Values["name"], values["name"])
			}
			o.Values, o.UpdatedAt = values, s.now()
			succeed(w, k.member, s.renderObject(o))
		}
	})
	s.handle3("DELETE "+path+"/{ids}", func(w http.ResponseWriter, r *http.Request) {
		var found bool
		for _, id := range ids(r.PathValue("ids")) {
			o, ok := s.objects[k.path].rows[id]
			if ok {
				found = true
				delete(s.objects[k.path].rows, id)
				s.unlink(k.path, o)
			}
		}
		if !found {
			fail(w, r, http.StatusNotFound, "Not Found")
			return
		}
		succeed(w, "", nil)
	})
}

// values are the members of the object with an id, 0 for a new one, in a request;
// false where it was answered that they are wrong.
func (s *Site) values(w http.ResponseWriter, r *http.Request, k kind, id int64) (map[string]string, bool) {
	in, p, values := read(r), problems{}, map[string]string{}
	for _, field := range k.required {
		values[field] = in.required(field, p)
	}
	for _, field := range k.optional {
		values[field] = in.text(field, p)
	}
	for _, o := range s.objects[k.path].rows {
		if k.unique != "" && o.ID != id && o.Values[k.unique] == values[k.unique] {
			p.add(k.unique, "The %s has already been taken.", k.unique)
		}
	}
	if len(p) > 0 {
		s.invalid(w, r, p)
		return nil, false
	}
	return values, true
}

func (s *Site) renderObject(o *Object) map[string]any {
	reply := map[string]any{"id": o.ID, "user_id": 1, "created_at": s.stamp(o.CreatedAt), "updated_at": s.stamp(o.UpdatedAt)}
	for field, value := range o.Values {
		reply[field] = null(value)
	}
	return reply
}

// objectAt is the object in a request's path; nil, with 404 answered, where
// there is none.
func (s *Site) objectAt(w http.ResponseWriter, r *http.Request, kind string) *Object {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	o := s.objects[kind].rows[id]
	if err != nil || o == nil {
		fail(w, r, http.StatusNotFound, "Not Found")
		return nil
	}
	return o
}

// some are the objects of one kind that a link has.
func (s *Site) some(kind string, ids []int64) []any {
	all := []any{}
	for _, id := range ids {
		all = append(all, s.renderObject(s.objects[kind].rows[id]))
	}
	return all
}

// unlink takes a removed object off all links.
func (s *Site) unlink(kind string, o *Object) {
	for _, l := range s.links {
		same := func(id int64) bool { return id == o.ID }
		switch kind {
		case Groups:
			l.Groups = slices.DeleteFunc(l.Groups, same)
		case Pixels:
			l.Pixels = slices.DeleteFunc(l.Pixels, same)
		case Domains:
			if l.DomainID != nil && same(*l.DomainID) {
				l.DomainID = nil
			}
		case Tags:
			l.Tags = slices.DeleteFunc(l.Tags, func(name string) bool { return name == o.Values["name"] })
		}
	}
}
