package files_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/files"
)

func mustOpen(t *testing.T) (*files.Dir, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "deep", "files")
	d, err := files.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, dir
}

func mustPut(t *testing.T, d *files.Dir, content string) files.Stored {
	t.Helper()
	s, err := d.Put(t.Context(), strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// list returns the names of all regular files and links in the folder.
func list(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			name, _ := filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func code(err error) api.Code {
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e.Code
	}
	return ""
}

func TestDir_Put(t *testing.T) {
	d, dir := mustOpen(t)
	for _, tt := range []struct{ name, content, contentType string }{
		{"empty", "", "text/plain; charset=utf-8"},
		{"text", "hello", "text/plain; charset=utf-8"},
		{"page", "<html><script>alert(1)</script>", "text/html; charset=utf-8"},
		{"picture", "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 200<<10), "image/png"},
		{"archive", "PK\x03\x04" + strings.Repeat("\x00", 1000), "application/zip"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// One byte at a time: the type must not hang on the first read.
			body := io.Reader(strings.NewReader(tt.content))
			if len(tt.content) < 2000 {
				body = iotest.OneByteReader(body)
			}
			s, err := d.Put(t.Context(), body, int64(len(tt.content)))
			if err != nil {
				t.Fatal(err)
			}
			if s.Size != int64(len(tt.content)) || s.ContentType != tt.contentType || s.SHA256 != sha256.Sum256([]byte(tt.content)) {
				t.Errorf("Put = %+v", s)
			}
			if !regexp.MustCompile(`^[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{28}$`).MatchString(s.Name) {
				t.Errorf("name is %q", s.Name)
			}
			f, size, err := d.OpenFile(s.Name)
			if err != nil || size != s.Size {
				t.Fatalf("OpenFile = %d, %v; want %d", size, err, s.Size)
			}
			defer f.Close()
			if got, err := io.ReadAll(f); err != nil || string(got) != tt.content {
				t.Errorf("%d bytes were read, %v; want those that were put", len(got), err)
			}
			if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(s.Name))); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode is %v, %v; want 0600", info.Mode(), err)
			}
		})
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode of the folder is %v, %v; want 0700", info.Mode(), err)
	}
}

func TestDir_Put_fails(t *testing.T) {
	d, dir := mustOpen(t)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	big := strings.Repeat("x", 300<<10)
	refused := api.Errorf(api.TooLarge, "The body is too large.")
	for _, tt := range []struct {
		name  string
		ctx   context.Context
		body  io.Reader
		limit int64
		code  api.Code
		is    error
	}{
		{"one byte over", t.Context(), strings.NewReader(big), int64(len(big)) - 1, api.TooLarge, nil},
		{"no limit", t.Context(), strings.NewReader("x"), 0, api.TooLarge, nil},
		{"aborted", t.Context(), io.MultiReader(strings.NewReader(big), iotest.ErrReader(io.ErrUnexpectedEOF)), 1 << 20, api.Invalid, io.ErrUnexpectedEOF},
		{"error beside bytes", t.Context(), iotest.DataErrReader(io.MultiReader(strings.NewReader("x"), iotest.ErrReader(io.ErrClosedPipe))), 1 << 20, api.Invalid, io.ErrClosedPipe},
		{"refused by the gateway", t.Context(), iotest.ErrReader(refused), 1 << 20, api.TooLarge, refused},
		{"over the server's limit", t.Context(), http.MaxBytesReader(nil, io.NopCloser(strings.NewReader(big)), 10), 1 << 20, api.TooLarge, nil},
		{"canceled", canceled, strings.NewReader(big), 1 << 20, "", context.Canceled},
		{"canceled in the body", t.Context(), iotest.ErrReader(context.DeadlineExceeded), 1 << 20, "", context.DeadlineExceeded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := d.Put(tt.ctx, tt.body, tt.limit)
			if err == nil || code(err) != tt.code || tt.is != nil && !errors.Is(err, tt.is) || s != (files.Stored{}) {
				t.Errorf("Put = %+v, %v; want code %q, %v", s, err, tt.code, tt.is)
			}
			if left := list(t, dir); len(left) != 0 {
				t.Errorf("left are %v", left)
			}
		})
	}
	t.Run("folder gone", func(t *testing.T) {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Put(t.Context(), strings.NewReader("x"), 1); code(err) != api.Unavailable {
			t.Errorf("Put: %v; want Unavailable", err)
		}
		_ = d.Close()
		if _, err := d.Put(t.Context(), strings.NewReader("x"), 1); code(err) != api.Unavailable {
			t.Errorf("Put after Close: %v; want Unavailable", err)
		}
	})
}

