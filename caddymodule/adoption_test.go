package caddymodule_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/simulate"
)

// made makes something at the simulated site, past Linkquay.
func (s *remoteSite) made(t testing.TB, path, body string) {
	t.Helper()
	key, target := gempixelSiteKey, s.URL+path
	if s.kind != "gempixel" {
		key, target = dglnkSiteKey, target+"?api_token="+dglnkSiteKey
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	if a := (&site{t: t}).send(r); a.Status != 200 {
		t.Fatalf("%s %s at the site: %d %s", path, body, a.Status, a.Body)
	}
}

// asked lists what came to the site since, without its beginning.
func (s *remoteSite) asked(from int) (all []string) {
	for _, r := range s.Requests()[from:] {
		all = append(all, r.Method+" "+r.Path)
	}
	return all
}

// adopting serves the site's branded domain brand.example.
func adopting(t testing.TB, old *remoteSite) *site {
	t.Helper()
	return start(t, adoptingConfig(old))
}

func adoptingConfig(old *remoteSite) string {
	return anyHost(old.backend("kr", gempixelKey, "timeout 3s") + "adopt brand.example kr")
}

func TestAdoption(t *testing.T) {
	old := simulated(t, "gempixel", simulate.Options{})
	old.made(t, "/api/domain/add", `{"domain":"https://brand.example"}`)
	old.made(t, "/api/channel/add", `{"name":"News","color":"#fff"}`)
	for _, body := range []string{
		`{"url":"https://example.com/sale","custom":"sale","domain":"https://brand.example","expiry":"2099-01-01","channel":1,
			"geotarget":[{"location":"Canada","link":"https://example.com/ca"}],"devicetarget":[{"device":"iPhone","link":"https://example.com/phone"}]}`,
		`{"url":"https://example.com/secret","custom":"secret","domain":"https://brand.example","password":"open-sesame"}`,
		`{"url":"https://example.com/quiet","custom":"quiet","domain":"https://brand.example"}`,
		`{"url":"https://example.com/gone","custom":"gone","domain":"https://brand.example"}`,
		`{"url":"https://example.com/later","custom":"later","domain":"https://brand.example"}`,
		`{"url":"https://example.com/theirs","custom":"theirs"}`,
	} {
		old.made(t, "/api/url/add", body)
	}
	s := adopting(t, old)
	s.create(nativeKey, `{"url":"https://example.com/main","custom":"sale"}`)

	at := func(path string) answer { t.Helper(); return s.at("GET", "brand.example", path) }
	n := len(old.Requests())
	leadsTo(t, "a link of the provider's", at("/sale"), 302, "https://example.com/sale")
	leadsTo(t, "the same on the main domain", s.at("GET", s.fill("127.0.0.1:{{port}}"), "/sale"), 302, "https://example.com/main")
	if asked := old.asked(n); len(asked) != 2 || asked[0] != "GET /api/urls" || asked[1] != "GET /sale" {
		t.Errorf("one link cost %v; want one search and one visit", asked)
	}
	n = len(old.Requests())
	leadsTo(t, "again", at("/sale"), 302, "https://example.com/sale")
	a := s.do("GET", "/api/urls?short=https://brand.example/sale", nativeKey, "")
	if a.get("details.shorturl").String() != "https://brand.example/sale" || a.get("details.expirydate").String() == "" && a.get("details.expiry").String() == "" {
		t.Errorf("the link here is %d %s", a.Status, a.Body)
	}
	if a := s.do("GET", "/api/urls?short=https://brand.example/sale", otherKey, ""); a.get("error").Int() == 0 {
		t.Errorf("another account sees it: %s", a.Body)
	}
	if a := s.do("GET", "/api/domains", nativeKey, ""); a.get("data.domains.0.domain").String() != "https://brand.example" {
		t.Errorf("the domains are %s", a.Body)
	}
	if asked := old.asked(n); len(asked) != 0 {
		t.Errorf("what is here was looked up: %v", asked)
	}

	// A locked link stays so.
	if a := at("/secret"); a.Status != 200 || !strings.Contains(a.Body, `type="password"`) || strings.Contains(a.Body, "example.com/secret") {
		t.Errorf("a link with a password: %d %s", a.Status, a.Body)
	}

	// What is deleted here does not come back.
	leadsTo(t, "before it is deleted", at("/gone"), 302, "https://example.com/gone")
	id := s.do("GET", "/api/urls?short=https://brand.example/gone", nativeKey, "").get("details.id").String()
	if id == "" {
		t.Fatal("it was not taken over")
	}
	n = len(old.Requests())
	if a := s.do("DELETE", "/api/url/"+id+"/delete", nativeKey, ""); a.get("error").Int() != 0 {
		t.Fatalf("deleting it: %s", a.Body)
	}
	if a := at("/gone"); a.Status != 404 || len(old.asked(n)) > 0 {
		t.Errorf("after it was deleted: %d, and the provider was asked %v", a.Status, old.asked(n))
	}

	// What leads nowhere is looked up once, by whatever path.
	n = len(old.Requests())
	for range 3 {
		if a := at("/nothing"); a.Status != 404 {
			t.Errorf("what does not exist: %d", a.Status)
		}
	}
	for _, path := range []string{"/", "/no.alias", "/nothing+", "/qr/quiet", "/theirs"} {
		if a := at(path); a.Status != 404 {
			t.Errorf("%s: %d; want 404", path, a.Status)
		}
	}
	if asked := old.asked(n); len(asked) != 2 {
		t.Errorf("they cost %v; want one search for /nothing and one for /theirs", asked)
	}

	// While the API is at its limit, visitors are led on, and nothing is kept.
	old.fail(t, simulate.Fault{Kind: simulate.RateLimit, Path: "/api/"})
	a = at("/later")
	leadsTo(t, "at the limit", a, 302, "https://example.com/later")
	if a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control: %q", a.Header.Get("Cache-Control"))
	}
	if a := s.do("GET", "/api/urls?short=https://brand.example/later", nativeKey, ""); a.get("error").Int() == 0 {
		t.Errorf("it was kept: %s", a.Body)
	}
	old.Heal()

	// Without the provider, what is here is served, what is known to be nowhere is
	// 404, and of the rest nobody can tell.
	old.Close()
	leadsTo(t, "while the provider is away", at("/sale"), 302, "https://example.com/sale")
	if a := at("/nothing"); a.Status != 404 {
		t.Errorf("what is known not to exist: %d", a.Status)
	}
	if a := at("/quiet"); a.Status != 503 || a.Header.Get("Retry-After") == "" {
		t.Errorf("what nobody can tell of: %d %v; want 503 with Retry-After", a.Status, a.Header)
	}
}

