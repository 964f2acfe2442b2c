package caddymodule_test

import (
	"fmt"
	"net"
	"testing"

	"github.com/linkquay/linkquay/simulate"
)

// TestRemote_BudgetReload: neither another way to write the address nor a
// configuration that fails gives out more than the site allows.
func TestRemote_BudgetReload(t *testing.T) {
	remote := simulated(t, "gempixel", simulate.Options{})
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	config := func(rate string) string {
		return siteConfig("rate_limit off\n" + remote.backend("there", gempixelKey, "api_rate "+rate))
	}
	s := start(t, config("1 1h"))
	if a := s.do("GET", "/api/account", gempixelKey, ""); a.Status != 200 {
		t.Fatalf("the only request that there is: %d %s", a.Status, a.Body)
	}
	refused := func(after string) {
		t.Helper()
		if a := s.do("POST", remote.create, gempixelKey, `{"url":"https://example.com/"}`); a.Status != 429 || len(remote.Requests()) != 1 {
			t.Errorf("after %s: %d %s, and %d requests reached the site; want 429 and 1", after, a.Status, a.Body, len(remote.Requests()))
		}
	}
	refused("the first one")
	for range 5 {
		// Apps start in random order: the backends are made before this fails, or
		// not at all.
		if err := s.load(config("100 1h") + fmt.Sprintf("http://%s {\n\trespond ok\n}\n", taken.Addr())); err == nil {
			t.Fatal("a port that is taken is no error")
		}
	}
	refused("configurations that failed")
	remote.URL += "/"
	if err := s.load(config("1 1h")); err != nil {
		t.Fatal(err)
	}
	refused("a slash behind the address")
}
