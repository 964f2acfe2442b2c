package caddymodule_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/linkquay/linkquay/caddymodule"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/dialects/yourls"
)

const form = "application/x-www-form-urlencoded"

// spoken tells which dialect an answer is of.
func spoken(a answer) string {
	switch body := a.Body; {
	case strings.HasPrefix(body, "<?xml"), strings.Contains(body, `"errorCode"`), strings.Contains(body, `"statusCode"`):
		return "yourls"
	case a.Header.Get("Cache-Control") == "no-store":
		return "gempixelv1"
	case strings.Contains(body, `"status":"`), body == `{"message":"Unauthenticated."}`, strings.HasPrefix(body, `{"message":`):
		return "dglnk"
	case strings.HasPrefix(body, `{"error":`):
		return "gempixel"
	}
	return "nobody: " + a.Body
}

// ask sends a request as it is written, which http.NewRequest would not.
func (s *site) ask(method, target, authorization, contentType, body string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.base, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	path, query, _ := strings.Cut(target, "?")
	r.URL.Path, r.URL.RawQuery = path, query
	r.Header.Set("User-Agent", browser)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return s.send(r)
}

// TestDialects_WhoAnswers: no dialect takes what is meant for another, and each
// request counts once, however many calls it takes.
func TestDialects_WhoAnswers(t *testing.T) {
	s := nativeSite(t, "rate_limit 1000 1h")
	bearer := "Bearer " + nativeKey
	s.create(nativeKey, `{"url":"https://example.com/0","custom":"known"}`)
	left := 999
	for _, c := range []struct {
		method, target, authorization, contentType, body string
		status                                           int
		dialect                                          string
	}{
		{"POST", "/api/url/add", bearer, "", `{"url":"https://example.com/"}`, 200, "gempixel"},
		{"POST", "/api/url/add?key=" + nativeKey, "Token " + nativeKey, "", `{"url":"https://example.com/"}`, 200, "gempixel"},
		{"GET", "/api/urls", bearer, "", "", 200, "gempixel"},
		{"GET", "/api/urls?key=" + nativeKey, bearer, "", "", 200, "gempixel"},
		{"GET", "/api/urls?limit=3", nativeKey, "", "", 200, "gempixel"},
		{"GET", "/api/urls?key=" + nativeKey, "", "", "", 200, "gempixelv1"},
		{"GET", "/api/urls/?api=" + nativeKey, "", "", "", 200, "gempixelv1"},
		{"POST", "/api/url/get", bearer, "", `{"limit":1}`, 200, "gempixel"},
		{"GET", "/api?key=" + nativeKey + "&url=https://example.com/1", "", "", "", 200, "gempixelv1"},
		{"GET", "/api/?api=" + nativeKey + "&url=https://example.com/1&api_token=x&signature=y", "", "", "", 200, "gempixelv1"},
		{"GET", "/api?%6bey=" + nativeKey + "&short=known", "", "", "", 200, "gempixelv1"},
		{"GET", "/api/details?key=" + nativeKey + "&alias=known", "", "", "", 200, "gempixelv1"},
		{"GET", "/api/details?key=" + nativeKey + "&alias=unknown", "", "", "", 200, "gempixelv1"},
		{"GET", "/api/nothing?key=" + nativeKey, bearer, "", "", 404, "gempixel"},
		{"POST", "/api/links/create?api_token=" + nativeKey, "", "", `{"long_url":"https://example.com/2","tags":["a","b"]}`, 200, "dglnk"},
		{"POST", "/api/links/create?api_token=" + nativeKey + "&key=" + nativeKey + "&url=x", "", "", `{"multiple_urls":["https://example.com/3","https://example.com/4"]}`, 200, "dglnk"},
		{"POST", "/api/v1/link", bearer, "application/json", `{"long_url":"https://example.com/5","tags":["a"]}`, 200, "dglnk"},
		{"GET", "/api/v1/link/5", bearer, "", "", 404, "dglnk"},
		{"GET", "/api/links/create?api_token=" + nativeKey, "", "", "", 405, "dglnk"},
		{"OPTIONS", "/api/v1/link", bearer, "", "", 405, "dglnk"},
		{"GET", "/yourls-api.php?signature=" + nativeKey + "&action=shorturl&url=https://example.com/6", "", "", "", 200, "yourls"},
		{"GET", "/yourls-api.php?signature=" + nativeKey + "&action=stats&limit=2&key=x&api_token=x", "", "", "", 200, "yourls"},
		{"POST", "/yourls-api.php", "", form, "username=tester&password=" + nativeKey + "&action=url-stats&shorturl=known&format=json", 200, "yourls"},
		{"POST", "/yourls-api.php", bearer, form, "action=expand&shorturl=known&format=json", 200, "yourls"},
		{"POST", "/yourls-api.php?signature=" + nativeKey, "", "", `{"action":"version"}`, 400, "yourls"},
		{"OPTIONS", "/yourls-api.php?signature=" + nativeKey, "", "", "", 405, "yourls"},
		{"PUT", "/yourls-api.php?signature=" + nativeKey + "&action=version", "", "", "", 405, "yourls"},
	} {
		a := s.ask(c.method, c.target, c.authorization, c.contentType, c.body)
		left--
		if a.Status != c.status || spoken(a) != c.dialect || a.Header.Get("X-RateLimit-Remaining") != strconv.Itoa(left) {
			t.Errorf("%s %s: %d by %s, %s left: %s\nwant %d by %s, %d left", c.method, c.target, a.Status, spoken(a), a.Header.Get("X-RateLimit-Remaining"), a.Body, c.status, c.dialect, left)
		}
		left, _ = strconv.Atoi(a.Header.Get("X-RateLimit-Remaining"))
	}
	for _, target := range []string{"/api?key=" + nativeKey + "&url=https://example.com/head", "/yourls-api.php?signature=" + nativeKey + "&action=shorturl&url=https://example.com/head"} {
		if a := s.ask("HEAD", target, "", "", ""); a.Status != 405 || a.Body != "" {
			t.Errorf("HEAD %s: %d %q", target, a.Status, a.Body)
		}
	}
	if a := s.do("GET", "/api/urls?q=head", nativeKey, ""); a.get("data.result").Int() != 0 {
		t.Errorf("HEAD made a link: %s", a.Body)
	}
	// No short link can stand where a dialect answers.
	for _, alias := range []string{"api", "API", "yourls-api.php", "api/links", "admin"} {
		if a := s.do("POST", "/api/url/add", nativeKey, fmt.Sprintf(`{"url":"https://example.com/","custom":%q}`, alias)); a.Status != 400 {
			t.Errorf("the alias %q: %d %s", alias, a.Status, a.Body)
		}
	}
}

