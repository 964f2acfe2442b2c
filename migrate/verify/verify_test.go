package verify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/verify"
)

// rows are the rows of a move.
type rows []migrate.Row

func (r rows) Rows(_ context.Context, f migrate.Filter) ([]migrate.Row, error) {
	var out []migrate.Row
	for _, row := range r {
		if row.ID > f.After && row.Kind == f.Kind && len(out) < f.Limit {
			out = append(out, row)
		}
	}
	return out, nil
}

func (r rows) CountRows(context.Context, int64) ([]migrate.Count, error) {
	var out []migrate.Count
	for _, row := range r {
		out = append(out, migrate.Count{Kind: row.Kind, Status: row.Status, Rows: 1})
	}
	return out, nil
}

// links are copied rows of links with these short URLs.
func links(shorts ...string) rows {
	var out rows
	for i, short := range shorts {
		out = append(out, migrate.Row{ID: int64(i + 1), SourceID: int64(i + 1), Kind: adapters.KindLink, Status: migrate.Copied, ShortURL: short})
	}
	return out
}

// seen is what a site was asked.
type seen struct {
	mu   sync.Mutex
	list []string
}

func (s *seen) add(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, r.Method+" "+r.Host+r.URL.Path)
}

// side is a site at an address that DNS does not know.
func side(t *testing.T, h http.HandlerFunc) (verify.Side, *seen) {
	t.Helper()
	asked := new(seen)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.add(r)
		if !strings.Contains(r.UserAgent(), "bot") {
			t.Errorf("%q does not say that it is a bot", r.UserAgent())
		}
		h(w, r)
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return verify.Side{Opener: guard.New(guard.Options{Via: u}), Own: true}, asked
}

// fast is a rate that keeps no test waiting.
var fast = api.Rate{Requests: 1000, Window: time.Second}

func mustRun(t *testing.T, o verify.Options) *verify.Report {
	t.Helper()
	if o.Move == nil {
		o.Move = &migrate.Move{ID: 1, Source: "there", Target: "native"}
	}
	o.Origin, o.Rate = "https://target.test", fast
	r, err := verify.Run(t.Context(), o)
	if err != nil {
		t.Fatalf("Run = %v", err)
	}
	return r
}

func redirect(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusFound)
}

func page(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte("<!doctype html><title>x</title>" + body))
}