// TestAdoption_Rules: what the provider's API tells of a link is done here.
func TestAdoption_Rules(t *testing.T) {
	old := simulated(t, "gempixel", simulate.Options{})
	old.made(t, "/api/domain/add", `{"domain":"https://brand.example"}`)
	old.made(t, "/api/url/add", `{"url":"https://example.com/all","custom":"ruled","domain":"https://brand.example",
		"devicetarget":[{"device":"iPhone","link":"https://example.com/phone"}]}`)
	eachDatabase(t, adoptingConfig(old), func(t *testing.T, s *site) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", s.base+"/ruled", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "brand.example"
		r.Header.Set("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1")
		leadsTo(t, "the very first visitor, with an iPhone", s.send(r), 302, "https://example.com/phone")
		leadsTo(t, "any other", s.at("GET", "brand.example", "/ruled"), 302, "https://example.com/all")
	})
}

// TestAdoption_Budget: what the provider allows is not exceeded, and visitors
// come through all the same.
func TestAdoption_Budget(t *testing.T) {
	old := simulated(t, "gempixel", simulate.Options{})
	old.made(t, "/api/domain/add", `{"domain":"https://brand.example"}`)
	const links = 12
	for i := range links {
		old.made(t, "/api/url/add", fmt.Sprintf(`{"url":"https://example.com/%d","custom":"link-%d","domain":"https://brand.example"}`, i, i))
	}
	s := start(t, anyHost(old.backend("kr", gempixelKey, "api_rate 5 1h")+"adopt brand.example kr"))
	n := len(old.Requests())
	var wg sync.WaitGroup
	for i := range links {
		for range 3 {
			wg.Go(func() {
				leadsTo(t, "a crowd", s.at("GET", "brand.example", fmt.Sprint("/link-", i)), 302, fmt.Sprint("https://example.com/", i))
			})
		}
	}
	wg.Wait()
	calls := 0
	for _, r := range old.asked(n) {
		if strings.Contains(r, "/api/") {
			calls++
		}
	}
	if calls > 5 {
		t.Errorf("%d calls; the provider allows 5", calls)
	}
	if a := s.do("GET", "/api/urls", nativeKey, ""); a.get("data.result").Int() < 1 || a.get("data.result").Int() > 5 {
		t.Errorf("taken over: %s; want as many as calls were left for", a.Body)
	}
}

