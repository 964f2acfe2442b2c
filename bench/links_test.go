package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/linkquay/linkquay/shortener"
)

func TestAppendAlias(t *testing.T) {
	const some = 200_000
	seen := make(map[string]bool, some)
	for i := range some {
		alias := string(appendAlias(nil, i))
		if seen[alias] || len(alias) != aliasLength || !shortener.IsAlias(alias) {
			t.Fatalf("alias %d is %q, seen before: %v", i, alias, seen[alias])
		}
		seen[alias] = true
	}
}

// TestAppendAlias_NoneTwice: a step without a common divisor comes back to its
// beginning only when all aliases are used up.
func TestAppendAlias_NoneTwice(t *testing.T) {
	a, b := uint64(aliasStep), uint64(aliasCount)
	for b != 0 {
		a, b = b, a%b
	}
	if a != 1 {
		t.Errorf("the step and the number of aliases have the divisor %d", a)
	}
	if last := uint64(maxLinks); last*aliasStep/aliasStep != last {
		t.Error("the last alias is past 64 bits")
	}
}

// TestLinks_Location asks the shortener where the bench's visitors are led.
func TestLinks_Location(t *testing.T) {
	for _, l := range []links{{count: 4}, {count: 4, rules: true}} {
		for i := range l.count {
			target := shortener.NewTarget(l.link(i))
			for client := range browsers {
				head := parseHead(t, visits{links: l}.client(client).bytes)
				got := shortener.Decide(&target, &shortener.Visitor{
					Now: time.Now(), Country: visitorsCountry, UserAgent: head.Get("User-Agent"), AcceptLanguage: head.Get("Accept-Language"),
				})
				if want := string(l.appendLocation(nil, i)); got.Outcome != shortener.Redirect || got.Code != http.StatusFound || got.URL != want {
					t.Errorf("link %d of %+v leads browser %d to %+v; want %s", i, l, client, got, want)
				}
			}
		}
	}
	if got, want := string(links{rules: true}.appendLocation(nil, 2)), string(links{rules: true}.appendLocation(nil, 3)); len(got) <= len(want) {
		t.Errorf("a rule leads to %s, no rule to %s", got, want)
	}
}
