package dglnk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

// TestVersion3_Bulk: documents that differ in where they lead alone go
// together, each is answered in its place, and nothing is made twice.
func TestVersion3_Bulk(t *testing.T) {
	s := simulation3(t, sites.Options{}, Config{})
	group, _ := s.must(t, s.call(api.CreateCampaign, api.Path{}, "", `{"name":"Spring"}`))
	campaign := group.Get("id").String()
	var documents []string
	for i := range 13 {
		documents = append(documents, `{"url":"https://EXAMPLE.com/`+strconv.Itoa(i)+`"}`)
	}
	documents = append(documents,
		`{"url":"https://example.com/0"}`, // like the first one
		`{"url":"https://example.com/a","custom":"first1"}`,
		`{"url":"https://example.com/b","custom":"first1"}`, // taken by then
		`{"url":"https://example.com/c","campaign":`+campaign+`}`,
		`{"url":"https://example.com/d","campaign":`+campaign+`}`,
		`{"url":"https://example.com/e","campaign":99}`,
		`{"url":"ftp://example.com/f"}`, // the site wants none of it
		`{"url":"nonsense"}`,            // nor the contract
	)
	r, warnings := s.must(t, s.call(api.CreateLinks, api.Path{}, "", `{"urls":[`+strings.Join(documents, ",")+`]}`))
	if r.Get("data.created").Int() != 17 || r.Get("data.failed").Int() != 4 || len(warnings) != 0 {
		t.Fatalf("createLinks = %s, warnings %v", r, warnings)
	}
	seen := map[int64]bool{}
	for i, result := range r.Get("data.results").Array() {
		id := result.Get("id").Int()
		if slices.Contains([]int{15, 18, 19, 20}, i) {
			if result.Get("error").Int() == 0 || i != 20 && !result.Get("errors").Exists() {
				t.Errorf("result %d = %s; want an error by field", i, result)
			}
			continue
		}
		l, ok := s.site.Link(id)
		wantURL := gjson.Get(documents[i], "url").String()
		if !ok || seen[id] || !sameURL(l.LongURL, wantURL) || (i == 16 || i == 17) != (len(l.Groups) == 1) {
			t.Errorf("result %d = %s, which is %+v; want %s", i, result, l, wantURL)
		}
		seen[id] = true
	}
	if len(s.site.Links()) != 17 {
		t.Errorf("%d links; want 17", len(s.site.Links()))
	}
	r, _ = s.must(t, s.call(api.CreateLinks, api.Path{}, "", `{"urls":[{"url":"https://example.com/"},{"url":"https://EXAMPLE.com"},{"url":"https://example.com/z"}]}`))
	if ids := r.Get("data.results.#.id").Array(); len(ids) != 3 || ids[0].Int() == ids[1].Int() {
		t.Errorf("one address twice = %s; want two links", r)
	}
	var sizes []int
	for _, q := range s.server.Requests() {
		if strings.HasSuffix(q.Path, "/batch/shorten") {
			sizes = append(sizes, len(gjson.Get(q.Body, "long_urls").Array()))
		}
	}
	if want := []int{10, 5, 2, 2}; !slices.Equal(sizes, want) {
		t.Errorf("batches of %v; want %v", sizes, want)
	}
}

// TestVersion3_InDoubt: a create whose answer does not come is found and not
// made twice, with an alias and without, alone and among others.
func TestVersion3_InDoubt(t *testing.T) {
	for _, fault := range []simulate.Fault{
		{Kind: simulate.DieAfterCommit},
		{Kind: simulate.HalfBody},
		{Kind: simulate.DropFields, Fields: []string{"link.id", "links"}},
		{Kind: simulate.DropFields, Fields: []string{"status"}},
		{Kind: simulate.Status, Status: 500, Commit: true},
	} {
		t.Run(string(fault.Kind), func(t *testing.T) {
			s := simulation3(t, sites.Options{}, Config{})
			s.create(t, `{"url":"https://example.com/","custom":"spring24"}`)
			fail := func(path string) {
				t.Helper()
				fault.Method, fault.Path, fault.Times = http.MethodPost, path, 1
				if err := s.server.Fail(fault); err != nil {
					t.Fatal(err)
				}
			}
			for _, document := range []string{`{"url":"https://example.com/","custom":"summer24"}`, `{"url":"https://example.com/x?y=1"}`} {
				links := len(s.site.Links())
				fail("/api/v1/link")
				id, _ := s.create(t, document)
				if l, ok := s.site.Link(id); !ok || !sameURL(l.LongURL, gjson.Get(document, "url").String()) || len(s.site.Links()) != links+1 {
					t.Errorf("%s: link %+v, %d links; want %d", document, l, len(s.site.Links()), links+1)
				}
			}
			links := len(s.site.Links())
			fail("/api/v1/link/batch/shorten")
			r, _ := s.must(t, s.call(api.CreateLinks, api.Path{}, "", `{"urls":[{"url":"https://example.com/1"},{"url":"https://example.com/2"}]}`))
			if r.Get("data.created").Int() != 2 || len(s.site.Links()) != links+2 {
				t.Errorf("createLinks = %s, %d links; want %d", r, len(s.site.Links()), links+2)
			}
			met := 0
			for _, q := range s.server.Requests() {
				met += len(q.Faults)
			}
			if met != 3 {
				t.Errorf("%d requests met the fault; want 3", met)
			}
		})
	}
}

// TestVersion3_InDoubtByTheSitesClock: a link that was there before is not taken
// for the one whose answer did not come, whatever the site's clock says.
func TestVersion3_InDoubtByTheSitesClock(t *testing.T) {
	for _, skew := range []time.Duration{-time.Hour, 0, time.Hour} {
		var passed atomic.Int64
		s := simulation3At(t, sites.Options{}, Config{}, func() time.Time {
			return time.Now().Add(skew - time.Minute + time.Duration(passed.Load()))
		})
		const document = `{"url":"https://example.com/"}`
		before, _ := s.create(t, document)
		passed.Store(int64(time.Minute))
		if err := s.server.Fail(simulate.Fault{Kind: simulate.Reset, Method: http.MethodPost, Path: "/api/v1/link", Times: 1}); err != nil {
			t.Fatal(err)
		}
		call := s.call(api.CreateLink, api.Path{}, "", document)
		if reply, err := s.Do(t.Context(), call); api.AsError(err).Code != api.Unavailable {
			t.Fatalf("skew %s: a create that made nothing = %+v, %v; want Unavailable", skew, reply, err)
		}
		// The site may still be at work on it.
		if _, err := s.Do(t.Context(), call); api.AsError(err).Code != api.Unavailable || len(s.site.Links()) != 1 {
			t.Errorf("skew %s: the same again = %v, %d links; want Unavailable and one", skew, err, len(s.site.Links()))
		}
		if err := s.server.Fail(simulate.Fault{Kind: simulate.DieAfterCommit, Method: http.MethodPost, Path: "/api/v1/link", Times: 1}); err != nil {
			t.Fatal(err)
		}
		if id, _ := s.create(t, `{"url":"https://example.com/","metatitle":"another"}`); id == before || len(s.site.Links()) != 2 {
			t.Errorf("skew %s: found %d of %d links; want another than %d", skew, id, len(s.site.Links()), before)
		}
	}
}