// TestRun_Landings: each link is opened on both sides, and whether visitors land
// alike does not depend on how a URL is written or a page is made.
func TestRun_Landings(t *testing.T) {
	to := func(url string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { redirect(w, url) }
	}
	shows := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { page(w, body) }
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	form := `<form method=post><input type=Password name=p></form>`
	file := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		_, _ = w.Write([]byte("%PDF"))
	}
	for name, c := range map[string]struct {
		source, target http.HandlerFunc
		want           verify.Verdict
		says           string
	}{
		"same": {to("https://a.test/x"), to("https://a.test/x"), verify.Same, ""},
		"permanent": {to("https://a.test/x"), func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://a.test/x", http.StatusPermanentRedirect)
		}, verify.Same, ""},
		"written":       {to("HTTPS://A.test:443?b=2&a=x+y"), to("https://a.test/?a=x%20y&b=2"), verify.Same, ""},
		"escaped":       {to("https://a.test/%7eme/%E2%82%ac"), to("https://a.test/~me/€"), verify.Same, ""},
		"idn":           {to("https://bücher.test/"), to("https://xn--bcher-kva.test"), verify.Same, ""},
		"slash":         {to("https://a.test/x"), to("https://a.test/x/"), verify.Different, "redirect to https://a.test/x/"},
		"escaped slash": {to("https://a.test/x%2Fy"), to("https://a.test/x/y"), verify.Different, ""},
		"query":         {to("https://a.test/x?a=1&a=2"), to("https://a.test/x?a=2&a=1"), verify.Different, ""},
		"fragment":      {to("https://a.test/x#a"), to("https://a.test/x#b"), verify.Different, ""},
		"scheme":        {to("https://a.test/"), to("http://a.test/"), verify.Different, ""},
		"user":          {to("https://me@a.test/"), to("https://a.test/"), verify.Different, ""},
		"app":           {to("mailto:a@a.test"), to("mailto:b@a.test"), verify.Different, ""},
		"same app":      {to("tel:+123"), to("tel:+123"), verify.Same, ""},
		"missing":       {to("https://a.test/x"), status(404), verify.Different, "target: not found"},
		"ended":         {status(404), status(410), verify.Same, ""},
		"refused":       {to("https://a.test/x"), status(403), verify.Different, "refused (status 403)"},
		"teapot":        {to("https://a.test/x"), status(418), verify.Unknown, "error (status 418)"},
		"passwords":     {shows(form), shows("<p>" + form), verify.Same, ""},
		"no password":   {shows(form), to("https://a.test/"), verify.Different, "source: password"},
		"password page": {shows(form), shows("<p>Welcome"), verify.Different, "target: page"},
		"files":         {file, file, verify.Same, ""},
		"file and page": {file, shows(""), verify.Different, "source: file"},
		"splash":        {shows(`<a href="https://a.test/x">go</a><a href="/terms">terms</a>`), shows(`<a href="https://ads.test/"></a><a href="https://a.test/x">`), verify.Same, ""},
		"other splash":  {shows(`<a href="https://a.test/x">go</a>`), shows(`<a href="https://a.test/y">go</a>`), verify.Different, "page about https://a.test/x"},
		"frames":        {shows(`<iframe src="https://a.test/x"></iframe><a href="https://a.test/y">`), shows(`<iframe src="https://A.test/x">`), verify.Same, ""},
		"scripts":       {shows(`<script>location = atob("x")</script>`), shows(`<a href="https://a.test/y">go</a>`), verify.Same, ""},
		"refresh":       {shows(`<noscript><meta http-equiv="Refresh" content="1; URL='https://a.test/x'"></noscript>`), to("https://a.test/x"), verify.Same, ""},
		"frame or not":  {shows(`<iframe src="https://a.test/x">`), to("https://a.test/x"), verify.Different, ""},
		"own redirect": {func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/") {
				redirect(w, "https://www.source.test/the-alias/")
				return
			}
			redirect(w, "https://a.test/x")
		}, to("https://a.test/x"), verify.Same, ""},
		"circle": {to("https://www.source.test/the-alias"), to("https://a.test/x"), verify.Unknown, "redirects to itself"},
		"no HEAD": {func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			redirect(w, "https://a.test/x")
		}, to("https://a.test/x"), verify.Same, ""},
		"another HEAD": {func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				redirect(w, "https://source.test/login")
				return
			}
			redirect(w, "https://a.test/x")
		}, to("https://a.test/x"), verify.Same, ""},
	} {
		t.Run(name, func(t *testing.T) {
			source, _ := side(t, c.source)
			target, asked := side(t, c.target)
			r := mustRun(t, verify.Options{Rows: links("https://source.test/the-alias"), Source: source, Target: target})
			if r.Total(c.want) != 4 || r.Links != 1 || (r.Err() == nil) != (c.want == verify.Same) {
				t.Errorf("%d visits are %s, Err = %v, %+v; want 4", r.Total(c.want), c.want, r.Err(), r.Findings)
			}
			if !slices.Contains(asked.list, "HEAD target.test/the-alias") {
				t.Errorf("the target was asked %q", asked.list)
			}
			var text strings.Builder
			if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), c.says) {
				t.Errorf("the text is %q, %v; want %q in it", text.String(), err, c.says)
			}
		})
	}
}

// A redirect costs one HEAD, and nothing that could count as a visit.
func TestRun_Head(t *testing.T) {
	to := func(w http.ResponseWriter, _ *http.Request) { redirect(w, "https://a.test/") }
	source, asked := side(t, to)
	target, _ := side(t, to)
	visitors, err := verify.Matrix([]string{"iphone"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, verify.Options{Rows: links("http://source.test/a", "http://source.test/b"), Source: source, Target: target, Visitors: visitors})
	slices.Sort(asked.list)
	if want := []string{"HEAD source.test/a", "HEAD source.test/b"}; !slices.Equal(asked.list, want) {
		t.Errorf("the source was asked %q; want %q", asked.list, want)
	}
}

// Visitors of one link who land in the same way are one finding.
func TestRun_Visitors(t *testing.T) {
	source, _ := side(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.UserAgent(), "iPhone"):
			redirect(w, "https://a.test/iphone")
		case r.Header.Get("Accept-Language") == "ko":
			redirect(w, "https://a.test/ko")
		default:
			redirect(w, "https://a.test/")
		}
	})
	target, _ := side(t, func(w http.ResponseWriter, _ *http.Request) { redirect(w, "https://a.test/") })
	visitors, err := verify.Matrix([]string{"desktop", "iphone"}, []string{"en", "ko"})
	if err != nil {
		t.Fatal(err)
	}
	r := mustRun(t, verify.Options{Rows: links("https://source.test/a"), Source: source, Target: target, Visitors: visitors})
	var got []string
	for _, f := range r.Findings {
		got = append(got, strings.Join(f.Visitors, "+")+" "+f.Source.URL)
	}
	slices.Sort(got)
	if want := []string{"desktop/ko https://a.test/ko", "iphone/en+iphone/ko https://a.test/iphone"}; !slices.Equal(got, want) {
		t.Errorf("findings %q; want %q", got, want)
	}
	if r.Total(verify.Same) != 1 || r.Total(verify.Different) != 3 || r.SameLinks != 0 || r.Err() == nil {
		t.Errorf("the report is %+v", r)
	}
}

