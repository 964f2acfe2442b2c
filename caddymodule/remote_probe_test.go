package caddymodule_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/simulate"
)

// TestRemote_Probe asks sites of each kind what they speak, under right and
// wrong configurations, by the server and without one.
func TestRemote_Probe(t *testing.T) {
	gem, dg1, dg3 := simulated(t, "gempixel", simulate.Options{}), simulated(t, "dglnk 1", simulate.Options{}), simulated(t, "dglnk 3", simulate.Options{})
	backend := func(name, adapter, address, key, version string) string {
		return "\n\t\tbackend " + name + " " + adapter + " " + address + " {\n\t\t\tapi_key " + key + "\n" + version + "\t\t}"
	}
	const v1, v3 = "\t\t\tapi_version 1\n", "\t\t\tapi_version 3\n"
	p := newProgram(t, withAdmin(
		backend("gem", "gempixel", gem.URL, gempixelSiteKey, "")+
			backend("gem-key", "gempixel", gem.URL, dglnkSiteKey, "")+
			backend("gem-dg", "gempixel", dg3.URL, dglnkSiteKey, "")+
			backend("one", "dglnk", dg1.URL, dglnkSiteKey, v1)+
			backend("one-as-three", "dglnk", dg1.URL, dglnkSiteKey, v3)+
			backend("three", "dglnk", dg3.URL, dglnkSiteKey, v3)+
			backend("three-as-one", "dglnk", dg3.URL, dglnkSiteKey, v1)+
			backend("three-key", "dglnk", dg3.URL, gempixelSiteKey, v3)+
			backend("away", "dglnk", "http://127.0.0.1:1", dglnkSiteKey, v3)))
	cases := []struct {
		name, speaks string
		fits         bool
		hint         string
	}{
		{"gem", "gempixel 3", true, ""},
		{"gem-key", "", false, "API key"},
		{"gem-dg", "", false, "speaks this API"},
		{"one", "dglnk 1", true, ""},
		{"one-as-three", "dglnk 1", false, "api_version 1"},
		{"three", "dglnk 3", true, ""},
		{"three-as-one", "dglnk 3", false, "api_version 3"},
		{"three-key", "", false, "API key"},
	}
	probes := func(t *testing.T) {
		for _, c := range cases {
			out, complaints, status := p.output("linkquay", "backends", "probe", c.name, "--json")
			got := gjson.Get(out, c.name)
			if got.Get("api").String() != c.speaks || got.Get("fits").Bool() != c.fits || !strings.Contains(got.Get("hint").String(), c.hint) {
				t.Errorf("%s: %s\n%s", c.name, out, complaints)
			}
			if (status == 0) != c.fits || !c.fits && !strings.Contains(complaints, c.hint) {
				t.Errorf("%s: status %d, %q; want a failure that says why unless it fits", c.name, status, complaints)
			}
		}
		out, complaints, status := p.output("linkquay", "backends", "probe", "gem", "three")
		if status != 0 || !strings.Contains(out, "gem: speaks gempixel 3; the configuration fits") || !strings.Contains(out, "three: speaks dglnk 3; the configuration fits") {
			t.Errorf("two that fit: status %d\n%s%s", status, out, complaints)
		}
		for args, want := range map[string]string{"away": `"away"`, "nosuch": `no remote backend "nosuch"`, "": "api_version"} {
			out, complaints, status := p.output(append([]string{"linkquay", "backends", "probe"}, strings.Fields(args)...)...)
			if status == 0 || !strings.Contains(complaints, want) {
				t.Errorf("probe %s: status %d; want a failure with %s\n%s%s", args, status, want, out, complaints)
			}
		}
	}
	t.Run("without a server", probes)
	p.serve()
	t.Run("by the server", probes)
	for _, site := range []*remoteSite{gem, dg1, dg3} {
		for _, r := range site.Requests() {
			if r.Method != "GET" {
				t.Errorf("a probe sent %s %s to %s", r.Method, r.Path, site.kind)
			}
		}
	}
}
