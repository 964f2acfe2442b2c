package openapi

import (
	"slices"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// checker is a schema compiled for the question that nearly every request asks:
// is this document fine? It walks the JSON as it stands, where the schema
// itself wants it decoded into maps, and takes a sixth of the time.
//
// Its yes is final. Its no only means that it is not sure: then the schema
// decides, and says what is wrong. So a checker may be stricter than its schema
// but never laxer, and nil, which accepts nothing, stands for any schema with a
// keyword that is not known here.
type checker struct {
	kind kind

	// min and max bound the characters of a text, the entries of an array or
	// object, or the integer itself.
	min, max float64

	enum    []string          // The texts that there may be, nil for any.
	numbers []float64         // The integers that there may be, nil for any.
	matches func(string) bool // Whether a text has the pattern, nil without one.

	items    *checker            // For each entry of an array.
	fields   map[string]property // For the fields of an object that are named.
	others   *checker            // For its other fields.
	required uint64              // The bits of the fields that it must have.

	branches []*checker // One of them must accept the value.
}

// property is a named field of an object.
type property struct {
	checker *checker
	bit     uint64 // Its own among the required ones, 0 where it is not.
}

// kind is what sort of values a checker accepts.
type kind uint8

const (
	textKind kind = iota
	integerKind
	booleanKind
	arrayKind
	objectKind
	anyOfKind
)

// acceptsDocument reports whether a document surely keeps to the schema.
func (c *checker) acceptsDocument(document []byte) bool {
	left := maxRequestValues
	return c.accepts(gjson.ParseBytes(document), &left)
}

// accepts reports the same of one value; left is how many more values there may
// be in the document.
func (c *checker) accepts(v gjson.Result, left *int) bool {
	if *left--; *left < 0 || c == nil {
		return false
	}
	switch c.kind {
	case textKind:
		return v.Type == gjson.String && c.acceptsText(v.Str)
	case integerKind:
		return v.Type == gjson.Number && isInteger(v.Raw) && c.bounds(v.Num) && (c.numbers == nil || slices.Contains(c.numbers, v.Num))
	case booleanKind:
		return v.IsBool()
	case arrayKind:
		return v.IsArray() && c.acceptsItems(v, left)
	case objectKind:
		return v.IsObject() && c.acceptsFields(v, left)
	case anyOfKind:
		for _, branch := range c.branches {
			if branch.accepts(v, left) {
				return true
			}
		}
	}
	return false
}

func (c *checker) acceptsText(s string) bool {
	return c.bounds(float64(utf8.RuneCountInString(s))) &&
		(c.enum == nil || slices.Contains(c.enum, s)) &&
		(c.matches == nil || c.matches(s))
}

func (c *checker) acceptsItems(v gjson.Result, left *int) bool {
	n, ok := 0, true
	v.ForEach(func(_, item gjson.Result) bool {
		n++
		ok = c.items.accepts(item, left)
		return ok
	})
	return ok && c.bounds(float64(n))
}

func (c *checker) acceptsFields(v gjson.Result, left *int) bool {
	n, ok, missing := 0, true, c.required
	v.ForEach(func(key, value gjson.Result) bool {
		n++
		field, known := c.fields[key.Str]
		if !known {
			field.checker = c.others
		}
		missing &^= field.bit
		ok = field.checker.accepts(value, left)
		return ok
	})
	return ok && missing == 0 && c.bounds(float64(n))
}

// bounds reports whether a length or number is within the bounds.
func (c *checker) bounds(n float64) bool { return c.min <= n && n <= c.max }
