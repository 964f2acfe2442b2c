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

	// Value writes the value; nil copies it. On a row without To it only checks
	// the value, and what it writes is discarded: [Named] and [NamedEach] refuse
	// by field and value.
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
	rows    []row
	index   [][]int        // the rows by the length of their names
	targets map[string]int // name to slot
	gathers []string       // the keys of the arrays of the target that several rows fill
	unknown Unknown
}

// row is a Row and where its target stands.
type row struct {
	Row
	bit   uint64 // its own among the rows
	slot  uint64 // the bit of its target, 0 without one
	array int    // the index of its target in the table's gathers
	key   string // the name of its target as JSON, with its colon
}

// maxRows bounds a table, so that what was seen of a source fits into a word
// or two instead of a map.
const maxRows = 64

// New returns a table of the rows. It panics where two rows have one source,
// or where a target is both gathered and not, or past 64 rows: a table is
// written by hand and such a one cannot work.
func New(unknown Unknown, rows ...Row) *Table {
	if len(rows) > maxRows {
		panic(fmt.Sprintf("translate: more than %d rows", maxRows))
	}
	t := &Table{
		rows:    make([]row, len(rows)),
		targets: map[string]int{},
		unknown: unknown,
	}
	gathered := map[string]int{} // index in t.gathers, -1 for a plain target
	for i, r := range rows {
		if t.find(r.From) != nil {
			panic(fmt.Sprintf("translate: two rows from %q", r.From))
		}
		for len(t.index) <= len(r.From) {
			t.index = append(t.index, nil)
		}
		t.index[len(r.From)] = append(t.index[len(r.From)], i)
		t.rows[i] = row{Row: r, bit: 1 << i}
		if r.To == "" {
			continue
		}
		slot, seen := t.targets[r.To]
		if !seen {
			slot = len(t.targets)
			t.targets[r.To] = slot
			gathered[r.To] = -1
			if r.Gather {
				gathered[r.To] = len(t.gathers)
				t.gathers = append(t.gathers, jsonKey(r.To))
			}
		}
		if (gathered[r.To] >= 0) != r.Gather {
			panic(fmt.Sprintf("translate: target %q is gathered by some rows only", r.To))
		}
		t.rows[i].slot, t.rows[i].array, t.rows[i].key = 1<<slot, gathered[r.To], jsonKey(r.To)
	}
	return t
}

// find returns the row from the named field, nil where there is none. Rows are
// so few that their lengths tell most of them apart, which costs less than a map.
func (t *Table) find(name string) *row {
	if len(name) >= len(t.index) {
		return nil
	}
	for _, i := range t.index[len(name)] {
		if t.rows[i].From == name {
			return &t.rows[i]
		}
	}
	return nil
}

// Same returns rows that copy the named fields as they are.
func Same(names ...string) []Row {
	rows := make([]Row, len(names))
	for i, n := range names {
		rows[i] = Row{From: n, To: n}
	}
	return rows
}

// Names returns the names of the fields that the table has rows for, in order.
func (t *Table) Names() []string {
	names := make([]string, len(t.rows))
	for i, r := range t.rows {
		names[i] = r.From
	}
	return names
}

// Fields returns what the table does with each of the named fields of its
// source: the capability contract of the adapter that it belongs to.
func (t *Table) Fields(names []string) map[string]api.FieldCapability {
	fields := make(map[string]api.FieldCapability, len(names))
	for _, name := range names {
		r := t.find(name)
		if r == nil {
			support := api.Refused
			if t.unknown == Keep {
				support = api.Native
			}
			fields[name] = api.FieldCapability{Support: support}
			continue
		}
		fields[name] = r.capability()
	}
	return fields
}

// capability is what the row does with its field. Where it lists values, every
// other one is refused.
func (r *row) capability() api.FieldCapability {
	support := api.Refused
	switch {
	case r.Emulated:
		support = api.Emulated
	case r.To != "":
		support = api.Native
	}
	if len(r.Values) == 0 {
		return api.FieldCapability{Support: support}
	}
	c := api.FieldCapability{Support: api.Refused, Values: map[string]api.Support{}}
	for _, v := range r.Values {
		c.Values[v] = api.Native
		if r.Emulated {
			c.Values[v] = api.Emulated
		}
	}
	return c
}
