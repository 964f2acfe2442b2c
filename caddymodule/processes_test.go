package caddymodule_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/store/storetest"
)

// TestProcesses runs two servers on one database. What one changes, the other
// knows of soon.
func TestProcesses(t *testing.T) {
	config := strings.Replace(programConfig, "database sqlite data/linkquay.db", "database postgres {env.TEST_DATABASE}\n\t\trate_limit off\n\t\tshort_domain http://127.0.0.1:{{port}}", 1)
	config = strings.Replace(config, "http://127.0.0.1:{{port}} {", ":{{port}} {", 1)
	dsn := storetest.Postgres(t)
	one := newProgram(t, config, "CONFIGURED_KEY="+nativeKey, "TEST_DATABASE="+dsn)
	two := newProgram(t, config, "CONFIGURED_KEY="+nativeKey, "TEST_DATABASE="+dsn)
	one.serve()
	two.serve()

	id, _ := one.create(nativeKey, `{"url":"https://example.com/first","custom":"shared"}`)
	leadsTo(t, "a new link, on the other", two.visit("/shared"), 302, "https://example.com/first")
	if a := two.visit("/afterwards"); a.Status != 404 {
		t.Fatalf("%d", a.Status)
	}
	one.create(nativeKey, `{"url":"https://example.com/","custom":"afterwards"}`)
	eventually(t, "a link that was asked for before it was there", func() bool { return two.visit("/afterwards").Status == 302 })

	for _, change := range []struct{ what, method, path, body, to string }{
		{"another target", "PUT", "/api/url/%d/update", `{"url":"https://example.com/second"}`, "https://example.com/second"},
		{"a rule", "PUT", "/api/url/%d/update", `{"devicetarget":[{"device":"Linux","link":"https://example.com/linux"}]}`, "https://example.com/linux"},
		{"deleted", "DELETE", "/api/url/%d/delete", "", ""},
	} {
		if a := one.do(change.method, fmt.Sprintf(change.path, id), nativeKey, change.body); a.Status != 200 {
			t.Fatalf("%s: %d %s", change.what, a.Status, a.Body)
		}
		if to := one.visit("/shared").Header.Get("Location"); to != change.to {
			t.Errorf("%s, on the process that did it: %q; want %q at once", change.what, to, change.to)
		}
		eventually(t, change.what+", on the other", func() bool { return two.visit("/shared").Header.Get("Location") == change.to })
	}

	domain := one.make("/api/domain/add", `{"domain":"brand.example","redirectroot":"https://example.com/root"}`)
	root := func() string { return two.at(http.MethodGet, "brand.example", "/").Header.Get("Location") }
	eventually(t, "a new domain", func() bool { return root() == "https://example.com/root" })
	if a := one.do("PUT", fmt.Sprintf("/api/domain/%d/update", domain), nativeKey, `{"redirectroot":"https://example.com/other"}`); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	eventually(t, "its other root", func() bool { return root() == "https://example.com/other" })
	if a := one.do("DELETE", fmt.Sprintf("/api/domain/%d/delete", domain), nativeKey, ""); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	eventually(t, "a domain that is gone", func() bool { return root() == "" })

	// Right after it was registered by one, the other takes links on it.
	one.make("/api/domain/add", `{"domain":"quick.example"}`)
	two.create(nativeKey, `{"url":"https://example.com/quick","custom":"quick","domain":"quick.example"}`)

	// Visits of both are added up, and visits of one person count once.
	counted, _ := one.create(nativeKey, `{"url":"https://example.com/","custom":"counted"}`)
	for range 5 {
		one.visit("/counted")
		two.visit("/counted")
	}
	one.counts(t, counted, `{"clicks":10,"uniqueClicks":1,"bots":0,"previews":0,"scans":0}`)

	// A limit holds over both.
	one.create(nativeKey, `{"url":"https://example.com/","custom":"limited","clicklimit":5}`)
	got := 0
	for range 5 {
		for _, p := range []*program{one, two} {
			if p.visit("/limited").Status == 302 {
				got++
			}
		}
	}
	if got != 5 {
		t.Errorf("%d visits of a link that allows 5", got)
	}
}
