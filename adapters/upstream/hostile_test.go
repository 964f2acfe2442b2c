package upstream

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linkquay/linkquay/api"
)

// Of many that come while the breaker is half open, the backend sees one.
func TestClient_HalfOpenUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hits atomic.Int32
		c := mustPipe(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
			hits.Add(1)
			time.Sleep(3 * time.Second)
			_, _ = io.WriteString(w, "{}")
		})
		mustOpen(t, c)
		time.Sleep(openTime)
		var wg sync.WaitGroup
		var refused atomic.Int32
		for i := range 200 {
			wg.Go(func() {
				r := post("/")
				if i%2 == 0 {
					r = get("/")
				}
				if _, err := c.Do(t.Context(), r); NotSent(err) {
					refused.Add(1)
					if e := api.AsError(err); e.RetryAfter != time.Second {
						t.Errorf("a refusal says %s", e.RetryAfter)
					}
				}
			})
		}
		wg.Wait()
		if hits.Load() != 1 || refused.Load() != 199 || c.State() != Closed {
			t.Errorf("%d were sent, %d refused, and the breaker is %s", hits.Load(), refused.Load(), c.State())
		}
	})
}

// A reply that comes drop by drop ends with the deadline, in its head or its
// body.
func TestClient_Drip(t *testing.T) {
	for name, head := range map[string]string{"head": "HTTP/1.1 200 OK\r\nX-Long: ", "body": "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"} {
		for _, r := range []*Request{get("/"), post("/"), {Method: "POST", Path: "/", Stream: strings.NewReader("x"), Size: 1}} {
			synctest.Test(t, func(t *testing.T) {
				c := mustPipe(t, Config{Timeout: 5 * time.Second}, func(w http.ResponseWriter, _ *http.Request) {
					conn, _, err := http.NewResponseController(w).Hijack()
					if err != nil {
						return
					}
					defer conn.Close()
					_, err = io.WriteString(conn, head)
					for err == nil {
						time.Sleep(time.Second)
						_, err = io.WriteString(conn, "x")
					}
				})
				start := time.Now()
				_, err := c.Do(t.Context(), r)
				if api.AsError(err).Code != api.Unavailable || time.Since(start) > 10*time.Second {
					t.Errorf("%s: Do = %v after %s", name, err, time.Since(start))
				}
				if r.Stream == nil && time.Since(start) != 5*time.Second {
					t.Errorf("%s: Do took %s; want 5s", name, time.Since(start))
				}
			})
		}
	}
}

// Whatever a site says, its key goes to no other place: no redirect of any kind
// is followed, and an error repeats nothing of it.
func TestClient_KeyStaysAtItsOrigin(t *testing.T) {
	var hits atomic.Int32
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			hits.Add(1)
			_ = conn.Close()
		}
	}()
	other := "//" + ln.Addr().String() + "/?api_token=" + url.QueryEscape(secret.Reveal())
	for _, status := range []int{200, 201, 300, 301, 302, 303, 305, 307, 308, 401, 503} {
		for _, location := range []string{"http:" + other, "https:" + other, other, "/elsewhere"} {
			n := 0
			address, _ := mustFault(t, func(w http.ResponseWriter, _ *http.Request) {
				n++
				w.Header().Set("Location", location)
				w.Header().Set("Refresh", "0; url="+location)
				w.Header().Set("Alt-Svc", `h2="`+ln.Addr().String()+`"`)
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(status)
				_, _ = io.WriteString(w, secret.Reveal())
			})
			c := mustClient(t, Config{BaseURL: address})
			for _, r := range []*Request{get("/"), post("/"), {Method: "POST", Path: "/", Stream: strings.NewReader("x"), Size: 1}} {
				_, err := c.Do(t.Context(), r)
				if err == nil || strings.Contains(err.Error(), "T0ken") || strings.Contains(c.Health().LastError, "T0ken") {
					t.Errorf("%d to %s: Do = %v, last error %q", status, location, err, c.Health().LastError)
				}
			}
			if n != 3 {
				t.Errorf("%d to %s: %d requests for 3 calls", status, location, n)
			}
		}
	}
	if hits.Load() != 0 {
		t.Errorf("another host was asked %d times", hits.Load())
	}
}
