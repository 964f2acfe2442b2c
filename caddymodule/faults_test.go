package caddymodule_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestUpdatesAtOnce: two clients that change different fields of one link at
// the same time both get what they were answered.
func TestUpdatesAtOnce(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	id, _ := s.create(nativeKey, `{"url":"https://example.com/"}`)
	for round := range 20 {
		var wg sync.WaitGroup
		for field, path := range map[string]string{"metatitle": "url", "description": "url", "email": "account"} {
			wg.Go(func() {
				target, value := fmt.Sprintf("/api/url/%d/update", id), fmt.Sprintf("%s-%d@example.com", field, round)
				if path == "account" {
					target = "/api/account/update"
				}
				if a := s.do("PUT", target, nativeKey, fmt.Sprintf(`{%q:%q}`, field, value)); a.Status != 200 {
					t.Errorf("%s: %d %s", field, a.Status, a.Body)
				}
			})
		}
		wg.Wait()
		a := s.do("GET", fmt.Sprintf("/api/url/%d", id), nativeKey, "")
		for _, field := range []string{"metatitle", "description"} {
			if want := fmt.Sprintf("%s-%d@example.com", field, round); a.get("details."+field).String() != want {
				t.Fatalf("round %d: %s = %q; want %q, which was answered", round, field, a.get("details."+field), want)
			}
		}
	}
}

// TestBackendOfAnotherAccount: a key made by command does not get into a
// backend that has come to belong to somebody else.
func TestBackendOfAnotherAccount(t *testing.T) {
	u := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"error":0,"id":3,"shorturl":"https://1mm.kr/x"}`)
	})
	config := fmt.Sprintf(`{
	admin off
	linkquay {
		database sqlite data/linkquay.db
		backend kr gempixel %s {
			api_key the-site-key-0123456789
			account main
		}
	}
}
http://127.0.0.1:{{port}} {
	linkquay
}
`, u.URL)
	p := newProgram(t, config)
	key, err := p.run("linkquay", "key", "create", "stored", "--backend", "kr")
	if err != nil {
		t.Fatalf("%v: %s", err, key)
	}
	p.serve()
	if a := p.do("POST", "/api/url/add", key, `{"url":"https://example.com/"}`); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	p.stop()
	p.write(strings.Replace(config, "account main", "account other", 1))
	p.serve()
	if a := p.do("POST", "/api/url/add", key, `{"url":"https://example.com/"}`); a.Status != 503 {
		t.Errorf("into another account's backend: %d %s; want 503", a.Status, a.Body)
	}
	if list, err := p.run("linkquay", "key", "list"); err != nil || !strings.Contains(list, "its backend is another account's") {
		t.Errorf("key list: %v\n%s", err, list)
	}
}

// TestForwardedGuesses: an address with too many bad credentials is stopped
// before the backend is asked again.
func TestForwardedGuesses(t *testing.T) {
	var asked atomic.Int64
	u := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
	})
	s := nativeSite(t, fmt.Sprintf("failed_attempts 5 1m\n\t\tbackend kr gempixel %s {\n\t\t\tforward_credentials\n\t\t}", u.URL))
	for i := range 20 {
		a := s.do("GET", "/api/account", fmt.Sprintf("guessed-key-%d", i), "")
		if want := 401; i >= 5 {
			if a.Status != 429 {
				t.Errorf("guess %d: %d; want 429", i+1, a.Status)
			}
		} else if a.Status != want {
			t.Errorf("guess %d: %d; want %d", i+1, a.Status, want)
		}
	}
	if asked.Load() > 5 {
		t.Errorf("the backend was asked %d times; want 5", asked.Load())
	}
	for _, header := range []string{"Bearer", "Token ", "x"} {
		if a := s.do("GET", "/api/urls", "", "", "Authorization", header); a.Status != 401 && a.Status != 429 || asked.Load() > 5 {
			t.Errorf("Authorization %q: %d, asked %d times", header, a.Status, asked.Load())
		}
	}
}

// TestKnownKeyIsCountedEverywhere: every answer to a known key has the
// documented headers, also where there is nothing.
func TestKnownKeyIsCountedEverywhere(t *testing.T) {
	s := nativeSite(t, "")
	for i, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/api/nothing", 404},
		{"OPTIONS", "/api/urls", 405},
		{"GET", "/api/url/x", 400},
		{"GET", "/api/urls?limit=x", 400},
	} {
		a := s.do(c.method, c.path, nativeKey, "")
		if a.Status != c.status || a.Header.Get("X-RateLimit-Remaining") != fmt.Sprint(29-i) {
			t.Errorf("%s %s: %d, %q left; want %d, %d", c.method, c.path, a.Status, a.Header.Get("X-RateLimit-Remaining"), c.status, 29-i)
		}
		if c.status == 405 && a.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("Allow = %q", a.Header.Get("Allow"))
		}
	}
	if a := s.do("GET", "/api/nothing", "", ""); a.Status != 404 || a.Header.Get("X-RateLimit-Limit") != "" {
		t.Errorf("without a key: %d", a.Status)
	}
}

// TestStalledUpload: a client that stops sending is given up after the
// backend's timeout.
func TestStalledUpload(t *testing.T) {
	u := upstream(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	s := nativeSite(t, strings.Replace(gempixelOptions(u.URL), "api_key", "timeout 1s\n\t\t\tapi_key", 1))
	status := s.stall("POST /api/files/upload/a.txt HTTP/1.1", gempixelKey, 5000)
	if !strings.Contains(status, " 503 ") && !strings.Contains(status, " 400 ") {
		t.Errorf("a stalled upload: %q", status)
	}
}

// stall sends the head of a request and a few bytes of its body, and returns
// the status line that comes in the end.
func (s *site) stall(line, key string, length int) string {
	s.t.Helper()
	conn, err := new(net.Dialer).DialContext(s.t.Context(), "tcp", "127.0.0.1:"+s.port)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(conn, "%s\r\nHost: 127.0.0.1:%s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\nhello", line, s.port, key, length)
	status, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return status
}

// TestClientThatHangsUp: a create on dgLnk is recorded although the client
// went away before the backend answered.
func TestClientThatHangsUp(t *testing.T) {
	entered, proceed := make(chan struct{}), make(chan struct{})
	u := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-proceed
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status":"success","link":{"hash":"abc12","long_url":"https://example.com/","alias":null,"id":80,"short_url":"https://app.example/abc12"}}`)
	})
	s := nativeSite(t, fmt.Sprintf("rate_limit off\n\t\tbackend dg dglnk %s {\n\t\t\tapi_key the-token-0123456789\n\t\t}\n\t\tkey dgl %s {\n\t\t\tbackend dg\n\t\t}", u.URL, dglnkKey))
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "POST", s.base+"/api/url/add", strings.NewReader(`{"url":"https://example.com/"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", dglnkKey)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if resp, err := http.DefaultClient.Do(r); err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-entered
	cancel()
	<-gone
	time.Sleep(100 * time.Millisecond)
	close(proceed)
	eventually(t, "the link is recorded", func() bool {
		return s.do("GET", "/api/urls", dglnkKey, "").get("data.urls.0.shorturl").String() == "https://app.example/abc12"
	})
}

// TestHostHeader: what is no host does not get into a short URL.
func TestHostHeader(t *testing.T) {
	s := nativeSite(t, "")
	for _, host := range []string{"127.0.0.1:abc", "127.0.0.1:99999", "127.0.0.1:0"} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", s.base+"/api/url/add", strings.NewReader(`{"url":"https://example.com/"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		r.Header.Set("Authorization", nativeKey)
		if a := s.send(r); a.Status == 200 && strings.Contains(a.Body, host) {
			t.Errorf("Host %q: %s", host, a.Body)
		}
	}
	for _, target := range []string{"http://127.0.0.1.:{{port}}/x", "http://127.0.0.1:0{{port}}/x", "https://example.com:99999/", "http://:80/"} {
		if a := s.do("POST", "/api/url/add", nativeKey, s.fill(fmt.Sprintf(`{"url":%q}`, target))); a.Status != 400 {
			t.Errorf("%s: %d %s", target, a.Status, a.Body)
		}
	}
}

