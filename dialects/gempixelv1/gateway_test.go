package gempixelv1_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/dialects/gempixel"
	"github.com/linkquay/linkquay/dialects/gempixelv1"
	"github.com/linkquay/linkquay/gateway"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/ratelimit"
	"github.com/linkquay/linkquay/translate"
)

const (
	saved   = `{"error":0,"id":7,"shorturl":"https://go.example.com/abc?a=1","warnings":[{"field":"type","message":"is lost"}]}`
	found   = `{"error":0,"id":7,"details":{"id":7,"shorturl":"https://go.example.com/abc","longurl":"https://a.example/long?a=1&b=2"},"data":{"clicks":3}}`
	missing = `{"error":1,"message":"Link not found. Please try again.","msg":"Link not found. Please try again."}`
	page    = `{"error":0,"data":{"result":0,"perpage":15,"currentpage":1,"nextpage":null,"maxpage":0,"urls":[]}}`
)

// backend answers every call in one way, and remembers the last one.
type backend struct {
	document string
	err      error
	call     *api.Call
}

func (b *backend) Do(_ context.Context, call *api.Call) (*api.Reply, error) {
	b.call = call
	return &api.Reply{Document: []byte(b.document)}, b.err
}

func (*backend) Capabilities() api.Capabilities {
	return api.Capabilities{api.CreateLink: {Support: api.Native}, api.ListLinks: {Support: api.Native}}
}

// keyring knows one key.
type keyring struct{ key api.Key }

func (k keyring) Authenticate(credential api.Secret) (*api.Key, error) {
	if credential != "good" {
		return nil, api.Errorf(api.Unauthorized, "A valid API key is required to use this service.")
	}
	return &k.key, nil
}

func (k keyring) Signed(*api.Signature) (*api.Key, error) {
	return nil, api.Errorf(api.Unauthorized, "No.")
}

type metrics struct{}

func (metrics) Answered(api.Operation, string, api.Code, time.Duration) {}
func (metrics) Tolerated(string, translate.Kind)                        {}

// site is a gateway that speaks both generations.
type site struct {
	*backend
	gateway *gateway.Gateway
}

func newSite(t *testing.T, b *backend, key api.Key) *site {
	t.Helper()
	contract, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	key.ID, key.Name, key.Account, key.Backend = "key:k", "k", "main", "b"
	if key.Scopes == 0 {
		key.Scopes = api.DefaultScopes
	}
	return &site{b, gateway.New(gateway.Config{
		Dialects:    []dialects.Dialect{gempixelv1.New(), gempixel.New(contract)},
		Contract:    contract,
		Keys:        keyring{key},
		Limits:      ratelimit.NewMemory(ratelimit.Options{}),
		Backends:    map[string]adapters.Backend{"b": b},
		BodyLimit:   1 << 20,
		BodyTimeout: time.Minute,
		Healthy:     func(context.Context) error { return nil },
		Metrics:     metrics{},
		Logger:      zap.NewNop(),
	})}
}

