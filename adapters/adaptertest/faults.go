package adaptertest

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/linkquay/linkquay/api"
)

// player answers one request; quit is closed when the test ends.
type player func(w http.ResponseWriter, r *http.Request, quit <-chan struct{})

const loginPage = `<!DOCTYPE html><html><body><form method="post"><input name="email"><input type="password" name="password"></form></body></html>`

// faults are the ways in which a site fails. Codes are the ones allowed; none
// means that any will do, and a valid reply too.
var faults = []struct {
	name  string
	play  player
	codes []api.Code
	wait  time.Duration // the RetryAfter that must come of it
	slow  bool          // it ends with the client's timeout
}{
	{name: "500", play: status(500, "application/json", `{"message":"Server Error"}`), codes: []api.Code{api.Unavailable}},
	{name: "502-html", play: status(502, "text/html", "<html><h1>Bad Gateway</h1></html>"), codes: []api.Code{api.Unavailable}},
	{name: "503-retry-after", play: headed("Retry-After", "7", 503, `{}`), codes: []api.Code{api.Unavailable}, wait: 7 * time.Second},
	{name: "400", play: status(400, "application/json", `{"error":1,"message":"Something is wrong."}`), codes: []api.Code{api.Invalid}},
	{name: "400-html", play: status(400, "text/html", "<h1>Bad Request</h1>"), codes: []api.Code{api.Invalid}},
	{name: "401", play: status(401, "application/json", `{"error":1,"message":"Unauthenticated."}`), codes: []api.Code{api.Unauthorized}},
	{name: "401-html", play: status(401, "text/html", "<h1>Unauthorized</h1>"), codes: []api.Code{api.Unauthorized}},
	{name: "403", play: status(403, "application/json", `{"error":1,"message":"No."}`), codes: []api.Code{api.Forbidden, api.Unauthorized}},
	{name: "403-html", play: status(403, "text/html", "<h1>Forbidden</h1>"), codes: []api.Code{api.Forbidden, api.Unauthorized}},
	{name: "404", play: status(404, "application/json", `{"error":1,"message":"Not found."}`), codes: []api.Code{api.NotFound, api.Unavailable}},
	{name: "404-html", play: status(404, "text/html", "<h1>Not Found</h1>"), codes: []api.Code{api.NotFound, api.Unavailable}},
	{name: "422", play: status(422, "application/json", `{"message":"Wrong.","errors":{"alias":["The alias is too long."]}}`), codes: []api.Code{api.Invalid}},
	{name: "429-retry-after", play: headed("Retry-After", "41", 429, `{"error":429,"message":"Too many."}`), codes: []api.Code{api.RateLimited}, wait: 41 * time.Second},
	{name: "429-absurd-retry-after", play: headed("Retry-After", "99999999999999999999", 429, `{}`), codes: []api.Code{api.RateLimited}, wait: 5 * time.Minute},
	{name: "redirect-to-login", play: headed("Location", "/login", 302, ""), codes: []api.Code{api.Unauthorized}},
	{name: "redirect-elsewhere", play: headed("Location", "http://192.0.2.1/", 307, ""), codes: []api.Code{api.Unauthorized}},
	{name: "login-page", play: status(200, "text/html", loginPage), codes: []api.Code{api.Unauthorized}},
	{name: "page-on-200", play: status(200, "text/html", "<h1>Welcome</h1>"), codes: []api.Code{api.Unavailable}},
	{name: "empty", play: status(200, "application/json", ""), codes: []api.Code{api.Unavailable}},
	{name: "204", play: status(204, "", ""), codes: []api.Code{api.Unavailable}},
	{name: "truncated-json", play: status(200, "application/json", `{"error":0,"id":3,"shorturl":"https://sho`), codes: []api.Code{api.Unavailable}},
	{name: "json-and-more", play: status(200, "application/json", `{"error":0}{"error":0}`), codes: []api.Code{api.Unavailable}},
	{name: "json-behind-warning", play: status(200, "text/html", `<br /><b>Warning</b> {"error":0}`), codes: []api.Code{api.Unavailable}},
	{name: "array", play: status(200, "application/json", `[]`), codes: []api.Code{api.Unavailable}},
	{name: "scalar", play: status(200, "application/json", `"ok"`), codes: []api.Code{api.Unavailable}},
	{name: "null", play: status(200, "application/json", `null`), codes: []api.Code{api.Unavailable}},
	{name: "empty-object", play: status(200, "application/json", `{}`), codes: []api.Code{api.Unavailable}},
	{name: "wrong-types", play: status(200, "application/json", `{"error":0,"status":"success","id":"x","message":[],"data":"x","details":[1],"link":7,"shorturl":{},"list":"x"}`)},
	{name: "wrong-rows", play: status(200, "application/json", `{"error":0,"data":{"urls":[1],"qrs":[null],"campaigns":"x","items":7,"result":{}},"link":{"id":[],"short_url":1},"list":[[]]}`)},
	{name: "error-object", play: status(200, "application/json", `{"error":{"code":5},"message":{"a":1}}`), codes: []api.Code{api.Invalid, api.Unavailable}},
	{name: "too-deep", play: status(200, "application/json", deep(100_000)), codes: []api.Code{api.Unavailable}},
	{name: "too-long", play: long, codes: []api.Code{api.Unavailable}},
	{name: "repeats-the-key", play: repeatKey(400), codes: []api.Code{api.Invalid}},
	{name: "repeats-the-key-on-200", play: repeatKey(200), codes: []api.Code{api.Invalid, api.Unauthorized, api.Unavailable, api.Conflict}},
	{name: "repeats-the-key-in-a-header", play: raw("HTTP/1.1 200 OK\r\nbroken header " + Key.Reveal() + "\r\n\r\n"), codes: []api.Code{api.Unavailable}},
	{name: "hangs", play: hang, codes: []api.Code{api.Unavailable}, slow: true},
	{name: "drips", play: drip, codes: []api.Code{api.Unavailable}, slow: true},
	{name: "reset", play: reset, codes: []api.Code{api.Unavailable}},
	{name: "closes", play: raw(""), codes: []api.Code{api.Unavailable}},
	{name: "half-a-body", play: raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"error\":0,"), codes: []api.Code{api.Unavailable}},
	{name: "broken-chunk", play: raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"err"), codes: []api.Code{api.Unavailable}},
	{name: "no-http", play: raw("220 mail.example.com ESMTP\r\n"), codes: []api.Code{api.Unavailable}},
}

