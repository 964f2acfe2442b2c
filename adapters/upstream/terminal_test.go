package upstream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"
)

// What a site puts into its certificate is quoted by an error, and must not
// reach the operator's terminal as commands.
func TestHealth_Certificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{"\x1b[2Jall.is.well", strings.Repeat("long.", 200) + "example"},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	trusted.AddCert(cert)
	site := httptest.NewUnstartedServer(http.NotFoundHandler())
	site.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	site.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are meant to fail
	site.StartTLS()
	t.Cleanup(site.Close)
	c := mustClient(t, Config{BaseURL: strings.Replace(site.URL, "127.0.0.1", "localhost", 1), TLS: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}})
	for _, r := range []*Request{get("/"), {Method: "POST", Path: "/", Stream: strings.NewReader("x"), Size: 1}} {
		if _, err := c.Do(t.Context(), r); err == nil {
			t.Fatal("a certificate for others was accepted")
		}
		text := c.Health().LastError
		if !strings.Contains(text, "all.is.well") || strings.ContainsFunc(text, unicode.IsControl) || len(text) > MaxMessage {
			t.Errorf("the last error is %q, %d bytes", text, len(text))
		}
	}
}