// get asks, and returns the answer and its body.
func (s *site) get(t *testing.T, target, authorization string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	s.gateway.ServeHTTP(w, r, netip.MustParseAddr("192.0.2.1"))
	resp := w.Result()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestReplies(t *testing.T) {
	for name, c := range map[string]struct {
		target, answer string
		op             api.Operation
		sent           string // the document, or the query
		reuse          bool
		want           string
	}{
		"Shorten": {
			"/api?key=good&url=https%3A%2F%2Fa.example%2F", saved, api.CreateLink, `{"url":"https://a.example/"}`, true,
			`{"error":0,"id":7,"warnings":[{"field":"type","message":"is lost"}],"short":"https://go.example.com/abc?a=1","shorturl":"https://go.example.com/abc?a=1"}`,
		},
		"Oldest": {
			"/api/?api=good&url=https%3A%2F%2Fa.example%2F&format=json&callback=f", `{"error":0,"id":7,"short":"https://go.example.com/abc"}`, api.CreateLink,
			`{"url":"https://a.example/"}`, true, `{"error":0,"id":7,"short":"https://go.example.com/abc","shorturl":"https://go.example.com/abc"}`,
		},
		"Text": {"/api?key=good&format=text&url=https%3A%2F%2Fa.example%2F", saved, api.CreateLink, `{"url":"https://a.example/"}`, true, "https://go.example.com/abc?a=1"},
		"All": {
			"/api?key=good&custom=abc&type=overlay-3&pass=+open%22+&format=text&url=https%3A%2F%2Fa.example%2F", saved, api.CreateLink,
			`{"url":"https://a.example/","custom":"abc","type":"overlay-3","password":" open\" "}`, false, "https://go.example.com/abc?a=1",
		},
		"Unshorten": {
			"/api?key=good&short=https%3A%2F%2Fgo.example.com%2Fabc", found, api.ListLinks, "short=https%3A%2F%2Fgo.example.com%2Fabc", false,
			`{"error":0,"id":7,"long":"https://a.example/long?a=1\u0026b=2","longurl":"https://a.example/long?a=1\u0026b=2"}`,
		},
		"UnshortenText": {"/api?key=good&short=abc&format=text", found, api.ListLinks, "short=abc", false, "https://a.example/long?a=1&b=2"},
		"Details":       {"/api/details?key=good&alias=abc", found, api.ListLinks, "short=abc", false, found},
		"List":          {"/api/urls?key=good&order=click&limit=3", page, api.ListLinks, "limit=3&order=click", false, page},
		"ListAll":       {"/api/urls/?key=good", page, api.ListLinks, "", false, page},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, &backend{document: c.answer}, api.Key{})
			resp, body := s.get(t, c.target, "")
			if resp.StatusCode != http.StatusOK || body != c.want || s.call == nil {
				t.Fatalf("%d %s; want %s", resp.StatusCode, body, c.want)
			}
			sent := string(s.call.Document)
			if sent == "" {
				sent = s.call.Query.Encode()
			}
			if s.call.Operation != c.op || sent != c.sent || s.call.Reuse != c.reuse {
				t.Errorf("%s %s, reuse %v; want %s %s, %v", s.call.Operation, sent, s.call.Reuse, c.op, c.sent, c.reuse)
			}
			kind := "application/json; charset=utf-8"
			if strings.Contains(c.target, "format=text") {
				kind = "text/plain; charset=utf-8"
			}
			if resp.Header.Get("Content-Type") != kind || resp.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("the header is %v", resp.Header)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	const create = "/api?key=good&url=https%3A%2F%2Fa.example%2F"
	for name, c := range map[string]struct {
		target, answer string
		err            error
		status, number int
		message        string
	}{
		"NoKey":         {"/api?url=https%3A%2F%2Fa.example%2F", "", nil, 200, 1, "A valid API key is required to use this service."},
		"BadKey":        {"/api?key=bad&url=https%3A%2F%2Fa.example%2F", "", nil, 200, 1, "A valid API key is required to use this service."},
		"NoURL":         {"/api?key=good", "", nil, 200, 1, "Please enter a valid URL."},
		"BadURL":        {"/api?key=good&url=nonsense", "", nil, 200, 1, "Please enter a valid URL."},
		"ShortAlias":    {create + "&custom=ab", "", nil, 200, 1, "Custom alias must be at least 3 characters."},
		"LongPass":      {create + "&pass=" + strings.Repeat("x", 129), "", nil, 200, 1, "pass must be at most 128 characters long."},
		"Taken":         {create + "&custom=abc", "", api.Errorf(api.Conflict, "That alias is taken. Please choose another one."), 200, 1, "That alias is taken. Please choose another one."},
		"Unsupported":   {create + "&type=frame", "", &api.Error{Code: api.Unsupported, Message: "No frames.", Fields: []api.FieldError{{Field: "type", Message: "is not supported"}}}, 200, 1, "No frames."},
		"Malformed":     {"/api?key=good&url=%zz", "", nil, 200, 1, "Please enter a valid URL."},
		"Missing":       {"/api?key=good&short=abc", missing, nil, 200, 1, "Link not found. Please try again."},
		"MissingAlias":  {"/api/details?key=good&alias=abc", missing, nil, 200, 1, "Link not found. Please try again."},
		"NoAlias":       {"/api/details?key=good", "", nil, 200, 1, "alias must be given."},
		"BadLimit":      {"/api/urls?key=good&limit=1001", "", nil, 200, 1, "limit must be at most 1000."},
		"RateLimited":   {create, "", &api.Error{Code: api.RateLimited, Message: "Wait.", RetryAfter: 3 * time.Second}, 429, 429, "Wait."},
		"Unavailable":   {create, "", api.Errorf(api.Unavailable, "Away."), 503, 1, "Away."},
		"Internal":      {create, "", io.ErrUnexpectedEOF, 500, 1, "An internal error occurred."},
		"OurKeyRefused": {create, "", api.Errorf(api.Unauthorized, "Bad key."), 503, 1, "The backend does not accept the API key that it is configured with."},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, &backend{document: c.answer, err: c.err}, api.Key{})
			resp, body := s.get(t, c.target, "")
			got := gjson.Parse(body)
			if resp.StatusCode != c.status || got.Get("error").Raw != strconv.Itoa(c.number) ||
				got.Get("message").Str != c.message || got.Get("msg").Str != c.message {
				t.Errorf("%d %s; want %d %q", resp.StatusCode, body, c.status, c.message)
			}
			if c.status == http.StatusTooManyRequests && resp.Header.Get("Retry-After") != "3" {
				t.Errorf("the header is %v", resp.Header)
			}
			if !strings.HasPrefix(c.target, "/api?") {
				return
			}
			resp, body = s.get(t, c.target+"&format=text", "")
			if resp.StatusCode != c.status || body != "" || resp.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Errorf("as text: %d %q %v; want %d and nothing", resp.StatusCode, body, resp.Header, c.status)
			}
		})
	}
}

