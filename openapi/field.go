package openapi

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// maxKey is how much of a client's key a message repeats, in bytes.
const maxKey = 64

// fieldName writes a path as clients do, such as geotarget[0].location.
func fieldName(root any, path []string) string {
	var b strings.Builder
	at := root
	for _, part := range path {
		switch container := at.(type) {
		case []any:
			b.WriteString("[" + part + "]")
			at = nil
			if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(container) {
				at = container[i]
			}
			continue
		case map[string]any:
			at = container[part]
		default:
			at = nil
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(keyName(part))
	}
	return b.String()
}

// keyName returns a key that a client may have made up: as it is where it
// looks like one, else quoted and escaped, and in any case of bounded length.
func keyName(key string) string {
	plain := key != ""
	for _, c := range key {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
		default:
			plain = false
		}
	}
	if plain && len(key) <= maxKey {
		return key
	}
	if plain {
		return key[:maxKey-3] + "..."
	}
	// An escape takes up to ten bytes for one rune; the quotes and dots take 5.
	short := strings.ToValidUTF8(key[:min(len(key), maxKey)], "")
	quoted := strconv.QuoteToASCII(short)
	if len(quoted) <= maxKey && len(short) == len(key) {
		return quoted
	}
	for len(quoted) > maxKey-3 {
		runes := []rune(short)
		short = string(runes[:len(runes)-1])
		quoted = strconv.QuoteToASCII(short)
	}
	return quoted[:len(quoted)-1] + `..."`
}

// permits reports whether a schema is about values of this one's type.
func permits(s *openapi3.Schema, value any) bool {
	switch value.(type) {
	case bool:
		return s.Type.Permits(openapi3.TypeBoolean)
	case float64:
		return s.Type.Permits(openapi3.TypeNumber) || s.Type.Permits(openapi3.TypeInteger)
	case string:
		return s.Type.Permits(openapi3.TypeString)
	case []any:
		return s.Type.Permits(openapi3.TypeArray)
	case map[string]any:
		return s.Type.Permits(openapi3.TypeObject)
	}
	return false
}

// typeNames lists the types that a schema permits.
func typeNames(s *openapi3.Schema) string {
	var names []string
	for _, t := range s.Type.Slice() {
		switch t {
		case openapi3.TypeBoolean:
			names = append(names, "true or false")
		case openapi3.TypeInteger, openapi3.TypeArray, openapi3.TypeObject:
			names = append(names, "an "+t)
		default:
			names = append(names, "a "+t)
		}
	}
	return strings.Join(names, " or ")
}

// enumNames lists the values that a schema permits.
func enumNames(s *openapi3.Schema) string {
	var names []string
	for _, v := range s.Enum {
		names = append(names, fmt.Sprint(v))
	}
	return strings.Join(names, ", ")
}