// guest is the module of a dialect of others, whose name comes behind all of
// ours.
type guest struct{}

// guestDialect speaks as YOURLS does, elsewhere.
type guestDialect struct{ *yourls.Dialect }

func init() { caddy.RegisterModule(guest{}) }

func (guest) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "linkquay.dialects.zz_guest", New: func() caddy.Module { return new(guest) }}
}

func (*guest) Dialect(caddymodule.DialectEnvironment) (dialects.Dialect, error) {
	return guestDialect{yourls.New(nil)}, nil
}

func (guestDialect) Name() string          { return "zz_guest" }
func (guestDialect) Owns(path string) bool { return path == "/api/guest" }

// TestDialects_Guest: a dialect of others answers below /api, too.
func TestDialects_Guest(t *testing.T) {
	s := nativeSite(t, "dialect gempixel\n\t\tdialect zz_guest")
	for target, want := range map[string]string{"/api/guest": "yourls", "/api/guest/more": "gempixel", "/api/v1/link": "gempixel", "/api?key=x&url=y": "gempixel"} {
		if a := s.ask("GET", target, "", "", ""); spoken(a) != want {
			t.Errorf("%s is answered by %s: %s", target, spoken(a), a.Body)
		}
	}
	if a := s.ask("GET", "/yourls-api.php", "", "", ""); a.Status != 404 {
		t.Errorf("a dialect that is off: %d %s", a.Status, a.Body)
	}
}

