package openapi

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

func getDocs(t *testing.T, h http.Handler, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func readBody(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDocs(t *testing.T) {
	h := Docs()
	for _, path := range []string{"/api/docs", "/api/docs/", "/api/docs/init.js", "/api/docs/swagger-ui-bundle.js", "/api/docs/swagger-ui.css"} {
		t.Run(path, func(t *testing.T) {
			full := getDocs(t, h, "GET", path)
			body := readBody(t, full.Body)
			if full.StatusCode != 200 || body == "" {
				t.Fatalf("status %d, %d bytes", full.StatusCode, len(body))
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Security-Policy": docsPolicy} {
				if got := full.Header.Get(name); got != want {
					t.Errorf("%s: %s; want %s", name, got, want)
				}
			}
			if full.Header.Get("Cache-Control") == "" || full.Header.Get("Content-Type") == "" {
				t.Errorf("headers are missing: %v", full.Header)
			}

			head := getDocs(t, h, "HEAD", path)
			if got := readBody(t, head.Body); head.StatusCode != 200 || got != "" {
				t.Errorf("HEAD: status %d, %d bytes", head.StatusCode, len(got))
			}
			again := getDocs(t, h, "GET", path, "If-None-Match", full.Header.Get("ETag"))
			if again.StatusCode != 304 {
				t.Errorf("If-None-Match: status %d; want 304", again.StatusCode)
			}

			small := getDocs(t, h, "GET", path, "Accept-Encoding", "br, gzip;q=0.8", "Range", "bytes=0-3")
			if !strings.HasSuffix(path, ".css") && !strings.HasSuffix(path, "bundle.js") {
				return
			}
			if small.Header.Get("Content-Encoding") != "gzip" || small.Header.Get("ETag") == full.Header.Get("ETag") {
				t.Errorf("gzip: %v", small.Header)
			}
			r, err := gzip.NewReader(small.Body)
			if err != nil {
				t.Fatal(err)
			}
			if readBody(t, r) != body {
				t.Error("the compressed file differs")
			}
		})
	}
}

func TestDocs_Err(t *testing.T) {
	h := Docs()
	for _, path := range []string{"/api/docs/x", "/api/docs/../docs.go", "/api/docs/swagger-ui.css.gz", "/"} {
		if got := getDocs(t, h, "GET", path); got.StatusCode != 404 || !gjson.Get(readBody(t, got.Body), "message").Exists() {
			t.Errorf("%s: status %d; want 404", path, got.StatusCode)
		}
	}
	got := getDocs(t, h, "POST", "/api/docs")
	if got.StatusCode != 405 || got.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: status %d, Allow %q", got.StatusCode, got.Header.Get("Allow"))
	}
}

// TestDocs_Offline checks that our part of the page names no other host and
// has no inline script, which the policy would refuse.
func TestDocs_Offline(t *testing.T) {
	h := Docs()
	page := readBody(t, getDocs(t, h, "GET", "/api/docs").Body)
	for _, part := range []string{page, readBody(t, getDocs(t, h, "GET", "/api/docs/init.js").Body)} {
		if strings.Contains(part, "//") && regexp.MustCompile(`(https?:)?//[a-z]`).MatchString(part) {
			t.Error("another host is named")
		}
	}
	if regexp.MustCompile(`<script>|<script [^>]*>[^<]| on[a-z]+=`).MatchString(page) {
		t.Error("there is an inline script")
	}
	for _, want := range []string{`<html lang="en">`, "<title>Linkquay API</title>", "<noscript>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// TestDocs_Upstream checks that the vendored files are those of swagger-ui-dist
// 5.35.0.
func TestDocs_Upstream(t *testing.T) {
	h := Docs()
	for path, want := range map[string]string{
		"/api/docs/swagger-ui-bundle.js": "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2",
		"/api/docs/swagger-ui.css":       "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d",
	} {
		sum := sha256.Sum256([]byte(readBody(t, getDocs(t, h, "GET", path).Body)))
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s has checksum %s; want %s", path, got, want)
		}
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"gzip": true, "br, GZIP": true, "gzip;q=0.5": true, "gzip; q=1": true, "deflate,gzip ; q=0.1": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "gzip;q=x": false, "xgzip": false,
	} {
		if got := acceptsGzip([]string{header}); got != want {
			t.Errorf("acceptsGzip(%q) = %t; want %t", header, got, want)
		}
	}
}
