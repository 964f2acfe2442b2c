package yourls_test

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/dialects/yourls"
	"github.com/linkquay/linkquay/gateway"
	"github.com/linkquay/linkquay/keys"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/ratelimit"
	"github.com/linkquay/linkquay/translate"
)

type metrics struct{}

func (metrics) Answered(api.Operation, string, api.Code, time.Duration) {}
func (metrics) Tolerated(string, translate.Kind)                        {}

const (
	key     = "the-key"
	creator = "the-key-that-may-only-create"
	strict  = "the-key-of-strict-mind"
)

var secret = []byte("the instance's own secret")

// serve starts a gateway that speaks the dialect in front of the backend.
func serve(t *testing.T, backend adapters.Backend) string {
	t.Helper()
	contract, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.NewRing(keys.Config{Secret: secret, Configured: []keys.Record{
		{Name: "me", Hash: sha256.Sum256([]byte(key)), Backend: "b"},
		{Name: "creator", Hash: sha256.Sum256([]byte(creator)), Backend: "b", Scopes: api.ScopeCreate},
		{Name: "strict", Hash: sha256.Sum256([]byte(strict)), Backend: "b", Strict: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	g := gateway.New(gateway.Config{
		Dialects:    []dialects.Dialect{yourls.New(time.FixedZone("", 9*3600))},
		Contract:    contract,
		Keys:        ring,
		Limits:      ratelimit.NewMemory(ratelimit.Options{}),
		Backends:    map[string]adapters.Backend{"b": backend},
		ShortDomain: "https://s.example",
		BodyLimit:   1 << 20,
		UploadLimit: 1 << 20,
		BodyTimeout: time.Minute,
		Healthy:     func(context.Context) error { return nil },
		Metrics:     metrics{},
		Logger:      zap.NewNop(),
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.ServeHTTP(w, r, netip.MustParseAddr("192.0.2.1"))
	}))
	t.Cleanup(server.Close)
	return server.URL + yourls.Path
}

// ask posts a form of names and values in turn.
func ask(t *testing.T, address string, fields ...string) (int, string) {
	t.Helper()
	form := url.Values{"format": {"json"}, "signature": {key}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	resp, err := http.PostForm(address, form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func expect(t *testing.T, status int, body string, wantStatus int, want string) {
	t.Helper()
	if status != wantStatus || body != want {
		t.Errorf("%d %s\nwant %d %s", status, body, wantStatus, want)
	}
}

func TestShorturl(t *testing.T) {
	b := &site{}
	address := serve(t, b)
	before := time.Now().Add(-time.Second)
	status, body := ask(t, address, "action", "shorturl", "url", " https://example.com/a?b=c&d=e ", "keyword", "spring", "title", " A\n <b>title</b> ")
	date := gjson.Get(body, "url.date").String()
	expect(t, status, body, 200, `{"status":"success","code":"","message":"https://example.com/a?b=c&d=e added to database","errorCode":"","statusCode":"200",`+
		`"url":{"keyword":"spring","url":"https://example.com/a?b=c&d=e","title":"A <b>title</b>","date":"`+date+`","ip":"0.0.0.0"},`+
		`"title":"A <b>title</b>","shorturl":"https://s.example/spring"}`)
	if when, err := time.ParseInLocation(translate.DateTimeLayout, date, time.FixedZone("", 9*3600)); err != nil || when.Before(before.Truncate(time.Second)) {
		t.Errorf("dated %q", date)
	}
	for name, want := range map[string]string{"url": "https://example.com/a?b=c&d=e", "custom": "spring", "metatitle": "A <b>title</b>"} {
		if got := gjson.GetBytes(b.calls[0].Document, name).String(); got != want {
			t.Errorf("sent %s %q; want %q", name, got, want)
		}
	}

	status, body = ask(t, address, "action", "shorturl", "url", "https://example.com/b", "keyword", "spring")
	expect(t, status, body, 400, `{"status":"fail","code":"error:keyword","message":"Short URL spring already exists in database or is reserved","errorCode":"400","statusCode":"400"}`)
	status, body = ask(t, address, "action", "shorturl", "url", "https://example.com/b", "keyword", "a b")
	expect(t, status, body, 400, `{"status":"fail","code":"error:keyword","message":"keyword may hold letters, digits, - and _ only.","errorCode":"400","statusCode":"400"}`)
	for _, missing := range []string{"", "  "} {
		status, body = ask(t, address, "action", "shorturl", "url", missing)
		expect(t, status, body, 400, `{"status":"fail","code":"error:nourl","message":"Missing or malformed URL","errorCode":"400","statusCode":"400"}`)
	}
	_, body = ask(t, address, "action", "shorturl", "url", "https://example.com/b", "format", "simple", "keyword", "")
	if body != "https://s.example/made2" {
		t.Errorf("simple: %q", body)
	}
	_, body = ask(t, address, "action", "shorturl", "url", "https://example.com/c", "format", "xml", "title", "")
	if !strings.Contains(body, "<title>https://example.com/c</title><shorturl>https://s.example/made3</shorturl></root>") {
		t.Errorf("xml: %s", body)
	}
}

func TestShorturl_LongTexts(t *testing.T) {
	b := &site{}
	address := serve(t, b)
	long := "https://example.com/" + strings.Repeat("é", 100)
	status, body := ask(t, address, "action", "shorturl", "url", long, "title", strings.Repeat("ü", 300))
	if status != 200 || gjson.Get(body, "message").String() != long[:20]+strings.Repeat("é", 35)+"[...] added to database" ||
		gjson.Get(body, "title").String() != strings.Repeat("ü", 255) || gjson.Get(body, "url.url").String() != long {
		t.Errorf("%d %s", status, body)
	}
	status, body = ask(t, address, "action", "shorturl", "url", "https://example.com/"+strings.Repeat("a", 9000))
	if status != 400 || gjson.Get(body, "code").String() != "error:nourl" {
		t.Errorf("%d %s", status, body)
	}
}

// TestShorturl_Existing: the link that was there is a failure with all of it.
func TestShorturl_Existing(t *testing.T) {
	b := &site{}
	b.fill(4)
	b.links[3].Title = "Three"
	address := serve(t, b)
	want := `{"status":"fail","code":"error:url","message":"https://example.com/link3 already exists in database (short URL: s.example/link3)","errorCode":"400","statusCode":"400",` +
		`"url":{"keyword":"link3","url":"https://example.com/link3","title":"Three","date":"2030-01-02 03:04:05","ip":"0.0.0.0","clicks":3},"title":"Three","shorturl":"https://s.example/link3"}`

	status, body := ask(t, address, "action", "shorturl", "url", "https://example.com/link3", "title", "Other", "source", "plugin")
	expect(t, status, body, 400, want)
	if got := string(b.calls[0].Document); got != `{"url":"https://example.com/link3"}` {
		t.Errorf("a title was sent that makes another link of it: %s", got)
	}
	status, body = ask(t, address, "action", "shorturl", "url", "https://example.com/link3", "source", "plugin", "keyword", "mine")
	if status != 200 || gjson.Get(body, "url.keyword").String() != "mine" {
		t.Errorf("with a keyword of its own: %d %s", status, body)
	}
	b.links = b.links[:4]
	status, body = ask(t, address, "action", "shorturl", "url", "https://example.com/link3")
	if status != 200 {
		t.Errorf("unasked: %d %s", status, body)
	}
	b.links, b.reuse = b.links[:4], true
	status, body = ask(t, address, "action", "shorturl", "url", "https://example.com/link3")
	expect(t, status, body, 400, want)
	_, body = ask(t, address, "action", "shorturl", "url", "https://example.com/link3", "format", "simple")
	if body != "https://s.example/link3" {
		t.Errorf("simple: %q", body)
	}
	status, body = ask(t, address, "action", "shorturl", "url", "https://example.com/link3", "signature", creator)
	expect(t, status, body, 400, `{"status":"fail","code":"error:url","message":"https://example.com/link3 already exists in database (short URL: s.example/link3)","errorCode":"400","statusCode":"400",`+
		`"url":{"keyword":"link3","url":"https://example.com/link3","title":"https://example.com/link3","ip":"0.0.0.0"},"title":"https://example.com/link3","shorturl":"https://s.example/link3"}`)
}

// TestShorturl_Warnings: what the backend did without is told.
func TestShorturl_Warnings(t *testing.T) {
	address := serve(t, &site{warnings: []api.FieldError{{Field: "metatitle", Message: "is lost"}, {Field: "x", Message: "Too."}}})
	for format, want := range map[string]string{"json": `"warnings":"title is lost. Too."`, "xml": "<warnings>title is lost. Too.</warnings>"} {
		if status, body := ask(t, address, "action", "shorturl", "url", "https://example.com/", "title", "T", "format", format); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%d %s; want %s", status, body, want)
		}
	}
}

func TestExpand(t *testing.T) {
	b := &site{}
	b.fill(3)
	b.links[2].Title = "Two"
	address := serve(t, b)
	for _, short := range []string{"link2", "https://s.example/link2", " link2 "} {
		status, body := ask(t, address, "action", "expand", "shorturl", short)
		expect(t, status, body, 200, `{"keyword":"link2","shorturl":"https://s.example/link2","longurl":"https://example.com/link2","title":"Two","message":"success","statusCode":"200"}`)
		status, body = ask(t, address, "action", "url-stats", "shorturl", short)
		expect(t, status, body, 200, `{"statusCode":"200","message":"success","link":{"shorturl":"https://s.example/link2","url":"https://example.com/link2","title":"Two","timestamp":"2030-01-02 03:04:05","ip":"0.0.0.0","clicks":2}}`)
	}
	if _, body := ask(t, address, "action", "expand", "shorturl", "link1", "format", "simple"); body != "https://example.com/link1" {
		t.Errorf("simple: %q", body)
	}
	b.calls = nil
	status, body := ask(t, address, "action", "expand", "shorturl", "")
	expect(t, status, body, 404, `{"keyword":"","message":"Error: short URL not found","errorCode":"404"}`)
	if len(b.calls) > 0 {
		t.Error("without a short URL all links are asked for")
	}
	status, body = ask(t, address, "action", "expand", "shorturl", "https://s.example/none")
	expect(t, status, body, 404, `{"keyword":"none","message":"Error: short URL not found","errorCode":"404"}`)
	b.fail = map[api.Operation]error{api.ListLinks: api.Errorf(api.NotFound, "None.")}
	status, body = ask(t, address, "action", "url-stats", "shorturl", "none")
	expect(t, status, body, 404, `{"statusCode":"404","message":"Error: short URL not found"}`)
}

func TestVersion(t *testing.T) {
	address := serve(t, &site{})
	status, body := ask(t, address, "action", "version", "db", "1")
	expect(t, status, body, 200, `{"version":"1.10.0"}`)
	if status, body = ask(t, address, "action", "version", "signature", "bad"); status != 403 {
		t.Errorf("%d %s", status, body)
	}
}

// TestStrict: from a strict key nothing is put right, and what the API itself
// leaves open is no habit.
func TestStrict(t *testing.T) {
	address := serve(t, &site{})
	status, body := ask(t, address, "action", "shorturl", "url", "https://example.com/", "keyword", "", "title", "", "signature", strict)
	if status != 200 {
		t.Errorf("%d %s", status, body)
	}
	status, body = ask(t, address, "action", "version", "nonsense", "1", "signature", strict)
	expect(t, status, body, 400, `{"message":"nonsense is not known.","errorCode":"400"}`)
}

func TestAuthentication(t *testing.T) {
	address := serve(t, &site{})
	token := keys.Token(secret, sha256.Sum256([]byte(key))).Reveal()
	now := strconv.FormatInt(time.Now().Unix(), 10)
	old := strconv.FormatInt(time.Now().Add(-13*time.Hour).Unix(), 10)
	hash := func(name, s string) string {
		switch name {
		case "sha256":
			return fmt.Sprintf("%x", sha256.Sum256([]byte(s)))
		case "sha512":
			return fmt.Sprintf("%x", sha512.Sum512([]byte(s)))
		}
		sum := md5.Sum([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	const login, wrong = "Please log in", "Invalid username or password"
	for name, c := range map[string]struct {
		fields []string
		header string
		want   string // the message of a refusal
	}{
		"Key":           {[]string{"signature", key}, "", ""},
		"Token":         {[]string{"signature", token}, "", ""},
		"MD5":           {[]string{"timestamp", now, "signature", hash("md5", now+token)}, "", ""},
		"MD5Reversed":   {[]string{"timestamp", now, "signature", hash("md5", token+now), "hash", "md5"}, "", ""},
		"SHA256":        {[]string{"timestamp", now, "signature", hash("sha256", now+token), "hash", "sha256"}, "", ""},
		"SHA512":        {[]string{"timestamp", now, "signature", hash("sha512", token+now), "hash", "sha512"}, "", ""},
		"NoTimestamp":   {[]string{"timestamp", "", "signature", token}, "", ""},
		"Old":           {[]string{"timestamp", old, "signature", hash("md5", old+token)}, "", login},
		"OtherHash":     {[]string{"timestamp", now, "signature", hash("md5", now+token), "hash", "crc32"}, "", login},
		"NoNumber":      {[]string{"timestamp", "now", "signature", hash("md5", "now"+token)}, "", login},
		"TokenTimed":    {[]string{"timestamp", now, "signature", token}, "", login},
		"BadSignature":  {[]string{"signature", "nonsense"}, "", login},
		"Nothing":       {nil, "", login},
		"Password":      {[]string{"username", "me", "password", key}, "", ""},
		"OtherName":     {[]string{"username", "you", "password", key}, "", wrong},
		"BadPassword":   {[]string{"username", "me", "password", "nonsense"}, "", wrong},
		"NoPassword":    {[]string{"username", "me", "password", ""}, "", wrong},
		"Bearer":        {nil, "Bearer " + key, ""},
		"BadBearer":     {nil, "Bearer nonsense", login},
		"SignatureWins": {[]string{"signature", "nonsense"}, "Bearer " + key, login},
	} {
		t.Run(name, func(t *testing.T) {
			query := url.Values{"action": {"version"}, "format": {"json"}}
			for i := 0; i < len(c.fields); i += 2 {
				query.Set(c.fields[i], c.fields[i+1])
			}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"?"+query.Encode(), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", c.header)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			want, status := `{"version":"1.10.0"}`, 200
			if c.want != "" {
				want, status = `{"message":"`+c.want+`","errorCode":"403"}`, 403
			}
			expect(t, resp.StatusCode, string(body), status, want)
		})
	}
}