// While a body comes, and after a crash in the middle of it, no file is there.
func TestDir_Put_half(t *testing.T) {
	d, dir := mustOpen(t)
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := d.Put(t.Context(), r, 1<<20)
		done <- err
	}()
	for range 2 {
		if _, err := w.Write(bytes.Repeat([]byte("x"), 1000)); err != nil {
			t.Fatal(err)
		}
	}
	names := list(t, dir)
	if len(names) != 1 || !strings.HasPrefix(names[0], ".upload-") {
		t.Errorf("there are %v; want one upload", names)
	}
	for _, name := range names {
		if _, _, err := d.OpenFile(name); code(err) != api.NotFound {
			t.Errorf("OpenFile(%q): %v; want NotFound", name, err)
		}
	}
	_ = w.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if names := list(t, dir); len(names) != 1 || strings.HasPrefix(names[0], ".") {
		t.Errorf("there are %v; want one file", names)
	}
}

func TestDir_concurrent(t *testing.T) {
	d, dir := mustOpen(t)
	var wg sync.WaitGroup
	var names sync.Map
	for i := range 32 {
		wg.Go(func() {
			content := strings.Repeat(string(rune('a'+i%26)), 1000+i)
			s, err := d.Put(t.Context(), strings.NewReader(content), 1<<20)
			if err != nil {
				t.Error(err)
				return
			}
			if _, twice := names.LoadOrStore(s.Name, true); twice {
				t.Errorf("%s was given twice", s.Name)
			}
			f, _, err := d.OpenFile(s.Name)
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			if i%2 == 0 {
				if err := d.Remove(s.Name); err != nil {
					t.Error(err)
				}
			}
			// A file that was removed stays readable for who has it open.
			if got, err := io.ReadAll(f); err != nil || string(got) != content {
				t.Errorf("%d bytes were read, %v", len(got), err)
			}
		})
	}
	wg.Wait()
	if n := len(list(t, dir)); n != 16 {
		t.Errorf("%d files are left; want 16", n)
	}
}

func TestDir_names(t *testing.T) {
	d, dir := mustOpen(t)
	secret := filepath.Join(filepath.Dir(dir), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	stored := mustPut(t, d, "x").Name
	digits := strings.Repeat("0", 28)
	for _, name := range []string{
		"", ".", "..", "/", "../secret", secret, "ab", "ab/cd", "ab/cd/", "../../secret",
		"../cd/" + digits, "ab/../" + digits, "ab/cd/" + digits[1:], "ab/cd/" + digits + "0", "AB/CD/" + digits,
		`ab\cd\` + digits, "ab/cd/../../../secret/000000000000", stored + "\x00", stored[:len(stored)-1] + "/", "ab/cd/" + digits,
	} {
		if f, _, err := d.OpenFile(name); code(err) != api.NotFound {
			t.Errorf("OpenFile(%q) = %v, %v; want NotFound", name, f, err)
		}
		if err := d.Remove(name); err != nil {
			t.Errorf("Remove(%q): %v", name, err)
		}
	}
	if _, err := os.Stat(secret); err != nil {
		t.Errorf("a file outside was touched: %v", err)
	}
	for range 2 {
		if err := d.Remove(stored); err != nil {
			t.Errorf("Remove: %v", err)
		}
	}
	if left := list(t, dir); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

func TestDir_links(t *testing.T) {
	d, dir := mustOpen(t)
	outside := t.TempDir()
	digits := strings.Repeat("0", 28)
	for _, folder := range []string{filepath.Join(outside, "cd"), filepath.Join(dir, "12", "34")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	secret := filepath.Join(outside, "cd", digits)
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	stored := mustPut(t, d, "x").Name
	links := map[string]string{
		"ab":                               outside,
		"12/34/" + digits:                  secret,
		"12/34/" + strings.Repeat("1", 28): filepath.Join("..", "..", filepath.FromSlash(stored)),
		"12/35":                            "34",
	}
	for name, to := range links {
		if err := os.Symlink(to, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"ab/cd/" + digits, "12/34/" + digits, "12/34/" + strings.Repeat("1", 28)} {
		if f, _, err := d.OpenFile(name); err == nil {
			t.Errorf("OpenFile(%q) = %v; want an error", name, f.Name())
		}
	}
	if n, err := d.Sweep(t.Context(), func(string) (bool, error) { return false, nil }, -1); err != nil || n != 1 {
		t.Errorf("Sweep = %d, %v; want the one file", n, err)
	}
	if _, err := os.Stat(secret); err != nil {
		t.Errorf("a file outside was touched: %v", err)
	}
}

func TestOpen_fails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", file, filepath.Join(file, "below")} {
		if d, err := files.Open(dir); err == nil {
			_ = d.Close()
			t.Errorf("Open(%q) has no error", dir)
		}
	}
}
