package translate

import "github.com/tidwall/gjson"

// Given drops null, which clients send for what they do not set.
func Given(value Func) Func {
	return func(p *Pass, v gjson.Result) {
		if v.Type == gjson.Null {
			p.Note(NullValue)
			return
		}
		value(p, v)
	}
}

// Text drops "" and false, and takes a number for its digits.
func Text(p *Pass, v gjson.Result) {
	if v.Type == gjson.String && v.Str == "" {
		p.Note(EmptyValue)
		return
	}
	TextOrEmpty(p, v)
}

// TextOrEmpty is Text where "" is a value.
func TextOrEmpty(p *Pass, v gjson.Result) {
	switch v.Type {
	case gjson.False:
		p.Note(EmptyValue)
	case gjson.Number:
		p.Note(OtherType)
		p.String(v.Raw)
	default:
		p.Raw(v.Raw)
	}
}

// Empty reports whether a value is "", false, {} or [], which is how PHP writes
// what is not set.
func Empty(v gjson.Result) bool {
	if v.Type != gjson.JSON {
		return v.Type == gjson.False || v.Type == gjson.String && v.Str == ""
	}
	none := true
	v.ForEach(func(_, _ gjson.Result) bool {
		none = false
		return false
	})
	return none
}

// Hollow reports whether an entry is null, or has nothing but null and "" beside
// a member that says nothing by itself: the empty row of a form.
func Hollow(e gjson.Result, beside string) bool {
	if e.Type == gjson.Null {
		return true
	}
	if !e.IsObject() {
		return false
	}
	none := true
	e.ForEach(func(name, member gjson.Result) bool {
		none = name.Str == beside && beside != "" || member.Type == gjson.Null || member.Type == gjson.String && member.Str == ""
		return none
	})
	return none
}
