package yourls

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/translate"
)

func post(query, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, Path+query, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// multi is a multipart form of names and values in turn, with a file.
func multi(t testing.TB, fields ...string) *http.Request {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.CreateFormFile("url", "a.txt"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	r := httptest.NewRequest(http.MethodPost, Path, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func get(query string) *http.Request { return httptest.NewRequest(http.MethodGet, Path+query, nil) }

func TestDialect_Owns(t *testing.T) {
	d := New(nil)
	for path, want := range map[string]bool{"/yourls-api.php": true, "/yourls-api.php/": false, "/yourls-api": false, "/x/yourls-api.php": false, "": false} {
		if d.Owns(path) != want {
			t.Errorf("Owns(%q) = %v", path, !want)
		}
	}
}

func TestDialect_HeadCredentials(t *testing.T) {
	bearerOnly := get("?action=version")
	bearerOnly.Header.Set("Authorization", "Bearer k")
	both := get("?action=version&signature=s")
	both.Header.Set("Authorization", "Basic x")
	for name, c := range map[string]struct {
		r          *http.Request
		signature  *api.Signature
		name       string
		credential api.Secret
	}{
		"None":           {r: get("?action=version")},
		"Signature":      {r: get("?action=version&signature=s"), signature: &api.Signature{Value: "s", Hash: "md5"}},
		"Timed":          {r: get("?action=version&signature=s&timestamp=12"), signature: &api.Signature{Value: "s", Signed: "12", Hash: "md5"}},
		"TimedSHA":       {r: post("", "action=version&signature=s&timestamp=12&hash=sha256"), signature: &api.Signature{Value: "s", Signed: "12", Hash: "sha256"}},
		"Password":       {r: post("", "action=version&username=n&password=p"), name: "n", credential: "p"},
		"NameAlone":      {r: get("?action=version&username=n"), name: "n"},
		"PasswordAlone":  {r: get("?action=version&password=p"), credential: "p"},
		"SignatureFirst": {r: get("?action=version&username=n&password=p&signature=s"), signature: &api.Signature{Value: "s", Hash: "md5"}},
		"FormFirst":      {r: post("?signature=q", "action=version&signature=f"), signature: &api.Signature{Value: "f", Hash: "md5"}},
		"QueryAndForm":   {r: post("?signature=q", "action=version"), signature: &api.Signature{Value: "q", Hash: "md5"}},
		"Multipart":      {r: multi(t, "action", "version", "signature", "s"), signature: &api.Signature{Value: "s", Hash: "md5"}},
		"Header":         {r: bearerOnly, credential: "k"},
		"OtherHeader":    {r: both, signature: &api.Signature{Value: "s", Hash: "md5"}},
		"Array":          {r: get("?action=version&signature[]=s")},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := New(nil).Head(c.r)
			if err != nil {
				t.Fatal(err)
			}
			if (h.Signature == nil) != (c.signature == nil) || h.Signature != nil && *h.Signature != *c.signature {
				t.Errorf("signature %+v; want %+v", h.Signature, c.signature)
			}
			if h.KeyName != c.name || h.Credential != c.credential {
				t.Errorf("name %q, credential %q", h.KeyName, h.Credential.Reveal())
			}
			for _, name := range []string{"signature", "timestamp", "hash", "username", "password"} {
				if h.Call.Query.Has(name) {
					t.Errorf("%s is left in the query", name)
				}
			}
		})
	}
}

func TestDialect_HeadParameters(t *testing.T) {
	for name, c := range map[string]struct {
		r     *http.Request
		want  map[string]string
		kinds []translate.Kind
	}{
		"Query":       {get("?action=version&url=a%20b+c"), map[string]string{"url": "a b c"}, nil},
		"LastCounts":  {get("?action=version&url=a&url=b"), map[string]string{"url": "b"}, []translate.Kind{translate.DuplicateField}},
		"FormCounts":  {post("?url=a&title=t", "action=version&url=b"), map[string]string{"url": "b", "title": "t"}, nil},
		"EmptyForm":   {post("?url=a", "action=version&url="), map[string]string{"url": ""}, nil},
		"Unknown":     {get("?action=version&_=1&_=2&x=3"), nil, []translate.Kind{translate.UnknownField, translate.UnknownField}},
		"Array":       {get("?action=version&url[]=a"), nil, []translate.Kind{translate.UnknownField}},
		"Unescaped":   {get("?action=version&url=https://a.example/?q=100%;x&title=%zz%41+"), map[string]string{"url": "https://a.example/?q=100%;x", "title": "%zzA "}, nil},
		"Separators":  {get("?&&action=version&=x&url"), map[string]string{"url": ""}, nil},
		"Multipart":   {multi(t, "action", "version", "url", "a&b=c%41"), map[string]string{"url": "a&b=c%41"}, nil},
		"NoForm":      {httptest.NewRequest(http.MethodPost, Path+"?action=version", strings.NewReader("url=a")), map[string]string{}, nil},
		"BodyOnGet":   {httptest.NewRequest(http.MethodGet, Path+"?action=version", strings.NewReader("url=a")), map[string]string{}, nil},
		"CaseMatters": {get("?action=version&URL=a"), map[string]string{}, []translate.Kind{translate.UnknownField}},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := New(nil).Head(c.r)
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range c.want {
				if got := h.Call.Query[name]; len(got) != 1 || got[0] != want {
					t.Errorf("%s = %q; want %q", name, got, want)
				}
			}
			if c.want != nil && len(c.want) != len(h.Call.Query)-1 {
				t.Errorf("parameters %v; want %v", h.Call.Query, c.want)
			}
			var kinds []translate.Kind
			for _, n := range h.Notes {
				kinds = append(kinds, n.Kind)
			}
			if !slices.Equal(kinds, c.kinds) {
				t.Errorf("notes %v; want %v", h.Notes, c.kinds)
			}
		})
	}
}

