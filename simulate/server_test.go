package simulate

import (
	"encoding/json"
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"
)

func TestServer_RateLimit(t *testing.T) {
	var mu sync.Mutex
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	pass := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	s := mustStart(t, newNotebook(), Options{Rate: 2, Window: time.Minute, Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	steps := []struct {
		wait      time.Duration
		status    int
		remaining string
		retry     string
	}{
		{0, 200, "1", ""},
		{30 * time.Second, 200, "0", ""},
		{20*time.Second + time.Millisecond, 429, "0", "10"},
		{time.Second - time.Millisecond, 429, "0", "9"},
		{9 * time.Second, 200, "1", ""},
	}
	for i, step := range steps {
		pass(step.wait)
		resp, _ := mustSend(t, s, "GET", "/api/urls", "")
		h := resp.Header
		if resp.StatusCode != step.status || h.Get("X-RateLimit-Limit") != "2" ||
			h.Get("X-RateLimit-Remaining") != step.remaining || h.Get("Retry-After") != step.retry {
			t.Errorf("step %d: %d %v", i, resp.StatusCode, h)
		}
	}
	if got := s.OverLimit(); got != 2 {
		t.Errorf("OverLimit() = %d, want 2", got)
	}
	if r := s.Requests()[2]; !r.OverLimit || r.Status != 429 {
		t.Errorf("logged %+v, want a request over the limit", r)
	}
	// Another key has its own window, wherever it stands; visitors have none.
	for _, query := range []string{"", "", "", "?api_token=x", "?key=y"} {
		resp, err := client.Get(s.URL + "/google" + query)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("GET /google%s = %d", query, resp.StatusCode)
		}
	}
}

// terse is a site with its own words for a spent limit.
type terse struct{ http.Handler }

func (terse) TooManyRequests(seconds int) any { return map[string]int{"wait": seconds} }

func TestServer_RateLimitInTheSitesWords(t *testing.T) {
	s := mustStart(t, terse{newNotebook()}, Options{})
	mustFail(t, s, Fault{Kind: RateLimit, RetryAfter: 7 * time.Second})
	if _, body := mustSend(t, s, "GET", "/", ""); body != `{"wait":7}`+"\n" {
		t.Errorf("answer = %q", body)
	}
}

func TestServer_Requests(t *testing.T) {
	s := mustStart(t, newNotebook(), Options{})
	mustSend(t, s, "POST", "/api/links/create?api_token=top-secret&page=2", `{"long_url":"https://example.com"}`)
	got := s.Requests()[0]
	want := Request{
		N: 1, At: got.At, Method: "POST", Path: "/api/links/create", Query: "api_token=...&page=2",
		Body: `{"long_url":"https://example.com"}`, Status: 200,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Requests()[0] = %+v, want %+v", got, want)
	}
}

func TestServer_Control(t *testing.T) {
	s := mustStart(t, newNotebook(), Options{})
	_, body := mustSend(t, s, "POST", "/_simulate/faults", `{"kind":"late","delay":"1.5s","path":"/api/url/add","times":1}`)
	var set []Fault
	if err := json.Unmarshal([]byte(body), &set); err != nil {
		t.Fatal(err)
	}
	want := []Fault{{Kind: Late, Delay: 1500 * time.Millisecond, Path: "/api/url/add", Times: 1}}
	if !reflect.DeepEqual(set, want) || !reflect.DeepEqual(s.Faults(), want) {
		t.Errorf("set %+v, want %+v", set, want)
	}
	mustSend(t, s, "POST", "/_simulate/faults", `[{"kind":"status","status":500,"body":{"message":"oops"}},{"kind":"skew","skew":"-1h"}]`)
	if _, body = mustSend(t, s, "GET", "/api/urls", ""); body != `{"message":"oops"}` {
		t.Errorf("answer = %q", body)
	}
	for _, path := range []string{"/_simulate/", "/_simulate/faults", "/_simulate/requests"} {
		if resp, body := mustSend(t, s, "GET", path, ""); resp.StatusCode != 200 || !json.Valid([]byte(body)) {
			t.Errorf("GET %s = %d %q", path, resp.StatusCode, body)
		}
	}
	if resp, _ := mustSend(t, s, "GET", "/_simulate/others", ""); resp.StatusCode != 404 {
		t.Errorf("GET /_simulate/others = %d", resp.StatusCode)
	}
	mustSend(t, s, "DELETE", "/_simulate/faults", "")
	if len(s.Faults()) != 0 || len(s.Requests()) != 1 {
		t.Errorf("after all: faults %+v, requests %+v", s.Faults(), s.Requests())
	}
	_, body = mustSend(t, s, "GET", "/_simulate/", "")
	var help struct {
		Requests int
		Site     struct{ Done int }
		Kinds    []Kind
	}
	if err := json.Unmarshal([]byte(body), &help); err != nil {
		t.Fatal(err)
	}
	if help.Requests != 1 || help.Site.Done != 0 || !reflect.DeepEqual(help.Kinds, Kinds()) {
		t.Errorf("help = %+v", help)
	}
	for _, broken := range []string{"", "{", `{"kind":"late"}`, `{"kind":"html","every":2}`, `[{"kind":"html"}`} {
		resp, body := mustSend(t, s, "POST", "/_simulate/faults", broken)
		if resp.StatusCode != 400 || !json.Valid([]byte(body)) || len(s.Faults()) != 0 {
			t.Errorf("POST %q = %d %q", broken, resp.StatusCode, body)
		}
	}
}
