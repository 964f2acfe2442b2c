package dialects_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
)

func TestBearer(t *testing.T) {
	for header, want := range map[string]api.Secret{
		"":            "",
		"K":           "K",
		" K ":         "K",
		"Bearer K":    "K",
		"bearer  K":   "K",
		"TOKEN K":     "K",
		"Bearer":      "",
		"Basic abc":   "Basic abc",
		"Bearer a b":  "a b",
		"Bearerology": "Bearerology",
	} {
		if got := dialects.Bearer(header); got != want {
			t.Errorf("Bearer(%q) = %q; want %q", header, got.Reveal(), want.Reveal())
		}
	}
}

func TestRefuse(t *testing.T) {
	statuses := map[api.Code]int{api.Invalid: 422, api.Unsupported: 501, api.RateLimited: 429}
	for name, c := range map[string]struct {
		err    api.Error
		status int
		header http.Header
	}{
		"Field":     {api.Error{Code: api.Unsupported, Fields: []api.FieldError{{Field: "type"}}}, 422, http.Header{}},
		"Operation": {api.Error{Code: api.Unsupported}, 501, http.Header{}},
		"Wait":      {api.Error{Code: api.RateLimited, RetryAfter: 1500 * time.Millisecond}, 429, http.Header{"Retry-After": {"2"}}},
		"Method":    {api.Error{Code: "unheard of", Allow: []string{"GET", "HEAD"}}, 500, http.Header{"Allow": {"GET, HEAD"}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			status := dialects.Refuse(w, &c.err, statuses)
			h := w.Header()
			if status != c.status || h.Get("Allow") != c.header.Get("Allow") || h.Get("Retry-After") != c.header.Get("Retry-After") {
				t.Errorf("%d %v; want %d %v", status, h, c.status, c.header)
			}
		})
	}
}

// TestRows_Lying: a backend that says of every page that more follow is not
// asked for ever.
func TestRows_Lying(t *testing.T) {
	calls, rows := 0, 0
	do := func(_ context.Context, call *api.Call) (*api.Reply, error) {
		calls++
		if call.Query.Get("limit") != "1000" || call.Query.Get("page") == "" {
			t.Errorf("asked for %v", call.Query)
		}
		return &api.Reply{Document: []byte(`{"data":{"maxpage":999999999,"cta":[{"id":1}]}}`)}, nil
	}
	err := dialects.Rows(t.Context(), do, api.ListOverlays, "cta", func(*api.Reply, gjson.Result) bool {
		rows++
		return true
	})
	if err != nil || calls != 100 || rows != 100 {
		t.Errorf("%d calls, %d rows, %v; want 100 of both", calls, rows, err)
	}
}

func TestObject(t *testing.T) {
	in := url.Values{"url": {`https://a.example/"`}, "empty": {""}, "title": {"é"}, "other": {"x"}}
	want := `{"url":"https://a.example/\"","title":"é"}`
	if got := string(dialects.Object(in, "url", "empty", "title", "missing")); got != want {
		t.Errorf("Object = %s; want %s", got, want)
	}
}

func TestPairs(t *testing.T) {
	var got []string
	dialects.Pairs("a=1&&b=%61+c&=x&%6bey=a;b&d=100%&e=%z1%2&f#g=h%26i", func(name, value string) { got = append(got, name+"="+value) })
	want := []string{"a=1", "=", "b=a c", "=x", "key=a;b", "d=100%", "e=%z1%2", "f#g=h&i"}
	if !slices.Equal(got, want) {
		t.Errorf("Pairs = %q; want %q", got, want)
	}
	n := 0
	dialects.Pairs(strings.Repeat("a&", 2*dialects.MaxPairs), func(string, string) { n++ })
	if n != dialects.MaxPairs {
		t.Errorf("%d pairs were read; want %d", n, dialects.MaxPairs)
	}
}
