package dglnk

import (
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
	"pgregory.net/rapid"
)

// stored is what a dashboard may have made of a link's rules.
const stored = `{"rules":[
	{"id":1,"type":"geo","key":"CA","value":"https://ca.example.com/"},
	{"id":2,"type":"platform","key":"ios","value":"https://apps.apple.com/app/id1"},
	{"id":3,"type":"device","key":"table","value":"https://t.example.com/"},
	{"id":4,"type":"exp_clicks","key":100,"value":null},
	{"id":5,"type":"device","key":"phone","value":"https://m.example.com/"},
	{"id":6,"type":"platform","key":"amiga","value":"https://x.example.com/"},
	{"id":7,"type":"geo","key":"zz","value":"https://zz.example.com/"},
	7]}`

// TestShown: what the contract has words for is shown, in the site's order, also
// by the names that the page and the dashboard have.
func TestShown(t *testing.T) {
	rules, ok := readRules(gjson.Parse(stored))
	if !ok || len(rules) != 8 {
		t.Fatalf("readRules = %v, %v", rules, ok)
	}
	geo, device, app := shown(rules)
	for _, c := range []struct{ what, got, want string }{
		{"geotarget", geo, `[{"location":"Canada","link":"https://ca.example.com/"},{"location":"ZZ","link":"https://zz.example.com/"}]`},
		{"devicetarget", device, `[{"device":"tablet","link":"https://t.example.com/"},{"device":"mobile","link":"https://m.example.com/"}]`},
		{"deeplink", app, `{"apple":"https://apps.apple.com/app/id1"}`},
	} {
		if c.got != c.want {
			t.Errorf("%s = %s; want %s", c.what, c.got, c.want)
		}
	}
	if _, ok := readRules(gjson.Parse(`{"rules":null}`)); ok {
		t.Error("no list of rules was taken for an empty one")
	}
}

// TestMergeRules: a field replaces its own rules alone, where they stood; the
// rest stays byte by byte.
func TestMergeRules(t *testing.T) {
	rules, _ := readRules(gjson.Parse(stored))
	raw := func(ids ...int) (parts []string) {
		for _, id := range ids {
			parts = append(parts, rules[id-1].raw)
		}
		return parts
	}
	newGeo, newDevice := encodeRule("geo", "us", "https://us.example.com/"), encodeRule("platform", "android", "https://a.example.com/")
	newApp := encodeRule("platform", "ios", "https://apps.apple.com/app/id2")
	for _, c := range []struct {
		name, document string
		want           []string
	}{
		{"Geo", `{"geotarget":[{"location":"us","link":"https://us.example.com/"}]}`, slices.Concat([]string{newGeo}, raw(2, 3, 4, 5, 6, 8))},
		{"Device", `{"devicetarget":[{"device":"android","link":"https://a.example.com/"}]}`, slices.Concat(raw(1, 2), []string{newDevice}, raw(4, 6, 7, 8))},
		{"NoDevice", `{"devicetarget":[]}`, raw(1, 2, 4, 6, 7, 8)},
		{"App", `{"deeplink":{"apple":"https://apps.apple.com/app/id2"}}`, slices.Concat(raw(1), []string{newApp}, raw(3, 4, 5, 6, 7, 8))},
		{"NoApp", `{"deeplink":{"auto":false}}`, raw(1, 3, 4, 5, 6, 7, 8)},
		{"AppByDevice", `{"devicetarget":[{"device":"iPhone","link":"https://apps.apple.com/app/id2"}]}`, slices.Concat(raw(1), []string{newApp}, raw(4, 6, 7, 8))},
		{"Both", `{"geotarget":[],"devicetarget":[]}`, raw(2, 4, 6, 8)},
		{"Nothing", `{"metatitle":"x"}`, raw(1, 2, 3, 4, 5, 6, 7, 8)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := rulesArray(mergeRules(rules, gjson.Parse(c.document)))
			if want := "[" + strings.Join(c.want, ",") + "]"; got != want {
				t.Errorf("mergeRules = %s; want %s", got, want)
			}
		})
	}
	// Where there was none, they come as a visitor goes through them.
	got := rulesArray(mergeRules(rules[6:7], gjson.Parse(`{"geotarget":[],"devicetarget":[{"device":"android","link":"https://a.example.com/"}],"deeplink":{"apple":"https://apps.apple.com/app/id2"}}`)))
	if want := "[" + newApp + "," + newDevice + "]"; got != want {
		t.Errorf("mergeRules = %s; want %s", got, want)
	}
}

