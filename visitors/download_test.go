package visitors_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors"
)

func fileLink(alias string, limit int64) shortener.Link {
	return shortener.Link{Alias: alias, Kind: shortener.KindFile, Options: shortener.Options{
		ClickLimit: limit,
		File:       &shortener.File{Name: "Report", Filename: "report é.txt", Stored: "stored", Size: 10, ContentType: "text/plain; charset=utf-8"},
	}}
}

var ten = map[string][]byte{"stored": []byte("0123456789")}

func TestHandler_Download(t *testing.T) {
	s := newSite(t, []shortener.Link{fileLink("abc", 0)}, withFiles(t, ten))
	resp := s.get("/abc")
	wantStatus(t, resp, 200)
	for name, want := range map[string]string{
		"Content-Type":                 "text/plain; charset=utf-8",
		"Content-Disposition":          `attachment; filename="report _.txt"; filename*=UTF-8''report%20%C3%A9.txt`,
		"X-Content-Type-Options":       "nosniff",
		"Content-Security-Policy":      "default-src 'none'; sandbox; frame-ancestors 'none'",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control":                "private, no-cache",
		"Accept-Ranges":                "bytes",
		"Content-Length":               "10",
		"ETag":                         `"stored"`,
		"Last-Modified":                now.AddDate(0, -2, 0).Format(http.TimeFormat),
	} {
		wantHeader(t, resp, name, want)
	}
	if got := body(t, resp); got != "0123456789" {
		t.Errorf("body = %q", got)
	}
	s.wantVisits(1)
	if s.outcomes[0] != visitors.Downloaded {
		t.Errorf("outcomes = %v", s.outcomes)
	}
	resp = s.get("/abc", "Range", "bytes=4-", "If-Range", `"stored"`)
	wantStatus(t, resp, http.StatusPartialContent)
	if got := body(t, resp); got != "456789" {
		t.Errorf("body = %q", got)
	}
	// Reading on is no further visit, and HEAD is none at all.
	wantStatus(t, s.send(s.request(http.MethodHead, "/abc")), 200)
	s.wantVisits(1)
	wantStatus(t, s.get("/abc", "If-None-Match", `"stored"`), http.StatusNotModified)
	wantStatus(t, s.get("/abc", "Range", "bytes=99-"), http.StatusRequestedRangeNotSatisfiable)
}

func TestHandler_DownloadTypes(t *testing.T) {
	for found, want := range map[string]string{
		"image/png":                "image/png",
		"application/pdf":          "application/pdf",
		"text/html; charset=utf-8": "application/octet-stream",
		"application/xhtml+xml":    "application/octet-stream",
		"image/svg+xml":            "application/octet-stream",
		"text/xml":                 "application/octet-stream",
		"TEXT/HTML":                "application/octet-stream",
		"text/javascript":          "application/octet-stream",
		"application/ecmascript":   "application/octet-stream",
		"":                         "application/octet-stream",
		"nonsense\r\nX-Evil: 1":    "application/octet-stream",
	} {
		l := fileLink("abc", 0)
		l.Options.File.ContentType = found
		s := newSite(t, []shortener.Link{l}, withFiles(t, ten))
		wantHeader(t, s.get("/abc"), "Content-Type", want)
	}
}

func TestHandler_DownloadLimit(t *testing.T) {
	s := newSite(t, []shortener.Link{fileLink("abc", 2)}, withFiles(t, ten))
	wantStatus(t, s.send(s.request(http.MethodHead, "/abc")), 200)
	first := s.get("/abc")
	wantStatus(t, first, 200)
	tag := first.Header.Get("ETag")
	// A range without the tag of a download is a download, and gets all of it.
	second := s.get("/abc", "Range", "bytes=4-")
	wantStatus(t, second, 200)
	if got := body(t, second); got != "0123456789" {
		t.Errorf("body = %q", got)
	}
	wantStatus(t, s.get("/abc"), 410)
	wantStatus(t, s.send(s.request(http.MethodHead, "/abc")), 410)
	// What has begun can be finished.
	resp := s.get("/abc", "Range", "bytes=4-", "If-Range", tag)
	wantStatus(t, resp, http.StatusPartialContent)
	wantHeader(t, resp, "ETag", tag)
	if got := body(t, resp); got != "456789" {
		t.Errorf("body = %q", got)
	}
	for name, r := range map[string]*http.Request{
		"WithoutRange": s.request(http.MethodGet, "/abc", "If-Range", tag),
		"Forged":       s.request(http.MethodGet, "/abc", "Range", "bytes=4-", "If-Range", tag[:5]+"x"+tag[6:]),
		"Unquoted":     s.request(http.MethodGet, "/abc", "Range", "bytes=4-", "If-Range", strings.Trim(tag, `"`)),
		"NotATag":      s.request(http.MethodGet, "/abc", "Range", "bytes=4-", "If-Range", `"stored"`),
		"Date":         s.request(http.MethodGet, "/abc", "Range", "bytes=4-", "If-Range", now.Format(http.TimeFormat)),
	} {
		if resp := s.send(r); resp.StatusCode != 410 {
			t.Errorf("%s: %d; want 410", name, resp.StatusCode)
		}
	}
	s.wantVisits(2)
	s.clock = now.Add(24 * time.Hour)
	wantStatus(t, s.get("/abc", "Range", "bytes=4-", "If-Range", tag), 410)
}

