package caddymodule_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// items is the body of a bulk request with n links, of which the one at bad
// cannot be made.
func items(n, bad int, prefix string) string {
	var b strings.Builder
	for i := range n {
		url := fmt.Sprintf("https://example.com/%s/%d", prefix, i)
		if i == bad {
			url = "javascript:alert(1)"
		}
		fmt.Fprintf(&b, `,{"url":%q,"custom":"%s-%d"}`, url, prefix, i)
	}
	return `{"urls":[` + b.String()[1:] + `]}`
}

func TestBulk_Thousand(t *testing.T) {
	eachDatabase(t, siteConfig("rate_limit 10 1h"), func(t *testing.T, s *site) {
		const bad = 437
		a := s.do("POST", "/api/urls/bulk", nativeKey, items(1000, bad, "many"))
		if a.Status != 200 || a.get("data.created").Int() != 999 || a.get("data.failed").Int() != 1 {
			t.Fatalf("%d %.300s", a.Status, a.Body)
		}
		ids := map[int64]bool{}
		for i, r := range a.get("data.results").Array() {
			switch {
			case i == bad && (r.Get("error").Int() != 1 || r.Get("message").String() == "" || !r.Get("errors.url").Exists()):
				t.Errorf("the bad one: %s", r)
			case i != bad && (r.Get("error").Int() != 0 || r.Get("shorturl").String() != fmt.Sprintf("%s/many-%d", s.base, i)):
				t.Errorf("item %d: %s", i, r)
			case i != bad:
				ids[r.Get("id").Int()] = true
			}
		}
		if len(ids) != 999 {
			t.Errorf("%d ids; want 999", len(ids))
		}
		for _, i := range []int{0, 436, 438, 999} {
			leadsTo(t, fmt.Sprint("item ", i), s.visit(fmt.Sprint("/many-", i)), 302, fmt.Sprint("https://example.com/many/", i))
		}
		if a := s.visit(fmt.Sprint("/many-", bad)); a.Status != 404 {
			t.Errorf("the bad one: %d; want 404", a.Status)
		}
		// One request, a thousand items.
		if a.Header.Get("X-RateLimit-Remaining") != "9" || a.Header.Get("X-RateLimit-Items-Limit") != "1000" || a.Header.Get("X-RateLimit-Items-Remaining") != "0" {
			t.Errorf("limits: %v", a.Header)
		}
		again := s.do("POST", "/api/urls/bulk", nativeKey, items(1, -1, "more"))
		if again.Status != 429 || again.Header.Get("Retry-After") == "" || again.Header.Get("X-RateLimit-Items-Reset") == "" {
			t.Errorf("past the budget: %d %v %s", again.Status, again.Header, again.Body)
		}
		if a := s.visit("/more-0"); a.Status != 404 {
			t.Errorf("past the budget a link is made: %d", a.Status)
		}
		if a := s.do("POST", "/api/urls/bulk", otherKey, items(1, -1, "theirs")); a.Status != 200 {
			t.Errorf("another key: %d %s", a.Status, a.Body)
		}
		s.create(nativeKey, `{"url":"https://example.com/","custom":"single"}`)
	})
}

