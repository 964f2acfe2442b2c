package caddymodule_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/simulate"
)

// remoteProgram is the command with a site of each kind as its backends, gem,
// dg1 and dg3, with a key of the same name to each.
func remoteProgram(t *testing.T, options ...string) (p *program, gem, dg1, dg3 *remoteSite) {
	t.Helper()
	gem, dg1, dg3 = simulated(t, "gempixel", simulate.Options{}), simulated(t, "dglnk 1", simulate.Options{}), simulated(t, "dglnk 3", simulate.Options{})
	p = newProgram(t, withAdmin(gem.backend("gem", gempixelKey, options...)+dg1.backend("dg1", dglnkKey, options...)+dg3.backend("dg3", otherKey, options...)))
	return p, gem, dg1, dg3
}

// withAdmin is a configuration of the command whose administration API is at a
// socket in its own folder.
func withAdmin(options string) string {
	return `{
	admin unix/{{dir}}/admin.sock
	persist_config off
	linkquay {
		database sqlite data/linkquay.db
		rate_limit off
		key tester ` + nativeKey + options + `
	}
}
http://127.0.0.1:{{port}} {
	metrics /metrics
	linkquay
}
`
}

// output runs a subcommand and returns both of its outputs and its status.
func (p *program) output(args ...string) (stdout, stderr string, status int) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), p.path, args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			p.t.Fatal(err)
		}
		status = exit.ExitCode()
	}
	for _, secret := range []string{nativeKey, gempixelKey, dglnkKey, otherKey, gempixelSiteKey, dglnkSiteKey} {
		if strings.Contains(out.String()+complaints.String(), secret) {
			p.t.Errorf("%v shows a key:\n%s%s", args, out.String(), complaints.String())
		}
	}
	return out.String(), complaints.String(), status
}

// status returns what "backends --json" tells of one.
func (p *program) status(name string) gjson.Result {
	p.t.Helper()
	out, complaints, status := p.output("linkquay", "backends", "--json")
	if status != 0 || !gjson.Valid(out) {
		p.t.Fatalf("backends --json: status %d\n%s%s", status, out, complaints)
	}
	return gjson.Get(out, `#(name="`+name+`")`)
}

// health is what everybody is told of a backend.
func (s *site) health(name string) string {
	s.t.Helper()
	a := s.do("GET", "/api/health", "", "")
	if a.Status != 200 {
		s.t.Errorf("the server's own health is %d %s; want 200 whatever its backends do", a.Status, a.Body)
	}
	return a.get(`backends.#(name="` + name + `").status`).String()
}

