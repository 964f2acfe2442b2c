package simulate

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestFault_Answers(t *testing.T) {
	tests := map[string]struct {
		fault  Fault
		done   int64
		status int // 0: no answer at all
		body   string
		header map[string]string
	}{
		"status with JSON": {
			fault:  Fault{Kind: Status, Status: 503, Body: `{"message":"down"}`, RetryAfter: 1500 * time.Millisecond},
			status: 503, body: `{"message":"down"}`,
			header: map[string]string{"Content-Type": "application/json", "Retry-After": "2"},
		},
		"status without a body": {fault: Fault{Kind: Status, Status: 404}, status: 404},
		"status after the commit": {
			fault: Fault{Kind: Status, Status: 500, Body: "oops", Commit: true},
			done:  1, status: 500, body: "oops", header: map[string]string{"Content-Type": "text/html; charset=UTF-8"},
		},
		"rate limit": {
			fault: Fault{Kind: RateLimit, RetryAfter: 41 * time.Second}, status: 429,
			body:   `{"Retry-After":41,"error":429,"message":"Too Many Requests. Please retry later."}` + "\n",
			header: map[string]string{"Retry-After": "41", "Content-Type": "application/json"},
		},
		"rate limit by default": {
			fault: Fault{Kind: RateLimit}, status: 429,
			body: `{"Retry-After":30,"error":429,"message":"Too Many Requests. Please retry later."}` + "\n",
		},
		"html": {
			fault: Fault{Kind: HTML}, status: 200, body: page,
			header: map[string]string{"Content-Type": "text/html; charset=UTF-8"},
		},
		"login":            {fault: Fault{Kind: Login}, status: 200, body: loginPage},
		"redirect":         {fault: Fault{Kind: Redirect}, status: 302, body: `<a href="/login">Login</a>`, header: map[string]string{"Location": "/login"}},
		"empty":            {fault: Fault{Kind: Empty}, status: 200},
		"empty and done":   {fault: Fault{Kind: Empty, Commit: true}, done: 1, status: 200},
		"reset":            {fault: Fault{Kind: Reset}},
		"die after commit": {fault: Fault{Kind: DieAfterCommit}, done: 1},
		"cut JSON":         {fault: Fault{Kind: CutJSON}, done: 1, status: 200, body: siteReply[:len(siteReply)/2]},
		"dropped rows' fields": {
			fault: Fault{Kind: DropFields, Fields: []string{"data.urls[].id", "error", "data.none.deeper"}}, done: 1, status: 200,
			body: `{"data":{"result":2,"urls":[{"alias":"a"},{"alias":"b"}]}}` + "\n",
		},
		"dropped object": {
			fault: Fault{Kind: DropFields, Fields: []string{"data"}}, done: 1, status: 200,
			body: `{"error":0}` + "\n",
		},
		"retyped fields": {
			fault: Fault{Kind: RetypeFields, Fields: []string{"data.urls[].id", "none"}, To: "string"}, done: 1, status: 200,
			body: `{"data":{"result":2,"urls":[{"alias":"a","id":"1"},{"alias":"b","id":"2"}]},"error":0}` + "\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			site := newNotebook()
			s := mustStart(t, site, Options{})
			mustFail(t, s, tt.fault)
			resp, body, err := send(t, s, "POST", "/api/url/add", "{}")
			if got := site.done.Load(); got != tt.done {
				t.Errorf("the site handled %d requests, want %d", got, tt.done)
			}
			if got := s.Requests(); len(got) != 1 || got[0].Status != tt.status || !reflect.DeepEqual(got[0].Faults, []Kind{tt.fault.Kind}) {
				t.Errorf("Requests() = %+v, want one with status %d", got, tt.status)
			}
			if tt.status == 0 {
				if !errors.Is(err, syscall.ECONNRESET) {
					t.Fatalf("error = %v, want a reset connection", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.status || body != tt.body {
				t.Errorf("answer = %d %q, want %d %q", resp.StatusCode, body, tt.status, tt.body)
			}
			for name, want := range tt.header {
				if got := resp.Header.Get(name); got != want {
					t.Errorf("header %s = %q, want %q", name, got, want)
				}
			}
			s.Heal()
			if _, body := mustSend(t, s, "GET", "/", ""); body != siteReply {
				t.Errorf("answer after Heal = %q", body)
			}
		})
	}
}

func TestFault_HalfBody(t *testing.T) {
	s := mustStart(t, newNotebook(), Options{})
	mustFail(t, s, Fault{Kind: HalfBody})
	resp, body, err := send(t, s, "GET", "/api/urls", "")
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("error = %v, want an unexpected end", err)
	}
	if resp.ContentLength != int64(len(siteReply)) || body != siteReply[:len(siteReply)/2] {
		t.Errorf("announced %d and sent %q", resp.ContentLength, body)
	}
}

// A late answer comes after what it tells of: here the delay never ends, but
// the site has long handled the request.
func TestFault_Late(t *testing.T) {
	site := newNotebook()
	s := mustStart(t, site, Options{})
	mustFail(t, s, Fault{Kind: Late, Delay: time.Hour})
	result := make(chan error, 1)
	go func() {
		_, _, err := send(t, s, "POST", "/api/url/add", "{}")
		result <- err
	}()
	<-site.handled
	select {
	case err := <-result:
		t.Fatalf("the answer was not held back: %v", err)
	default:
	}
	s.Close()
	if err := <-result; err == nil {
		t.Error("a closed server answered")
	}
}

func TestFault_Latency(t *testing.T) {
	const delay = 50 * time.Millisecond
	site := newNotebook()
	s := mustStart(t, site, Options{})
	mustFail(t, s, Fault{Kind: Latency, Delay: delay, Times: 1})
	begin := time.Now()
	mustSend(t, s, "GET", "/", "")
	if at := <-site.handled; time.Since(begin) < delay || at.Before(begin) {
		t.Error("the request was not delayed")
	}
}

// A client that gives up during the delay has still sent its request.
func TestFault_LatencyOutlivesTheClient(t *testing.T) {
	site := newNotebook()
	s := mustStart(t, site, Options{})
	mustFail(t, s, Fault{Kind: Latency, Delay: 50 * time.Millisecond})
	impatient := &http.Client{Timeout: time.Millisecond}
	for {
		// The first tries may end before the request is sent.
		resp, err := impatient.Post(s.URL+"/api/url/add", "application/json", strings.NewReader("{}"))
		if err == nil {
			resp.Body.Close()
			t.Fatal("a client of 1 ms had an answer after 50 ms")
		}
		if len(s.Requests()) > 0 {
			break
		}
	}
	<-site.handled
}

func TestFault_Skew(t *testing.T) {
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	site := newNotebook()
	s := mustStart(t, site, Options{Now: func() time.Time { return now }, Rate: 5})
	mustFail(t, s, Fault{Kind: Skew, Skew: -time.Hour}, Fault{Kind: Skew, Skew: time.Minute})
	resp, _ := mustSend(t, s, "GET", "/", "")
	want := now.Add(-59 * time.Minute)
	if at := <-site.handled; !at.Equal(want) {
		t.Errorf("the site's time = %v, want %v", at, want)
	}
	if got := resp.Header.Get("Date"); got != want.Format(http.TimeFormat) {
		t.Errorf("Date = %q, want %v", got, want)
	}
	if got := resp.Header.Get("X-RateLimit-Reset"); got != "1795251720" {
		t.Errorf("X-RateLimit-Reset = %q, want a minute after the site's time", got)
	}
	if at := s.Requests()[0].At; !at.Equal(now) {
		t.Errorf("logged at %v, want %v", at, now)
	}
}

func TestFault_Selection(t *testing.T) {
	tests := map[string]struct {
		fault Fault
		want  []int // of six requests, the numbers of those it meets
	}{
		"all":                {Fault{}, []int{1, 2, 3, 4, 5, 6}},
		"method":             {Fault{Method: "post"}, []int{2, 4, 6}},
		"times":              {Fault{Times: 2}, []int{1, 2}},
		"after":              {Fault{After: 4}, []int{5, 6}},
		"after and times":    {Fault{After: 1, Times: 2}, []int{2, 3}},
		"percent":            {Fault{Percent: 50}, []int{2, 4, 6}},
		"percent of a third": {Fault{Percent: 34}, []int{3, 6}},
		"path":               {Fault{Path: "/api/url/{id}"}, []int{1, 2}},
		"path with an end":   {Fault{Path: "/api/url/{id}/update"}, []int{3, 4}},
		"path and below":     {Fault{Path: "/api/"}, []int{1, 2, 3, 4}},
		"method and path":    {Fault{Method: "GET", Path: "/other"}, []int{5}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := mustStart(t, newNotebook(), Options{})
			tt.fault.Kind, tt.fault.Status = Status, 418
			mustFail(t, s, tt.fault)
			for _, path := range []string{"/api/url/7", "/api/url/7/update", "/other"} {
				mustSend(t, s, "GET", path, "")
				mustSend(t, s, "POST", path, "")
			}
			var got []int
			for _, r := range s.Requests() {
				if r.Status == 418 {
					got = append(got, r.N)
				}
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("met requests %v, want %v", got, tt.want)
			}
		})
	}
}

