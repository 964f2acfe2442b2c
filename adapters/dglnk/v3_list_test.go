package dglnk

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	sites "github.com/linkquay/linkquay/simulate/dglnk"
)

// TestVersion3_List: pages are full and follow each other although rows of the
// site lie in the bin, and the total is right once the end was seen.
func TestVersion3_List(t *testing.T) {
	s := simulation3(t, sites.Options{}, Config{})
	var want []int64
	for i := range 23 {
		id, _ := s.create(t, `{"url":"https://example.com/`+strconv.Itoa(i)+`"}`)
		if i%4 == 1 || i > 17 {
			s.site.Trash(id)
			continue
		}
		want = append([]int64{id}, want...)
	}
	for range 2 { // The second time it is known what lies in the bin.
		var got []int64
		total := int64(0)
		for page := 1; ; page++ {
			r, _ := s.must(t, s.call(api.ListLinks, api.Path{}, "limit=5&page="+strconv.Itoa(page), ""))
			rows := r.Get("data.urls.#.id").Array()
			for _, id := range rows {
				got = append(got, id.Int())
			}
			total = r.Get("data.result").Int()
			if r.Get("data.nextpage").Type == gjson.Null {
				break
			}
			if len(rows) != 5 {
				t.Errorf("page %d has %d rows; want 5", page, len(rows))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || total != int64(len(want)) {
			t.Errorf("total %d; want %d; rows (-want +got):\n%s", total, len(want), diff)
		}
	}
	r, _ := s.must(t, s.call(api.ListLinks, api.Path{}, "q=com/14", ""))
	if r.Get("data.result").Int() != 1 || r.Get("data.urls.0.longurl").String() != "https://example.com/14" {
		t.Errorf("search = %s", r)
	}
	l, _ := s.site.Link(want[0])
	for _, short := range []string{l.Hash, strings.TrimPrefix(s.server.URL, "http://") + "/" + l.Hash, s.server.URL + "/" + l.Hash + "+"} {
		if r, _ := s.must(t, s.call(api.ListLinks, api.Path{}, "short="+url.QueryEscape(short), "")); r.Get("data.urls.0.id").Int() != want[0] {
			t.Errorf("short=%s = %s", short, r)
		}
	}
	for _, short := range []string{"nobody", "https://elsewhere.example.com/" + l.Hash, l.Hash[:3], ""} {
		if r, _ := s.must(t, s.call(api.ListLinks, api.Path{}, "short="+url.QueryEscape(short), "")); r.Get("error").Int() == 0 {
			t.Errorf("short=%s = %s", short, r)
		}
	}
}
