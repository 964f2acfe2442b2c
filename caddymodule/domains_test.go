package caddymodule_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/linkquay/linkquay/store/postgrestest"
)

// at visits a path of another host on the same port.
func (s *site) at(method, host, path string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Host = host
	r.Header.Set("User-Agent", browser)
	return s.send(r)
}

// anyHost serves short links on every host beside the API on the main one.
func anyHost(options string) string {
	return siteConfig("rate_limit off\n\t\tshort_domain http://127.0.0.1:{{port}}\n\t\t"+options) + "http://:{{port}} {\n\tlinkquay redirects\n}\n"
}

func TestDomain_Branded(t *testing.T) {
	eachDatabase(t, anyHost(""), func(t *testing.T, s *site) {
		id := s.make("/api/domain/add", `{"domain":"http://Go.Brand.example","redirectroot":"https://example.com/home","redirect404":"https://example.com/lost?x=1"}`)
		s.make("/api/domain/add", `{"domain":"bare.example"}`)
		s.create(nativeKey, `{"url":"https://example.com/main","custom":"same"}`)
		link, short := s.create(nativeKey, `{"url":"https://example.com/brand","custom":"same","domain":"https://go.brand.example"}`)
		if short != "http://go.brand.example/same" {
			t.Errorf("the short URL is %s", short)
		}
		for _, c := range []struct{ method, host, path, to string }{
			{"GET", "go.brand.example", "/same", "https://example.com/brand"},
			{"GET", "GO.Brand.Example.", "/same", "https://example.com/brand"},
			{"HEAD", "go.brand.example", "/same", "https://example.com/brand"},
			{"GET", "127.0.0.1:{{port}}", "/same", "https://example.com/main"},
			{"GET", "go.brand.example", "/", "https://example.com/home"},
			{"GET", "go.brand.example", "/nothing", "https://example.com/lost?x=1"},
			{"GET", "go.brand.example", "/nothing/at/all", "https://example.com/lost?x=1"},
			{"GET", "go.brand.example", "/same+", "https://example.com/lost?x=1"},
		} {
			leadsTo(t, c.method+" "+c.host+c.path, s.at(c.method, s.fill(c.host), c.path), 302, c.to)
		}
		for _, path := range []string{"/", "/same", "/nothing"} {
			if a := s.at("GET", "bare.example", path); a.Status != 404 {
				t.Errorf("a domain without redirects, %s: %d to %q; want 404", path, a.Status, a.Header.Get("Location"))
			}
		}
		eventually(t, "one click", func() bool { return s.clicksOf(link) == 2 })

		// Another account sees and uses nothing of it.
		for _, c := range []struct {
			method, path, body string
			status             int
		}{
			{"POST", "/api/url/add", `{"url":"https://example.com/","domain":"go.brand.example"}`, 400},
			{"POST", "/api/domain/add", `{"domain":"go.brand.example"}`, 400},
			{"GET", fmt.Sprint("/api/domain/", id), "", 404},
			{"PUT", fmt.Sprintf("/api/domain/%d/update", id), `{"redirectroot":"https://evil.example/"}`, 404},
			{"DELETE", fmt.Sprintf("/api/domain/%d/delete", id), "", 404},
		} {
			if a := s.do(c.method, c.path, otherKey, c.body); a.Status != c.status {
				t.Errorf("another account, %s %s: %d %s; want %d", c.method, c.path, a.Status, a.Body, c.status)
			}
		}
		if a := s.do("GET", "/api/domains", otherKey, ""); a.get("data.result").Int() != 0 {
			t.Errorf("another account lists %s", a.Body)
		}
		// What cannot be a branded domain.
		for _, domain := range []string{"127.0.0.1", "127.0.0.1:{{port}}", "localhost:8443", "a b.example", "[::1]", "*.example.com", ""} {
			if a := s.do("POST", "/api/domain/add", nativeKey, s.fill(fmt.Sprintf(`{"domain":%q}`, domain))); a.Status != 400 || !a.get("errors.domain").Exists() {
				t.Errorf("domain %q: %d %s; want 400 naming it", domain, a.Status, a.Body)
			}
		}
		// A branded domain is no place for a destination of its own.
		if a := s.do("POST", "/api/url/add", nativeKey, `{"url":"http://go.brand.example/same"}`); a.Status != 400 || !a.get("errors.url").Exists() {
			t.Errorf("a loop over the branded domain: %d %s", a.Status, a.Body)
		}

		refused := s.do("DELETE", fmt.Sprintf("/api/domain/%d/delete", id), nativeKey, "")
		if refused.Status != 400 || !strings.Contains(refused.get("message").String(), "1") {
			t.Errorf("with a link on it: %d %s; want 400 that tells how many", refused.Status, refused.Body)
		}
		leadsTo(t, "after the refusal", s.at("GET", "go.brand.example", "/same"), 302, "https://example.com/brand")
		for _, path := range []string{fmt.Sprintf("/api/url/%d/delete", link), fmt.Sprintf("/api/domain/%d/delete", id)} {
			if a := s.do("DELETE", path, nativeKey, ""); a.Status != 200 {
				t.Fatalf("%s: %d %s", path, a.Status, a.Body)
			}
		}
		// The host is nobody's now: it stands for the main domain, as any other.
		if a := s.at("GET", "go.brand.example", "/"); a.Status != 404 {
			t.Errorf("the root of a deleted domain: %d to %q", a.Status, a.Header.Get("Location"))
		}
	})
}

