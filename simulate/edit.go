package simulate

import (
	"bytes"
	"encoding/json"
	"strings"
)

// types are what a field can be turned into.
var types = []string{"string", "number", "bool", "object", "array", "null"}

// contentType tells JSON from anything else.
func contentType(body string) string {
	if json.Valid([]byte(body)) {
		return "application/json"
	}
	return "text/html; charset=UTF-8"
}

// edit applies change to the members at the paths of an answer in JSON. It
// leaves any other answer as it is.
func (p *reply) edit(paths []string, change func(object map[string]any, name string)) {
	dec := json.NewDecoder(bytes.NewReader(p.body.Bytes()))
	dec.UseNumber()
	var document any
	if dec.Decode(&document) != nil {
		return
	}
	for _, path := range paths {
		walk(document, path, change)
	}
	p.json(document)
}

// walk finds the members at path below v.
func walk(v any, path string, change func(object map[string]any, name string)) {
	name, rest, deeper := strings.Cut(path, ".")
	if rows, ok := v.([]any); ok && strings.HasPrefix(name, "[]") {
		for _, row := range rows {
			walk(row, strings.TrimPrefix(strings.TrimPrefix(path, "[]"), "."), change)
		}
		return
	}
	object, ok := v.(map[string]any)
	if !ok {
		return
	}
	if bare, found := strings.CutSuffix(name, "[]"); found && deeper {
		walk(object[bare], "[]."+rest, change)
		return
	}
	if deeper {
		walk(object[name], rest, change)
		return
	}
	if _, ok := object[name]; ok {
		change(object, name)
	}
}

func drop(object map[string]any, name string) { delete(object, name) }

// retype returns a change to the given type that keeps as much of the value as
// the type can hold.
func retype(to string) func(object map[string]any, name string) {
	return func(object map[string]any, name string) { object[name] = as(to, object[name]) }
}

func as(to string, v any) any {
	switch to {
	case "string":
		return text(v)
	case "number":
		n := json.Number(text(v))
		if _, err := n.Float64(); err != nil || !json.Valid([]byte(n)) {
			return 0
		}
		return n
	case "bool":
		return v != nil && v != false
	case "object":
		return map[string]any{"value": v}
	case "array":
		return []any{v}
	default:
		return nil
	}
}

// text is a string as it is, and anything else as JSON.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	out, _ := json.Marshal(v)
	return string(out)
}