// TestBackendThatIsDown: after a few failures callers are refused at once and
// told when to come back; other backends go on.
func TestBackendThatIsDown(t *testing.T) {
	var asked atomic.Int64
	u := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	s := nativeSite(t, gempixelOptions(u.URL))
	if err := s.load(strings.Replace(siteConfig(gempixelOptions(u.URL)), "\tlinkquay\n}", "\tmetrics /metrics\n\tlinkquay\n}", 1)); err != nil {
		t.Fatal(err)
	}
	// What came of a create is looked for, which fails as well.
	var opened int64
	for i := range 8 {
		a := s.do("POST", "/api/url/add", gempixelKey, `{"url":"https://example.com/"}`)
		if a.Status != 503 || a.Header.Get("Retry-After") == "" {
			t.Errorf("%d %v %s; want 503 and Retry-After", a.Status, a.Header, a.Body)
		}
		if i == 4 {
			opened = asked.Load()
		}
	}
	if n := asked.Load(); n != opened || n < 5 {
		t.Errorf("the backend was asked %d times, %d of them after five failures; want none", n, n-opened)
	}
	if metrics := s.do("GET", "/metrics", "", "").Body; !strings.Contains(metrics, `caddy_linkquay_backend_up{backend="kr"} 0`) {
		t.Error("the metrics do not tell that the backend is away")
	}
	if a := s.do("POST", "/api/url/add", nativeKey, `{"url":"https://example.com/"}`); a.Status != 200 {
		t.Errorf("another backend: %d %s", a.Status, a.Body)
	}
}
