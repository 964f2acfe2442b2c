package records

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// makers make an empty record of each kind.
var makers = []struct {
	kind Kind
	make func() Record
}{
	{KindHeader, func() Record { return &Header{} }},
	{KindAccount, func() Record { return &Account{} }},
	{KindBackend, func() Record { return &Backend{} }},
	{KindSecret, func() Record { return &Secret{} }},
	{KindKey, func() Record { return &Key{} }},
	{KindDomain, func() Record { return &Domain{} }},
	{KindPixel, func() Record { return &Pixel{} }},
	{KindSplash, func() Record { return &Splash{Counter: 10} }},
	{KindOverlay, func() Record { return &Overlay{} }},
	{KindCampaign, func() Record { return &Campaign{} }},
	{KindChannel, func() Record { return &Channel{} }},
	{KindLink, func() Record { return &Link{Of: KindLink} }},
	{KindQR, func() Record { return &Link{Of: KindQR} }},
	{KindFile, func() Record { return &Link{Of: KindFile} }},
	{KindRemote, func() Record { return &Link{Of: KindRemote} }},
	{KindContent, func() Record { return &Content{} }},
	{KindItem, func() Record { return &Item{} }},
	{KindHour, func() Record { return &Hour{} }},
	{KindDay, func() Record { return &Day{} }},
	{KindOrphan, func() Record { return &Orphan{} }},
	{KindLedger, func() Record { return &Ledger{} }},
	{KindLastID, func() Record { return &LastID{} }},
	{KindEnd, func() Record { return &End{} }},
}

// form is how a field is written.
type form int

const (
	text    form = iota // a string
	number              // an integer
	boolean             // true or false
	moment              // RFC 3339
	base64s             // bytes
	nested              // JSON
)

// field is a field of a record.
type field struct {
	name  string
	index []int
	form  form
}

// shape is what the records of a kind have.
type shape struct {
	make   func() Record
	fields []field
	byName map[string]*field
}

var shapes, columns = readShapes()

// readShapes returns the shapes by kind, and the names of all fields, each once:
// those of links, which people look for, before the others.
func readShapes() (map[Kind]*shape, []string) {
	all := map[Kind]*shape{}
	names := []string{kindField}
	for _, f := range fieldsOf(reflect.TypeFor[Link]()) {
		names = append(names, f.name)
	}
	for _, m := range makers {
		s := &shape{make: m.make, fields: fieldsOf(reflect.TypeOf(m.make()).Elem()), byName: map[string]*field{}}
		for i := range s.fields {
			f := &s.fields[i]
			s.byName[f.name] = f
			if !slices.Contains(names, f.name) {
				names = append(names, f.name)
			}
		}
		all[m.kind] = s
	}
	return all, names
}

// kindField names the field that says what a record is about.
const kindField = "kind"

func fieldsOf(t reflect.Type) (fields []field) {
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "-" || len(f.Index) > 2 {
			continue
		}
		fields = append(fields, field{name, f.Index, formOf(f.Type)})
	}
	return fields
}

func formOf(t reflect.Type) form {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return moment
	case t == reflect.TypeFor[[]byte]():
		return base64s
	}
	switch t.Kind() {
	case reflect.String:
		return text
	case reflect.Int, reflect.Int64:
		return number
	case reflect.Bool:
		return boolean
	}
	return nested
}