func TestBulk_Bounds(t *testing.T) {
	s := nativeSite(t, "rate_limit off\n\t\tbulk_limit 5 1h")
	for body, field := range map[string]string{
		items(6, -1, "x"): "urls", `{"urls":[{"url":"https://example.com/"},7]}`: "urls[1]", items(1001, -1, "x"): "urls", `{"urls":[]}`: "urls", `{}`: "urls", `{"urls":"x"}`: "urls", `{"urls":null}`: "urls",
	} {
		if a := s.do("POST", "/api/urls/bulk", nativeKey, body); a.Status != 400 || !strings.Contains(a.get("errors").Raw, `"`+field+`"`) {
			t.Errorf("%.60s: %d %.300s; want 400 naming %s", body, a.Status, a.Body, field)
		}
	}
	if a := s.do("POST", "/api/urls/bulk", readKey, items(1, -1, "x")); a.Status != 403 {
		t.Errorf("without the scope: %d", a.Status)
	}
	// What is refused as a whole uses nothing of the budget up.
	a := s.do("POST", "/api/urls/bulk", nativeKey, `{"urls":[{"url":"https://example.com/","custom":"kept"},{"url":"https://example.com/","custom":"kept"},{"custom":"nourl"},{"url":"https://example.com/","domain":"nowhere.example"},{"url":"https://example.com/","geotarget":[{"location":"Atlantis","link":"https://example.com/"}]}]}`)
	if a.Status != 200 || a.get("data.created").Int() != 1 || a.get("data.results.0.error").Int() != 0 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for i, field := range map[int]string{1: "custom", 2: "url", 3: "domain"} {
		if r := a.get(fmt.Sprint("data.results.", i)); r.Get("error").Int() != 1 || !r.Get("errors."+field).Exists() {
			t.Errorf("item %d: %s; want an error naming %s", i, r, field)
		}
	}
	if a.Header.Get("X-RateLimit-Items-Remaining") != "0" {
		t.Errorf("%s items are left; want 0 of 5", a.Header.Get("X-RateLimit-Items-Remaining"))
	}
	if r := a.get("data.results.4.errors"); !strings.Contains(r.Raw, `"geotarget[0].location"`) {
		t.Errorf("item 4: %s", r)
	}
}

// TestIdempotencyKey_AtOnce sends the same create many times at once. It is done
// once, and all are answered with what it made.
func TestIdempotencyKey_AtOnce(t *testing.T) {
	eachDatabase(t, siteConfig(filesOptions), func(t *testing.T, s *site) {
		for i, c := range []struct{ path, body, list, count string }{
			{"/api/url/add", `{"url":"https://example.com/once","password":"secret"}`, "/api/urls", "data.result"},
			{"/api/url/add", `{"url":"https://example.com/once","custom":"once"}`, "/api/urls?q=once", "data.result"},
			{"/api/qr/add", `{"type":"link","data":"https://example.com/"}`, "/api/qr", "data.result"},
			{"/api/files/upload/a.txt?name=x", "content", "/api/files", "result"},
			{"/api/campaign/add", `{"name":"c"}`, "/api/campaigns", "data.result"},
			{"/api/domain/add", `{"domain":"once.example"}`, "/api/domains", "data.result"},
			{"/api/urls/bulk", items(3, -1, "bulk"), "/api/urls?q=bulk-", "data.result"},
		} {
			key := fmt.Sprint("key-", i)
			var mu sync.Mutex
			fresh := 0
			bodies := map[string]int{}
			var wg sync.WaitGroup
			before := s.do("GET", c.list, nativeKey, "").get(c.count).Int()
			for range 20 {
				wg.Go(func() {
					a := s.do("POST", c.path, nativeKey, c.body, "Idempotency-Key", key)
					mu.Lock()
					defer mu.Unlock()
					if a.Status != 200 {
						t.Errorf("%s: %d %s", c.path, a.Status, a.Body)
					}
					if a.Header.Get("Idempotency-Replayed") == "" {
						fresh++
					}
					bodies[a.Body]++
				})
			}
			wg.Wait()
			if len(bodies) != 1 {
				t.Errorf("%s: the answers differ: %v", c.path, bodies)
			}
			want := before + 1
			if strings.HasSuffix(c.path, "bulk") {
				want = before + 3
			} else if fresh != 1 {
				// Of a bulk request each item is promised by itself, and several
				// answers may have made some.
				t.Errorf("%s: %d answers are not marked as replayed; want 1", c.path, fresh)
			}
			if got := s.do("GET", c.list, nativeKey, "").get(c.count).Int(); got != want {
				t.Errorf("%s: %d are listed; want %d", c.path, got, want)
			}
		}
		if n := len(s.stored()); n != 1 {
			t.Errorf("%d files are kept; want 1", n)
		}
		a := s.do("POST", "/api/url/add", nativeKey, `{"url":"https://example.com/another"}`, "Idempotency-Key", "key-0")
		if a.Status != 400 || !a.get("errors.Idempotency-Key").Exists() {
			t.Errorf("another request with the key: %d %s", a.Status, a.Body)
		}
	})
}