func TestHandler_DownloadTagIsOfItsFile(t *testing.T) {
	other := fileLink("other", 1)
	other.Options.File.Stored = "second"
	s := newSite(t, []shortener.Link{fileLink("abc", 1), other}, withFiles(t, map[string][]byte{"stored": []byte("0123456789"), "second": []byte("abcdefghij")}))
	tag := s.get("/abc").Header.Get("ETag")
	wantStatus(t, s.get("/other"), 200)
	wantStatus(t, s.get("/other", "Range", "bytes=4-", "If-Range", tag), 410)
}

func TestHandler_DownloadsAtOnce(t *testing.T) {
	s := newSite(t, []shortener.Link{fileLink("abc", 10)}, withFiles(t, ten))
	var mu sync.Mutex
	got := map[int]int{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			status := s.get("/abc").StatusCode
			mu.Lock()
			got[status]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if got[200] != 10 || got[410] != 40 {
		t.Errorf("statuses = %v", got)
	}
}

// A program that shows the link in a chat must not use a download up; one that
// says to be a crawler gets nothing for nothing.
func TestHandler_DownloadLimitAndPrograms(t *testing.T) {
	s := newSite(t, []shortener.Link{fileLink("abc", 1)}, withFiles(t, ten))
	resp := s.get("/abc", "User-Agent", slack)
	text := wantPage(t, resp)
	wantContains(t, text, `og:title" content="report é.txt"`, origin+"/abc")
	wantWithout(t, text, "http-equiv", "0123456789")
	wantStatus(t, s.get("/abc", "User-Agent", crawler), 200)
	wantStatus(t, s.get("/abc", "User-Agent", crawler), 410)
	wantStatus(t, s.get("/abc"), 410)
}

func TestHandler_DownloadLocked(t *testing.T) {
	l := fileLink("abc", 1)
	l.PasswordHash = hash(t, secret)
	s := newSite(t, []shortener.Link{l}, withFiles(t, ten))
	text := wantPage(t, get200(t, s))
	wantWithout(t, text, "0123456789", "report")
	wantStatus(t, s.unlock("/abc", "password=wrong"), 403)
	resp := s.unlock("/abc", secretForm, "Range", "bytes=4-", "If-Match", `"x"`)
	wantStatus(t, resp, 200)
	if got := body(t, resp); got != "0123456789" {
		t.Errorf("body = %q", got)
	}
	wantStatus(t, s.unlock("/abc", secretForm), 410)
}

func get200(t *testing.T, s *site) *http.Response {
	t.Helper()
	resp := s.get("/abc")
	// The form is a page like others, save for form-action.
	resp.Header.Set("Content-Security-Policy", resp.Header.Get("Content-Security-Policy")+"; form-action 'none'")
	return resp
}

func TestHandler_DownloadMissing(t *testing.T) {
	for name, change := range map[string]func(*site){
		"Gone":      withFiles(t, nil),
		"NoFolder":  func(*site) {},
		"NoDetails": func(s *site) { withFiles(t, ten)(s); s.store.links["/abc"].Options.File = nil },
	} {
		s := newSite(t, []shortener.Link{fileLink("abc", 1)}, change)
		if resp := s.get("/abc"); resp.StatusCode != 404 {
			t.Errorf("%s: %d; want 404", name, resp.StatusCode)
		}
		s.wantVisits(0)
		if s.store.taken[1] != 0 {
			t.Errorf("%s: a download was used up", name)
		}
	}
}

// Over a real connection, a file behind a password comes whole.
func TestHandler_DownloadLockedOverHTTP(t *testing.T) {
	l := fileLink("abc", 1)
	l.PasswordHash = hash(t, secret)
	large := bytes.Repeat([]byte("0123456789"), 1<<17)
	s := newSite(t, []shortener.Link{l}, withFiles(t, map[string][]byte{"stored": large}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.handler.ServeHTTP(w, r, client); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	resp, err := http.Post(server.URL+"/abc", "application/x-www-form-urlencoded", strings.NewReader(secretForm))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := body(t, resp); resp.StatusCode != 200 || got != string(large) {
		t.Errorf("status %d, %d bytes", resp.StatusCode, len(got))
	}
}
