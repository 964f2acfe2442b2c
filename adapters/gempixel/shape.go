package gempixel

import (
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/drift"
)

// shape is what an object of a reply is made of. Members that it does not name
// are a newer site's, and stay.
type shape struct {
	fields []field
	index  map[string]int
}

// field is a member of an object. What is not of its type is written as it
// should be where that is clear, made null where the contract allows that, and
// left out where it does not.
type field struct {
	name string
	is   is

	// need says that without it the reply is of no use, due that every site
	// sends it.
	need, due bool

	path string // what its drift is counted by
}

// is is the type of a field.
type is uint8

const (
	identity     is = iota // a positive integer
	count                  // an integer from 0
	countOrNull            // an integer from 0, or null
	numberOrNull           // an integer, or null
	text
	textOrNull
	moment // a text that is a time in the site's zone
	momentOrNull
	flag          // a boolean, which scripts write as 0 and 1 too
	textOrFlag    // an address, or false for none
	arrayOrNull   // of anything
	objectsOrNull // an array of objects, or null
	objectOrNull
	numberOrArray
	numbersOrNull // an array of integers, or null
	counts        // numbers by name; empty, it is 0 or an empty array
	texts         // texts by name; empty, it is 0 or an empty array
	remarks       // field and message each
	channel       // the object of a channel
	never         // it would make the reply another one
)

// newShape returns the shape of the object at the path, which is empty for the
// reply itself.
func newShape(path string, fields ...field) *shape {
	if path != "" {
		path += "."
	}
	s := &shape{fields: fields, index: make(map[string]int, len(fields))}
	for i := range fields {
		fields[i].path = path + fields[i].name
		s.index[fields[i].name] = i
	}
	return s
}

// field returns the field of the name, which there must be.
func (s *shape) field(name string) *field { return &s.fields[s.index[name]] }

// walk puts an object of the editor's source right, in one go. The error is for
// one that lacks what it must have.
func (r *reader) walk(e *editor, object gjson.Result, s *shape) (err error) {
	var seen uint64
	cuts := cutter{editor: e, kept: object.Index + 1}
	object.ForEach(func(key, v gjson.Result) bool {
		i, known := s.index[key.Str]
		if !known {
			cuts.keep(key, v)
			return true
		}
		f := &s.fields[i]
		raw, kind := r.mend(f, v)
		if kind != "" {
			r.note(f.path, kind)
		}
		switch {
		case raw == "" && f.need:
			err = r.unusable(f.path)
			return false
		case raw == "" || seen&(1<<i) != 0:
			cuts.drop(key, v)
		default:
			seen |= 1 << i
			e.replace(v, raw)
			cuts.keep(key, v)
		}
		return true
	})
	if err != nil {
		return err
	}
	cuts.end()
	for i := range s.fields {
		f := &s.fields[i]
		if seen&(1<<i) != 0 || !f.need && !f.due {
			continue
		}
		r.note(f.path, drift.Missing)
		if f.need {
			return r.unusable(f.path)
		}
	}
	return nil
}

// mend returns a value as the contract has it, empty where there is no way. The
// kind is empty where the value is right, or wrong in a way that is usual.
func (r *reader) mend(f *field, v gjson.Result) (raw string, kind drift.Kind) {
	switch f.is {
	case identity, count, countOrNull, numberOrNull:
		return mendNumber(f.is, v)
	case text, textOrNull, moment, momentOrNull:
		return r.mendText(f.is, v)
	case flag, textOrFlag:
		return mendFlag(f.is, v)
	case never:
		return "", ""
	}
	return mendTree(f.is, v)
}

func mendNumber(is is, v gjson.Result) (raw string, kind drift.Kind) {
	nullable := is == countOrNull || is == numberOrNull
	if v.Type == gjson.Null && nullable {
		return v.Raw, ""
	}
	n, ok := integer(v)
	if is == numberOrNull && !ok && v.Type == gjson.Number && v.Num == float64(int64(v.Num)) {
		return v.Raw, ""
	}
	switch {
	case ok && (n > 0 || is != identity):
		if v.Type == gjson.Number {
			return v.Raw, ""
		}
		return strconv.FormatInt(n, 10), ""
	case v.Type == gjson.Number || ok:
		kind = drift.Value
	default:
		kind = drift.Type
	}
	if nullable {
		return "null", kind
	}
	return "", kind
}

func (r *reader) mendText(is is, v gjson.Result) (raw string, kind drift.Kind) {
	nullable := is == textOrNull || is == momentOrNull
	switch {
	case v.Type == gjson.String:
		if is == moment || is == momentOrNull {
			return r.moment(v), ""
		}
		return v.Raw, ""
	case v.Type == gjson.Null && nullable:
		return v.Raw, ""
	case v.Type == gjson.Number:
		return strconv.Quote(v.Raw), drift.Type
	case nullable:
		return "null", drift.Type
	}
	return "", drift.Type
}

func mendFlag(is is, v gjson.Result) (raw string, kind drift.Kind) {
	switch {
	case v.IsBool(), is == textOrFlag && v.Type == gjson.String && v.Str != "":
		return v.Raw, ""
	case v.Raw == "1" || v.Raw == `"1"`:
		return "true", ""
	case v.Raw == "0" || v.Raw == `"0"` || v.Raw == `""`:
		return "false", ""
	}
	return "", drift.Type
}
