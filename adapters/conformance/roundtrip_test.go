package conformance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// TestRoundTrip: of random documents every backend keeps all that it says that
// it does, and tells of all that it does not; and what it sends to its site is
// JSON.
func TestRoundTrip(t *testing.T) {
	for _, kind := range backends {
		for _, op := range []api.Operation{api.CreateLink, together, api.UpdateLink} {
			t.Run(kind+"/"+string(op), func(t *testing.T) {
				t.Parallel()
				s := mustStand(t, kind, settings{policy: adapters.Warn, other: op == together})
				fields := schemasOf(t, s.contract.Operation(map[bool]api.Operation{true: api.UpdateLink, false: api.CreateLink}[op == api.UpdateLink])).fields
				rapid.Check(t, func(r *rapid.T) {
					p := &problems{TB: t}
					p.run(func() { s.roundTrip(p, r, op, fields) })
					for _, text := range p.texts {
						r.Errorf("%s", text)
					}
				})
				s.wellFormed(t)
			})
		}
	}
}

// problems are those of one random document, which may have a smaller one with
// the same.
type problems struct {
	testing.TB

	texts []string
}

func (p *problems) Helper()                   {}
func (p *problems) Errorf(f string, a ...any) { p.texts = append(p.texts, fmt.Sprintf(f, a...)) }
func (p *problems) Fatalf(f string, a ...any) { p.Errorf(f, a...); panic(p) }
func (p *problems) Fatal(a ...any)            { p.Fatalf("%s", fmt.Sprint(a...)) }

// run calls f until its first fatal problem.
func (p *problems) run(f func()) {
	defer func() {
		if r := recover(); r != nil && r != any(p) {
			panic(r)
		}
	}()
	f()
}

// asked is a field of a random document.
type asked struct {
	value

	name string
	raw  string
}

// roundTrip sends one document and looks for each of its fields.
func (s *stand) roundTrip(t *problems, r *rapid.T, op api.Operation, fields map[string]gjson.Result) {
	var all []asked
	document := map[string]json.RawMessage{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "url" && !rapid.Bool().Draw(r, "has "+name) {
			continue
		}
		a := s.draw(t, r, op, name, fields[name])
		if a.raw == "" {
			continue
		}
		all = append(all, a)
		document[name] = json.RawMessage(a.raw)
	}
	body, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	r.Logf("%s", body)
	path := api.Path{}
	if op == api.UpdateLink {
		path.ID = s.make(t, "Link", "")
	}
	o := s.carry(t, op, path, string(body))
	if o.code != "" {
		t.Fatalf("%s: %s %q %v", body, o.code, o.message, o.fields)
	}
	for _, a := range all {
		s.kept(t, op, path, a, gjson.ParseBytes(body), o)
	}
}

// kept: a field is where it was asked to be, or in the warnings.
func (s *stand) kept(t *problems, op api.Operation, path api.Path, a asked, document gjson.Result, o outcome) {
	lost := slices.ContainsFunc(o.warnings, func(w api.FieldError) bool { return concerns(w.Field, a.name) })
	capability := s.all[map[bool]api.Operation{true: api.UpdateLink, false: api.CreateLink}[op == api.UpdateLink]].Fields[a.name]
	support := capability.Of(a.entry)
	switch {
	case support != api.Refused && lost && !slices.Contains(approximate[s.kind], a.entry):
		t.Errorf("%s = %s is said to be %s, and lost: %v", a.name, a.raw, support, o.warnings)
	case support == api.Refused && !lost && !a.moot:
		t.Errorf("%s = %s is said to be refused, and there is no warning", a.name, a.raw)
	case support == api.Refused:
	case slices.Contains([]string{"url", "geotarget", "devicetarget"}, a.name) && document.Get("parameters").Exists() && s.kind == dg3:
		// The site has the parameters behind every address.
	default:
		s.observed(t, op, path, a.name, a.value, document.Get(a.name), support, o)
	}
}

