package dglnk

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func (s *Site) routes3() {
	for pattern, handle := range map[string]http.HandlerFunc{
		"POST /link":               s.create3,
		"GET /link":                s.listLinks,
		"GET /link/{id}":           s.getLink,
		"PUT /link/{id}":           s.updateLink,
		"DELETE /link/{ids}":       s.deleteLinks,
		"POST /link/batch/shorten": s.shorten,
		"GET /reports/clicks":      s.report,

		"POST /link-group/{id}/attach": s.attach,
		"POST /link-group/{id}/detach": s.detach,
		"GET /link-group/{id}/links":   s.groupLinks,
	} {
		s.handle3(pattern, handle)
	}
	for _, k := range kinds {
		s.objectRoutes(k, k.path)
		if k.path == Pixels && s.o.TrackingPixel {
			s.objectRoutes(k, "tracking-pixel")
		}
	}
}

// handle3 serves a call of version 3, whose pattern is a method and the path
// under the API's base.
func (s *Site) handle3(pattern string, h http.HandlerFunc) {
	method, path, _ := strings.Cut(pattern, " ")
	s.mux.HandleFunc(method+" /api/v1"+path, s.guarded(h))
}

func (s *Site) listLinks(w http.ResponseWriter, r *http.Request) {
	s.answerLinks(w, r, func(*Link) bool { return true })
}

// answerLinks answers a page of the links that are wanted; those in the bin are
// among them.
func (s *Site) answerLinks(w http.ResponseWriter, r *http.Request, wanted func(*Link) bool) {
	query := strings.ToLower(r.URL.Query().Get("query"))
	var found []*Link
	for _, l := range s.links {
		text := strings.ToLower(strings.Join([]string{l.Title, l.Alias, l.Hash, l.LongURL}, "\n"))
		if wanted(l) && strings.Contains(text, query) {
			found = append(found, l)
		}
	}
	sortLinks(found, r.URL.Query().Get("order"))
	rows := make([]any, len(found))
	for i, l := range found {
		rows[i] = s.render3(r, l)
	}
	succeed(w, "pagination", paginate(r, rows))
}

// sortLinks puts links in an order such as clicks_count|asc; by default, and
// where the column is none to sort by, the newest come first.
func sortLinks(links []*Link, order string) {
	columns := map[string]func(a, b *Link) int{
		"id":           func(a, b *Link) int { return cmp.Compare(a.ID, b.ID) },
		"created_at":   func(a, b *Link) int { return a.CreatedAt.Compare(b.CreatedAt) },
		"updated_at":   func(a, b *Link) int { return a.UpdatedAt.Compare(b.UpdatedAt) },
		"clicks_count": func(a, b *Link) int { return cmp.Compare(a.Clicks, b.Clicks) },
		"long_url":     func(a, b *Link) int { return strings.Compare(a.LongURL, b.LongURL) },
		"alias":        func(a, b *Link) int { return strings.Compare(a.Alias, b.Alias) },
	}
	column, direction, _ := strings.Cut(order, "|")
	by, ok := columns[column]
	if !ok {
		by, direction = columns["created_at"], "desc"
	}
	slices.SortFunc(links, func(a, b *Link) int {
		if direction == "desc" {
			a, b = b, a
		}
		return cmp.Or(by(a, b), cmp.Compare(a.ID, b.ID))
	})
}

// paginate is the page of rows that a request asks for.
func paginate(r *http.Request, rows []any) map[string]any {
	number := func(name string, fallback int) int {
		n, err := strconv.Atoi(r.URL.Query().Get(name))
		if err != nil || n < 1 {
			return fallback
		}
		return n
	}
	const perPageDefault = 15
	per, page := number("perPage", perPageDefault), number("page", 1)
	start := min((page-1)*per, len(rows))
	end := min(start+per, len(rows))
	p := map[string]any{
		"current_page": page, "from": nil, "to": nil, "per_page": per,
		"last_page": max(1, (len(rows)+per-1)/per), "total": len(rows), "data": append([]any{}, rows[start:end]...),
	}
	if end > start {
		p["from"], p["to"] = start+1, end
	}
	return p
}

// linkAt is the link in a request's path; nil, with 404 answered, where there is
// none or it is in the bin.
func (s *Site) linkAt(w http.ResponseWriter, r *http.Request) *Link {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	l := s.links[id]
	if err != nil || l == nil || !l.DeletedAt.IsZero() {
		fail(w, r, http.StatusNotFound, "Not Found")
		return nil
	}
	return l
}

func (s *Site) getLink(w http.ResponseWriter, r *http.Request) {
	if l := s.linkAt(w, r); l != nil {
		succeed(w, "link", s.render3(r, l))
	}
}

// updateLink replaces a link's members by those of the request. Without a target
// the real site breaks rather than says so.
func (s *Site) updateLink(w http.ResponseWriter, r *http.Request) {
	l := s.linkAt(w, r)
	if l == nil {
		return
	}
	in, p := read(r), problems{}
	if !in.has("long_url") {
		fail(w, r, http.StatusInternalServerError, "Server Error")
		return
	}
	changed := l.clone()
	s.target(&changed, in, p)
	if s.fill(&changed, in, p); len(p) > 0 {
		s.invalid(w, r, p)
		return
	}
	changed.UpdatedAt = s.now()
	*l = changed
	s.keepTags(l)
	succeed(w, "link", s.render3(r, l))
}

// deleteLinks removes links for good, those in the bin too.
func (s *Site) deleteLinks(w http.ResponseWriter, r *http.Request) {
	var found bool
	for _, id := range ids(r.PathValue("ids")) {
		_, ok := s.links[id]
		found = found || ok
		delete(s.links, id)
	}
	if !found {
		fail(w, r, http.StatusNotFound, "Not Found")
		return
	}
	succeed(w, "", nil)
}

// ids are the numbers in a list such as 3,5; what is no number is passed over.
func ids(list string) []int64 {
	var all []int64
	for text := range strings.SplitSeq(list, ",") {
		if id, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
			all = append(all, id)
		}
	}
	return all
}
