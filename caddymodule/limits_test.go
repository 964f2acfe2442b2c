package caddymodule_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// TestFailedAttempts: an address with too many is told to wait, and a good key
// from the same address is served all the same.
func TestFailedAttempts(t *testing.T) {
	s := nativeSite(t, "failed_attempts 3 1m")
	for i := range 5 {
		want := 401
		if i >= 3 {
			want = 429
		}
		a := s.do("GET", "/api/account", fmt.Sprintf("wrong-key-0123456789-%d", i), "")
		if a.Status != want || want == 429 && a.Header.Get("Retry-After") == "" {
			t.Errorf("attempt %d: %d %s; want %d", i+1, a.Status, a.Body, want)
		}
	}
	if a := s.do("GET", "/api/account", nativeKey, ""); a.Status != 200 {
		t.Errorf("a good key from the same address: %d", a.Status)
	}
}

// TestKeyLimits: a key's own limit counts for it alone, a reload keeps the
// counts, and "off" sends no headers.
func TestKeyLimits(t *testing.T) {
	options := func(limit string) string {
		return "rate_limit 2 1h\n\t\tkey own own-limit-key-0123456789 {\n\t\t\trate_limit " + limit + "\n\t\t}"
	}
	s := nativeSite(t, options("5 1h"))
	const own = "own-limit-key-0123456789"
	for range 2 {
		s.do("GET", "/api/account", own, "")
	}
	if err := s.load(siteConfig(options("4 1h"))); err != nil {
		t.Fatal(err)
	}
	if a := s.do("GET", "/api/account", own, ""); a.Header.Get("X-RateLimit-Remaining") != "1" || a.Header.Get("X-RateLimit-Limit") != "4" {
		t.Errorf("after the reload: %s of %s left; want 1 of 4", a.Header.Get("X-RateLimit-Remaining"), a.Header.Get("X-RateLimit-Limit"))
	}
	if err := s.load(siteConfig(options("off"))); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if a := s.do("GET", "/api/account", own, ""); a.Status != 200 || a.Header.Get("X-RateLimit-Limit") != "" {
			t.Errorf("without a limit: %d, X-RateLimit-Limit %q", a.Status, a.Header.Get("X-RateLimit-Limit"))
		}
	}
	if a := s.do("GET", "/api/health", "", ""); a.Header.Get("X-RateLimit-Limit") != "" {
		t.Error("health is counted")
	}
}

// TestCatchAllSite: without short_domain a site for any host is refused at
// start, and with it the short URLs are on that domain.
func TestCatchAllSite(t *testing.T) {
	config := strings.Replace(siteConfig(""), "http://127.0.0.1:{{port}}", ":{{port}}", 1)
	s := nativeSite(t, "")
	if err := s.load(config); err == nil || !strings.Contains(err.Error(), "short_domain must be set") {
		t.Errorf("a catch-all site: %v", err)
	}
	invoked := strings.Replace(config, "\tlinkquay\n}", "\tinvoke x\n}", 1) + "&(x) {\n\tlinkquay api\n}\n"
	if err := s.load(invoked); err == nil || !strings.Contains(err.Error(), "short_domain must be set") {
		t.Errorf("a named route for any host: %v", err)
	}
	if a := s.do("GET", "/api/account", nativeKey, ""); a.Status != 200 {
		t.Errorf("the running configuration after a refused one: %d", a.Status)
	}
	for name, ok := range map[string]string{
		"Redirects":   strings.Replace(config, "\tlinkquay\n}", "\tlinkquay redirects\n}", 1),
		"ShortDomain": strings.Replace(config, "linkquay {", "linkquay {\n\t\tshort_domain HTTPS://Go.Example.com:443/", 1),
		"HostMatcher": strings.Replace(config, "\tlinkquay\n}", "\t@ours host 127.0.0.1\n\tlinkquay @ours\n}", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if err := s.load(ok); err != nil {
				t.Fatal(err)
			}
			if name == "ShortDomain" {
				if _, short := s.create(nativeKey, `{"url":"https://example.com/","custom":"elsewhere"}`); short != "https://go.example.com/elsewhere" {
					t.Errorf("short URL = %s", short)
				}
				if a := s.do("POST", "/api/url/add", nativeKey, `{"url":"https://go.example.com/elsewhere"}`); a.Status != 400 {
					t.Errorf("a loop: %d %s", a.Status, a.Body)
				}
			}
		})
	}
}

