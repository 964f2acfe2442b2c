package dglnk

import (
	"net/http"
	"slices"
)

// maxURLs is how many addresses one request may shorten.
const maxURLs = 10

func (s *Site) routes1() {
	s.mux.HandleFunc("POST /api/links/create", s.guarded(s.create1))
	s.mux.HandleFunc("/api/links/create", func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, http.StatusMethodNotAllowed, "Method Not Allowed")
	})
}

// create1 is version 1's only call. Of several addresses those that cannot be
// shortened are missing from the reply, which says nothing of them.
func (s *Site) create1(w http.ResponseWriter, r *http.Request) {
	in, p := read(r), problems{}
	urls := in.list("multiple_urls", p)
	link := &Link{Type: "direct"}
	switch {
	case len(urls) == 0:
		s.target(link, in, p)
	case in.has("long_url"):
		p.add("multiple_urls", "The multiple urls can not be used together with long url.")
	case len(urls) > maxURLs:
		p.add("multiple_urls", "The multiple urls may not have more than %d items.", maxURLs)
	}
	if s.fill(link, in, p); len(p) > 0 {
		s.invalid(w, r, p)
		return
	}
	if len(urls) == 0 {
		succeed(w, "link", s.render(r, s.add(*link)))
		return
	}
	links := []any{}
	for _, made := range s.batch(in, urls) {
		links = append(links, s.render(r, made))
	}
	succeed(w, "links", links)
}

// create3 makes a link in version 3.
func (s *Site) create3(w http.ResponseWriter, r *http.Request) {
	in, p := read(r), problems{}
	link := &Link{Type: "direct"}
	s.target(link, in, p)
	if s.fill(link, in, p); len(p) > 0 {
		s.invalid(w, r, p)
		return
	}
	succeed(w, "link", s.render3(r, s.add(*link)))
}

// shorten makes up to ten links of the same members in version 3. Those that
// fail are missing, unless the caller wants the first failure to stop it: then
// nothing is made.
func (s *Site) shorten(w http.ResponseWriter, r *http.Request) {
	in, p := read(r), problems{}
	urls := in.list("long_urls", p)
	switch {
	case len(urls) == 0:
		p.add("long_urls", "The long urls field is required.")
	case len(urls) > maxURLs:
		p.add("long_urls", "The long urls may not have more than %d items.", maxURLs)
	}
	stop := in.flag("stop_on_error", false, p)
	s.fill(&Link{}, in, p)
	for _, v := range urls {
		if stop {
			s.target(&Link{}, input{"long_url": trimmed(v)}, p)
		}
	}
	if len(p) > 0 {
		s.invalid(w, r, p)
		return
	}
	links := []any{}
	for _, made := range s.batch(in, urls) {
		links = append(links, s.render3(r, made))
	}
	succeed(w, "links", links)
}

// batch makes a link of each address, once of equal ones, and leaves out what
// fails. All share the request's other members, so that of
// several with an alias only the first comes to be.
func (s *Site) batch(in input, urls []any) []*Link {
	var done []any
	var made []*Link
	for _, v := range urls {
		v = trimmed(v)
		if text, ok := v.(string); !ok || slices.Contains(done, any(text)) {
			continue
		}
		done = append(done, v)
		p, link := problems{}, &Link{Type: "direct"}
		s.target(link, input{"long_url": v}, p)
		if s.fill(link, in, p); len(p) == 0 {
			made = append(made, s.add(*link))
		}
	}
	return made
}

// target takes where a link leads.
func (s *Site) target(l *Link, in input, p problems) {
	l.LongURL = in.required("long_url", p)
	if len(p["long_url"]) == 0 && !isAddress(l.LongURL) {
		p.add("long_url", "This url is not valid.")
	}
	if s.o.APIVersion == 3 {
		l.LongURL = normalised(l.LongURL)
	}
}
