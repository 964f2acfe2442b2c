package upstream

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linkquay/linkquay/api"
)

// A day of a backend, as the operator is told.
func TestClient_Health(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var status atomic.Int32
		status.Store(200)
		c := mustPipe(t, Config{Timeout: 5 * time.Second}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hang" {
				time.Sleep(10 * time.Second)
			}
			w.WriteHeader(int(status.Load()))
			_, _ = io.WriteString(w, "{}")
		})
		start := time.Now()
		since := func(at time.Time) time.Duration { return at.Sub(start) }
		if h := c.Health(); h != (Health{State: Closed, Since: start}) {
			t.Errorf("before anything: %+v", h)
		}
		time.Sleep(time.Minute)
		_, _ = c.Do(t.Context(), post("/"))
		if h := c.Health(); h.Calls != 1 || h.Failures != 0 || since(h.LastAnswer) != time.Minute || !h.LastFailure.IsZero() {
			t.Errorf("after a call: %+v", h)
		}
		// What is not the backend's fault.
		time.Sleep(time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, _ = c.Do(ctx, post("/hang"))
		status.Store(404)
		_, _ = c.Do(t.Context(), post("/"))
		status.Store(401)
		_, _ = c.Do(t.Context(), &Request{Method: "GET", Path: "/", Key: "callers"})
		_, _ = c.Do(t.Context(), &Request{Method: "POST", Path: "/", Stream: failing{strings.NewReader("x"), io.ErrUnexpectedEOF}, Size: -1})
		if h := c.Health(); h.Calls != 5 || h.Failures != 0 || h.LastError != "" {
			t.Errorf("after calls that failed for their callers: %+v", h)
		}
		// What is.
		for i, end := range []struct {
			status int32
			text   string
		}{{401, "answered 401"}, {429, "answered 429"}, {500, "answered 500"}, {302, "answered 302"}} {
			time.Sleep(time.Minute)
			status.Store(end.status)
			_, _ = c.Do(t.Context(), get("/"))
			if h := c.Health(); h.Failures != int64(i+1) || !strings.Contains(h.LastError, end.text) || !h.LastFailure.Equal(time.Now()) || !h.LastAnswer.Equal(time.Now()) {
				t.Errorf("after %d: %+v", end.status, h)
			}
		}
		answered := c.Health().LastAnswer
		for range runLimit {
			_, _ = c.Do(t.Context(), post("/hang"))
		}
		opened := time.Now()
		if h := c.Health(); h.State != Open || !h.Since.Equal(opened) || !h.LastAnswer.Equal(answered) || !strings.Contains(h.LastError, "timeout") {
			t.Errorf("when it is open: %+v", h)
		}
		calls := c.Health().Calls
		_, _ = c.Do(t.Context(), post("/"))
		if got := c.Health().Calls; got != calls {
			t.Errorf("a refusal is counted as a call: %d; want %d", got, calls)
		}
		time.Sleep(openTime + time.Minute)
		if h := c.Health(); h.State != HalfOpen || !h.Since.Equal(opened.Add(openTime)) {
			t.Errorf("when it is half open: %+v", h)
		}
		status.Store(200)
		go func() { _, _ = c.Do(t.Context(), post("/hang")) }()
		time.Sleep(time.Second)
		if h := c.Health(); h.State != HalfOpen || !h.Since.Equal(opened.Add(openTime)) {
			t.Errorf("while it is probed: %+v", h)
		}
		time.Sleep(time.Minute)
		_, _ = c.Do(t.Context(), post("/"))
		if h := c.Health(); h.State != Closed || !h.Since.Equal(time.Now()) {
			t.Errorf("when it is back: %+v", h)
		}
	})
}

// The names are those that others read, and nothing in them is the key.
func TestHealth_JSON(t *testing.T) {
	c := mustClient(t, Config{BaseURL: "http://127.0.0.1:1/" + url.PathEscape(secret.Reveal()), KeyQuery: "api_token", Budget: NewBudget(30, time.Minute)})
	_, _ = c.Do(t.Context(), post("/"))
	text, err := json.Marshal(c.Health())
	if err != nil || strings.Contains(string(text), "T0ken") {
		t.Errorf("health = %s, %v", text, err)
	}
	var got struct {
		State, Since, LastError string
		Calls, Failures         int
	}
	var fields map[string]any
	_ = json.Unmarshal(text, &got)
	_ = json.Unmarshal(text, &fields)
	room, _ := fields["budget"].(map[string]any)
	if got.State != "closed" || got.Calls != 1 || got.Failures != 1 || fields["last_error"] == nil || fields["last_failure"] == nil || fields["last_answer"] != nil ||
		room["requests"] != 30. || room["window_seconds"] != 60. || room["left"] != 30. || room["free_at"] == nil {
		t.Errorf("health = %s", text)
	}
}

func TestAged(t *testing.T) {
	for age, want := range map[time.Duration][]string{0: nil, 1: {"1"}, time.Second: {"1"}, 1001 * time.Millisecond: {"2"}, time.Hour: {"3600"}} {
		if got := Aged(&api.Reply{}, age).Header["Age"]; !reflect.DeepEqual(got, want) {
			t.Errorf("Aged(%s) = %q; want %q", age, got, want)
		}
	}
}
