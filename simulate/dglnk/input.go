package dglnk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// input is the body of a request by field. Blank strings are null in it, as the
// site's framework makes them, and null is as good as not given, but for the
// password.
type input map[string]any

// read takes a body. One that is not declared to be JSON, or is no object, is as
// good as none.
func read(r *http.Request) input {
	in := input{}
	if !sendsJSON(r) {
		return in
	}
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&in); err != nil || in == nil {
		return input{}
	}
	for field, v := range in {
		in[field] = trimmed(v)
	}
	return in
}

func trimmed(v any) any {
	if text, ok := v.(string); ok {
		if text = strings.TrimSpace(text); text == "" {
			return nil
		}
		return text
	}
	return v
}

func (in input) has(field string) bool { return in[field] != nil }

// clears reports whether a field is given as null.
func (in input) clears(field string) bool {
	v, ok := in[field]
	return ok && v == nil
}

// text is a string; empty where the field is not given.
func (in input) text(field string, p problems) string {
	if !in.has(field) {
		return ""
	}
	text, ok := in[field].(string)
	if !ok {
		p.add(field, "The %s must be a string.", label(field))
	}
	return text
}

// required is a string that must be given.
func (in input) required(field string, p problems) string {
	if !in.has(field) {
		p.add(field, "The %s field is required.", label(field))
	}
	return in.text(field, p)
}

// flag is a boolean; fallback where the field is not given.
func (in input) flag(field string, fallback bool, p problems) bool {
	if !in.has(field) {
		return fallback
	}
	switch fmt.Sprint(in[field]) {
	case "true", "1":
		return true
	case "false", "0":
		return false
	}
	p.add(field, "The %s field must be true or false.", label(field))
	return fallback
}

// integer is a whole number, which may come as a string.
func (in input) integer(field string, p problems) int64 {
	if !in.has(field) {
		return 0
	}
	n, ok := whole(in[field])
	if !ok {
		p.add(field, "The %s must be an integer.", label(field))
	}
	return n
}

// list is an array; nil where the field is not given.
func (in input) list(field string, p problems) []any {
	if !in.has(field) {
		return nil
	}
	list, ok := in[field].([]any)
	if !ok {
		p.add(field, "The %s must be an array.", label(field))
	}
	return list
}

func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	case string:
		n, err := json.Number(v).Int64()
		return n, err == nil
	}
	return 0, false
}

// isAddress reports whether links may lead there.
func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// label is a field as messages spell it.
func label(field string) string { return strings.ReplaceAll(field, "_", " ") }
