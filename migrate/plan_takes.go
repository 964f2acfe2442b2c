package migrate

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// ruleNames are the fields that are lists of rules, with the member that says
// what each one is for.
var ruleNames = map[string]string{
	"geotarget": "location", "devicetarget": "device", "languagetarget": "language", "parameters": "name",
}

// refusedOf returns which parts of a field a place does not take, by what it says
// of its creates: all of it is one empty text. Nil means that it takes the field.
func (p *Place) refusedOf(kind adapters.Kind, name string, v gjson.Result) []string {
	c := p.Backend.Capabilities()[resources[kind].create].Fields[name]
	member, list := ruleNames[name]
	var refused []string
	part := func(value string) {
		if !isDone(c.Of(value)) && !isDone(c.Of(strings.ToLower(value))) {
			refused = append(refused, value)
		}
	}
	switch {
	case list:
		v.ForEach(func(_, rule gjson.Result) bool {
			part(translate.Member(rule, member).String())
			return true
		})
	case name == "deeplink":
		v.ForEach(func(key, _ gjson.Result) bool {
			part(key.Str)
			return true
		})
	case name == "type" && kind == adapters.KindLink:
		of, id := pageOf(v.String())
		value := v.String()
		switch {
		case id == 0:
		case of == adapters.KindOverlay:
			value = "overlay-N"
		default:
			value = "N"
		}
		if !isDone(c.Of(value)) {
			refused = []string{v.String()}
		}
	case v.IsArray() || v.IsObject():
		if !isDone(c.Support) {
			refused = []string{""}
		}
	default:
		if !isDone(c.Of(v.String())) {
			refused = []string{""}
		}
	}
	return refused
}

func isDone(s api.Support) bool { return s == api.Native || s == api.Emulated }

// takesMany reports whether the place takes what no request can say.
func (p *Place) takesMany() bool {
	_, ok := p.Backend.(adapters.Importer)
	return ok
}

// givesMany reports whether the place gives objects whole and many at a time.
func (p *Place) givesMany() bool {
	_, ok := p.Backend.(adapters.Exporter)
	return ok
}
