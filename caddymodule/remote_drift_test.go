package caddymodule_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/simulate"
)

// TestRemote_Drift: a site whose replies have changed is answered for by what
// is left of them or by an error, and each field is counted.
func TestRemote_Drift(t *testing.T) {
	p, gem, dg1, dg3 := remoteProgram(t)
	p.serve()
	sites := map[string]*remoteSite{"gem": gem, "dg1": dg1, "dg3": dg3}
	keys := map[string]string{"gem": gempixelKey, "dg1": dglnkKey, "dg3": otherKey}
	for _, key := range keys {
		p.create(key, `{"url":"https://example.com/"}`)
	}
	const list, create = "GET /api/urls", "POST /api/url/add"
	dropped := func(fields ...string) simulate.Fault {
		return simulate.Fault{Kind: simulate.DropFields, Fields: fields}
	}
	retyped := func(to string, fields ...string) simulate.Fault {
		return simulate.Fault{Kind: simulate.RetypeFields, To: to, Fields: fields}
	}
	const reads = 5
	for _, c := range []struct {
		backend, request string
		fault            simulate.Fault
		field, drift     string
		status           int
	}{
		{"gem", list, dropped("data.urls[].clicks"), "clicks", "missing", 200},
		{"gem", list, retyped("object", "data.urls[].title"), "title", "type", 200},
		{"gem", list, dropped("data.urls[].id"), "id", "missing", 503},
		{"gem", list, simulate.Fault{Kind: simulate.HTML}, "", "not_json", 503},
		{"gem", create, dropped("shorturl", "short"), "shorturl", "missing", 503},
		{"dg3", list, retyped("string", "pagination.data"), "data", "type", 503},
		{"dg3", list, retyped("object", "pagination.data[].long_url"), "long_url", "type", 503},
		{"dg3", create, dropped("link.short_url"), "short_url", "missing", 503},
		{"dg1", create, dropped("link.id"), "id", "missing", 503},
		{"dg1", create, retyped("array", "link.short_url"), "short_url", "type", 503},
		{"dg1", create, simulate.Fault{Kind: simulate.HTML}, "", "not_json", 503},
	} {
		t.Run(fmt.Sprintf("%s/%s/%s/%s", c.backend, c.request, c.field, c.drift), func(t *testing.T) {
			site := sites[c.backend]
			site.fail(t, c.fault)
			method, path, _ := strings.Cut(c.request, " ")
			times := reads
			if method == "POST" {
				times = 1 // its breaker stays closed
			}
			for i := range times {
				a := p.do(method, path, keys[c.backend], fmt.Sprintf(`{"url":"https://example.com/%s/%d"}`, t.Name(), i))
				if a.Status != c.status && a.Status != 200 || a.Status != 200 && a.get("error").Int() == 0 || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
					t.Errorf("%d %v %s; want %d", a.Status, a.Header, a.Body, c.status)
				}
			}
			site.Heal()
			var counted []string
			for _, line := range p.metrics(`caddy_linkquay_upstream_drift_total{backend="` + c.backend + `"`) {
				if strings.Contains(line, `kind="`+c.drift+`"`) && (strings.Contains(line, `field="`+c.field+`"`) || strings.Contains(line, "."+c.field+`"`)) {
					counted = append(counted, line)
				}
			}
			if len(counted) == 0 {
				t.Errorf("the metrics do not count %s %s: %v", c.field, c.drift, p.metrics("caddy_linkquay_upstream_drift_total"))
			}
			var shown []string
			p.status(c.backend).Get("drift").ForEach(func(_, d gjson.Result) bool {
				if d.Get("kind").String() == c.drift && strings.HasSuffix("."+d.Get("field").String(), "."+c.field) && d.Get("count").Int() > 0 {
					shown = append(shown, d.Raw)
				}
				return true
			})
			if len(shown) == 0 {
				t.Errorf("backends does not show %s %s: %s", c.field, c.drift, p.status(c.backend).Get("drift"))
			}
		})
	}
	out, _, _ := p.output("linkquay", "backends")
	for _, want := range []string{"gem: drift: listLinks: reply not json: 5 times", "dg1: drift: createLink: ", "dg3: drift: listLinks: "} {
		if !strings.Contains(out, want) {
			t.Errorf("backends lacks %q:\n%s", want, out)
		}
	}
	p.stop()
	for name := range sites {
		lines := 0
		for line := range strings.Lines(p.log.String()) {
			if strings.Contains(line, "not what the adapter expects") && strings.Contains(line, `"`+name+`"`) {
				lines++
			}
		}
		// The test may take longer than a minute on a slow machine.
		if lines < 1 || lines > 3 {
			t.Errorf("%d log lines tell of the drift of %s; want one a minute", lines, name)
		}
	}
}
