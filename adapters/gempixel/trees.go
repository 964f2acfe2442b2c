package gempixel

import (
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/drift"
)

// mendTree is mend for what holds other values.
func mendTree(is is, v gjson.Result) (raw string, kind drift.Kind) {
	switch {
	case fits(is, v):
		return v.Raw, ""
	case is == counts || is == texts:
		return "0", drift.Type
	case is == numberOrArray || is == remarks || is == channel:
		return "", drift.Type
	}
	return "null", drift.Type
}

// fits reports whether a value that may hold others is of the type.
func fits(is is, v gjson.Result) bool {
	switch is {
	case counts:
		return v.Raw == "0" || isEmptyArray(v) || v.IsObject() && all(v, func(v gjson.Result) bool {
			_, ok := integer(v)
			return ok
		})
	case texts:
		return v.Raw == "0" || isEmptyArray(v) || v.IsObject() && all(v, func(v gjson.Result) bool { return v.Type == gjson.String })
	case numberOrArray:
		_, ok := integer(v)
		return ok && v.Type == gjson.Number || v.IsArray()
	case remarks:
		return v.IsArray() && all(v, func(v gjson.Result) bool {
			m := members(v, "field", "message")
			return m[0].Type == gjson.String && m[1].Type == gjson.String
		})
	case channel:
		m := members(v, "id", "name", "description", "color", "starred")
		n, ok := integer(m[0])
		return ok && n > 0 && m[0].Type == gjson.Number && m[1].Type == gjson.String &&
			(m[2].Type == gjson.Null || m[2].Type == gjson.String) && (m[3].Type == gjson.Null || m[3].Type == gjson.String) &&
			(!m[4].Exists() || m[4].IsBool())
	}
	if v.Type == gjson.Null {
		return true
	}
	switch is {
	case objectOrNull:
		return v.IsObject()
	case objectsOrNull:
		return v.IsArray() && all(v, gjson.Result.IsObject)
	case numbersOrNull:
		return v.IsArray() && all(v, func(v gjson.Result) bool {
			_, ok := integer(v)
			return ok && v.Type == gjson.Number
		})
	}
	return v.IsArray()
}

// all reports whether all members or elements are so.
func all(v gjson.Result, so func(v gjson.Result) bool) bool {
	is := true
	v.ForEach(func(_, member gjson.Result) bool {
		is = so(member)
		return is
	})
	return is
}

// isEmptyArray reports whether v is PHP's way to write an object without
// members.
func isEmptyArray(v gjson.Result) bool {
	return v.IsArray() && all(v, func(gjson.Result) bool { return false })
}
