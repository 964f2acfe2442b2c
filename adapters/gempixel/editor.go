package gempixel

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// editor changes a few places of a JSON text, all in one copy at the end, and
// none at all where there is nothing to change.
type editor struct {
	src     string
	patches []patch
}

type patch struct {
	from, to int
	text     string
}

// replace puts text in the place of v, a value of the editor's own source.
func (e *editor) replace(v gjson.Result, text string) {
	if v.Raw != text {
		e.patches = append(e.patches, patch{v.Index, v.Index + len(v.Raw), text})
	}
}

// add makes name a member of the object.
func (e *editor) add(object gjson.Result, name, raw string) {
	end := object.Index + len(object.Raw) - 1
	member := `"` + name + `":` + raw
	if strings.TrimSpace(object.Raw[1:len(object.Raw)-1]) != "" || slices.ContainsFunc(e.patches, func(p patch) bool { return p.from == end }) {
		member = "," + member
	}
	e.patches = append(e.patches, patch{end, end, member})
}

// cutter takes members out of an object, with the commas that belong to them.
type cutter struct {
	editor *editor
	kept   int // where the last member that stays ends
	from   int // where those that go begin; 0 where none goes
	to     int // where the last of them ends
}

// keep passes a member that stays.
func (c *cutter) keep(key, v gjson.Result) {
	if c.from > 0 {
		c.editor.patches = append(c.editor.patches, patch{c.from, key.Index, ""})
		c.from = 0
	}
	c.kept = v.Index + len(v.Raw)
}

// drop passes a member that goes.
func (c *cutter) drop(key, v gjson.Result) {
	if c.from == 0 {
		c.from = key.Index
	}
	c.to = v.Index + len(v.Raw)
}

// end takes out those that nothing follows.
func (c *cutter) end() {
	if c.from > 0 {
		c.editor.patches = append(c.editor.patches, patch{c.kept, c.to, ""})
	}
}

// text returns the changed source.
func (e *editor) text() string {
	if len(e.patches) == 0 {
		return e.src
	}
	slices.SortStableFunc(e.patches, func(a, b patch) int { return a.from - b.from })
	var b strings.Builder
	size := len(e.src)
	for _, p := range e.patches {
		size += len(p.text)
	}
	b.Grow(size)
	at := 0
	for _, p := range e.patches {
		b.WriteString(e.src[at:p.from])
		b.WriteString(p.text)
		at = p.to
	}
	b.WriteString(e.src[at:])
	return b.String()
}

// members returns the values of the named members of an object, each the first
// of its name, in one walk.
func members(object gjson.Result, names ...string) []gjson.Result {
	values := make([]gjson.Result, len(names))
	if !object.IsObject() {
		return values
	}
	object.ForEach(func(key, v gjson.Result) bool {
		if i := slices.Index(names, key.Str); i >= 0 && !values[i].Exists() {
			values[i] = v
		}
		return true
	})
	return values
}