// TestLimits: a limit that is spent shows in the status and the header, as in
// later generations; a key without the scope is told so.
func TestLimits(t *testing.T) {
	s := newSite(t, &backend{document: saved}, api.Key{Rate: api.Rate{Requests: 1, Window: time.Hour}})
	const target = "/api?key=good&url=https%3A%2F%2Fa.example%2F"
	left := "X-RateLimit-Remaining" // which http.Header.Get would respell
	if resp, body := s.get(t, target, ""); resp.StatusCode != http.StatusOK || len(resp.Header[left]) != 1 || resp.Header[left][0] != "0" {
		t.Errorf("%d %s %v", resp.StatusCode, body, resp.Header)
	}
	resp, body := s.get(t, target, "")
	if resp.StatusCode != http.StatusTooManyRequests || gjson.Get(body, "error").Raw != "429" || resp.Header.Get("Retry-After") == "" {
		t.Errorf("%d %s %v; want 429", resp.StatusCode, body, resp.Header)
	}

	s = newSite(t, &backend{document: saved}, api.Key{Scopes: api.ScopeRead})
	if resp, body := s.get(t, target, ""); resp.StatusCode != http.StatusOK || gjson.Get(body, "error").Raw != "1" || s.call != nil {
		t.Errorf("%d %s, called: %v; want a refusal", resp.StatusCode, body, s.call != nil)
	}

	s = newSite(t, &backend{document: saved}, api.Key{Strict: true})
	if resp, body := s.get(t, target+"&callback=f", ""); resp.StatusCode != http.StatusOK || !gjson.Get(body, "errors.callback").Exists() || s.call != nil {
		t.Errorf("%d %s, called: %v; want a refusal that names callback", resp.StatusCode, body, s.call != nil)
	}
}

// TestBeside: what stands beside the first generation is answered as ever.
func TestBeside(t *testing.T) {
	s := newSite(t, &backend{document: page}, api.Key{})
	for _, c := range []struct {
		target, authorization string
		status                int
		has                   string
	}{
		{"/api/urls?limit=3", "Bearer good", 200, `"urls":[]`},
		{"/api/urls?key=bad", "Bearer good", 200, `"urls":[]`},
		{"/api/urls", "", 401, `"error":1`},
		{"/api/urls?key=good", "Bearer bad", 401, `"error":1`},
		{"/api?key=good&url=https%3A%2F%2Fa.example%2F", "Bearer good", 404, `"error":1`},
		{"/api", "", 404, `"error":1`},
		{"/api/account?key=good", "", 401, `"error":1`},
		{"/api/health?key=good", "", 200, `"error":0`},
		{"/api/openapi.json?key=good", "", 200, `"openapi"`},
		{"/api/capabilities?key=bad", "Bearer good", 200, `"operations"`},
	} {
		if resp, body := s.get(t, c.target, c.authorization); resp.StatusCode != c.status || !strings.Contains(body, c.has) {
			t.Errorf("%s with %q: %d %.200s; want %d", c.target, c.authorization, resp.StatusCode, body, c.status)
		}
	}
	if resp, body := s.get(t, "/api/docs/?key=good", ""); resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Content-Type"), "text/html") {
		t.Errorf("the documentation: %d %.100s", resp.StatusCode, body)
	}
}
