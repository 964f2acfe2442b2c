package native_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/linkquay/linkquay/api"
)

// unread fails the test where an upload is read that is refused by its query.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func TestUploads(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateDomain, in{body: `{"domain":"brand.example"}`})
	s.expect(s.do(api.UploadFile, in{filename: "a b.html", file: strings.NewReader("<html><script>"), query: "name=My+File&custom=mine&domain=brand.example" +
		"&password=secret&expiry=2030-01-01&maxdownloads=3"}), map[string]string{"error": "0", "id": "1", "shorturl": `"https://brand.example/mine"`})
	s.do(api.UploadFile, in{filename: "photo.png", file: strings.NewReader("\x89PNG\r\n\x1a\n")})
	s.do(api.UploadFile, in{filename: "empty", file: strings.NewReader("")})

	list := s.do(api.ListFiles, in{query: "limit=2"})
	s.expect(list, map[string]string{
		"error": "0", "result": "3", "perpage": "2", "currentpage": "1", "nextpage": "2", "maxpage": "2", "data": "",
		"list.#": "2", "list.1.id": "2", "list.1.name": `"photo.png"`, "list.1.downloads": "0", "list.1.size": "8",
	})
	s.expect(s.do(api.ListFiles, in{query: "name=my+f"}), map[string]string{
		"result": "1", "list.0.name": `"My File"`, "list.0.shorturl": `"https://brand.example/mine"`, "list.0.filename": `"a b.html"`,
	})
	s.expect(s.do(api.ListFiles, in{account: "other"}), map[string]string{"result": "0", "list": "[]"})

	u, err := s.store.Uploads().Get(t.Context(), "main", 1)
	if err != nil {
		t.Fatal(err)
	}
	file := u.Link.Options.File
	if file.ContentType != "text/html; charset=utf-8" || file.Size != 14 || file.Filename != "a b.html" || u.Link.Options.ClickLimit != 3 ||
		u.Link.PasswordHash == "" || !u.Link.Expires.Equal(time.Date(2030, 1, 1, 23, 59, 59, 0, seoul)) {
		t.Errorf("the upload is %+v with %+v", u.Link, file)
	}
	f, _, err := s.files.OpenFile(file.Stored)
	if err != nil {
		t.Fatal(err)
	}
	content, _ := io.ReadAll(f)
	_ = f.Close()
	if string(content) != "<html><script>" {
		t.Errorf("the file holds %q", content)
	}

	for _, at := range []in{{id: 1, account: "other"}, {id: 99}} {
		s.refused(api.DeleteFile, at, api.NotFound, "")
	}
	s.expect(s.do(api.DeleteFile, in{id: 1}), map[string]string{"message": `"File has been deleted successfully."`})
	if s.files.kept[file.Stored] || len(s.files.kept) != 2 {
		t.Errorf("%d files are kept; want 2 others", len(s.files.kept))
	}
	s.refused(api.DeleteFile, in{id: 1}, api.NotFound, "")
}

func TestUploads_RefusedBeforeTheBody(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/","custom":"taken"}`})
	s.do(api.CreateDomain, in{account: "other", body: `{"domain":"theirs.example"}`})
	for _, c := range []struct {
		query       string
		code        api.Code
		field, text string
	}{
		{"custom=taken", api.Conflict, "custom", "That alias is taken. Please choose another one."},
		{"custom=api", api.Conflict, "custom", "That alias is reserved. Please choose another one."},
		{"domain=nowhere.example", api.Invalid, "domain", "Domain not found. Please try again."},
		{"domain=theirs.example", api.Invalid, "domain", "Domain not found. Please try again."},
		{"expiry=2026-06-14", api.Invalid, "expiry", "The expiry date must be later than today."},
		{"expiry=2030-02-30", api.Invalid, "expiry", ""},
	} {
		text := s.refused(api.UploadFile, in{filename: "a", file: unread{t}, query: c.query}, c.code, c.field)
		if c.text != "" && text != c.text {
			t.Errorf("%s says %q; want %q", c.query, text, c.text)
		}
	}
	if len(s.files.kept) != 0 {
		t.Errorf("files stay behind: %v", s.files.kept)
	}
}

func TestUploads_NothingStaysOfWhatFails(t *testing.T) {
	s := newSite(t)
	s.refused(api.UploadFile, in{filename: "a", file: strings.NewReader("x"), query: "custom=api"}, api.Conflict, "custom")
	broken := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(&api.Error{Code: api.TooLarge, Message: "too large"}))
	s.refused(api.UploadFile, in{filename: "a", file: broken}, api.TooLarge, "")
	broken = io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("gone")))
	s.refused(api.UploadFile, in{filename: "a", file: broken}, api.Invalid, "")
	s.files.putErr = &api.Error{Code: api.Unavailable, Message: "disk full"}
	s.refused(api.UploadFile, in{filename: "a", file: strings.NewReader("x")}, api.Unavailable, "")
	s.expect(s.do(api.ListFiles, in{}), map[string]string{"result": "0"})
	if len(s.files.kept) != 0 {
		t.Errorf("files stay behind: %v", s.files.kept)
	}
}

func TestUploads_SilentClientIsGivenUp(t *testing.T) {
	s := newSite(t)
	r, w := io.Pipe()
	defer w.Close()
	go func() { _, _ = w.Write([]byte("half")) }()
	aborted := func() { _ = w.CloseWithError(&api.Error{Code: api.Invalid, Message: "The body did not come in time."}) }
	call := &api.Call{
		Operation: api.UploadFile, Path: api.Path{Filename: "a"}, Key: &api.Key{Account: "main"}, Origin: origin,
		File: &api.File{Body: r, Size: 100, Abort: aborted},
	}
	if _, err := s.adapter.Do(t.Context(), call); api.AsError(err).Code != api.Invalid {
		t.Errorf("a silent upload: %v", err)
	}
	if len(s.files.kept) != 0 {
		t.Errorf("files stay behind: %v", s.files.kept)
	}
}
