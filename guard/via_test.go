package guard_test

import (
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/guard"
)

func mustVia(t *testing.T, origin string) *guard.Client {
	t.Helper()
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	return guard.New(guard.Options{Via: u})
}

// A server is asked for a domain that DNS does not lead to it.
func TestClient_via(t *testing.T) {
	s := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/near":
			w.Header().Set("Location", "/page")
		case "/away":
			w.Header().Set("Location", "https://elsewhere.test/?host="+r.Host)
		}
		w.WriteHeader(http.StatusFound)
	})
	c := mustVia(t, s.URL)
	for address, want := range map[string]string{
		"https://links.test/away":      "https://elsewhere.test/?host=links.test",
		"http://links.test:8080/away":  "https://elsewhere.test/?host=links.test:8080",
		"https://links.test/near":      "https://links.test/page",
		"https://links.test/near?a=b#": "https://links.test/page",
	} {
		if got, err := c.Locate(t.Context(), address); err != nil || got != want {
			t.Errorf("Locate(%s) = %q, %v; want %q", address, got, err, want)
		}
	}
	// The next hop could lead anywhere, and to this server it does not.
	_, status, err := c.Head(t.Context(), "https://links.test/away")
	if err != nil || status != http.StatusFound {
		t.Errorf("Head = %d, %v; want the redirect itself", status, err)
	}
	for _, address := range []string{"ftp://links.test/", "http://u:p@links.test/", "/near"} {
		_, err := c.Locate(t.Context(), address)
		wantRefused(t, err, "must")
	}
}

// The certificate is that of the domain, or that of the server itself.
func TestClient_viaCertificate(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Host+" as "+r.TLS.ServerName)
	}))
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate()) // of example.com and 127.0.0.1
	_, port, _ := strings.Cut(s.Listener.Addr().String(), ":")

	for address, want := range map[string]string{
		"https://example.com/": "example.com as example.com",
		"http://example.com/":  "example.com as example.com",
		"https://links.test/":  "links.test as ",
	} {
		c := mustVia(t, s.URL)
		c.Trust(roots)
		body, _, err := c.Get(t.Context(), address, 100)
		if err != nil || string(body) != want {
			t.Errorf("Get(%s) = %q, %v; want %q", address, body, err, want)
		}
	}
	c := mustVia(t, "https://localhost:"+port)
	c.Trust(roots)
	if _, _, err := c.Get(t.Context(), "https://links.test/", 100); err == nil || !strings.Contains(err.Error(), "links.test") {
		t.Errorf("a certificate of neither: %v", err)
	}
	if _, _, err := mustVia(t, s.URL).Get(t.Context(), "https://example.com/", 100); err == nil {
		t.Error("a certificate that nobody trusts is taken")
	}
}

func TestClient_Open(t *testing.T) {
	s := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			w.Header().Set("Location", "page?for="+url.QueryEscape(r.UserAgent()))
			w.WriteHeader(http.StatusMovedPermanently)
			return
		}
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, r.Method+" in "+r.Header.Get("Accept-Language"))
	})
	c := guard.New(loopback)
	visitor := http.Header{"User-Agent": {"A telephone"}, "Accept-Language": {"ko"}}
	a, err := c.Open(t.Context(), http.MethodGet, s.URL+"/page", visitor, 8)
	if err != nil || a.Status != http.StatusTeapot || string(a.Body) != "GET in k" || a.Location != "" {
		t.Errorf("Open = %+v, %v; want the first 8 bytes of a page", a, err)
	}
	a, err = c.Open(t.Context(), http.MethodHead, s.URL+"/away", visitor, 8)
	if want := s.URL + "/page?for=A+telephone"; err != nil || a.Location != want || len(a.Body) != 0 {
		t.Errorf("Open = %+v, %v; want the location %s", a, err, want)
	}
	address, hits := inside(t, "127.0.0.2")
	_, err = c.Open(t.Context(), http.MethodGet, address, nil, 8)
	wantRefused(t, err, "public address")
	if hits.Load() != 0 {
		t.Error("a server inside was asked")
	}
}
