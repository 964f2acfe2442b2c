package upstream

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
)

// What each end of a write leaves open, and which replies are no JSON. A read
// is never in doubt.
func TestClient_InDoubt(t *testing.T) {
	answer := func(status int, body string, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			if status != http.StatusNoContent {
				_, _ = io.WriteString(w, body)
			}
		}
	}
	raw := func(text string, linger int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, text)
			_ = conn.(*net.TCPConn).SetLinger(linger)
			_ = conn.Close()
		}
	}
	const page = "<html><h1>Hello</h1></html>"
	for _, c := range []struct {
		name           string
		fault          http.HandlerFunc
		code           api.Code // "" for a response
		doubt, notJSON bool
	}{
		{"200", answer(200, "{}"), "", false, false},
		{"200-page", answer(200, page, "Content-Type", "text/html"), api.Unavailable, true, true},
		{"200-cut-off", answer(200, `{"error":0,"id":`), api.Unavailable, true, true},
		{"200-gzip", answer(200, "\x1f\x8b\x08\x00", "Content-Encoding", "gzip"), api.Unavailable, true, true},
		{"204", answer(204, ""), api.Unavailable, true, true},
		{"200-login", answer(200, `<form><input type="password"></form>`, "Content-Type", "text/html"), api.Unauthorized, false, true},
		{"302", answer(302, "{}", "Location", "/login"), api.Unauthorized, false, false},
		{"400", answer(400, page), "", false, false},
		{"401", answer(401, "{}"), api.Unauthorized, false, false},
		{"403-page", answer(403, page), api.Forbidden, false, true},
		{"404-page", answer(404, page), api.NotFound, false, true},
		{"409", answer(409, "{}"), "", false, false},
		{"429", answer(429, "{}"), api.RateLimited, false, false},
		{"500", answer(500, `{"message":"Server Error"}`), api.Unavailable, true, false},
		{"500-page", answer(500, page), api.Unavailable, true, false},
		{"501", answer(501, "{}"), api.Unavailable, false, false},
		{"502", answer(502, page), api.Unavailable, true, false},
		{"503", answer(503, page), api.Unavailable, true, false},
		{"503-retry-after", answer(503, page, "Retry-After", "5"), api.Unavailable, true, false},
		{"504", answer(504, page), api.Unavailable, true, false},
		{"524", answer(524, page), api.Unavailable, true, false},
		{"closes", raw("", -1), api.Unavailable, true, false},
		{"reset", raw("", 0), api.Unavailable, true, false},
		{"half-a-body", raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", -1), api.Unavailable, true, false},
		{"half-a-chunk", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a", -1), api.Unavailable, true, false},
		{"no-http", raw("220 mail.example.com ESMTP\r\n", -1), api.Unavailable, true, false},
		{"too-long", answer(200, strings.Repeat(" ", 2000)), api.Unavailable, true, false},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, api.Unavailable, true, false},
	} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "upload"} {
			t.Run(c.name+"/"+method, func(t *testing.T) {
				t.Parallel()
				address, _ := mustFault(t, c.fault)
				client := mustClient(t, Config{BaseURL: address, Timeout: 5 * time.Second, MaxReply: 1000})
				if c.name == "hangs" {
					client.cfg.Timeout = 100 * time.Millisecond
				}
				r := &Request{Method: method, Path: "/"}
				if method == "upload" {
					r.Method, r.Stream, r.Size = "POST", strings.NewReader("x"), 1
				}
				_, err := client.Do(t.Context(), r)
				if c.code == "" && err != nil || c.code != "" && (err == nil || api.AsError(err).Code != c.code) {
					t.Fatalf("Do = %v; want %q", err, c.code)
				}
				err = fmt.Errorf("wrapped: %w", err)
				if got := InDoubt(err); got != (c.doubt && method != "GET") {
					t.Errorf("InDoubt(%v) = %t", err, got)
				}
				if got := NotJSON(err); got != c.notJSON {
					t.Errorf("NotJSON(%v) = %t; want %t", err, got, c.notJSON)
				}
			})
		}
	}
}

// What never left is in no doubt, what its caller gave up is.
func TestClient_InDoubtOfTheCaller(t *testing.T) {
	address, hits := mustFault(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	do := func(c *Client, r *Request, leave bool) error {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			for leave && hits.Load() == 0 && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			if leave {
				cancel()
			}
		}()
		_, err := c.Do(ctx, r)
		return err
	}
	c := mustClient(t, Config{BaseURL: address, Timeout: time.Minute})
	if err := do(c, post("/"), true); !InDoubt(err) || NotSent(err) {
		t.Errorf("a write whose caller went = %v; want it in doubt", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Do(gone, post("/")); InDoubt(err) || !NotSent(err) {
		t.Errorf("a write whose caller was gone = %v", err)
	}
	if err := do(c, &Request{Method: "POST", Path: "/", Stream: failing{strings.NewReader("x"), io.ErrUnexpectedEOF}, Size: -1}, false); err == nil || InDoubt(err) {
		t.Errorf("an upload that its sender broke off = %v", err)
	}
	if err := do(mustClient(t, Config{BaseURL: "http://127.0.0.1:1"}), post("/"), false); !NotSent(err) || InDoubt(err) {
		t.Errorf("a write to nobody = %v", err)
	}
	mustOpen(t, c)
	if err := do(c, post("/"), false); !NotSent(err) || InDoubt(err) {
		t.Errorf("a write that the breaker refused = %v", err)
	}
	if InDoubt(nil) || NotJSON(nil) {
		t.Error("no error is in doubt")
	}
}
