package dglnk

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

// asked counts the requests for a path.
func (s *site3) asked(path string) (n int) {
	for _, r := range s.server.Requests() {
		if r.Path == path {
			n++
		}
	}
	return n
}

// TestVersion3_FullBin: many rows in the bin do not cost a request each.
func TestVersion3_FullBin(t *testing.T) {
	s := simulation3(t, sites.Options{}, Config{})
	want, _ := s.create(t, `{"url":"https://example.com/"}`)
	for i := range 60 {
		id, _ := s.create(t, `{"url":"https://example.com/`+strconv.Itoa(i)+`"}`)
		s.site.Trash(id)
	}
	before := s.asked("/api/v1/link")
	r, _ := s.must(t, s.call(api.ListLinks, api.Path{}, "limit=1", ""))
	if r.Get("data.urls.#").Int() != 1 || r.Get("data.urls.0.id").Int() != want || r.Get("data.result").Int() != 1 {
		t.Errorf("listLinks = %s", r)
	}
	if n := s.asked("/api/v1/link") - before; n != 2 {
		t.Errorf("it took %d requests; want 2", n)
	}
}

// TestVersion3_WrongPage: a site that answers another page than it was asked for
// is not asked again and again, and its rows are not taken for others.
func TestVersion3_WrongPage(t *testing.T) {
	for name, change := range map[string]func(*api.Call){
		"List":   func(call *api.Call) { call.Query.Set("page", "3") },
		"Search": func(call *api.Call) { call.Query.Set("short", "nobody") },
	} {
		f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
		f.Site.Fail(func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(w, `{"status":"success","pagination":{"current_page":1,"per_page":15,"total":900,"data":[{"id":1,"hash":"a",
				"short_url":"https://s.example/a","long_url":"https://example.com/"}]}}`)
		})
		call := f.MustCall(t, api.ListLinks)
		change(call)
		if reply, err := f.Backend.Do(t.Context(), call); api.AsError(err).Code != api.Unavailable || f.Site.Served() > 2 {
			t.Errorf("%s = %+v, %v after %d requests; want Unavailable", name, reply, err, f.Site.Served())
		}
	}
}

// TestVersion3_ShortPages: a site whose pages have fewer rows than they count is
// not asked twice for the same.
func TestVersion3_ShortPages(t *testing.T) {
	f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
	f.Site.Fail(func(w http.ResponseWriter, r *http.Request, _ <-chan struct{}) {
		w.Header().Set("Content-Type", "application/json")
		page, per := r.URL.Query().Get("page"), r.URL.Query().Get("perPage")
		_, _ = fmt.Fprintf(w, `{"status":"success","pagination":{"current_page":%s,"per_page":%s,"total":900,"data":[{"id":%[1]s%[2]s,"hash":"a",
			"short_url":"https://s.example/a","long_url":"https://example.com/"}]}}`, page, per)
	})
	call := f.MustCall(t, api.ListLinks)
	call.Query.Set("page", "3")
	rows := gjson.GetBytes(f.mustDo(t, call).Document, "data.urls.#.id").Array()
	seen := map[string]bool{}
	for _, r := range f.Site.Requests() {
		if seen[r.URI] {
			t.Errorf("asked twice: %s", r.URI)
		}
		seen[r.URI] = true
	}
	if len(rows) < 8 || len(seen) > 12 {
		t.Errorf("%d rows of %d requests; want all there are", len(rows), len(seen))
	}
}

