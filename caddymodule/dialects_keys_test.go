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
)

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
