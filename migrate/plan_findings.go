package migrate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/linkquay/linkquay/adapters"
)

// findings are those of a report that is being made. The zero value has none and
// lists DefaultPlanLimit objects of each.
type findings struct {
	limit int
	all   map[subject]*Finding
}

// subject is what there is one finding about.
type subject struct {
	code  Code
	kind  adapters.Kind
	field string
}

// find returns the finding about a subject, which may be a new one.
func (f *findings) find(code Code, kind adapters.Kind, field string) *Finding {
	key := subject{code, kind, field}
	if f.all == nil {
		f.all = map[subject]*Finding{}
	}
	if f.all[key] == nil {
		f.all[key] = &Finding{Code: code, Kind: kind, Field: field, Objects: []FoundObject{}}
	}
	return f.all[key]
}

// add counts an object, and lists it as long as there is room.
func (f *findings) add(code Code, kind adapters.Kind, field string, o FoundObject) {
	found := f.find(code, kind, field)
	found.Count++
	if limit := cmp.Or(f.limit, DefaultPlanLimit); limit < 0 || len(found.Objects) < limit {
		found.Objects = append(found.Objects, o)
	}
}

// count counts objects without listing them.
func (f *findings) count(code Code, kind adapters.Kind, field string, n int) {
	f.find(code, kind, field).Count += n
}

// sorted returns the findings in the order of a report.
func (f *findings) sorted(source, target string) []Finding {
	list := make([]Finding, 0, len(f.all))
	for _, found := range f.all {
		found.Message = message(found, source, target)
		list = append(list, *found)
	}
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(codes, a.Code), slices.Index(codes, b.Code)),
			cmp.Compare(slices.Index(adapters.Kinds, a.Kind), slices.Index(adapters.Kinds, b.Kind)),
			cmp.Compare(a.Field, b.Field),
		)
	})
	return list
}

// message says a finding in a sentence, which fits one object and many.
func message(f *Finding, source, target string) string {
	what := ""
	switch f.Code {
	case FoundUnreadable:
		what = fmt.Sprintf("that %s did not give", source)
	case FoundImmovable:
		what = "that cannot be copied"
	case FoundRefused:
		what = fmt.Sprintf("that %s would refuse as they are", target)
	case FoundTaken:
		what = fmt.Sprintf("that cannot be copied, because another link at %s has the address that they would get", target)
	case FoundTwice:
		what = fmt.Sprintf("that cannot be copied, because another link of %s gets the same address", source)
	case FoundNoDomain:
		what = fmt.Sprintf("that cannot be copied, because %s cannot have their domain", target)
	case FoundAddress:
		what = fmt.Sprintf("that get another short URL, because they are on a domain of %s's own (the old one leads where it does for as long as they are there)", source)
	case FoundExpired:
		what = fmt.Sprintf("that cannot be copied, because they have expired and %s takes none that have", target)
	case FoundPassword:
		what = "whose password cannot be copied: set it again, or they are open to everybody"
	case FoundLost:
		what = fmt.Sprintf("that lose %q, because %s has no such thing or not all of it", f.Field, target)
	case FoundUntold:
		what = fmt.Sprintf("that lose %q if they have it, because %s does not tell", f.Field, source)
	case FoundThere:
		what = fmt.Sprintf("that %s has already, and that are taken for copied", target)
	}
	name := kindNames[f.Kind]
	return fmt.Sprintf("%s%ss %s: %s.", strings.ToUpper(name[:1]), name[1:], what, thousands(f.Count))
}

// kindNames are the kinds as people call them.
var kindNames = map[adapters.Kind]string{
	adapters.KindDomain: "domain", adapters.KindPixel: "pixel", adapters.KindSplash: "splash page", adapters.KindOverlay: "overlay",
	adapters.KindCampaign: "campaign", adapters.KindChannel: "channel", adapters.KindLink: "link", adapters.KindQR: "QR code",
}

func plural(n int, name string) string {
	if n == 1 {
		return "1 " + name
	}
	return fmt.Sprintf("%s %ss", thousands(n), name)
}

// thousands writes a number with commas.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// tally counts the objects of one kind.
type tally struct {
	report KindReport
	fields map[string]*FieldReport
	order  []string

	// calls is how many calls they take at the target.
	calls int
}

func newTally(kind adapters.Kind) *tally {
	t := &tally{report: KindReport{Kind: kind}, fields: map[string]*FieldReport{}}
	if kind == adapters.KindLink {
		t.order = []string{fieldAddress}
	}
	for _, f := range resources[kind].fields {
		t.order = append(t.order, f.name)
	}
	if kind == adapters.KindLink {
		t.order = append(t.order, fieldPassword, fieldChannel)
	}
	t.order = append(t.order, fieldCreated, fieldClicks)
	return t
}

// The fields of a report that are none of the contract's.
const (
	fieldAddress = "address"
	fieldCreated = "created"
	fieldClicks  = "clicks"
)

func (t *tally) field(name string) *FieldReport {
	if t.fields[name] == nil {
		t.fields[name] = &FieldReport{Field: name}
	}
	return t.fields[name]
}

// result returns the counts, with the fields in the contract's order.
func (t *tally) result() KindReport {
	r := t.report
	r.Fields = []FieldReport{}
	for _, name := range t.order {
		if f := t.fields[name]; f != nil {
			r.Fields = append(r.Fields, *f)
		}
	}
	return r
}