func TestDialect_HeadErrors(t *testing.T) {
	broken := httptest.NewRequest(http.MethodPost, Path+"?signature=s", io.MultiReader(strings.NewReader("action="), iotest.ErrReader(errors.New("gone"))))
	broken.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	boundless := post("?signature=s", "--x")
	boundless.Header.Set("Content-Type", "multipart/form-data")
	unsized := post("?signature=s", strings.Repeat("a", dialects.MaxForm+1))
	unsized.ContentLength = -1
	many := "?signature=s" + strings.Repeat("&x", dialects.MaxPairs) + "&action=version"
	for name, c := range map[string]struct {
		r    *http.Request
		code api.Code
	}{
		"NoAction":      {get("?signature=s"), api.Invalid},
		"UnknownAction": {get("?signature=s&action=delete"), api.Invalid},
		"ActionArray":   {get("?signature=s&action[]=version"), api.Invalid},
		"ActionCase":    {get("?signature=s&action=Version"), api.Invalid},
		"JSONP":         {get("?signature=s&action=version&format=jsonp&callback=alert"), api.Invalid},
		"UTF8":          {get("?signature=s&action=shorturl&url=https://a.example/%FF"), api.Invalid},
		"HEAD":          {httptest.NewRequest(http.MethodHead, Path+"?signature=s&action=shorturl&url=a", nil), api.MethodNotAllowed},
		"Method":        {httptest.NewRequest(http.MethodDelete, Path+"?signature=s&action=version", nil), api.MethodNotAllowed},
		"TooLarge":      {post("?signature=s", "action=version&title="+strings.Repeat("a", dialects.MaxForm)), api.TooLarge},
		"TooLargeLater": {unsized, api.TooLarge},
		"Broken":        {broken, api.Invalid},
		"NoBoundary":    {boundless, api.Invalid},
		"TooMany":       {get(many), api.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := New(nil).Head(c.r)
			if err == nil || api.AsError(err).Code != c.code {
				t.Errorf("%v; want %s", err, c.code)
			}
			if h == nil || h.Signature == nil || h.Signature.Value != "s" {
				t.Errorf("the signature is lost: %+v", h)
			}
		})
	}
}

// TestDialect_HeadMalformedForm: what is said of a malformed form quotes nothing
// of it, neither to the client nor to the log.
func TestDialect_HeadMalformedForm(t *testing.T) {
	const key = "key-in-a-header-line"
	r := post("", "--b\r\nContent-Disposition: form-data; name=\"signature\"\r\n"+key+"\r\n--b--")
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	_, err := New(nil).Head(r)
	if err == nil || strings.Contains(err.Error(), key) {
		t.Errorf("%v; want an error without the key", err)
	}
}

func FuzzDialect_Head(f *testing.F) {
	f.Add("action=shorturl&url=https://a.example/&format=json", "keyword=x&signature=s", false)
	f.Add("%&=&action[]=x;y", "--b\r\nContent-Disposition: form-data; name=\"action\"\r\n\r\nversion\r\n--b--", true)
	f.Add("url=%FF&url=%", "\x00", false)
	d := New(nil)
	f.Fuzz(func(t *testing.T, query, body string, parts bool) {
		r := httptest.NewRequest(http.MethodPost, Path, strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if parts {
			r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		}
		h, err := d.Head(r)
		if h == nil || (err == nil) != (h.Compose != nil) {
			t.Fatalf("head %+v, %v", h, err)
		}
		if err == nil {
			err = api.Errorf(api.Internal, "no")
		}
		w := httptest.NewRecorder()
		d.WriteError(w, h, api.AsError(err))
		if w.Code < 400 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if format(h) == "xml" {
			decodeXML(t, w.Body.Bytes())
		}
	})
}