// TestRun_Addresses: links of a branded domain stay where they are, and others
// get the target's main domain.
func TestRun_Addresses(t *testing.T) {
	nowhere := func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }
	for _, c := range []struct{ short, domain, want string }{
		{"https://source.test/a-b", "", "target.test/a-b"},
		{"http://source.test:8080/sub/a-b/", "", "target.test/a-b"},
		{"https://source.test/a-b", "other.test", "other.test/a-b"},
		{"https://branded.test/a-b", "other.test", "branded.test/a-b"},
	} {
		source, _ := side(t, nowhere)
		target, asked := side(t, nowhere)
		r := mustRun(t, verify.Options{
			Move: &migrate.Move{ID: 1, Domain: c.domain}, Rows: links(c.short), Source: source, Target: target,
			Branded: func(host string) bool { return host == "branded.test" },
		})
		if r.Err() != nil || !slices.Contains(asked.list, "GET "+c.want) {
			t.Errorf("for %s with the domain %q the target was asked %q, %v; want %s", c.short, c.domain, asked.list, r.Err(), c.want)
		}
	}
}

// What cannot be opened is told, and no reason to be content.
func TestRun_Unopened(t *testing.T) {
	nobody := guard.New(guard.Options{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	o := verify.Options{
		Rows:   append(links("https://branded.test/a", "", "::"), migrate.Row{ID: 9, Kind: adapters.KindLink, Status: migrate.Skipped}),
		Source: verify.Side{Opener: nobody}, Target: verify.Side{Opener: nobody},
		Branded: func(string) bool { return true },
	}
	r := mustRun(t, o)
	if r.Links != 0 || r.NotMoved != 1 || len(r.Unopened) != 2 || r.Err() == nil || !strings.Contains(r.Err().Error(), "3 links could not") {
		t.Errorf("the report is %+v, %v", r, r.Err())
	}
	o.Rows = rows{{ID: 1, Kind: adapters.KindLink, Status: migrate.Deleted, ShortURL: "https://a.test/a"}, {ID: 2, Kind: adapters.KindQR, Status: migrate.Copied, ShortURL: "https://a.test/qr/a"}, {ID: 3, TargetID: 1, Kind: adapters.KindLink, Status: migrate.Copied}}
	if r := mustRun(t, o); r.Err() == nil || len(r.Unopened) > 0 {
		t.Errorf("a move without links: %+v, %v", r, r.Err())
	}
}

// The report has no more findings than it may, and a sample is spread over all.
func TestRun_Limits(t *testing.T) {
	var shorts []string
	for i := range 2500 {
		shorts = append(shorts, fmt.Sprintf("https://source.test/%d", i))
	}
	opened := &fake{answer: func(_, address string) (*guard.Answer, error) {
		return &guard.Answer{Status: 302, Location: "https://a.test/" + strings.TrimPrefix(address, "https://")}, nil
	}}
	visitors, _ := verify.Matrix([]string{"desktop"}, nil)
	var told migrate.Progress
	r, err := verify.Run(t.Context(), verify.Options{
		Move: &migrate.Move{}, Rows: links(shorts...), Origin: "https://target.test", Visitors: visitors,
		Source: verify.Side{Opener: opened}, Target: verify.Side{Opener: opened},
		Rate: api.Rate{Requests: 1_000_000, Window: time.Second}, Sample: 25, Limit: 10,
		Progress: func(p migrate.Progress) { told = p },
	})
	if err != nil || r.Links != 25 || len(r.Findings) != 10 || r.Omitted != 15 || told.Done != 25 || told.Total != 25 || told.Failed != 25 || !told.Last {
		t.Errorf("%d links, %d findings and %d more, progress %+v, %v", r.Links, len(r.Findings), r.Omitted, told, err)
	}
	for _, f := range r.Findings {
		if f.Row%100 != 1 {
			t.Errorf("row %d is in the sample; want each hundredth", f.Row)
		}
	}
}

// fake opens addresses by a function.
type fake struct {
	answer func(method, address string) (*guard.Answer, error)

	mu    sync.Mutex
	times []time.Time
}

func (f *fake) Open(_ context.Context, method, address string, _ http.Header, _ int64) (*guard.Answer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.times = append(f.times, time.Now())
	return f.answer(method, address)
}

var errDown = errors.New("connection refused")