// TestNewRules_RoundTrip: whatever is asked for is read again, and written again
// it is the same.
func TestNewRules_RoundTrip(t *testing.T) {
	link := rapid.SampledFrom([]string{"https://example.com/", `https://example.com/?a="b"&c=é`, "tel:+1"})
	rapid.Check(t, func(t *rapid.T) {
		var geo, device []string
		for range rapid.IntRange(0, 4).Draw(t, "countries") {
			name := rapid.SampledFrom([]string{"Canada", "Russia", "South Korea", "Germany", "France"}).Draw(t, "country")
			geo = append(geo, `{"location":"`+name+`","link":`+quoted(link.Draw(t, "link"))+`}`)
		}
		for range rapid.IntRange(0, 4).Draw(t, "devices") {
			device = append(device, `{"device":"`+rapid.SampledFrom(deviceNames()).Draw(t, "device")+`","link":`+quoted(link.Draw(t, "link"))+`}`)
		}
		wantGeo, wantDevice, wantApp := "["+strings.Join(geo, ",")+"]", "["+strings.Join(device, ",")+"]", "null"
		document := `{"geotarget":` + wantGeo + `,"devicetarget":` + wantDevice
		if rapid.Bool().Draw(t, "app") {
			wantApp = `{"apple":"https://apps.apple.com/app/id1","google":"https://play.google.com/store/apps/details?id=x"}`
			document += `,"deeplink":` + wantApp
		}
		document += "}"
		read, ok := readRules(gjson.Parse(`{"rules":` + rulesArray(newRules(gjson.Parse(document))) + `}`))
		if !ok {
			t.Fatalf("newRules(%s) cannot be read", document)
		}
		gotGeo, gotDevice, gotApp := shown(read)
		if gotGeo != wantGeo || gotDevice != wantDevice || gotApp != wantApp {
			t.Errorf("newRules(%s) is shown as %s, %s, %s", document, gotGeo, gotDevice, gotApp)
		}
		if again := rulesArray(mergeRules(read, gjson.Parse(`{}`))); again != rulesArray(read) {
			t.Errorf("rules that nobody touched became %s; want %s", again, rulesArray(read))
		}
	})
}

func quoted(s string) string { return string(gjson.AppendJSONString(nil, s)) }

func TestDevicesFirst(t *testing.T) {
	got := devicesFirst([]byte(`{"a":1,"rules":[{"type":"geo","key":"ca"},{"type":"device","key":"mobile"},{"type":"geo","key":"us"}],"b":2}`))
	if want := `{"a":1,"rules":[{"type":"device","key":"mobile"},{"type":"geo","key":"ca"},{"type":"geo","key":"us"}],"b":2}`; string(got) != want {
		t.Errorf("devicesFirst = %s; want %s", got, want)
	}
	if got := devicesFirst([]byte(`{"a":1}`)); string(got) != `{"a":1}` {
		t.Errorf("devicesFirst without rules = %s", got)
	}
}

func TestWithParameters(t *testing.T) {
	parameters := gjson.Parse(`[{"name":"a b","value":"1&2"},{"name":"c","value":""}]`)
	for _, c := range []struct {
		destination string
		replace     bool
		want        string
	}{
		{"https://example.com/", false, "https://example.com/?a+b=1%262&c="},
		{"https://example.com/?x#f", false, "https://example.com/?x&a+b=1%262&c=#f"},
		{"https://example.com/?a%20b=0&&x=1&c", false, "https://example.com/?a%20b=0&x=1&c&a+b=1%262&c="},
		{"https://example.com/?a%20b=0&x=1&c", true, "https://example.com/?x=1&a+b=1%262&c="},
	} {
		if got := withParameters(c.destination, parameters, c.replace); got != c.want {
			t.Errorf("withParameters(%s, %v) = %s; want %s", c.destination, c.replace, got, c.want)
		}
	}
	if got := withParameters("https://example.com/?&&", gjson.Parse(`[]`), true); got != "https://example.com/?&&" {
		t.Errorf("no parameters changed the destination to %s", got)
	}
}