// TestDomain_Redirects: the redirects of a domain cannot lead to it.
func TestDomain_Redirects(t *testing.T) {
	s := start(t, anyHost(""))
	id := s.make("/api/domain/add", `{"domain":"brand.example"}`)
	for _, field := range []string{"redirectroot", "redirect404"} {
		for _, target := range []string{"https://brand.example/x", "javascript:alert(1)", "data:text/html,x", s.base + "/x", "ftp://example.com/"} {
			a := s.do("PUT", fmt.Sprintf("/api/domain/%d/update", id), nativeKey, fmt.Sprintf(`{%q:%q}`, field, target))
			if a.Status != 400 || !a.get("errors."+field).Exists() {
				t.Errorf("%s %s: %d %s; want 400 naming it", field, target, a.Status, a.Body)
			}
		}
	}
	if a := s.do("PUT", fmt.Sprintf("/api/domain/%d/update", id), nativeKey, `{"redirectroot":"https://example.com/ü?a=b#c"}`); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	leadsTo(t, "the root", s.at("GET", "brand.example", "/"), 302, "https://example.com/%C3%BC?a=b#c")
}

// onDemandConfig serves hosts that are not named over TLS, with certificates of
// Caddy's own authority.
func onDemandConfig(httpsPort string) string {
	config := siteConfig("rate_limit off\n\t\tshort_domain http://127.0.0.1:{{port}}")
	return strings.Replace(config, "\tadmin off\n", `	admin off
	local_certs
	skip_install_trust
	default_bind 127.0.0.1
	https_port `+httpsPort+`
	http_port `+`{{port}}
	auto_https disable_redirects
	on_demand_tls {
		permission linkquay
	}
`, 1) + `https:// {
	tls {
		on_demand
	}
	linkquay redirects
}
`
}

// handshake opens a TLS connection for a host, and reports whether it got a
// certificate for it.
func handshake(t *testing.T, port, host string) error {
	t.Helper()
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: &tls.Config{ServerName: host, InsecureSkipVerify: true}}
	conn, err := d.DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
	if err != nil {
		return err
	}
	defer conn.Close()
	state := conn.(*tls.Conn).ConnectionState()
	return state.PeerCertificates[0].VerifyHostname(host)
}

func TestPermission(t *testing.T) {
	port := freePort(t)
	s := start(t, onDemandConfig(port))
	s.make("/api/domain/add", `{"domain":"brand.example"}`)
	s.create(nativeKey, `{"url":"https://example.com/in","custom":"safe","domain":"brand.example"}`)
	for host, ok := range map[string]bool{"brand.example": true, "unknown.example": false, "sub.brand.example": false, "localhost": false} {
		if err := handshake(t, port, host); (err == nil) != ok {
			t.Errorf("a handshake for %s: %v; want success: %t", host, err, ok)
		}
	}
	if err := handshake(t, port, "BRAND.example"); err != nil {
		t.Errorf("a name in capitals: %v", err)
	}
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{ServerName: "brand.example", InsecureSkipVerify: true}, DisableKeepAlives: true,
		},
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", "https://127.0.0.1:"+port+"/safe", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "brand.example"
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 302 || resp.Header.Get("Location") != "https://example.com/in" {
		t.Errorf("over TLS: %d to %q", resp.StatusCode, resp.Header.Get("Location"))
	}

	// A domain that is registered now has a certificate at once.
	s.make("/api/domain/add", `{"domain":"second.example"}`)
	if err := handshake(t, port, "second.example"); err != nil {
		t.Errorf("right after it was registered: %v", err)
	}
}

// TestPermission_DatabaseAway: what is known is allowed from memory, and
// nothing else.
func TestPermission_DatabaseAway(t *testing.T) {
	server := postgrestest.Start(t)
	t.Setenv("TEST_DATABASE", server.Database(t))
	port := freePort(t)
	s := start(t, onPostgres(onDemandConfig(port)))
	s.make("/api/domain/add", `{"domain":"known.example"}`)
	server.Stop(t, "immediate")
	t.Cleanup(func() { server.Start(t) })
	if err := handshake(t, port, "known.example"); err != nil {
		t.Errorf("a known domain: %v", err)
	}
	if err := handshake(t, port, "unknown.example"); err == nil {
		t.Error("an unknown domain got a certificate")
	}
}

// TestExample_BrandedDomains uncomments what the example says of branded
// domains.
func TestExample_BrandedDomains(t *testing.T) {
	example := string(readFile(t, "../Caddyfile.example"))
	example = uncomment(t, example, "on_demand_tls {")
	example = uncomment(t, example, "https:// {")
	config, err := adapt(example)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(config), `"permission":{"module":"linkquay"}`) || !strings.Contains(string(config), `"on_demand":true`) {
		t.Errorf("the configuration lacks certificates on demand: %s", config)
	}
	var cfg caddy.Config
	if err := json.Unmarshal(config, &cfg); err != nil {
		t.Fatal(err)
	}
	if err := caddy.Validate(&cfg); err != nil {
		t.Error(err)
	}
}