// Faults that do not exclude each other are all done.
func TestFault_Several(t *testing.T) {
	s := mustStart(t, newNotebook(), Options{})
	mustFail(t, s,
		Fault{Kind: DropFields, Fields: []string{"data"}},
		Fault{Kind: RetypeFields, Fields: []string{"error"}, To: "object"},
		Fault{Kind: Empty, Path: "/login"}, Fault{Kind: HTML, Path: "/login"})
	if _, body := mustSend(t, s, "GET", "/api", ""); body != `{"error":{"value":0}}`+"\n" {
		t.Errorf("answer = %q", body)
	}
	if _, body := mustSend(t, s, "GET", "/login", ""); body != "" {
		t.Errorf("answer = %q, want that of the first fault", body)
	}
}

func TestServer_Fail_Invalid(t *testing.T) {
	s := NewServer(newNotebook(), Options{})
	for want, f := range map[string]Fault{
		"kind":        {Kind: "flood"},
		"delay":       {Kind: Late},
		"skew: be":    {Kind: Skew},
		"skew":        {Kind: HTML, Skew: time.Hour},
		"status":      {Kind: Status, Status: 1},
		"fields":      {Kind: DropFields},
		"to":          {Kind: RetypeFields, Fields: []string{"id"}, To: "integer"},
		"percent":     {Kind: HTML, Percent: 101},
		"after":       {Kind: HTML, After: -1},
		"retry_after": {Kind: RateLimit, RetryAfter: -1},
		"path":        {Kind: HTML, Path: "/a/{"},
	} {
		if err := s.Fail(Fault{Kind: HTML}, f); err == nil || !strings.HasPrefix(err.Error(), "simulate: "+want) {
			t.Errorf("Fail(%+v) = %v, want an error of %s", f, err, want)
		}
	}
	if err := s.Fail(Fault{Kind: HTML, Path: "api/"}); err == nil {
		t.Error("a path without a slash was taken")
	}
	if set := s.Faults(); len(set) != 0 {
		t.Errorf("Faults() = %+v after failures alone", set)
	}
}