func status(code int, kind, body string) player {
	return func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) {
		if kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	}
}

func headed(name, value string, code int, body string) player {
	return func(w http.ResponseWriter, r *http.Request, quit <-chan struct{}) {
		w.Header().Set(name, value)
		status(code, "application/json", body)(w, r, quit)
	}
}

func repeatKey(code int) player {
	return status(code, "application/json", fmt.Sprintf(
		`{"error":1,"status":"error","message":"Bad token %[1]s.","messages":{"alias":["Bad token %[1]s."],"other":["%[1]s"]}}`, Key.Reveal()))
}

func deep(n int) string {
	b := make([]byte, 0, 2*n+1)
	for range n {
		b = append(b, '[')
	}
	b = append(b, '1')
	for range n {
		b = append(b, ']')
	}
	return string(b)
}

// long answers more than any limit.
func long(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) {
	w.Header().Set("Content-Type", "application/json")
	line := make([]byte, 1<<20)
	for i := range line {
		line[i] = ' '
	}
	for range 64 {
		if _, err := w.Write(line); err != nil {
			return
		}
	}
	_, _ = w.Write([]byte("{}"))
}

func hang(_ http.ResponseWriter, r *http.Request, quit <-chan struct{}) {
	select {
	case <-r.Context().Done():
	case <-quit:
	}
}

// drip sends a byte now and then, so that no single read takes long.
func drip(w http.ResponseWriter, r *http.Request, quit <-chan struct{}) {
	w.Header().Set("Content-Type", "application/json")
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-quit:
			return
		case <-tick.C:
			if _, err := w.Write([]byte(" ")); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
		}
	}
}

// raw sends bytes that need not be HTTP and closes the connection.
func raw(text string) player {
	return func(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = conn.Write([]byte(text))
		_ = conn.Close()
	}
}

// reset ends the connection the hard way.
func reset(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
