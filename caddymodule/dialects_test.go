package caddymodule_test

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

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

// TestDialects_NobodyGetsIn tries what opens nothing, in every dialect.
func TestDialects_NobodyGetsIn(t *testing.T) {
	p := newProgram(t, siteConfig("rate_limit off\n\t\tfailed_attempts 1000 1m"))
	p.serve()
	run := func(args ...string) string {
		out, err := p.run(append(append([]string{"linkquay", "key"}, args...), "--config", "Caddyfile")...)
		if err != nil {
			t.Fatalf("%v: %s", args, out)
		}
		return out
	}
	gone := run("create", "gone")
	goneToken := run("token", "gone")
	old := run("create", "old", "--expires", time.Now().Add(time.Second).UTC().Format(time.RFC3339))
	oldToken, token := run("token", "old"), run("token", "tester")
	run("revoke", "gone")
	eventually(t, "the token opens, and what has ended does not", func() bool {
		good := p.ask("GET", "/yourls-api.php?action=version&format=simple&signature="+token, "", "", "")
		return good.Status == 200 && p.do("GET", "/api/account", gone, "").Status == 401 && p.do("GET", "/api/account", old, "").Status == 401
	})
	now := strconv.FormatInt(time.Now().Unix(), 10)
	timed := func(token string) string {
		sum := md5.Sum([]byte(now + token))
		return "timestamp=" + now + "&signature=" + hex.EncodeToString(sum[:])
	}
	if a := p.ask("GET", "/yourls-api.php?action=version&format=simple&"+timed(token), "", "", ""); a.Status != 200 {
		t.Errorf("a good signature: %d %s", a.Status, a.Body)
	}
	// A token is for signatures alone.
	bad := []string{gone, goneToken, old, oldToken, token, nativeKey[1:], nativeKey + "x", "%00" + nativeKey, strings.ToUpper(nativeKey), "*", "' or 1=1--"}
	var credentials []string
	for _, key := range bad {
		key = url.QueryEscape(key)
		credentials = append(credentials, "username=tester&password="+key, "password="+key, "username=&password="+key)
		if key != token {
			credentials = append(credentials, "signature="+key)
		}
	}
	credentials = append(
		credentials, timed(gone), timed(goneToken), timed(old), timed(oldToken), timed(nativeKey), timed(""),
		timed(token)+"&hash=sha256", "timestamp="+now+"&signature="+token, "timestamp="+now+"&signature="+nativeKey,
		"username=other&password="+nativeKey, "username=nobody&password="+nativeKey, "username=tester", "signature[]="+nativeKey, "SIGNATURE="+nativeKey, "",
	)
	const made = "&action=shorturl&format=json&url=https://example.com/broken-in"
	for _, c := range credentials {
		if a := p.ask("GET", "/yourls-api.php?"+c+made, "", "", ""); a.Status != 403 {
			t.Errorf("YOURLS with %s: %d %s", c, a.Status, a.Body)
		}
		if a := p.ask("POST", "/yourls-api.php", "", form, c+made); a.Status != 403 {
			t.Errorf("YOURLS with the form %s: %d %s", c, a.Status, a.Body)
		}
	}
	// A name is held against the key beside it, whatever the header has.
	if a := p.ask("GET", "/yourls-api.php?username=other"+made, "Bearer "+nativeKey, "", ""); a.Status != 403 {
		t.Errorf("a name with the key of another in the header: %d %s", a.Status, a.Body)
	}
	for _, key := range bad {
		query := url.QueryEscape(key)
		if a := p.ask("GET", "/api?url=https://example.com/broken-in&key="+query, "", "", ""); a.get("error").Int() != 1 {
			t.Errorf("the first generation with %s: %d %s", key, a.Status, a.Body)
		}
		if a := p.ask("POST", "/api/links/create?api_token="+query, "", "", `{"long_url":"https://example.com/broken-in"}`); a.Status != 401 {
			t.Errorf("dgLnk with %s: %d %s", key, a.Status, a.Body)
		}
		for _, path := range []string{"/api/v1/link", "/api/url/add"} {
			if a := p.ask("POST", path, "Bearer "+query, "", `{"long_url":"https://example.com/broken-in","url":"https://example.com/broken-in"}`); a.Status != 401 {
				t.Errorf("%s with %s: %d %s", path, key, a.Status, a.Body)
			}
		}
	}
	for _, target := range []string{"/api/v1/link?key=", "/api/links/create?key=", "/api/url/add?api_token=", "/api/url/add?key=", "/api/links/create?api_token[]="} {
		if a := p.ask("POST", target+nativeKey, "", "", `{"long_url":"https://example.com/broken-in","url":"https://example.com/broken-in"}`); a.Status != 401 {
			t.Errorf("%s: %d %s", target, a.Status, a.Body)
		}
	}
	if a := p.do("GET", "/api/urls?q=broken-in", nativeKey, ""); a.get("data.result").Int() != 0 {
		t.Errorf("somebody got in: %s", a.Body)
	}
}