// TestHandleErrors: what is no short link reaches the site's handle_errors, or
// the next handler.
func TestHandleErrors(t *testing.T) {
	s := nativeSite(t, "")
	for site, want := range map[string]string{
		"\tlinkquay\n\thandle_errors {\n\t\trespond \"custom {err.status_code}\"\n\t}\n}": "custom 404",
		"\tlinkquay {\n\t\tpass_thru\n\t}\n\tfile_server {\n\t\troot {{dir}}/www\n\t}\n}": "a file",
	} {
		if err := os.MkdirAll(filepath.Join(s.dir, "www"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.dir, "www", "nosuch"), []byte("a file"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.load(strings.Replace(siteConfig(""), "\tlinkquay\n}", site, 1)); err != nil {
			t.Fatal(err)
		}
		if a := s.do("GET", "/nosuch", "", ""); a.Body != want {
			t.Errorf("%s\nanswers %q; want %q", site, a.Body, want)
		}
	}
}

// TestDatabaseThatCannotBeOpened is refused at start, with the running
// configuration left as it is.
func TestDatabaseThatCannotBeOpened(t *testing.T) {
	s := nativeSite(t, "")
	s.create(nativeKey, `{"url":"https://example.com/","custom":"stays"}`)
	if err := os.WriteFile(filepath.Join(s.dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"{{dir}}/file/linkquay.db", "{{dir}}"} {
		if err := s.load(strings.Replace(siteConfig(""), "{{dir}}/linkquay.db", path, 1)); err == nil || !strings.Contains(err.Error(), "opening the database") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if a := s.do("GET", "/stays", "", ""); a.Status != 302 {
		t.Errorf("the running configuration: %d", a.Status)
	}
}

// TestMetrics names what is counted, with labels of ours alone.
func TestMetrics(t *testing.T) {
	s := nativeSite(t, "")
	if err := s.load(strings.Replace(siteConfig(""), "\tlinkquay\n}", "\tmetrics /metrics\n\tlinkquay\n}", 1)); err != nil {
		t.Fatal(err)
	}
	s.create(nativeKey, `{"url":"https://example.com/","custom":"counted","some_secret_key":1}`)
	s.do("GET", "/counted", "", "")
	s.do("GET", "/some-secret-alias", "", "")
	s.do("GET", "/api/url/999", nativeKey, "")
	s.do("GET", "/api/some-secret-path", nativeKey, "")
	metrics := s.do("GET", "/metrics", "", "").Body
	for _, want := range []string{
		`caddy_linkquay_request_duration_seconds_count{backend="native",code="",operation="createLink"}`,
		`caddy_linkquay_request_duration_seconds_count{backend="native",code="not_found",operation="getLink"}`,
		`caddy_linkquay_redirects_total{outcome="redirect"}`,
		`caddy_linkquay_redirects_total{outcome="unknown"}`,
		`caddy_linkquay_tolerated_total{dialect="gempixel",kind="unknown_field"}`,
		`caddy_linkquay_clicks_dropped_total`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(metrics, "secret") {
		t.Error("a client's text is in the metrics")
	}
}

// TestCleanup works on an app that was never provisioned.
func TestCleanup(t *testing.T) {
	info, err := caddy.GetModule("linkquay")
	if err != nil {
		t.Fatal(err)
	}
	if err := info.New().(caddy.CleanerUpper).Cleanup(); err != nil {
		t.Error(err)
	}
}

// TestUploadLimit refuses a file that says its size, and cuts off one that does
// not.
func TestUploadLimit(t *testing.T) {
	got := make(chan int64, 4)
	u := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		var n int64
		buf := make([]byte, 4096)
		for {
			m, err := r.Body.Read(buf)
			n += int64(m)
			if err != nil {
				break
			}
		}
		got <- n
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"error":0,"id":1,"shorturl":"https://openmy.link/x"}`))
	})
	s := nativeSite(t, gempixelOptions(u.URL)+"\n\t\tupload_limit 64KiB")
	big := strings.Repeat("x", 65<<10)
	if a := s.do("POST", "/api/files/upload/a.bin", gempixelKey, big); a.Status != 413 {
		t.Errorf("with its size: %d %s", a.Status, a.Body)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.base+"/api/files/upload/a.bin", struct{ *strings.Reader }{strings.NewReader(big)})
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = -1
	r.Header.Set("Authorization", gempixelKey)
	if a := s.send(r); a.Status != 413 {
		t.Errorf("without its size: %d %s", a.Status, a.Body)
	}
	if a := s.do("POST", "/api/files/upload/a.bin", gempixelKey, big[:64<<10]); a.Status != 200 {
		t.Errorf("at the limit: %d %s", a.Status, a.Body)
	}
	var last int64
	for len(got) > 0 {
		last = <-got
	}
	if last != 64<<10 {
		t.Errorf("the backend got %d bytes; want all %d", last, 64<<10)
	}
}
