package translate

import (
	"bytes"
	"slices"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// Apply translates the JSON object src, which must be valid JSON, and appends
// the target to dst. The outcome's document is dst with the target behind it.
// No name stands twice in it, whatever src repeats; values are copied as they
// are. An error is an *api.Error of code Invalid: src is no object, or a
// function found a value that means nothing.
func (t *Table) Apply(dst, src []byte) (Outcome, error) {
	root := gjson.ParseBytes(src)
	if !root.IsObject() {
		return Outcome{}, api.Errorf(api.Invalid, "The body must be a JSON object.")
	}
	if dst == nil {
		dst = make([]byte, 0, len(src)+len(src)/8+32)
	}
	p := Pass{dst: append(dst, '{')}
	p.start = len(p.dst)
	if len(t.gathers) > 0 {
		p.gathered = make([][]byte, len(t.gathers))
	}
	root.ForEach(func(key, v gjson.Result) bool {
		p.field = key.String()
		if r := t.find(p.field); r != nil {
			r.apply(&p, v)
		} else {
			t.passUnknown(&p, v)
		}
		return true
	})
	for i, elements := range p.gathered {
		if len(elements) > 0 {
			p.member(t.gathers[i])
			p.dst = append(p.dst, '[')
			p.dst = append(p.dst, elements...)
			p.dst = append(p.dst, ']')
		}
	}
	p.dst = append(p.dst, '}')
	if len(p.invalid) > 0 {
		return Outcome{}, api.InvalidFields(p.invalid...)
	}
	return Outcome{Document: p.dst, Losses: p.losses, Notes: p.notes}, nil
}

// apply writes the current field.
func (r *row) apply(p *Pass, v gjson.Result) {
	if len(r.Values) > 0 && !v.IsArray() && !v.IsObject() && !slices.Contains(r.Values, v.String()) {
		p.Refuse("", v.String())
		return
	}
	switch {
	case r.To == "":
		r.check(p, v)
	case r.Gather:
		r.gather(p, v)
	case p.written&r.slot != 0:
		p.Note(DuplicateField)
	default:
		before := len(p.dst)
		p.member(r.key)
		value := len(p.dst)
		r.write(p, v)
		if len(p.dst) == value {
			p.dst = p.dst[:before]
			return
		}
		p.written |= r.slot
	}
}

// gather adds the elements of the current field to those of its target.
func (r *row) gather(p *Pass, v gjson.Result) {
	// The elements of one field are counted from its beginning, so a second
	// field of the same name would make two meanings of one index.
	if p.seen&r.bit != 0 {
		p.Note(DuplicateField)
		return
	}
	document, before := p.dst, len(p.gathered[r.array])
	p.dst = p.gathered[r.array]
	if p.dst == nil { // Room for these elements and those of another field.
		p.dst = make([]byte, 0, 2*len(v.Raw))
	}
	r.write(p, v)
	p.gathered[r.array], p.dst = p.dst, document
	if len(p.gathered[r.array]) > before {
		p.seen |= r.bit
	}
}

// write writes the value alone.
func (r *row) write(p *Pass, v gjson.Result) {
	if r.Value == nil {
		p.Raw(v.Raw)
		return
	}
	r.Value(p, v)
}

// check is for a field that the target does not have.
func (r *row) check(p *Pass, v gjson.Result) {
	if r.Value != nil {
		before := len(p.dst)
		r.Value(p, v)
		p.dst = p.dst[:before]
		return
	}
	if !r.Emulated && len(r.Values) == 0 {
		p.Refuse("", "")
	}
}

func (t *Table) passUnknown(p *Pass, v gjson.Result) {
	switch t.unknown {
	case Refuse:
		Named(p, v)
	case Drop:
		p.Note(UnknownField)
	case Keep:
		// Two names of the source may not meet in one of the target.
		if _, ok := t.targets[p.field]; ok {
			p.Note(DuplicateField)
			return
		}
		before := len(p.dst)
		p.member(jsonKey(p.field))
		// They are compared as written: bytes that are no UTF-8 become one and
		// the same replacement character.
		name := bytes.TrimPrefix(p.dst[before:], []byte{','})
		if slices.ContainsFunc(p.kept, func(k span) bool { return bytes.Equal(p.dst[k.from:k.to], name) }) {
			p.dst = p.dst[:before]
			p.Note(DuplicateField)
			return
		}
		p.kept = append(p.kept, span{len(p.dst) - len(name), len(p.dst)})
		p.Raw(v.Raw)
	}
}
