package upstream

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// The two ways to call a backend, against a server that costs next to nothing.
// Run with: go test -bench Client -run xxx ./adapters/upstream

var sample = bytes.Repeat([]byte(`{"url":"https://example.com/x"}`+"\n"), 18)

func mustServe(b *testing.B) string {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &fasthttp.Server{Handler: func(ctx *fasthttp.RequestCtx) {
		ctx.SetContentType(jsonType)
		ctx.SetBodyString(`{"error":0,"id":3,"shorturl":"https://short.example/example"}`)
	}}
	go func() { _ = server.Serve(ln) }()
	b.Cleanup(func() { _ = server.Shutdown() })
	return "http://" + ln.Addr().String()
}

func BenchmarkClient(b *testing.B) {
	c := mustClient(b, Config{BaseURL: mustServe(b)})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Do(b.Context(), &Request{Method: "POST", Path: "/api/url/add", Body: sample}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkClient_HostClientDo is fasthttp's own way: no contexts, retries by
// its own rules.
func BenchmarkClient_HostClientDo(b *testing.B) {
	c := mustClient(b, Config{BaseURL: mustServe(b)})
	c.json.MaxIdemponentCallAttempts = 1
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			req.Header.SetMethod("POST")
			req.SetRequestURI("http://" + c.host + "/api/url/add")
			req.Header.SetContentType(jsonType)
			req.Header.Set("Accept", jsonType)
			req.Header.Set("Authorization", "Bearer "+secret.Reveal())
			req.SetBodyRaw(sample)
			if err := c.json.DoTimeout(req, resp, DefaultTimeout); err != nil {
				b.Fatal(err)
			}
			if _, err := c.judge(reply{status: resp.StatusCode(), body: append([]byte(nil), resp.Body()...)}); err != nil {
				b.Fatal(err)
			}
			fasthttp.ReleaseRequest(req)
			fasthttp.ReleaseResponse(resp)
		}
	})
}

// BenchmarkClient_Transport does the same over net/http.
func BenchmarkClient_Transport(b *testing.B) {
	c := mustClient(b, Config{BaseURL: mustServe(b)})
	c.upload.MaxIdleConnsPerHost = maxConns
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, err := http.NewRequestWithContext(b.Context(), "POST", "http://"+c.host+"/api/url/add", bytes.NewReader(sample))
			if err != nil {
				b.Fatal(err)
			}
			req.Header.Set("Content-Type", jsonType)
			req.Header.Set("Accept", jsonType)
			req.Header.Set("Authorization", "Bearer "+secret.Reveal())
			resp, err := c.upload.RoundTrip(req)
			if err != nil {
				b.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil {
				b.Fatal(err)
			}
			if _, err := c.judge(reply{status: resp.StatusCode, body: body}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkClient_Budget is a call whose budget has room.
func BenchmarkClient_Budget(b *testing.B) {
	c := mustClient(b, Config{BaseURL: mustServe(b), Budget: NewBudget(1<<30, time.Second)})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Do(b.Context(), &Request{Method: "GET", Path: "/api/url/7"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkClient_Remembered is a read without a place that is known.
func BenchmarkClient_Remembered(b *testing.B) {
	c := mustClient(b, Config{BaseURL: mustServe(b), Budget: NewBudget(1, time.Hour)})
	if _, err := c.Do(b.Context(), &Request{Method: "GET", Path: "/api/url/7"}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Do(b.Context(), &Request{Method: "GET", Path: "/api/url/7"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkBreaker is what the breaker adds to a call that succeeds.
func BenchmarkBreaker(b *testing.B) {
	br := newBreaker(DefaultTimeout, nil)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			t, _ := br.admit()
			br.settle(t, answered)
		}
	})
}

// BenchmarkBreaker_Open is what a call costs that the breaker refuses.
func BenchmarkBreaker_Open(b *testing.B) {
	c := mustClient(b, Config{BaseURL: "http://127.0.0.1:1"})
	mustOpen(b, c)
	// It stays open for as long as the benchmark runs.
	now := c.breaker.now()
	c.breaker.now = func() time.Time { return now }
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Do(b.Context(), &Request{Method: "POST", Path: "/api/url/add", Body: sample}); !NotSent(err) {
			b.Fatal(err)
		}
	}
}
