package openapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// docsPolicy lets the page load from its own host and nowhere else. Swagger UI
// writes style attributes.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

//go:embed docs/index.html docs/init.js docs/swagger-ui-bundle.js.gz docs/swagger-ui.css.gz
var docsFiles embed.FS

// Docs serves the documentation page at /api/docs and its assets below
// /api/docs/. It needs no key, no network beside its own host, and the contract
// at /api/openapi.json, which others serve.
func Docs() http.Handler {
	index := newAsset("index.html", "text/html; charset=utf-8", "no-cache")
	const day = "public, max-age=86400"
	return docs{
		"/api/docs":                      index,
		"/api/docs/":                     index,
		"/api/docs/init.js":              newAsset("init.js", "text/javascript; charset=utf-8", "no-cache"),
		"/api/docs/swagger-ui-bundle.js": newAsset("swagger-ui-bundle.js.gz", "text/javascript; charset=utf-8", day),
		"/api/docs/swagger-ui.css":       newAsset("swagger-ui.css.gz", "text/css; charset=utf-8", day),
	}
}

// docs is the assets by path.
type docs map[string]*asset

// ServeHTTP implements http.Handler.
func (d docs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", docsPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	a := d[r.URL.Path]
	if a == nil {
		refuse(w, http.StatusNotFound, "There is no such page.")
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "This page can be read only.")
		return
	}
	a.serve(w, r)
}

// refuse answers an error in the shape of the contract.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"error":1,"message":%q,"msg":%[1]q}`+"\n", message)
}

// asset is one file, compressed already where that is worth it.
type asset struct {
	contentType string
	cache       string
	tag         string
	stored      []byte
	compressed  bool

	// plain is the file itself. The few clients without gzip pay for it once.
	plain func() ([]byte, error)
}

// newAsset returns an embedded file.
func newAsset(name, contentType, cache string) *asset {
	stored, err := docsFiles.ReadFile("docs/" + name)
	if err != nil {
		panic(err) // Cannot happen: the names above are those embedded.
	}
	sum := sha256.Sum256(stored)
	a := &asset{contentType: contentType, cache: cache, stored: stored, tag: hex.EncodeToString(sum[:8])}
	a.compressed = strings.HasSuffix(name, ".gz")
	a.plain = sync.OnceValues(func() ([]byte, error) {
		if !a.compressed {
			return a.stored, nil
		}
		r, err := gzip.NewReader(bytes.NewReader(a.stored))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	})
	return a
}

// serve answers the file, or 304 to a client that has it.
func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", a.cache)
	content, tag := a.stored, a.tag
	if a.compressed {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Values("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			h.Set("Content-Length", strconv.Itoa(len(content)))
			// A range would be one of the compressed bytes, which no client means.
			r = withoutRange(r)
			tag += "-gzip"
		} else {
			var err error
			if content, err = a.plain(); err != nil {
				refuse(w, http.StatusInternalServerError, "An internal error occurred.")
				return
			}
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// withoutRange returns the request as one for all of the file.
func withoutRange(r *http.Request) *http.Request {
	if r.Header.Get("Range") == "" {
		return r
	}
	r = r.Clone(r.Context())
	r.Header.Del("Range")
	return r
}

// acceptsGzip reports whether Accept-Encoding names gzip with a weight over 0.
func acceptsGzip(header []string) bool {
	for _, line := range header {
		for part := range strings.SplitSeq(line, ",") {
			coding, weight, _ := strings.Cut(part, ";")
			if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
				continue
			}
			q, found := strings.CutPrefix(strings.TrimSpace(weight), "q=")
			if v, err := strconv.ParseFloat(q, 64); found && (err != nil || v <= 0) {
				return false
			}
			return true
		}
	}
	return false
}
