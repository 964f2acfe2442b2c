package gempixel

import (
	"slices"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/translate"
)

// deepLink is the object of a deep link.
var deepLink = object(newMembers("auto", "apple", "google"))

// members are those of an object inside a document. The same habits as in the
// document itself are put right inside of it.
type members struct {
	names []string
	table *translate.Table
}

func newMembers(names ...string) members {
	var rows []translate.Row
	for _, name := range names {
		rows = append(rows, translate.Row{From: name, To: name, Value: translate.Given(memberValue(name))})
	}
	return members{names, translate.New(translate.Drop, rows...)}
}

func memberValue(name string) translate.Func {
	if name == "auto" {
		return boolean
	}
	return translate.Text
}

// write copies an object, and rewrites it only where something in it is to be
// put right: nearly all are as they should be.
func (m members) write(p *translate.Pass, v gjson.Result) {
	fine := true
	v.ForEach(func(key, member gjson.Result) bool {
		fine = slices.Contains(m.names, key.Str) && (member.Type == gjson.True || member.Type == gjson.String && member.Str != "" && key.Str != "auto")
		return fine
	})
	if fine || !v.IsObject() {
		p.Raw(v.Raw)
		return
	}
	// It cannot fail: it is an object, and no row refuses.
	out, _ := m.table.Apply(nil, []byte(v.Raw))
	for _, note := range out.Notes {
		p.Note(note.Kind)
	}
	p.Raw(string(out.Document))
}

// object drops "", false and [], which is how PHP writes an empty object.
func object(m members) translate.Func {
	return func(p *translate.Pass, v gjson.Result) {
		if translate.Empty(v) {
			p.Note(translate.EmptyValue)
			return
		}
		m.write(p, v)
	}
}

// objectOrEmpty is object for updates, where an empty one takes away what there
// was.
func objectOrEmpty(full translate.Func) translate.Func {
	return func(p *translate.Pass, v gjson.Result) {
		if v.IsObject() || v.IsArray() {
			if translate.Empty(v) {
				p.Raw("{}")
				return
			}
		}
		full(p, v)
	}
}

// rules is a list of entries. One with nothing in it, such as an empty row of a
// form, is skipped; one with something missing is for the contract to refuse.
func rules(m members) translate.Func {
	return func(p *translate.Pass, v gjson.Result) {
		if !v.IsArray() {
			list(p, v)
			return
		}
		each(p, v, func(e gjson.Result) bool { return !translate.Hollow(e, "") }, m.write)
	}
}

// documents is a list of documents, in each of which the table puts right what
// it would in that document alone.
func documents(table *translate.Table) translate.Func {
	all := func(gjson.Result) bool { return true }
	return func(p *translate.Pass, v gjson.Result) {
		if !v.IsArray() {
			list(p, v)
			return
		}
		each(p, v, all, func(p *translate.Pass, e gjson.Result) {
			out, err := table.Apply(nil, []byte(e.Raw))
			if err != nil {
				p.Raw(e.Raw) // for the contract to refuse
				return
			}
			for _, note := range out.Notes {
				p.Note(note.Kind)
			}
			p.Raw(string(out.Document))
		})
	}
}
