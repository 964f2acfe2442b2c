package caddymodule_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// filesOptions say where uploaded files are kept.
const filesOptions = "rate_limit off\n\t\tfiles {{dir}}/files"

// upload sends a file and returns its id and path. query begins with "?".
func (s *site) upload(name, query, content string) (id int64, path string) {
	s.t.Helper()
	a := s.do("POST", "/api/files/upload/"+name+query, nativeKey, content)
	if a.Status != 200 {
		s.t.Fatalf("upload %s%s: %d %s", name, query, a.Status, a.Body)
	}
	return a.get("id").Int(), strings.TrimPrefix(a.get("shorturl").String(), s.base)
}

// stored lists the files that are kept.
func (s *site) stored() (names []string) {
	s.t.Helper()
	err := filepath.WalkDir(filepath.Join(s.dir, "files"), func(path string, entry fs.DirEntry, err error) error {
		// The folder's own mark is no file of anybody's.
		if err == nil && entry.Type().IsRegular() && entry.Name() != ".owner" {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return names
}

func TestFile_Download(t *testing.T) {
	s := nativeSite(t, filesOptions)
	id, path := s.upload("r%C3%A9sum%C3%A9%20%22x%22.txt", "?name=Mine", "0123456789")
	whole := s.visit(path)
	if whole.Status != 200 || whole.Body != "0123456789" || whole.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Fatalf("%d %s %q", whole.Status, whole.Header.Get("Content-Type"), whole.Body)
	}
	if d := whole.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment;") || !strings.Contains(d, "filename*=UTF-8''r%C3%A9sum%C3%A9%20%22x%22.txt") {
		t.Errorf("Content-Disposition: %s", d)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Accept-Ranges": "bytes",
		"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
	} {
		if got := whole.Header.Get(name); got != want {
			t.Errorf("%s: %q; want %q", name, got, want)
		}
	}
	tag := whole.Header.Get("ETag")
	for name, c := range map[string]struct {
		header string
		status int
		body   string
	}{
		"Rest":       {"bytes=4-", 206, "456789"},
		"Middle":     {"bytes=2-4", 206, "234"},
		"Last":       {"bytes=-3", 206, "789"},
		"Beyond":     {"bytes=20-30", 416, ""},
		"OtherUnits": {"lines=1-2", 416, ""},
	} {
		a := s.visit(path, "Range", c.header)
		if a.Status != c.status || c.body != "" && a.Body != c.body {
			t.Errorf("%s: %d %q; want %d %q", name, a.Status, a.Body, c.status, c.body)
		}
	}
	if a := s.visit(path, "Range", "bytes=0-3", "If-Range", `"another"`); a.Status != 200 || a.Body != "0123456789" {
		t.Errorf("If-Range of another file: %d %q", a.Status, a.Body)
	}
	if a := s.visit(path, "If-None-Match", tag); a.Status != 304 {
		t.Errorf("If-None-Match: %d; want 304", a.Status)
	}
	if a := s.do("HEAD", path, "", ""); a.Status != 200 || a.Header.Get("Content-Length") != "10" || a.Body != "" {
		t.Errorf("HEAD: %d, %s bytes", a.Status, a.Header.Get("Content-Length"))
	}
	if len(s.stored()) != 1 {
		t.Errorf("%v is stored; want one file", s.stored())
	}
	if a := s.do("DELETE", fmt.Sprintf("/api/files/%d/delete", id), nativeKey, ""); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := s.visit(path); a.Status != 404 {
		t.Errorf("a deleted file: %d; want 404", a.Status)
	}
	if left := s.stored(); len(left) != 0 {
		t.Errorf("%v is left behind", left)
	}
}

// TestFile_ServedSafely: whatever is uploaded, under whatever name, stays in
// its folder and runs nowhere.
func TestFile_ServedSafely(t *testing.T) {
	s := nativeSite(t, filesOptions)
	for name, content := range map[string]string{
		"a.html": "<!doctype html><script>alert(1)</script>", "a.svg": `<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`,
		"a.png": "<html><body onload=alert(1)>", "a.js": "alert(1)", "a.xml": `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>`,
	} {
		_, path := s.upload(name, "", content)
		a := s.visit(path)
		if kind := a.Header.Get("Content-Type"); strings.Contains(kind, "html") || strings.Contains(kind, "xml") || strings.Contains(kind, "script") {
			t.Errorf("%s is served as %s", name, kind)
		}
		if !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") || a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Body != content {
			t.Errorf("%s: %v", name, a.Header)
		}
	}
	before := len(s.stored())
	for _, name := range []string{"..", "%2e%2e", "..%2f..%2fevil", "a%2fb", "..%5cevil", "%2fetc%2fpasswd", ".", strings.Repeat("x", 256), "a%00b", "a%0d%0aX-Evil:%201.txt"} {
		a := s.do("POST", "/api/files/upload/"+name, nativeKey, "x")
		if a.Status != 400 && a.Status != 404 && a.Status != 405 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	if after := len(s.stored()); after != before {
		t.Errorf("%d files; want %d: a refused upload has left one", after, before)
	}
	if outside, err := filepath.Glob(filepath.Join(s.dir, "*evil*")); err != nil || len(outside) > 0 {
		t.Errorf("%v %v", outside, err)
	}
}

func TestFile_PasswordAndExpiry(t *testing.T) {
	s := nativeSite(t, filesOptions)
	_, locked := s.upload("a.txt", "?password="+url.QueryEscape("se cret"), "content")
	shows(t, "the form", s.visit(locked), 200, `<form method="post"`)
	shows(t, "a wrong password", s.unlock(locked, "x"), 403)
	if a := s.unlock(locked, "se+cret"); a.Status != 200 || a.Body != "content" {
		t.Errorf("the right password: %d %q", a.Status, a.Body)
	}
	if a := s.visit(locked, "Range", "bytes=1-"); a.Status == 206 {
		t.Error("a range is handed out without the password")
	}
	_, ending := s.upload("a.txt", "?expiry="+url.QueryEscape(moment(2*time.Second)), "content")
	eventually(t, "the file has ended", func() bool { return s.visit(ending).Status == 410 })
	shows(t, "expired", s.visit(ending), 410)
}

// TestFile_MaxDownloads: exactly as many as are allowed among many at once, and
// one that was broken off can go on.
func TestFile_MaxDownloads(t *testing.T) {
	eachDatabase(t, siteConfig(filesOptions), func(t *testing.T, s *site) {
		content := strings.Repeat("0123456789", 2000)
		id, path := s.upload("a.txt", "?maxdownloads=7", content)
		s.do("HEAD", path, "", "")
		s.visit(path, "User-Agent", chat)
		var whole, gone atomic.Int64
		var tag atomic.Value
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				switch a := s.visit(path); {
				case a.Status == 200 && a.Body == content:
					whole.Add(1)
					tag.Store(a.Header.Get("ETag"))
				case a.Status == 410:
					gone.Add(1)
				default:
					t.Errorf("%d, %d bytes", a.Status, len(a.Body))
				}
			})
		}
		wg.Wait()
		if whole.Load() != 7 || gone.Load() != 43 {
			t.Errorf("%d downloads and %d refusals; want 7 and 43", whole.Load(), gone.Load())
		}
		if a := s.visit(path, "Range", "bytes=19990-", "If-Range", tag.Load().(string)); a.Status != 206 || a.Body != "0123456789" {
			t.Errorf("going on with a download: %d %q", a.Status, a.Body)
		}
		if a := s.visit(path, "Range", "bytes=19990-"); a.Status != 410 {
			t.Errorf("a part, without having begun: %d; want 410", a.Status)
		}
		eventually(t, "seven downloads counted", func() bool {
			a := s.do("GET", "/api/files", nativeKey, "")
			return a.get(fmt.Sprintf("list.#(id==%d).downloads", id)).Int() == 7
		})
	})
}

