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
	{KindRetired, func() Record { return &Retired{} }},
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

	// id says that the number is an id, of which any is read: those that cannot
	// be kept are changed.
	id bool

	// limit is how long a text may be in bytes, 0 for as long as a record.
	limit int
}

// Rows are found by some texts. An entry of an index of PostgreSQL has 2,704
// bytes, and up to three of them: where the contract has one, its 255 characters
// fit.
const (
	maxIndexed = 1020
	maxOwner   = 400
)

var (
	idFields = []string{"id", "link", "campaign", "channel"}

	textLimits = map[string]int{
		"account": maxOwner, "backend": maxOwner, "domain": maxOwner, "type": maxOwner,
		"custom": maxIndexed, "externalid": maxIndexed, "path": maxIndexed, "remoteid": maxIndexed, "slug": maxIndexed,
		"tag": maxIndexed, "value": maxIndexed,
	}

	// indexedNames are of whom the name is one of them.
	indexedNames = []reflect.Type{reflect.TypeFor[Account](), reflect.TypeFor[Backend](), reflect.TypeFor[Key](), reflect.TypeFor[Secret]()}
)

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
		limit := textLimits[name]
		if name == "name" && slices.Contains(indexedNames, t) {
			limit = maxIndexed
		}
		fields = append(fields, field{name: name, index: f.Index, form: formOf(f.Type), id: slices.Contains(idFields, name), limit: limit})
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
