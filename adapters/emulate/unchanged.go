package emulate

import (
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// entries are the fields of a link that are lists of rules, with the member that
// says what each one is for.
var entries = map[string]string{
	"geotarget": "location", "devicetarget": "device", "languagetarget": "language", "parameters": "name",
}

// unchanged is the table of updates of links at a backend that knows none. What
// no link of it ever has can be taken off one; all else is refused by name.
func unchanged(fields map[string]api.FieldCapability, create api.Capability) *translate.Table {
	var rows []translate.Row
	for field := range fields {
		rows = append(rows, translate.Row{From: field, Value: func(p *translate.Pass, v gjson.Result) {
			if c := create.Fields[field]; never(field, c) && (asksNothing(v) || done(c.Of(v.String()))) {
				return
			}
			refuse(p, field, v)
		}})
	}
	return translate.New(translate.Refuse, rows...)
}

func done(s api.Support) bool { return s == api.Native || s == api.Emulated }

// never reports whether no link has the field, but for a value that all have.
func never(field string, c api.FieldCapability) bool {
	_, list := entries[field]
	return !done(c.Support) && (!list || len(c.Values) == 0)
}

// asksNothing reports whether a value is empty, or an object of what is off.
func asksNothing(v gjson.Result) bool {
	if !v.IsArray() && !v.IsObject() {
		return v.Type == gjson.String && v.Str == "" || v.Type == gjson.Number && v.Num == 0
	}
	nothing := true
	v.ForEach(func(_, member gjson.Result) bool {
		nothing = nothing && member.Type == gjson.False
		return nothing
	})
	return nothing
}

// refuse names what a value asks for. What is to be taken away is named too.
func refuse(p *translate.Pass, field string, v gjson.Result) {
	switch member, list := entries[field]; {
	case !v.IsArray() && !v.IsObject():
		translate.Named(p, v)
	case list && len(v.Array()) > 0:
		translate.NamedEach(member)(p, v)
	case v.IsObject() && len(v.Map()) > 0:
		v.ForEach(func(key, value gjson.Result) bool {
			p.Refuse("."+key.String(), value.String())
			return true
		})
	default:
		p.Refuse("", v.Raw)
	}
}