// TestAdoption_ByAddress: a provider whose API does not know a link, and one
// without an API, tell by redirecting.
func TestAdoption_ByAddress(t *testing.T) {
	for _, kind := range []string{"dglnk 1", "dglnk 3", "no API"} {
		t.Run(kind, func(t *testing.T) {
			site := kind
			if kind == "no API" {
				site = "dglnk 1"
			}
			old := simulated(t, site, simulate.Options{})
			for alias, extra := range map[string]string{"offer": "", "locked": `,"password":"open-sesame"`} {
				old.made(t, old.create, fmt.Sprintf(`{"long_url":"https://example.com/%s","alias":%q%s}`, alias, alias, extra))
			}
			options := old.backend("dg", dglnkKey) + "adopt brand.example dg"
			if kind == "no API" {
				options = "adopt brand.example {\n\t\t\tvia " + old.URL + "\n\t\t\taccount other\n\t\t}"
			}
			s := start(t, anyHost(options))
			leadsTo(t, "a link", s.at("GET", "brand.example", "/offer"), 302, "https://example.com/offer")
			for _, alias := range []string{"locked", "nothing"} {
				if a := s.at("GET", "brand.example", "/"+alias); a.Status != 404 {
					t.Errorf("/%s: %d to %q; want 404", alias, a.Status, a.Header.Get("Location"))
				}
			}
			old.Close()
			leadsTo(t, "it again", s.at("GET", "brand.example", "/offer"), 302, "https://example.com/offer")
			owner, stranger := nativeKey, otherKey
			if kind == "no API" {
				owner, stranger = stranger, owner
			}
			if a := s.do("GET", "/api/urls", owner, ""); !gjson.Get(a.Body, `data.urls.#(alias=="offer")`).Exists() {
				t.Errorf("its owner has %s", a.Body)
			}
			if a := s.do("GET", "/api/urls", stranger, ""); a.get("data.result").Int() != 0 {
				t.Errorf("another account has %s", a.Body)
			}
		})
	}
}

// TestAdoption_Guesses: a stranger who tries aliases is told to wait, and is not
// the provider's problem.
func TestAdoption_Guesses(t *testing.T) {
	old := simulated(t, "gempixel", simulate.Options{})
	old.made(t, "/api/domain/add", `{"domain":"https://brand.example"}`)
	s := start(t, strings.Replace(anyHost(old.backend("kr", gempixelKey)+"failed_attempts 3 1m\n\t\tadopt brand.example kr"), "\tlinkquay\n}", "\tmetrics /metrics\n\tlinkquay\n}", 1))
	before := s.do("GET", "/metrics", "", "").Body
	n := len(old.Requests())
	for i := range 6 {
		want := 404
		if i >= 3 {
			want = 429
		}
		if a := s.at("GET", "brand.example", fmt.Sprintf("/guess-%d", i)); a.Status != want || want == 429 && a.Header.Get("Retry-After") == "" {
			t.Errorf("guess %d: %d %v; want %d", i, a.Status, a.Header, want)
		}
	}
	if asked := old.asked(n); len(asked) != 3 {
		t.Errorf("the provider was asked %v; want 3 times", asked)
	}
	after := s.do("GET", "/metrics", "", "").Body
	for outcome, want := range map[string]int{"missing": 3, "limited": 3} {
		if got := counted(after, outcome) - counted(before, outcome); got != want {
			t.Errorf("%d are counted as %s; want %d", got, outcome, want)
		}
	}
	// The limit is of lookups: a main domain's unknown links are 404 as ever.
	if a := s.at("GET", s.fill("127.0.0.1:{{port}}"), "/guess-9"); a.Status != 404 {
		t.Errorf("on the main domain: %d", a.Status)
	}
}

