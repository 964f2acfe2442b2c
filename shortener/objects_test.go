package shortener

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
)

func fieldOf(err error) string {
	if e := api.AsError(err); err != nil && len(e.Fields) > 0 {
		return e.Fields[0].Field
	}
	return ""
}

func TestShortener_QRCode(t *testing.T) {
	s, _ := newShortener(t, Config{})
	code := func(kind, data string) *QRCode {
		return &QRCode{Link: Link{Account: "main", Options: Options{QR: &QR{Type: kind, Data: json.RawMessage(data)}}}}
	}
	q := code("link", `"https://example.com"`)
	if _, err := s.CreateQRCode(t.Context(), q, "", nil); err != nil || q.ID == 0 || q.Link.URL != "https://example.com" || q.Link.Kind != KindQR || len(q.Link.Alias) != randomLength {
		t.Errorf("CreateQRCode = %v and made %+v", err, q)
	}
	for _, data := range []string{`{"link":"https://example.com"}`, `null`, `"javascript:x"`, `"example"`, `""`, `{}`, `["https://example.com"]`, `3`, ``, `"https://brand.example"`} {
		if _, err := s.CreateQRCode(t.Context(), code("link", data), "", nil); fieldOf(err) != "data" {
			t.Errorf("CreateQRCode(%s) = %v", data, err)
		}
	}
	if _, err := s.CreateQRCode(t.Context(), &QRCode{}, "", nil); fieldOf(err) != "data" {
		t.Errorf("CreateQRCode without data = %v", err)
	}

	static := code("text", `"javascript:x is only a text"`)
	if _, err := s.CreateQRCode(t.Context(), static, "", nil); err != nil || static.Link.URL != "" || static.Link.Alias == "" {
		t.Fatalf("CreateQRCode = %v and made %+v", err, static)
	}
	visit := func() Decision {
		target, err := s.Resolve(t.Context(), "", static.Link.Alias)
		if err != nil {
			t.Fatal(err)
		}
		return Decide(&target, &Visitor{Now: now})
	}
	if d := visit(); d.Outcome != Nowhere {
		t.Errorf("a static code leads to %+v", d)
	}
	set := func(kind, data string) error {
		_, err := s.UpdateQRCode(t.Context(), "main", static.ID, "", func(q *QRCode) error {
			q.Link.Options.QR = &QR{Type: kind, Data: json.RawMessage(data)}
			return nil
		})
		return err
	}
	if err := set("link", `"https://example.org"`); err != nil {
		t.Fatal(err)
	}
	if d := visit(); d.Outcome != Redirect || d.URL != "https://example.org" {
		t.Errorf("after the update the code leads to %+v", d)
	}
	if err := set("link", `"data:x"`); fieldOf(err) != "data" {
		t.Errorf("UpdateQRCode = %v", err)
	}
	if q, err := s.DeleteQRCode(t.Context(), "main", static.ID); err != nil || q.Link.Alias != static.Link.Alias {
		t.Errorf("DeleteQRCode = %+v, %v", q, err)
	}
	if _, err := s.Resolve(t.Context(), "", static.Link.Alias); api.AsError(err).Code != api.NotFound {
		t.Errorf("a deleted code still leads somewhere: %v", err)
	}
	if _, err := s.DeleteQRCode(t.Context(), "main", static.ID); api.AsError(err).Code != api.NotFound {
		t.Errorf("DeleteQRCode of what is gone = %v", err)
	}
}

func TestShortener_Upload(t *testing.T) {
	s, _ := newShortener(t, Config{})
	u := &Upload{Link: Link{Account: "main", Alias: "report", Options: Options{ClickLimit: 1, File: &File{Name: "x"}}}}
	if _, err := s.CreateUpload(t.Context(), u, "secret", "", nil); err != nil || u.ID == 0 {
		t.Fatalf("CreateUpload = %v", err)
	}
	target, err := s.Resolve(t.Context(), "", "report")
	if err != nil {
		t.Fatal(err)
	}
	if d := Decide(&target, &Visitor{Now: now}); d.Outcome != AskPassword {
		t.Errorf("a locked file is %+v", d)
	}
	if d := Decide(&target, &Visitor{Now: now, Unlocked: true}); d.Outcome != Download || !d.Take {
		t.Errorf("an unlocked file is %+v", d)
	}
	for name, c := range map[string]struct {
		link  Link
		field string
	}{
		"Alias":  {Link{Alias: "a"}, "custom"},
		"Taken":  {Link{Alias: "report"}, "custom"},
		"Expiry": {Link{Expires: now.Add(-time.Hour)}, "expiry"},
		"Domain": {Link{Domain: "other.example"}, "domain"},
	} {
		c.link.Account = "main"
		if _, err := s.CreateUpload(t.Context(), &Upload{Link: c.link}, "", "", nil); fieldOf(err) != c.field {
			t.Errorf("%s: CreateUpload = %v", name, err)
		}
	}
	if gone, err := s.DeleteUpload(t.Context(), "main", u.ID); err != nil || gone.Link.Options.File.Name != "x" {
		t.Errorf("DeleteUpload = %+v, %v", gone, err)
	}
	if _, err := s.Resolve(t.Context(), "", "report"); api.AsError(err).Code != api.NotFound {
		t.Errorf("a deleted file can still be had: %v", err)
	}
	if _, err := s.DeleteUpload(t.Context(), "main", u.ID); api.AsError(err).Code != api.NotFound {
		t.Errorf("DeleteUpload of what is gone = %v", err)
	}
}