// TestVersion3_SearchCut: a link that may be beyond what is searched is not said
// to be none.
func TestVersion3_SearchCut(t *testing.T) {
	f := fixture{harness3().MustStart(t, adaptertest.Setup{})}
	f.Site.Fail(func(w http.ResponseWriter, r *http.Request, _ <-chan struct{}) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"status":"success","pagination":{"current_page":%s,"per_page":100,"total":9000,"data":[{"id":1,"hash":"abc",
			"short_url":"https://s.example/abc","long_url":"https://example.com/"}]}}`, r.URL.Query().Get("page"))
	})
	call := f.MustCall(t, api.ListLinks)
	call.Query.Set("short", "ab")
	if reply, err := f.Backend.Do(t.Context(), call); api.AsError(err).Code != api.Unavailable || f.Site.Served() != searchPages {
		t.Errorf("a search = %+v, %v after %d requests; want Unavailable", reply, err, f.Site.Served())
	}
}

// TestVersion3_DomainsAskedOnce: creates on the site's own host, or many at once,
// cost one look at the domains.
func TestVersion3_DomainsAskedOnce(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "links.example.com"} {
		s := simulation3(t, sites.Options{Domains: map[int64]string{12: "links.example.com"}}, Config{})
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				call := s.call(api.CreateLink, api.Path{}, "", `{"url":"https://example.com/`+strconv.Itoa(i)+`","domain":"https://`+host+`"}`)
				if _, err := s.Do(t.Context(), call); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := s.asked("/api/v1/custom-domain"); n != 1 {
			t.Errorf("%s: the domains were asked for %d times; want once", host, n)
		}
	}
}

// TestVersion3_MissingDomain: a domain that there is not costs one look for many
// links, and is found once it is there.
func TestVersion3_MissingDomain(t *testing.T) {
	s := simulation3(t, sites.Options{}, Config{})
	document := `{"url":"https://example.com/","domain":"new.example.com"}`
	r, _ := s.must(t, s.call(api.CreateLinks, api.Path{}, "", `{"urls":[`+document+`,`+document+`,`+document+`]}`))
	if n := s.asked("/api/v1/custom-domain"); r.Get("data.failed").Int() != 3 || n != 1 {
		t.Errorf("createLinks = %s after %d looks at the domains; want one", r, n)
	}
	domain, _ := s.must(t, s.call(api.CreateDomain, api.Path{}, "", `{"domain":"new.example.com"}`))
	s.create(t, document)
	s.must(t, s.call(api.DeleteDomain, api.Path{ID: domain.Get("id").Int()}, "", ""))
	if _, err := s.Do(t.Context(), s.call(api.CreateLink, api.Path{}, "", document)); api.AsError(err).Code != api.Invalid {
		t.Errorf("a create on a deleted domain = %v", err)
	}
	before := s.asked("/api/v1/custom-domain")
	s.Backend.(*version3).now = func() time.Time { return time.Now().Add(missingFor) }
	if _, err := s.Do(t.Context(), s.call(api.CreateLink, api.Path{}, "", document)); err == nil || s.asked("/api/v1/custom-domain") != before+1 {
		t.Errorf("later on = %v; want another look", err)
	}
}

// TestVersion3_DeletedDomain: a domain that is deleted is not remembered, not even
// by a create that comes while the site is at it.
func TestVersion3_DeletedDomain(t *testing.T) {
	s := simulation3(t, sites.Options{Domains: map[int64]string{12: "links.example.com"}}, Config{})
	if err := s.server.Fail(simulate.Fault{Kind: simulate.Latency, Delay: 100 * time.Millisecond, Method: http.MethodDelete, Path: "/api/v1/custom-domain/{id}"}); err != nil {
		t.Fatal(err)
	}
	document := `{"url":"https://example.com/","domain":"links.example.com"}`
	var deleting sync.WaitGroup
	deleting.Go(func() { s.must(t, s.call(api.DeleteDomain, api.Path{ID: 12}, "", "")) })
	for s.asked("/api/v1/custom-domain") == 0 {
		time.Sleep(time.Millisecond)
	}
	s.create(t, document)
	deleting.Wait()
	_, err := s.Do(t.Context(), s.call(api.CreateLink, api.Path{}, "", document))
	if e := api.AsError(err); e.Code != api.Invalid || len(e.Fields) != 1 || e.Fields[0].Message != "Domain not found. Please try again." {
		t.Errorf("a create on a deleted domain = %v; want our own word that there is none", err)
	}
}

// TestVersion3_FoundRewritten: a create whose answer did not come is found also
// where the site has written its address in another way.
func TestVersion3_FoundRewritten(t *testing.T) {
	for _, address := range []string{"https://EXAMPLE.com?x=1", "https://example.com", "https://example.com?x=1"} {
		s := simulation3(t, sites.Options{}, Config{})
		if err := s.server.Fail(simulate.Fault{Kind: simulate.DieAfterCommit, Method: http.MethodPost, Path: "/api/v1/link", Times: 1}); err != nil {
			t.Fatal(err)
		}
		if id, _ := s.create(t, `{"url":"`+address+`"}`); id == 0 || len(s.site.Links()) != 1 {
			t.Errorf("%s: link %d of %d", address, id, len(s.site.Links()))
		}
	}
}

// TestVersion3_BatchRefused: what a batch as a whole is refused for is found out
// by each of its links alone.
func TestVersion3_BatchRefused(t *testing.T) {
	for _, message := range []string{"This url is not valid.", "The title has already been taken."} {
		s := simulation3(t, sites.Options{}, Config{})
		body := `{"message":"The given data was invalid.","errors":{"long_urls.0":["` + message + `"]}}`
		if err := s.server.Fail(simulate.Fault{Kind: simulate.Status, Status: 422, Body: body, Path: "/api/v1/link/batch/shorten"}); err != nil {
			t.Fatal(err)
		}
		r, _ := s.must(t, s.call(api.CreateLinks, api.Path{}, "", `{"urls":[{"url":"https://example.com/1"},{"url":"https://example.com/2"}]}`))
		if r.Get("data.created").Int() != 2 || gjson.Get(r.Raw, "data.failed").Int() != 0 || len(s.site.Links()) != 2 {
			t.Errorf("%s: createLinks = %s, %d links", message, r, len(s.site.Links()))
		}
	}
}