// metrics returns the lines of the metrics that begin so.
func (s *site) metrics(prefix string) (lines []string) {
	s.t.Helper()
	for line := range strings.Lines(s.do("GET", "/metrics", "", "").Body) {
		if strings.HasPrefix(line, prefix) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// TestRemote_Outage takes a backend away and brings it back, and looks at it
// where operators and clients do.
func TestRemote_Outage(t *testing.T) {
	p, gem, dg1, dg3 := remoteProgram(t, "api_rate 1000 1m")
	if s := p.status("gem"); s.Get("address").String() != gem.URL || s.Get("health").Exists() || s.Get("in_doubt").Int() != 0 {
		t.Errorf("without a server gem is %s; want its address and nothing of its health", s.Raw)
	}
	p.serve()
	others := func() {
		t.Helper()
		for _, key := range []string{nativeKey, dglnkKey, otherKey} {
			if a := p.do("POST", "/api/url/add", key, `{"url":"https://example.com/others"}`); a.Status != 200 {
				t.Errorf("another backend's caller: %d %s", a.Status, a.Body)
			}
		}
	}

	// One that hangs costs its own callers only, however many they are.
	gem.fail(t, simulate.Fault{Kind: simulate.Latency, Delay: 1 << 40})
	ctx, giveUp := context.WithCancel(t.Context())
	var hung sync.WaitGroup
	var answered atomic.Int64
	for range 50 {
		hung.Go(func() {
			r, err := http.NewRequestWithContext(ctx, "GET", p.base+"/api/account", http.NoBody)
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("Authorization", gempixelKey)
			if resp, err := http.DefaultClient.Do(r); err == nil {
				answered.Add(1)
				_ = resp.Body.Close()
			}
		})
	}
	eventually(t, "many callers hang", func() bool { return len(gem.Requests()) > 20 })
	others()
	if answered.Load() > 0 {
		t.Errorf("%d callers of the backend that hangs were answered", answered.Load())
	}
	giveUp()
	hung.Wait()
	gem.Heal()
	if a := p.do("GET", "/api/account", gempixelKey, ""); a.Status != 200 || p.health("gem") != "up" {
		t.Errorf("callers that gave up have done harm: %d, %s", a.Status, p.health("gem"))
	}

	// One that is down is not asked any more.
	gem.fail(t, simulate.Fault{Kind: simulate.Reset})
	for range 5 {
		if a := p.do("GET", "/api/account", gempixelKey, ""); a.Status != 503 {
			t.Errorf("while it is down: %d %s", a.Status, a.Body)
		}
	}
	if got := p.health("gem"); got != "down" {
		t.Errorf("after five failures its health is %q; want down", got)
	}
	asked := len(gem.Requests())
	for range 20 {
		if a := p.do("POST", "/api/url/add", gempixelKey, `{"url":"https://example.com/"}`); a.Status != 503 || a.Header.Get("Retry-After") == "" {
			t.Errorf("while its breaker is open: %d %v %s; want 503 and Retry-After", a.Status, a.Header, a.Body)
		}
	}
	if n := len(gem.Requests()); n != asked {
		t.Errorf("%d requests came to a backend that is down", n-asked)
	}
	others()
	for name, want := range map[string]string{"gem": "0", "dg1": "1", "dg3": "1"} {
		line := `caddy_linkquay_backend_up{backend="` + name + `"} `
		if got := p.metrics(line); len(got) != 1 || got[0] != line+want {
			t.Errorf("the metrics have %q; want %s%s", got, line, want)
		}
	}
	if s := p.status("gem").Get("health"); s.Get("state").String() != "open" || s.Get("failures").Int() == 0 || s.Get("last_error").String() == "" {
		t.Errorf("backends --json says %s; want an open breaker, and why", s.Raw)
	}
	if s := p.status("dg3").Get("health"); s.Get("state").String() != "closed" || s.Get("budget.requests").Int() != 1000 || s.Get("budget.left").Int() >= 1000 {
		t.Errorf("backends --json says %s of one that is well; want what is left of its budget", s.Raw)
	}
	table, _, status := p.output("linkquay", "backends")
	for _, want := range []string{"NAME", "gem ", "open for ", "gem: last error ", "dg1 ", "dg3 ", "closed for ", "of 1000", dg1.URL, dg3.URL} {
		if status != 0 || !strings.Contains(table, want) {
			t.Errorf("backends (status %d) lacks %q:\n%s", status, want, table)
		}
	}

	gem.Heal()
	eventually(t, "the backend may be asked again", func() bool { return p.health("gem") == "probing" })
	if a := p.do("GET", "/api/account", gempixelKey, ""); a.Status != 200 || p.health("gem") != "up" {
		t.Errorf("after it has come back: %d %s, %s", a.Status, a.Body, p.health("gem"))
	}
	if got := p.metrics(`caddy_linkquay_backend_up{backend="gem"}`); len(got) != 1 || !strings.HasSuffix(got[0], " 1") {
		t.Errorf("the metrics have %q; want 1", got)
	}
	p.stop()
	for _, secret := range []string{nativeKey, gempixelKey, dglnkKey, otherKey, gempixelSiteKey, dglnkSiteKey} {
		if strings.Contains(p.log.String(), secret) {
			t.Error("the log shows a key")
		}
	}
}