func TestFault_JSON(t *testing.T) {
	all := Fault{
		Kind: Status, Method: "GET", Path: "/x", After: 1, Times: 2, Percent: 3, Delay: time.Second, Skew: -time.Hour,
		RetryAfter: time.Minute, Status: 500, Body: "<p>", Fields: []string{"a"}, To: "number", Commit: true,
	}
	data, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	var back Fault
	if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, all) {
		t.Errorf("%s came back as %+v, %v", data, back, err)
	}
	if !bytes.Contains(data, []byte(`"skew":"-1h0m0s"`)) {
		t.Errorf("marshalled as %s", data)
	}
}

func TestAs(t *testing.T) {
	for _, tt := range []struct {
		to   string
		v    any
		want string
	}{
		{"string", json.Number("12"), `"12"`},
		{"string", "x", `"x"`},
		{"string", nil, `"null"`},
		{"number", "12", `12`},
		{"number", "x", `0`},
		{"number", nil, `0`},
		{"bool", json.Number("3"), `true`},
		{"bool", nil, `false`},
		{"object", "x", `{"value":"x"}`},
		{"array", "x", `["x"]`},
		{"null", "x", `null`},
	} {
		if got, _ := json.Marshal(as(tt.to, tt.v)); string(got) != tt.want {
			t.Errorf("as(%s, %v) = %s, want %s", tt.to, tt.v, got, tt.want)
		}
	}
}