// texts are fields of any text, with their greatest length in bytes.
var texts = map[string]int{"metatitle": 60, "metadescription": 200, "description": 200}

// draw returns a random value of a field: of any text, of rules for several, or
// one of those that are walked; an empty one where there is none to be sent.
func (s *stand) draw(t *problems, r *rapid.T, op api.Operation, name string, schema gjson.Result) asked {
	if longest, ok := texts[name]; ok {
		text := rapid.StringN(1, longest/4, longest).Filter(func(v string) bool {
			return strings.TrimSpace(v) == v && !strings.Contains(v, "$") && !strings.ContainsFunc(v, unicode.IsControl) && v != "\ufffd"
		}).Draw(r, name)
		raw, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return asked{value: value{entry: text}, name: name, raw: string(raw)}
	}
	if member, ok := map[string]string{"geotarget": "location", "devicetarget": "device", "languagetarget": "language", "parameters": "name"}[name]; ok {
		return s.drawRules(t, r, name, member)
	}
	var values []value
	create := op
	if op == together {
		create = api.CreateLink
	}
	for _, v := range valuesOf(t, create, name, schema) {
		if !v.clears && v.with == "" {
			values = append(values, v)
		}
	}
	v := rapid.SampledFrom(values).Draw(r, name)
	if name == "url" {
		path := rapid.StringMatching(`[a-zA-Z0-9/._~-]{0,30}(\?[a-z]{1,5}=[A-Za-z0-9+]{0,6})?`).Draw(r, "path")
		if s.kind == dg3 {
			// Parameters stand there too.
			path, _, _ = strings.Cut(path, "?")
		}
		v.raw = `"https://example.com/$n/` + path + `"`
	}
	if op == api.UpdateLink && s.settable("Link", name) {
		v.moot = false
	}
	return asked{value: v, name: name, raw: s.fill(t, v.raw)}
}

// drawRules returns rules for different things, of which all are supported, or
// none is.
func (s *stand) drawRules(t *problems, r *rapid.T, name, member string) asked {
	names := map[string][]string{
		"geotarget":      {"Canada", "KR", "South Africa", "fr", "Germany", "United States", "jp", "Côte d’Ivoire"},
		"devicetarget":   {"iPhone", "iPad", "Android", "Windows", "macOS", "Linux", "mobile", "tablet", "desktop"},
		"languagetarget": {"fr", "de", "ko", "pt"},
		"parameters":     {"utm_source", "utm_medium", "ref", "ä"},
	}[name]
	c := s.all[api.CreateLink].Fields[name]
	first := rapid.SampledFrom(names).Draw(r, name)
	support := c.Of(first)
	chosen := []string{first}
	for _, other := range names {
		if other != first && c.Of(other) == support && !slices.Contains(approximate[s.kind], other) && rapid.Bool().Draw(r, name+" "+other) {
			chosen = append(chosen, other)
		}
	}
	var rules []map[string]string
	for i, one := range chosen {
		rule := map[string]string{member: one, "link": "https://example.com/rule/" + strconv.Itoa(i)}
		if name == "parameters" {
			delete(rule, "link")
			rule["value"] = rapid.StringMatching(`[A-Za-z0-9 &=+éß한-]{1,10}`).Draw(r, "value of "+one)
		}
		rules = append(rules, rule)
	}
	raw, err := json.Marshal(rules)
	if err != nil {
		t.Fatal(err)
	}
	return asked{value: value{entry: first}, name: name, raw: string(raw)}
}

// wellFormed: all that the site was sent is JSON.
func (s *stand) wellFormed(t *testing.T) {
	t.Helper()
	if s.server == nil {
		return
	}
	for _, q := range s.server.Requests() {
		if q.Method != http.MethodGet && q.Body != "" && !gjson.Valid(q.Body) {
			t.Errorf("the site was sent %s", q.Body)
		}
	}
}
