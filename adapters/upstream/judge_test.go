package upstream

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for s, want := range map[string]time.Duration{
		"": 0, "x": 0, "-5": 0, "1.5": 0, "0": time.Second, "41": 41 * time.Second, " 41 ": 41 * time.Second,
		"301": 5 * time.Minute, "99999999999999999999999": 5 * time.Minute,
		now.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second,
		now.Add(-time.Hour).Format(http.TimeFormat):       time.Second,
		now.Add(time.Hour).Format(http.TimeFormat):        5 * time.Minute,
	} {
		if got := retryAfter(s, now); got != want {
			t.Errorf("retryAfter(%q) = %s; want %s", s, got, want)
		}
	}
}

func TestReadJSON(t *testing.T) {
	for body, want := range map[string]string{
		"":                         "",
		" \n":                      "",
		"{}":                       "{}",
		"\xef\xbb\xbf {\"a\":1}\n": `{"a":1}`,
		"{\"a\":\"\xff\"}":         "{\"a\":\"\ufffd\"}",
		"{":                        "",
		"{} {}":                    "",
		"<html>":                   "",
		`{"a":"[[[["}`:             `{"a":"[[[["}`,
		`{"a":"\"["}`:              `{"a":"\"["}`,
		strings.Repeat("[", 64) + strings.Repeat("]", 64): strings.Repeat("[", 64) + strings.Repeat("]", 64),
		strings.Repeat("[", 65) + strings.Repeat("]", 65): "",
		strings.Repeat("[", 8<<20):                        "",
	} {
		if got := string(readJSON([]byte(body))); got != want {
			t.Errorf("readJSON(%.40q) = %.40q; want %.40q", body, got, want)
		}
	}
}

func TestClient_Judge(t *testing.T) {
	c := &Client{cfg: Config{Backend: "kr"}}
	for _, r := range []struct {
		rep  reply
		code api.Code // "" for a response
	}{
		{reply{status: 200, body: []byte("{}")}, ""},
		{reply{status: 400, body: []byte("{}")}, ""},
		{reply{status: 403, body: []byte("{}")}, ""},
		{reply{status: 404, body: []byte("{}")}, ""},
		{reply{status: 400, body: []byte("no")}, ""},
		{reply{status: 403, body: []byte("no")}, api.Forbidden},
		{reply{status: 404, body: []byte("no")}, api.NotFound},
		{reply{status: 200, body: []byte("no")}, api.Unavailable},
		{reply{status: 301, body: []byte("{}")}, api.Unauthorized},
		{reply{status: 401, body: []byte("{}")}, api.Unauthorized},
		{reply{status: 429, body: []byte("{}")}, api.RateLimited},
		{reply{status: 500, body: []byte("{}")}, api.Unavailable},
		{reply{status: 101, body: []byte("{}")}, api.Unavailable},
		{reply{status: 200, kind: "text/html", body: []byte(`<INPUT TYPE="password">`)}, api.Unauthorized},
		{reply{status: 403, kind: "text/html", body: []byte(`<input type=password>`)}, api.Unauthorized},
	} {
		_, err := c.judge(r.rep)
		if r.code == "" && err != nil || r.code != "" && (err == nil || api.AsError(err).Code != r.code) {
			t.Errorf("judge(%d %s) = %v; want %q", r.rep.status, r.rep.body, err, r.code)
		}
	}
	_, err := c.judge(reply{status: 429, body: []byte(`{"error":429,"Retry-After":41}`)})
	if got := api.AsError(err).RetryAfter; got != 41*time.Second {
		t.Errorf("RetryAfter of the body = %s; want 41s", got)
	}
}
