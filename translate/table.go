// Package translate turns a JSON document of one shape into another by a table
// of rows. Dialects and adapters are made of such tables, and what a backend is
// capable of is read off them.
//
// A table walks its source once and appends the target as it goes. It never
// decodes what it does not change: a value without a function of its own is
// copied byte by byte.
package translate

import (
	"fmt"
	"slices"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// Unknown says what a table does with a field that it has no row for.
type Unknown uint8

const (
	// Refuse reports the field as a loss. It is the zero value: what no row
	// names is not silently thinned out.
	Refuse Unknown = iota
	// Drop leaves the field out and notes it.
	Drop
	// Keep copies the field as it is.
	Keep
)

// Func writes the target's value for v to the pass. A function that writes
// nothing leaves the field out.
type Func func(p *Pass, v gjson.Result)

// Row turns one field of the source into one field of the target.
type Row struct {
	// From is the name of the field in the source.
	From string

	// To is its name in the target. Empty means that the target has no such
	// field: then Values or Emulated say what may be asked for all the same.
	To string

	// Value writes the value; nil copies it.
	Value Func

	// Gather makes To an array that several rows add their elements to. Value
	// must begin each one with [Pass.Element].
	Gather bool

	// Values are the only ones that the target honours. A scalar that is none
	// of them is a loss; the elements of arrays are for Value to check.
	Values []string

	// Emulated says that the gateway does what the field asks for, so that the
	// target need not be told.
	Emulated bool
}

// Table is an immutable list of rows; it is safe for concurrent use.
type Table struct {
	rows    []Row
	index   map[string]int
	slots   []int // slots[i] is the number of row i's target, -1 without one
	gathers []gather
	unknown Unknown
}

// gather is an array of the target that several rows fill.
type gather struct {
	name string
	slot int
}

// New returns a table of the rows. It panics where two rows have one source,
// or where a target is both gathered and not: a table is written by hand and
// such a one cannot work.
func New(unknown Unknown, rows ...Row) *Table {
	t := &Table{rows: rows, index: make(map[string]int, len(rows)), unknown: unknown}
	targets := map[string]int{}
	gathered := map[string]bool{}
	for i, r := range rows {
		if _, ok := t.index[r.From]; ok {
			panic(fmt.Sprintf("translate: two rows from %q", r.From))
		}
		t.index[r.From] = i
		if r.To == "" {
			t.slots = append(t.slots, -1)
			continue
		}
		slot, seen := targets[r.To]
		if !seen {
			slot = len(targets)
			targets[r.To] = slot
			gathered[r.To] = r.Gather
			if r.Gather {
				t.gathers = append(t.gathers, gather{r.To, slot})
			}
		}
		if gathered[r.To] != r.Gather {
			panic(fmt.Sprintf("translate: target %q is gathered by some rows only", r.To))
		}
		t.slots = append(t.slots, slot)
	}
	if len(targets) > 64 {
		panic("translate: more than 64 targets")
	}
	return t
}

// Same returns rows that copy the named fields as they are.
func Same(names ...string) []Row {
	rows := make([]Row, len(names))
	for i, n := range names {
		rows[i] = Row{From: n, To: n}
	}
	return rows
}

// Fields returns what the table does with each of the named fields of its
// source: the capability contract of the adapter that it belongs to.
func (t *Table) Fields(names []string) map[string]api.FieldCapability {
	fields := make(map[string]api.FieldCapability, len(names))
	for _, name := range names {
		i, ok := t.index[name]
		if !ok {
			support := api.Refused
			if t.unknown == Keep {
				support = api.Native
			}
			fields[name] = api.FieldCapability{Support: support}
			continue
		}
		r := t.rows[i]
		c := api.FieldCapability{Support: api.Refused, Values: r.Values}
		switch {
		case r.Emulated:
			c.Support = api.Emulated
		case r.To != "":
			c.Support = api.Native
		}
		fields[name] = c
	}
	return fields
}

// Apply translates the JSON object src, which must be valid JSON, and appends
// the target to dst. The outcome's document is dst with the target behind it.
// An error is an *api.Error of code Invalid: src is no object, or a function
// found a value that means nothing.
func (t *Table) Apply(dst, src []byte) (Outcome, error) {
	root := gjson.ParseBytes(src)
	if !root.IsObject() {
		return Outcome{}, api.Errorf(api.Invalid, "The body must be a JSON object.")
	}
	p := Pass{dst: append(dst, '{')}
	start := len(p.dst)
	var gathered [][]byte
	if len(t.gathers) > 0 {
		gathered = make([][]byte, len(t.gathers))
	}
	var written uint64

	root.ForEach(func(key, v gjson.Result) bool {
		name := key.String()
		i, ok := t.index[name]
		if !ok {
			t.passUnknown(&p, start, name, v)
			return true
		}
		r := &t.rows[i]
		p.field = name
		if len(r.Values) > 0 && !v.IsArray() && !v.IsObject() && !slices.Contains(r.Values, v.String()) {
			p.Refuse("", v.String())
			return true
		}
		switch {
		case r.To == "":
			if !r.Emulated && len(r.Values) == 0 {
				p.Refuse("", "")
			}
		case r.Gather:
			g := slices.IndexFunc(t.gathers, func(g gather) bool { return g.slot == t.slots[i] })
			document := p.dst
			p.dst = gathered[g]
			p.write(r, v)
			gathered[g], p.dst = p.dst, document
		case written&(1<<t.slots[i]) != 0:
			p.Note(DuplicateField)
		default:
			before := len(p.dst)
			p.key(start, r.To)
			value := len(p.dst)
			p.write(r, v)
			if len(p.dst) == value {
				p.dst = p.dst[:before]
				return true
			}
			written |= 1 << t.slots[i]
		}
		return true
	})

	for i, elements := range gathered {
		if len(elements) > 0 {
			p.key(start, t.gathers[i].name)
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

func (t *Table) passUnknown(p *Pass, start int, name string, v gjson.Result) {
	p.field = name
	switch t.unknown {
	case Refuse:
		p.Refuse("", "")
	case Drop:
		p.Note(UnknownField)
	case Keep:
		// Two keys of the source may not meet in one of the target.
		if slices.ContainsFunc(t.rows, func(r Row) bool { return r.To == name }) {
			p.Note(DuplicateField)
			return
		}
		p.key(start, name)
		p.Raw(v.Raw)
	}
}
