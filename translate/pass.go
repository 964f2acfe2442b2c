package translate

import (
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// Outcome is what a table made of a document.
type Outcome struct {
	// Document is the target.
	Document []byte

	// Losses are the fields and values that the target cannot express.
	Losses []Loss

	// Notes say what was put right or left out on the way, without loss.
	Notes []Note
}

// Loss is a field, or one value of it, that a target cannot express.
type Loss struct {
	// Field is the path in the source, such as "devicetarget[0].device".
	Field string

	// Value is the value that cannot be expressed; empty where it is the whole
	// field, or where the value does not belong into a message.
	Value string
}

// Note is a habit of a client that a table put right.
type Note struct {
	// Field is a field of the source: client text where Kind is UnknownField.
	Field string
	Kind  Kind
}

// Kind is a kind of habit. The kinds are few and fixed, so that they can be
// the labels of a metric.
type Kind string

// The kinds of habits.
const (
	// UnknownField: a field that the contract does not have.
	UnknownField Kind = "unknown_field"
	// DuplicateField: two names for one field; the first one counts.
	DuplicateField Kind = "duplicate_field"
	// NullValue: null, for "not given".
	NullValue Kind = "null_value"
	// EmptyValue: an empty string or false, for "not given".
	EmptyValue Kind = "empty_value"
	// OtherType: a value of another JSON type that can only mean one thing,
	// such as "3" for 3.
	OtherType Kind = "other_type"
	// IncompleteEntry: an element of an array without what makes it one.
	IncompleteEntry Kind = "incomplete_entry"
	// Alias: another name for a field or a path of the contract.
	Alias Kind = "alias"
)

// Pass is one application of a table, as its functions see it.
type Pass struct {
	dst      []byte
	start    int    // where the members of the target begin in dst
	field    string // the current field of the source
	gathered [][]byte
	written  uint64 // slots of the target that have a value
	seen     uint64 // rows that have gathered
	kept     []span // names in dst that no row wrote
	losses   []Loss
	notes    []Note
	invalid  []api.FieldError
}

// span is a part of a pass's target.
type span struct{ from, to int }

// Raw writes JSON as it is.
func (p *Pass) Raw(json string) { p.dst = append(p.dst, json...) }

// String writes a JSON string.
func (p *Pass) String(s string) { p.dst = gjson.AppendJSONString(p.dst, s) }

// Int writes a JSON number.
func (p *Pass) Int(n int64) { p.dst = strconv.AppendInt(p.dst, n, 10) }

// Element begins an element of a gathered array.
func (p *Pass) Element() {
	if len(p.dst) > 0 {
		p.dst = append(p.dst, ',')
	}
}

// Refuse reports that the target cannot express the current field, or the part
// of it at path (such as "[0].device"), or its value there.
func (p *Pass) Refuse(path, value string) {
	p.losses = append(p.losses, Loss{Field: p.field + path, Value: value})
}

// maxInvalid is how many faults of a source an error names at most.
const maxInvalid = 20

// Invalid reports that the current field, or the part of it at path, holds
// what no backend could understand.
func (p *Pass) Invalid(path, message string) {
	if len(p.invalid) == maxInvalid {
		return
	}
	p.invalid = append(p.invalid, api.FieldError{Field: p.field + path, Message: message})
}

// Note reports that the current field was put right or left out.
func (p *Pass) Note(kind Kind) {
	p.notes = append(p.notes, Note{Field: p.field, Kind: kind})
}

// member begins a member of the target by its key, with the comma before it if
// it needs one.
func (p *Pass) member(key string) {
	if len(p.dst) > p.start {
		p.dst = append(p.dst, ',')
	}
	p.dst = append(p.dst, key...)
}

// jsonKey returns a name as JSON, with its colon.
func jsonKey(name string) string {
	return string(append(gjson.AppendJSONString(nil, name), ':'))
}