// TestDialects_Tolerance: habits are counted by dialect, logged once a day for
// each key and kind, and refused of a strict key in its own shape.
func TestDialects_Tolerance(t *testing.T) {
	const strictKey = "strict-key-0123456789"
	options := "rate_limit off\n\t\tkey strict " + strictKey + " {\n\t\t\tstrict\n\t\t}"
	config := strings.Replace(siteConfig(options), "\tlinkquay\n}", "\tmetrics /metrics\n\tlinkquay\n}", 1)
	config = strings.Replace(config, "{\n", "{\n\tlog {\n\t\toutput file {{dir}}/log\n\t}\n", 1)
	s := start(t, config)
	count := func(dialect string) string {
		name := fmt.Sprintf(`caddy_linkquay_tolerated_total{dialect=%q,kind="unknown_field"} `, dialect)
		_, rest, _ := strings.Cut(s.do("GET", "/metrics", "", "").Body, name)
		n, _, _ := strings.Cut(rest, "\n")
		return n
	}
	before := map[string]float64{}
	requests := []struct{ dialect, method, target, body string }{
		{"gempixel", "POST", "/api/url/add", `{"url":"https://example.com/","oddity":1}`},
		{"gempixelv1", "GET", "/api?oddity[]=1&url=https://example.com/&key=", ""},
		{"dglnk", "POST", "/api/links/create?api_token=", `{"long_url":"https://example.com/","oddity":1}`},
		{"yourls", "GET", "/yourls-api.php?oddity=1&action=version&format=json&signature=", ""},
	}
	ask := func(method, target, key, body string) answer {
		if strings.HasSuffix(target, "=") {
			return s.ask(method, target+key, "", "", body)
		}
		return s.ask(method, target, key, "", body)
	}
	for _, r := range requests {
		before[r.dialect], _ = strconv.ParseFloat(count(r.dialect), 64)
		for range 2 {
			if a := ask(r.method, r.target, nativeKey, r.body); a.Status != 200 {
				t.Errorf("%s: %d %s", r.dialect, a.Status, a.Body)
			}
		}
		if n, _ := strconv.ParseFloat(count(r.dialect), 64); n-before[r.dialect] != 2 {
			t.Errorf("%s: %g habits were counted; want 2", r.dialect, n-before[r.dialect])
		}
		a := ask(r.method, r.target, strictKey, r.body)
		if !strings.Contains(a.Body, "oddity") || !strings.Contains(a.Body, "is not known") || spoken(a) != r.dialect {
			t.Errorf("%s, strict: %d %s", r.dialect, a.Status, a.Body)
		}
	}
	if log := string(readFile(t, s.dir, "log")); strings.Count(log, "put right what a client sends") != 1 {
		t.Errorf("%d lines of one key and kind:\n%s", strings.Count(log, "put right what a client sends"), log)
	}
}

// TestDialects_NotReady: who comes when nothing is open is told so in the shape
// that they know.
func TestDialects_NotReady(t *testing.T) {
	nativeSite(t, "")
	h := new(caddymodule.Handler)
	if err := h.Provision(caddy.ActiveContext()); err != nil {
		t.Fatal(err)
	}
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]string{
		"/yourls-api.php": "yourls", "/api/v1/link": "dglnk", "/api/links/create": "dglnk", "/api?key=k": "gempixelv1", "/api/urls": "gempixel", "/api/": "gempixel",
	} {
		w := httptest.NewRecorder()
		err := h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil), nil)
		a := answer{w.Code, w.Header(), w.Body.String()}
		if err != nil || a.Status != 503 || spoken(a) != want || !strings.Contains(a.Body, "not ready") {
			t.Errorf("%s: %v, %d by %s: %s", target, err, a.Status, spoken(a), a.Body)
		}
	}
}
