package gempixel

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// timeLayout is how the API writes times.
const timeLayout = "2006-01-02 15:04:05"

// given returns the members of a body that say anything.
func given(body []byte) map[string]any {
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	var sent map[string]any
	if dec.Decode(&sent) != nil {
		return map[string]any{}
	}
	for name, v := range sent {
		if v == nil || v == "" {
			delete(sent, name)
		}
	}
	return sent
}

// on reports whether a switch is on, however it is written.
func on(v any) bool { return !slices.Contains([]string{"", "0", "false"}, text(v)) }

// text returns a value as PHP would put it into a string: false is empty.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "1"
		}
	}
	return ""
}

// number returns a value as an id, 0 where it is none.
func number(v any) int {
	n, err := strconv.Atoi(text(v))
	if err != nil {
		return 0
	}
	return n
}
