package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/linkquay/linkquay/clicks"
)

func parse(tb testing.TB, b []byte) *http.Request {
	tb.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
	if err != nil {
		tb.Fatalf("%v in %q", err, b)
	}
	return r
}

func parseHead(tb testing.TB, b []byte) http.Header {
	tb.Helper()
	return parse(tb, b).Header
}

// TestBrowsers: visits of programs would not count as clicks.
func TestBrowsers(t *testing.T) {
	for client := range browsers {
		agent := parseHead(t, visits{address: "a"}.client(client).bytes).Get("User-Agent")
		if kind := clicks.KindOf(agent); kind != clicks.Human {
			t.Errorf("%q is of kind %d", agent, kind)
		}
	}
}

// TestVisits_Once: the clients share the links out.
func TestVisits_Once(t *testing.T) {
	for _, clients := range []int{1, 3, 10, 12} {
		v := visits{address: "a", links: links{count: 10}}
		seen := map[string]string{}
		for client := range clients {
			next := v.once(clients).requests(client, nil)
			for r := next(); r != nil; r = next() {
				alias := parse(t, r.bytes).URL.Path[1:]
				if seen[alias] != "" {
					t.Errorf("%d clients: %s is visited twice", clients, alias)
				}
				seen[alias] = string(r.location)
			}
		}
		for i := range v.links.count {
			if got, want := seen[string(appendAlias(nil, i))], string(v.links.appendLocation(nil, i)); got != want {
				t.Errorf("%d clients: link %d leads to %q; want %q", clients, i, got, want)
			}
		}
		if len(seen) != v.links.count {
			t.Errorf("%d clients visit %d links", clients, len(seen))
		}
	}
}

func TestVisits_AtRandom(t *testing.T) {
	v := visits{address: "a", links: links{count: 3}, to: "/fixed"}
	next := v.atRandom().requests(0, rand.New(rand.NewPCG(1, 1)))
	seen := map[string]bool{}
	for range 50 {
		r := next()
		seen[parse(t, r.bytes).URL.Path] = true
		if string(r.location) != "/fixed" {
			t.Fatalf("location = %q", r.location)
		}
	}
	if len(seen) != v.links.count {
		t.Errorf("50 visits were of %d links; want %d", len(seen), v.links.count)
	}
}

func TestCreates(t *testing.T) {
	next := creates("a", "secret", `"error":0`).requests(0, rand.New(rand.NewPCG(1, 1)))
	seen := map[string]bool{}
	for range 50 {
		r := next()
		sent := parse(t, r.bytes)
		body, err := io.ReadAll(sent.Body)
		var document struct{ URL string }
		if err != nil || json.Unmarshal(body, &document) != nil {
			t.Fatalf("body %q, %v", body, err)
		}
		if len(document.URL) != len(destination)+1+numberLength || sent.Header.Get("Authorization") != "Bearer secret" {
			t.Fatalf("a request for %q, head %v", document.URL, sent.Header)
		}
		seen[document.URL] = true
	}
	if len(seen) != 50 {
		t.Errorf("50 creates were of %d destinations", len(seen))
	}
}