func TestFile_UploadLimit(t *testing.T) {
	s := nativeSite(t, filesOptions+"\n\t\tupload_limit 64KiB")
	big := strings.Repeat("x", 65<<10)
	if a := s.do("POST", "/api/files/upload/a.bin", nativeKey, big); a.Status != 413 {
		t.Errorf("with its size: %d %s; want 413", a.Status, a.Body)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.base+"/api/files/upload/a.bin", struct{ *strings.Reader }{strings.NewReader(big)})
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = -1
	r.Header.Set("Authorization", nativeKey)
	if a := s.send(r); a.Status != 413 {
		t.Errorf("without its size: %d %s; want 413", a.Status, a.Body)
	}
	if left := s.stored(); len(left) != 0 {
		t.Errorf("%v is left of refused uploads", left)
	}
	if _, path := s.upload("a.bin", "", big[:64<<10]); s.visit(path).Body != big[:64<<10] {
		t.Error("a file at the limit comes back different")
	}
	// A client that goes away in the middle leaves nothing behind.
	if status := s.stallAndLeave("POST /api/files/upload/b.bin HTTP/1.1", nativeKey, 5000); status != nil {
		t.Fatal(status)
	}
	eventually(t, "nothing is left of it", func() bool { return len(s.stored()) == 1 })
}

// stallAndLeave sends the head of a request and a few bytes, and hangs up.
func (s *site) stallAndLeave(line, key string, length int) error {
	conn, err := new(net.Dialer).DialContext(s.t.Context(), "tcp", "127.0.0.1:"+s.port)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(conn, "%s\r\nHost: 127.0.0.1:%s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\nhello", line, s.port, key, length)
	return errors.Join(err, conn.Close())
}
