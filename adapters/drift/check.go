package drift

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

const (
	// maxRows is how many rows of a list are looked at: they come from one
	// piece of code, and a list may have a thousand.
	maxRows = 100

	// maxFields is how many fields are checked in one walk.
	maxFields = 64
)

// Is is what a field of a reply is to be.
type Is uint8

// The types of fields.
const (
	Any Is = iota
	Text
	Number
	Boolean
	Array
	// Object may also be an empty array: PHP writes an empty object so.
	Object
)

// Field is what an adapter expects at one place of a reply.
type Field struct {
	// Path is made of the members of objects, "data.urls[].id" for each row.
	// It is what the drift is counted by. Fields under one parent should stand
	// next to each other in a table: it is walked once for all of them then.
	Path string

	// Is is its type; null counts as missing.
	Is Is

	// Optional says that it may be missing.
	Optional bool
}

// Check notes each field that is missing or of another type, once for a reply
// in however many rows it is so. A field under something that is itself missing
// or no object is noted as that is. Of a list, the first hundred rows are
// looked at.
func (c *Counter) Check(op api.Operation, reply gjson.Result, want []Field) {
	if c == nil {
		return
	}
	for len(want) > 0 {
		n := min(len(want), maxFields)
		w := walk{counter: c, op: op, fields: want[:n]}
		w.value(reply, span{0, n}, 0)
		want = want[n:]
	}
}

// walk is one look at a reply.
type walk struct {
	counter *Counter
	op      api.Operation
	fields  []Field
	noted   set
}

// span is a run of fields, from the first to before the last.
type span struct{ from, to int }

// set holds fields by their index.
type set uint64

func (s set) has(i int) bool { return s&(1<<i) != 0 }
func (s *set) add(i int)     { *s |= 1 << i }

func (w *walk) note(i int, kind Kind) {
	if !w.noted.has(i) {
		w.noted.add(i)
		w.counter.Note(w.op, w.fields[i].Path, kind)
	}
}

// value checks what stands where the paths of the fields have been read up to
// at.
func (w *walk) value(v gjson.Result, fields span, at int) {
	for i := fields.from; i < fields.to; {
		rest := w.fields[i].Path[at:]
		end := i + 1
		switch {
		case rest == "":
			w.leaf(v, i)
		case rest[0] == '[':
			for end < fields.to && strings.HasPrefix(w.fields[end].Path[at:], "[") {
				end++
			}
			w.rows(v, span{i, end}, at+len("[]"))
		default:
			for end < fields.to && w.fields[end].Path[at:] != "" && w.fields[end].Path[at] != '[' {
				end++
			}
			if rest[0] == '.' {
				w.object(v, span{i, end}, at+len("."))
			} else {
				w.object(v, span{i, end}, at) // the reply itself
			}
		}
		i = end
	}
}

// leaf checks the type of a field.
func (w *walk) leaf(v gjson.Result, i int) {
	switch f := w.fields[i]; {
	case v.Type == gjson.Null:
		w.missing(span{i, i + 1})
	case !f.Is.fits(v):
		w.note(i, Type)
	}
}

// rows checks the first rows of a list.
func (w *walk) rows(v gjson.Result, fields span, at int) {
	if v.Type == gjson.Null {
		w.missing(fields)
		return
	}
	if !v.IsArray() {
		w.mistyped(fields)
		return
	}
	n := 0
	v.ForEach(func(_, row gjson.Result) bool {
		w.value(row, fields, at)
		n++
		return n < maxRows
	})
}

// object checks the members of an object.
func (w *walk) object(v gjson.Result, fields span, at int) {
	if v.Type == gjson.Null || emptyArray(v) {
		w.missing(fields)
		return
	}
	if !v.IsObject() {
		w.mistyped(fields)
		return
	}
	var seen, all set
	for i := fields.from; i < fields.to; i++ {
		all.add(i)
	}
	v.ForEach(func(key, member gjson.Result) bool {
		for i := fields.from; i < fields.to; i++ {
			if !names(w.fields[i].Path[at:], key.Str) {
				continue
			}
			end := i
			for ; end < fields.to && names(w.fields[end].Path[at:], key.Str); end++ {
				seen.add(end)
			}
			w.value(member, span{i, end}, at+len(key.Str))
			i = end - 1
		}
		return seen != all // what follows is of no interest
	})
	for i := fields.from; i < fields.to; i++ {
		if !seen.has(i) {
			w.missing(span{i, i + 1})
		}
	}
}

// names reports whether a path begins with the member.
func names(path, member string) bool {
	return strings.HasPrefix(path, member) && (len(path) == len(member) || path[len(member)] == '.' || path[len(member)] == '[')
}

// missing notes the fields that must not be.
func (w *walk) missing(fields span) {
	for i := fields.from; i < fields.to; i++ {
		if !w.fields[i].Optional {
			w.note(i, Missing)
		}
	}
}

// mistyped notes fields that something of another type stands in the way of.
func (w *walk) mistyped(fields span) {
	for i := fields.from; i < fields.to; i++ {
		w.note(i, Type)
	}
}

// fits reports whether a value that is not null is of the type.
func (is Is) fits(v gjson.Result) bool {
	switch is {
	case Text:
		return v.Type == gjson.String
	case Number:
		return v.Type == gjson.Number
	case Boolean:
		return v.IsBool()
	case Array:
		return v.IsArray()
	case Object:
		return v.IsObject() || emptyArray(v)
	}
	return true
}

// emptyArray reports whether v is PHP's way to write an empty object.
func emptyArray(v gjson.Result) bool {
	return v.IsArray() && strings.TrimSpace(v.Raw[1:len(v.Raw)-1]) == ""
}