func TestShortener_Domain(t *testing.T) {
	s, store := newShortener(t, Config{OwnHosts: []string{"go.example.com", "localhost:8080"}})
	d := &Domain{Account: "main", Host: "HTTP://Links.예시.KR./", RedirectRoot: "https://example.com"}
	if _, err := s.CreateDomain(t.Context(), d, nil); err != nil || d.Host != "links.xn--vv4b11d.kr" || d.Scheme != "http" {
		t.Fatalf("CreateDomain = %v and made %+v", err, d)
	}
	if !s.Domains().Has("links.xn--vv4b11d.kr") {
		t.Error("a registered domain is not known at once")
	}
	for _, host := range []string{
		"", ".", "a..b", "-a.example", "a-.example", "a b.example", "a_b.example", "a.example:8080", "a.example/x", "user@a.example", "192.0.2.1", "1.2.3", "999.1.1.1", "1.2.3.4.5",
		"0x7f.1", "[::1]", "::1", "ftp://a.example", "*.example.com", "a.example?", "a.example#", "\x00.example", strings.Repeat("길", 400) + ".example",
	} {
		err := error(nil)
		if _, err = s.CreateDomain(t.Context(), &Domain{Account: "main", Host: host}, nil); messageOf(err) != "A valid domain name is required." || fieldOf(err) != "domain" {
			t.Errorf("CreateDomain(%q) = %v", host, err)
		}
	}
	for _, host := range []string{"go.example.com", "GO.EXAMPLE.COM.", "https://go.example.com", "localhost"} {
		if _, err := s.CreateDomain(t.Context(), &Domain{Account: "main", Host: host}, nil); fieldOf(err) != "domain" {
			t.Errorf("CreateDomain(%q) = %v", host, err)
		}
	}
	for host, apart := range map[string]bool{
		"main.example": false, "https://MAIN.example.": false, "main.example:8443": false, "sub.main.example": true, "": true, "a b": true,
	} {
		if err := s.CheckApart(host, "main.example:9000"); (err == nil) != apart || err != nil && fieldOf(err) != "domain" {
			t.Errorf("CheckApart(%q) = %v", host, err)
		}
	}
	for field, d := range map[string]*Domain{
		"redirectroot": {Host: "new.example", RedirectRoot: "https://new.example/"},
		"redirect404":  {Host: "new.example", Redirect404: "javascript:x"},
	} {
		if _, err := s.CreateDomain(t.Context(), d, nil); fieldOf(err) != field {
			t.Errorf("CreateDomain(%+v) = %v", d, err)
		}
	}

	got, err := s.UpdateDomain(t.Context(), "main", d.ID, func(d *Domain) error {
		d.Host, d.Redirect404 = "other.example", "https://example.org"
		return nil
	})
	if err != nil || got.Host != d.Host || got.Redirect404 != "https://example.org" {
		t.Errorf("UpdateDomain = %+v, %v", got, err)
	}
	if known, ok := s.Domains().Lookup(d.Host); !ok || known.Redirect404 != "https://example.org" {
		t.Errorf("Lookup = %+v, %v", known, ok)
	}
	_, err = s.UpdateDomain(t.Context(), "main", d.ID, func(d *Domain) error { d.RedirectRoot = "https://go.example.com"; return nil })
	if fieldOf(err) != "redirectroot" {
		t.Errorf("UpdateDomain = %v", err)
	}
	if err := s.DeleteDomain(t.Context(), "main", d.ID); err != nil || s.Domains().Has(d.Host) {
		t.Errorf("DeleteDomain = %v", err)
	}
	if err := s.DeleteDomain(t.Context(), "main", d.ID); api.AsError(err).Code != api.NotFound {
		t.Errorf("DeleteDomain of what is gone = %v", err)
	}
	store.err = taken()
	if _, err := s.CreateDomain(t.Context(), &Domain{Host: "new.example"}, nil); api.AsError(err).Code != api.Conflict {
		t.Errorf("CreateDomain = %v", err)
	}
}
