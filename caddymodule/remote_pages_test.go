package caddymodule_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/simulate"
)

// TestRemote_Capabilities: a client is told the same as an operator, of every
// backend.
func TestRemote_Capabilities(t *testing.T) {
	p, _, _, _ := remoteProgram(t)
	out, complaints, status := p.output("linkquay", "capabilities", "--format", "json")
	if status != 0 {
		t.Fatalf("status %d: %s", status, complaints)
	}
	p.serve()
	for backend, key := range map[string]string{"native": nativeKey, "gem": gempixelKey, "dg1": dglnkKey, "dg3": otherKey} {
		a := p.do("GET", "/api/capabilities", key, "")
		if a.get("backend").String() != backend {
			t.Errorf("%d %s; want the capabilities of %s", a.Status, a.Body, backend)
		}
		var answered, printed any
		told := gjson.Get(out, `#(backend="`+backend+`").operations`).Raw
		if err := json.Unmarshal([]byte(told), &printed); err != nil {
			t.Fatalf("%s: %v in %s", backend, err, out)
		}
		if err := json.Unmarshal([]byte(a.get("operations").Raw), &answered); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(printed, answered); diff != "" {
			t.Errorf("%s: the command and the API differ (-command +API):\n%s", backend, diff)
		}
	}
	for _, args := range [][]string{{"nosuch"}, {"--format", "yaml"}} {
		if _, complaints, status := p.output(append([]string{"linkquay", "capabilities"}, args...)...); status == 0 || !strings.Contains(complaints, args[len(args)-1]) {
			t.Errorf("%v: status %d, %q; want a failure that names it", args, status, complaints)
		}
	}
}

// TestRemote_CapabilitiesPage: docs/capabilities.md is what the command writes.
func TestRemote_CapabilitiesPage(t *testing.T) {
	p := newProgram(t, string(readFile(t, "../testdata/capabilities.Caddyfile")))
	out, complaints, status := p.output("linkquay", "capabilities", "--format", "markdown")
	if status != 0 {
		t.Fatalf("status %d: %s", status, complaints)
	}
	page, err := os.ReadFile("../docs/capabilities.md")
	if diff := cmp.Diff(string(page), out); err != nil || diff != "" {
		t.Errorf("docs/capabilities.md is out of date: renew it by \"go generate ./caddymodule\" (%v; -page +now)\n%.2000s", err, diff)
	}
}

// TestSimulatePage_Caddyfile: the backend that docs/simulate.md shows stands in
// a global block as it is, and reaches a simulator.
func TestSimulatePage_Caddyfile(t *testing.T) {
	page := string(readFile(t, "../docs/simulate.md"))
	_, rest, _ := strings.Cut(page, "make it a backend")
	_, rest, _ = strings.Cut(rest, "```\n")
	block, _, ok := strings.Cut(rest, "```")
	if !ok || !strings.HasPrefix(block, "backend ") {
		t.Fatalf("the page has no backend to copy: %q", block)
	}
	file := "{\n\tlinkquay {\n\t\t" + strings.ReplaceAll(strings.TrimSpace(block), "\n", "\n\t\t") + "\n\t}\n}\n"
	if got := string(caddyfile.Format([]byte(file))); got != file {
		t.Errorf("not formatted; want\n%s", got)
	}
	config, err := adapt(file)
	if err != nil {
		t.Fatal(err)
	}
	var cfg caddy.Config
	if err := json.Unmarshal(config, &cfg); err != nil {
		t.Fatal(err)
	}
	if err := caddy.Validate(&cfg); err != nil {
		t.Fatal(err)
	}
	remote := simulated(t, "gempixel", simulate.Options{})
	file = strings.NewReplacer("http://127.0.0.1:9091", remote.URL, "gempixel-simulator-key", gempixelSiteKey,
		"{\n\tlinkquay {", "{\n\tadmin off\n\tpersist_config off\n\tlinkquay {\n\t\tdatabase sqlite {{dir}}/linkquay.db").Replace(file)
	s := start(t, file+"http://127.0.0.1:{{port}} {\n\tlinkquay\n}\n")
	if _, short := s.create("a-key-of-my-own-to-test", `{"url":"https://example.com/"}`); !strings.HasPrefix(short, remote.URL) {
		t.Errorf("the link is at %s; want it at the simulator", short)
	}
}