// counted reads the metric of adoptions.
func counted(metrics, outcome string) (n int) {
	_, rest, _ := strings.Cut(metrics, fmt.Sprintf("caddy_linkquay_adoptions_total{outcome=%q} ", outcome))
	_, _ = fmt.Sscan(rest, &n)
	return n
}

// TestAdoption_OtherAccountsDomain: nobody gets links by naming a domain that is
// another account's.
func TestAdoption_OtherAccountsDomain(t *testing.T) {
	old := simulated(t, "gempixel", simulate.Options{})
	old.made(t, "/api/domain/add", `{"domain":"https://brand.example"}`)
	for _, alias := range []string{"sale", "later"} {
		old.made(t, "/api/url/add", fmt.Sprintf(`{"url":"https://example.com/%[1]s","custom":%[1]q,"domain":"https://brand.example"}`, alias))
	}
	s := adopting(t, old)
	if a := s.do("POST", "/api/domain/add", otherKey, `{"domain":"https://brand.example"}`); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for _, alias := range []string{"sale", "later"} {
		if a := s.at("GET", "brand.example", "/"+alias); a.Status != 404 {
			t.Errorf("%s: %d to %q; want 404", alias, a.Status, a.Header.Get("Location"))
		}
		// Nobody is led on either.
		old.fail(t, simulate.Fault{Kind: simulate.RateLimit, Path: "/api/"})
	}
	for _, key := range []string{nativeKey, otherKey} {
		if a := s.do("GET", "/api/urls", key, ""); a.get("data.result").Int() != 0 {
			t.Errorf("somebody has %s", a.Body)
		}
	}
}

// TestAdoption_Reload: the option can be added to and taken from a running
// server.
func TestAdoption_Reload(t *testing.T) {
	old := simulated(t, "gempixel", simulate.Options{})
	old.made(t, "/api/domain/add", `{"domain":"https://brand.example"}`)
	for _, alias := range []string{"one", "two"} {
		old.made(t, "/api/url/add", fmt.Sprintf(`{"url":"https://example.com/%s","custom":%q,"domain":"https://brand.example"}`, alias, alias))
	}
	backend := old.backend("kr", gempixelKey)
	s := start(t, anyHost(backend))
	for _, c := range []struct {
		options string
		one     int
		two     int
	}{{"", 404, 0}, {"adopt brand.example kr", 302, 0}, {"", 302, 404}, {"adopt brand.example kr", 302, 302}} {
		if err := s.load(anyHost(backend + c.options)); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]int{"/one": c.one, "/two": c.two} {
			if want == 0 {
				continue
			}
			if a := s.at("GET", "brand.example", path); a.Status != want {
				t.Errorf("with %q, %s: %d; want %d", c.options, path, a.Status, want)
			}
		}
	}
}

// TestAdoption_Certificate: a domain gets its certificate before anything of it
// is here.
func TestAdoption_Certificate(t *testing.T) {
	old := simulated(t, "gempixel", simulate.Options{})
	port := freePort(t)
	start(t, strings.Replace(onDemandConfig(port), "rate_limit off", "rate_limit off\n\t\tadopt Brand.example {\n\t\t\tvia "+old.URL+"\n\t\t}", 1))
	for host, ok := range map[string]bool{"brand.example": true, "sub.brand.example": false, "unknown.example": false} {
		if err := handshake(t, port, host); (err == nil) != ok {
			t.Errorf("a handshake for %s: %v; want success: %t", host, err, ok)
		}
	}
}