// TestDialects_ForwardedCredentials: a caller's own credential goes to the
// backend from wherever it stands, and nothing else of the caller's does.
func TestDialects_ForwardedCredentials(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	u := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Header.Get("Authorization")+" "+r.URL.RawQuery)
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"error":0,"id":3,"shorturl":"https://1mm.kr/x"}`))
	})
	s := nativeSite(t, fmt.Sprintf("failed_attempts 1000 1m\n\t\tbackend kr gempixel %s {\n\t\t\tforward_credentials\n\t\t}", u.URL))
	const theirs = "their-own-key"
	for _, c := range []struct {
		method, target, authorization, body string
		forwarded                           bool
	}{
		{"GET", "/api?url=https://example.com/&key=" + theirs, "", "", true},
		{"GET", "/yourls-api.php?action=shorturl&url=https://example.com/&signature=" + theirs, "", "", true},
		{"GET", "/yourls-api.php?action=shorturl&url=https://example.com/&password=" + theirs, "", "", true},
		{"POST", "/api/links/create?api_token=" + theirs, "", `{"long_url":"https://example.com/"}`, true},
		{"POST", "/api/v1/link", theirs, `{"long_url":"https://example.com/"}`, true},
		// Whose name it is nobody knows.
		{"GET", "/yourls-api.php?action=shorturl&url=https://example.com/&username=me&password=" + theirs, "", "", false},
		{"GET", "/yourls-api.php?action=shorturl&url=https://example.com/&timestamp=1800000000&signature=" + theirs, "", "", false},
		{"GET", "/api?url=https://example.com/&key=lq_" + theirs, "", "", false},
		{"POST", "/api/links/create?api_token=a%0d%0aX-Evil:%20" + theirs, "", `{"long_url":"https://example.com/"}`, false},
		{"GET", "/yourls-api.php?action=shorturl&url=https://example.com/&signature=a+b+" + theirs, "", "", false},
	} {
		seen = nil
		a := s.ask(c.method, c.target, c.authorization, "", c.body)
		if (len(seen) > 0) != c.forwarded {
			t.Errorf("%s: %d %s; the backend saw %q", c.target, a.Status, a.Body, seen)
		}
		for _, got := range seen {
			if got != "Bearer "+theirs+" " {
				t.Errorf("%s: the backend saw %q", c.target, got)
			}
		}
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

// TestDialects_NoSecretIsWritten makes failures in all dialects with everything
// logged but requests, which the shipped access log is for.
func TestDialects_NoSecretIsWritten(t *testing.T) {
	config := strings.Replace(siteConfig("rate_limit off"), "{\n", "{\n\tdebug\n\tlog {\n\t\toutput file {{dir}}/log\n\t\tlevel DEBUG\n\t}\n", 1)
	s := start(t, config)
	const secret = "secret-of-a-client-0123"
	var said strings.Builder
	for _, key := range []string{nativeKey, secret} {
		for _, r := range []struct{ method, target, contentType, body string }{
			{"GET", "/api?url=https://example.com/&type=nonsense&pass=" + secret + "&key=" + key, "", ""},
			{"GET", "/api?url=nonsense&format=text&pass=" + secret + "&key=" + key, "", ""},
			{"GET", "/api?url=%zz&key=" + key, "", ""},
			{"POST", "/api?url=x&key=" + key, form, "key=" + key},
			{"POST", "/api/links/create?api_token=" + key, "", `{"long_url":"x","password":"` + secret + `","rules":["` + secret + `"]}`},
			{"POST", "/api/links/create?api_token=" + key, "", `{"long_url":"https://example.com/","password":["` + secret + `"]}`},
			{"POST", "/api/links/create?api_token=" + key + "&x=%zz", "", `{`},
			{"GET", "/yourls-api.php?action=nonsense&signature=" + key, "", ""},
			{"GET", "/yourls-api.php?action=shorturl&timestamp=1&hash=" + secret + "&signature=" + key, "", ""},
			{"POST", "/yourls-api.php", form, "action=shorturl&username=tester&password=" + key + "&url=%FF"},
			{"POST", "/yourls-api.php", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"signature\"\r\n" + key + "\r\n--b--"},
		} {
			a := s.ask(r.method, r.target, "", r.contentType, r.body)
			fmt.Fprintln(&said, a.Header, a.Body)
			if a.Status == 500 {
				t.Errorf("%s %s: %d %s", r.method, r.target, a.Status, a.Body)
			}
		}
	}
	for where, text := range map[string]string{"the log": string(readFile(t, s.dir, "log")), "an answer": said.String()} {
		for _, secret := range []string{nativeKey, secret} {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s shows a secret: …%s…", where, text[max(0, i-300):min(len(text), i+80)])
			}
		}
	}
}
