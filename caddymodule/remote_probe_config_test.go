package caddymodule_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/simulate"
)

// TestRemote_ProbeNewConfiguration: what is probed is the configuration that the
// command is given. Of one that the server has, too, the server asks.
func TestRemote_ProbeNewConfiguration(t *testing.T) {
	gem, dg := simulated(t, "gempixel", simulate.Options{}), simulated(t, "dglnk 1", simulate.Options{})
	backend := func(name, adapter, address, key, version string) string {
		return "\n\t\tbackend " + name + " " + adapter + " " + address + " {\n\t\t\tapi_key " + key + "\n" + version + "\t\t}"
	}
	same := backend("same", "gempixel", gem.URL, gempixelSiteKey, "\t\t\tapi_rate 100 1m\n\t\t\tdomains links.example.com\n")
	p := newProgram(t, withAdmin(same+backend("dg", "dglnk", dg.URL, dglnkSiteKey, "\t\t\tapi_version 3\n")))
	p.serve()
	if _, _, status := p.output("linkquay", "backends", "probe", "dg"); status == 0 {
		t.Error("a wrong version fits")
	}
	p.write(withAdmin(same + backend("dg", "dglnk", dg.URL, dglnkSiteKey, "\t\t\tapi_version 1\n") + backend("new", "gempixel", gem.URL, gempixelSiteKey, "")))
	out, complaints, status := p.output("linkquay", "backends", "probe")
	if status != 0 || strings.Count(out, "the configuration fits") != 3 {
		t.Errorf("the new configuration: status %d\n%s%s", status, out, complaints)
	}
	out, _ = p.run("linkquay", "backends", "--json")
	for name, want := range map[string]bool{"same": true, "dg": true} {
		if asked := gjson.Get(out, `#(name=="`+name+`").health.calls`).Int() > 0; asked != want {
			t.Errorf("the server has asked %s: %t; want %t\n%s", name, asked, want, out)
		}
	}
	calls := gjson.Get(out, `#(name=="dg").health.calls`).Int()
	if _, _, status := p.output("linkquay", "backends", "probe", "dg"); status != 0 {
		t.Error("the right version does not fit")
	}
	out, _ = p.run("linkquay", "backends", "--json")
	if now := gjson.Get(out, `#(name=="dg").health.calls`).Int(); now != calls {
		t.Errorf("the server has asked %d times more by a configuration that is not in question", now-calls)
	}
}
