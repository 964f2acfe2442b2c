package openapi

import (
	"errors"
	"math"

	"github.com/tidwall/gjson"
)

// Bounds of how many values, at all levels, a document may hold. Each value
// can cost an error message, and a full createLink has fewer than 1,100.
const (
	maxRequestValues = 10_000
	maxReplyValues   = 1_000_000
)

var (
	errTooDeep = errors.New("nested too deep")
	errTooMany = errors.New("too many values")
)

// decoder turns JSON into the values that schemas are applied to.
type decoder struct {
	// left is how many more values there may be.
	left int

	// exact makes numbers that are not written as integers (1.0, 1e2, -0) fail
	// as such. By JSON Schema they are integers, but the decoders behind the
	// contract disagree about them, Go's and PHP's among them.
	exact bool
}

// decode returns the value of a well-formed document; an empty one is an empty
// object.
func (d *decoder) decode(document []byte) (any, error) {
	if len(document) == 0 {
		return map[string]any{}, nil
	}
	return d.value(gjson.ParseBytes(document), 0)
}

// value returns one value at the given depth.
func (d *decoder) value(r gjson.Result, depth int) (v any, err error) {
	if d.left--; d.left < 0 {
		return nil, errTooMany
	}
	switch {
	case r.Type == gjson.Number:
		return d.number(r), nil
	case r.Type != gjson.JSON:
		return r.Value(), nil
	case depth == maxDepth:
		return nil, errTooDeep
	case r.IsArray():
		items := []any{}
		r.ForEach(func(_, item gjson.Result) bool {
			v, err = d.value(item, depth+1)
			items = append(items, v)
			return err == nil
		})
		return items, err
	default:
		object := make(map[string]any)
		r.ForEach(func(key, item gjson.Result) bool {
			object[key.Str], err = d.value(item, depth+1)
			return err == nil
		})
		return object, err
	}
}

// number returns a finite number. Integers past 2^53 lose digits here, which
// no schema notices but for its maximum: all of the contract's are below.
func (d *decoder) number(r gjson.Result) float64 {
	if d.exact && !isInteger(r.Raw) {
		return 1.5 // Within all bounds, so that it is not an integer and nothing else.
	}
	return max(-math.MaxFloat64, min(r.Num, math.MaxFloat64))
}

// isInteger reports whether a number is spelt as an integer, and not as -0.
func isInteger(s string) bool {
	digits := s
	if digits != "" && digits[0] == '-' {
		digits = digits[1:]
	}
	if digits == "" || digits[0] == '0' && s != "0" {
		return false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return true
}
