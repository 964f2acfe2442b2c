package gempixel

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/simulate"
	sites "github.com/linkquay/linkquay/simulate/gempixel"
)

// Which of the site's links is taken for the one that a create has made.
func TestAdapter_Find(t *testing.T) {
	sent := time.Date(2030, 5, 6, 12, 0, 0, 400_000_000, time.UTC)
	const url = "https://Example.com"
	row := func(id int, after time.Duration, change ...string) string {
		text := fmt.Sprintf(`{"id":%d,"alias":"a%[1]d","shorturl":"https://short.example/a%[1]d","longurl":"https://example.com/","clicks":0,"title":"","description":"","date":%q}`,
			id, sent.Add(after).Format(time.DateTime))
		return strings.NewReplacer(change...).Replace(text)
	}
	for _, c := range []struct {
		name string
		body string
		rows []string
		want int64 // 0 for none, -1 for an error
	}{
		{name: "none"},
		{name: "at-once", rows: []string{row(1, 0)}, want: 1},
		{name: "late", rows: []string{row(1, time.Minute)}, want: 1},
		{name: "a-clock-apart", rows: []string{row(1, -2*time.Second)}, want: 1},
		{name: "before", rows: []string{row(1, -3*time.Second)}},
		{name: "another-destination", rows: []string{row(1, 0, "example.com/", "example.com/a")}},
		{name: "the-first-after", rows: []string{row(3, 9*time.Second), row(2, 4*time.Second), row(1, 6*time.Second)}, want: 2},
		{name: "after-rather-than-before", rows: []string{row(3, 3*time.Second), row(2, -time.Second)}, want: 3},
		{name: "in-the-other-order", rows: []string{row(2, -time.Second), row(3, 3*time.Second)}, want: 3},
		{name: "the-last-before", rows: []string{row(1, -2*time.Second), row(2, -time.Second)}, want: 2},
		{name: "no-date", rows: []string{row(1, 0, `,"date"`, `,"day"`)}, want: -1},
		{name: "no-date-of-another", rows: []string{row(1, 0, `,"date"`, `,"day"`, "example.com/", "example.com/a"), row(2, 0)}, want: 2},
		{
			name: "on-the-next-page",
			rows: []string{row(5, 0, "example.com/", "example.com/a"), row(4, 0, "example.com/", "example.com/b"), row(3, 0)}, want: 3,
		},
		{name: "alias", body: `,"custom":"a2"`, rows: []string{row(1, 0), row(2, 0)}, want: 2},
		{name: "alias-of-another", body: `,"custom":"a3"`, rows: []string{row(1, 0)}},
		{name: "alias-from-before", body: `,"custom":"a1"`, rows: []string{row(1, -time.Hour)}},
		{name: "domain", body: `,"domain":"https://www.go.example"`, rows: []string{row(1, 0), row(2, time.Second, "short.example", "go.example")}, want: 2},
		{name: "domain-of-another", body: `,"domain":"go.example"`, rows: []string{row(1, 0)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			// An hour ahead of us, and two rows to a page.
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", sent.Add(time.Second).Format(http.TimeFormat))
				if r.URL.Query().Has("short") {
					_, _ = w.Write([]byte(`{"error":1,"message":"Link not found. Please try again."}`))
					return
				}
				page := 0
				_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
				from := min((page-1)*2, len(c.rows))
				rows := c.rows[from:min(from+2, len(c.rows))]
				_, _ = fmt.Fprintf(w, `{"error":0,"data":{"result":%d,"perpage":2,"currentpage":%d,"nextpage":1,"maxpage":%d,"urls":[%s]}}`,
					len(c.rows), page, (len(c.rows)+1)/2, strings.Join(rows, ","))
			}))
			defer server.Close()
			a := prober(t, server.URL, adaptertest.Key)
			ours := sent.Add(-time.Hour)
			a.setClock(func() time.Time { return ours.Add(time.Second) })
			reply, err := a.find(t.Context(), &api.Call{Key: &api.Key{}}, gjson.Parse(`{"url":"`+url+`"`+c.body+`}`), ours)
			if (err != nil) != (c.want < 0) {
				t.Fatalf("find() = %v", err)
			}
			var id int64
			if reply != nil {
				adaptertest.Valid(t, api.CreateLink, reply.Document)
				id = gjson.GetBytes(reply.Document, "id").Int()
			}
			if id != max(c.want, 0) {
				t.Errorf("find() = %d; want %d", id, c.want)
			}
		})
	}
}

// A look for a link and the read before a write are not answered by what is
// remembered: they wait for their turn.
func TestAdapter_FreshReads(t *testing.T) {
	f := harness().MustStart(t, adaptertest.Setup{})
	client, err := upstream.New(upstream.Config{
		Backend: adaptertest.Name, BaseURL: f.Site.URL, Key: adaptertest.Key, Budget: upstream.NewBudget(1, 50*time.Millisecond), Timeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	a, err := New(Config{Name: adaptertest.Name}, client)
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	for _, id := range []api.Operation{api.GetLink, api.UpdateLink} {
		if _, err := a.Do(t.Context(), f.MustCall(t, id)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if _, err := a.find(t.Context(), &api.Call{Key: &api.Key{}}, gjson.Parse(`{"url":"https://example.com/never"}`), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range f.Site.Requests() {
		path, _, _ := strings.Cut(r.URI, "?")
		asked = append(asked, r.Method+" "+path)
	}
	want := "GET /api/url/1, GET /api/url/1, PUT /api/url/1/update, GET /api/urls, GET /api/urls"
	if got := strings.Join(asked, ", "); got != want {
		t.Errorf("asked %s; want %s", got, want)
	}
}

// Many creates at once, half of them not answered and some not to be found at
// first, make one link each, whichever process is asked.
func TestAdapter_NeverTwoLinksOfMany(t *testing.T) {
	s := simulation(t, sites.Options{})
	s.fail(t, simulate.Fault{Kind: simulate.DieAfterCommit, Method: http.MethodPost, Path: onCreate, Percent: 50},
		simulate.Fault{Kind: simulate.Reset, Path: onSearch, Percent: 60})
	const many = 20
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			document := fmt.Sprintf(`{"url":"https://example.com/%d"}`, i)
			for {
				_, err := add(t.Context(), t, s.process(t, Config{}), document)
				if err == nil {
					return
				}
				if e := api.AsError(err); e.Code != api.Unavailable {
					t.Errorf("%d: %v", i, err)
					return
				}
			}
		})
	}
	wg.Wait()
	links := map[string]int{}
	for _, l := range s.site.Links() {
		links[l.URL]++
	}
	for url, n := range links {
		if n > 1 {
			t.Errorf("%s has %d links", url, n)
		}
	}
	if len(links) != many || len(s.ledger.Entries()) != 0 {
		t.Errorf("%d links, %d doubts; want %d and 0", len(links), len(s.ledger.Entries()), many)
	}
}
