package conformance_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// TestCapabilities walks every operation, field, query parameter and accepted
// value of the contract, and finds each of them honoured, emulated or refused
// as the backend's capabilities say.
func TestCapabilities(t *testing.T) {
	for _, kind := range backends {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			mustStand(t, kind, settings{}).keepsWord(t)
		})
	}
	for _, kind := range backends[1:] {
		t.Run(kind+"-other", func(t *testing.T) {
			t.Parallel()
			mustStand(t, kind, settings{other: true}).keepsWord(t)
		})
	}
}

// keepsWord: each operation is done, or refused as a whole.
func (s *stand) keepsWord(t *testing.T) {
	for _, op := range s.contract.Operations() {
		if op.ID == api.GetCapabilities || op.ID == api.GetHealth {
			continue
		}
		t.Run(string(op.ID), func(t *testing.T) {
			if !s.does(op.ID) {
				s.refusesWhole(t, op.ID)
				return
			}
			s.walk(t, op, s.all[op.ID])
		})
	}
}

// refusesWhole: the operation is refused as such, and the site does not hear of
// it.
func (s *stand) refusesWhole(t *testing.T, op api.Operation) {
	t.Helper()
	before := len(s.server.Requests())
	_, _, err := s.try(t, s.smallest(t, op))
	if e := api.AsError(err); err == nil || e.Code != api.Unsupported || len(e.Fields) > 0 || !strings.Contains(e.Message, s.kind) {
		t.Errorf("Do = %v; want Unsupported as a whole, by the backend's name", err)
	}
	if n := len(s.server.Requests()) - before; n > 0 {
		t.Errorf("the site was asked %d times; want 0", n)
	}
}

// walk: what the capabilities say of one operation.
func (s *stand) walk(t *testing.T, op *openapi.Operation, c api.Capability) {
	s.works(t, op.ID)
	schemas := schemasOf(t, op)
	for name, f := range c.Fields {
		if _, ok := schemas.fields[name]; !ok && !schemas.path[name].Exists() {
			t.Errorf("the capabilities name a field %q, which the contract does not have", name)
		}
		s.plain(t, name, f)
	}
	for _, name := range slices.Sorted(maps.Keys(schemas.fields)) {
		for _, v := range valuesOf(t, op.ID, name, schemas.fields[name]) {
			s.walkField(t, op.ID, name, v, c.Fields[name])
			if op.ID == api.CreateLink && s.does(api.CreateLinks) {
				s.walkField(t, together, name, v, c.Fields[name])
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(schemas.query)) {
		for _, v := range valuesOf(t, op.ID, name, schemas.query[name]) {
			s.walkQuery(t, op.ID, name, v, c.Query[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(schemas.path)) {
		for _, v := range valuesOf(t, op.ID, name, schemas.path[name]) {
			s.walkPath(t, op.ID, name, v, c.Fields[name])
		}
	}
}

// plain: what is said of a field is one of the three things that can be said.
func (s *stand) plain(t *testing.T, name string, f api.FieldCapability) {
	t.Helper()
	known := []api.Support{api.Native, api.Emulated, api.Refused}
	if !slices.Contains(known, f.Support) {
		t.Errorf("%s has the support %q", name, f.Support)
	}
	for v, support := range f.Values {
		if !slices.Contains(known, support) || support == f.Support {
			t.Errorf("%s: the value %q has the support %q, the others %q", name, v, support, f.Support)
		}
	}
}

// outcome is what came of one document.
type outcome struct {
	code     api.Code // empty for a success
	message  string
	fields   []api.FieldError
	warnings []api.FieldError
	reply    gjson.Result // the object's own
}

// together is createLink as one of two in createLinks.
const together api.Operation = "createLink in createLinks"

// carry carries a document out.
func (s *stand) carry(t testing.TB, op api.Operation, path api.Path, document string) outcome {
	t.Helper()
	r := request{op: op, path: path, body: document}
	if op == together {
		r.op, r.body = api.CreateLinks, `{"urls":[`+s.fill(t, documents[api.CreateLink])+`,`+document+`]}`
	}
	reply, warnings, err := s.try(t, r)
	if err != nil {
		e := api.AsError(err)
		return outcome{code: e.Code, message: e.Message, fields: e.Fields}
	}
	o := outcome{reply: reply, warnings: warnings}
	if op == together {
		o.reply = reply.Get("data.results.1")
		if o.reply.Get("error").Int() != 0 {
			// Items have no code: what is refused tells of the backend by name.
			o.code, o.message = api.Unsupported, o.reply.Get("message").Str
			o.reply.Get("errors").ForEach(func(name, messages gjson.Result) bool {
				for _, m := range messages.Array() {
					o.fields = append(o.fields, api.FieldError{Field: name.Str, Message: m.Str})
				}
				return true
			})
		}
		for i := range o.warnings {
			o.warnings[i].Field = strings.TrimPrefix(o.warnings[i].Field, "urls[1].")
		}
	}
	return o
}

// refuses reports whether an outcome is a refusal that names the field, the
// value and the backend; of what is not found, the value that is missing need
// not be repeated.
func (o *outcome) refuses(kind, field, named string) bool {
	return slices.ContainsFunc(o.fields, func(f api.FieldError) bool {
		if !concerns(f.Field, field) {
			return false
		}
		// What is long is cut, and stands in quotes.
		quoted := strings.Trim(strconv.Quote(named[:min(len(named), 40)]), `"`)
		return o.code == api.Invalid && strings.Contains(strings.ToLower(f.Message), "not found") ||
			o.code == api.Unsupported && strings.Contains(f.Field+f.Message, quoted) && strings.Contains(f.Message, kind)
	})
}

// named is what a refusal must name of a value. Passwords are not repeated, and
// of a list each entry is.
func named(field string, v value, sent gjson.Result) string {
	switch {
	case field == "password", sent.IsArray() && len(sent.Array()) == 0, sent.IsObject() && len(sent.Map()) == 0:
		return ""
	case sent.IsArray(), sent.IsObject():
		return v.entry
	}
	return sent.String()
}

// concerns reports whether an error's field is the one, or a part of it.
func concerns(path, field string) bool {
	return path == field || strings.HasPrefix(path, field+"[") || strings.HasPrefix(path, field+".")
}

// approximate are values of remote backends that are honoured with a remark,
// since their equal there is a wider one.
var approximate = map[string][]string{dg3: {"iPhone"}}

func (s *stand) walkField(t *testing.T, op api.Operation, field string, v value, c api.FieldCapability) {
	t.Helper()
	where := fmt.Sprintf("%s of %s = %s", field, op, v.raw)
	path, before, document := s.subject(t, op, field, v)
	if before == was && s.settable(about(op), field) {
		v.moot = false // it may ask for a change
	}
	writes := s.writes()
	o := s.carry(t, op, path, document)
	support := c.Of(v.entry)
	if _, said := c.Values[""]; !said && v.entry == "" && gjson.Valid(v.raw) && (gjson.Parse(v.raw).IsArray() || gjson.Parse(v.raw).IsObject()) {
		// What takes all entries away is done where any entry is.
		for _, other := range c.Values {
			if other != api.Refused {
				support = other
			}
		}
	}
	switch {
	case o.code == "":
		if support == api.Refused && v.clears && s.kind == script && slices.ContainsFunc(o.warnings, func(w api.FieldError) bool { return w.Field == field }) {
			return // Said, and not refused: the script's clients send it for nothing.
		}
		if support == api.Refused && !v.moot && before != unset {
			t.Errorf("%s is accepted; the capabilities say that it is refused", where)
			return
		}
		if before == unset {
			return
		}
		for _, w := range o.warnings {
			if concerns(w.Field, field) && !slices.Contains(approximate[s.kind], v.entry) {
				t.Errorf("%s is accepted with the warning %q", where, w)
			}
		}
		s.observed(t, op, path, field, v, gjson.Get(document, field), support, o)
	case v.moot || before == unset && v.clears:
		t.Errorf("%s asks for nothing and is refused: %s %q %v", where, o.code, o.message, o.fields)
	case support != api.Refused:
		t.Errorf("%s is said to be %s, and refused: %s %q %v", where, support, o.code, o.message, o.fields)
	case !o.refuses(s.kind, field, named(field, v, gjson.Get(document, field))):
		t.Errorf("%s is refused with %s %q %v; want Unsupported that names field, value and backend", where, o.code, o.message, o.fields)
	default:
		most := 0
		if op == together {
			most = 1 // the other one
		}
		if n := s.writes() - writes; n > most {
			t.Errorf("%s is refused, and the site was asked to write %d times", where, n-most)
		}
	}
}

// settable reports whether an object of the kind can be made with more than one
// value of the field.
func (s *stand) settable(kind, field string) bool {
	c := s.all[kinds[kind].create].Fields[field]
	return c.Support != api.Refused || len(c.Values) > 1
}

// What a field was before an update.
type state uint8

const (
	none  state = iota // there was nothing to update
	unset              // it had no value, and cannot get one
	was                // it had another value
)

// subject returns what a document is for, and the document with the value. For
// a value that takes away, there is something to be taken.
func (s *stand) subject(t *testing.T, op api.Operation, field string, v value) (api.Path, state, string) {
	t.Helper()
	create := op
	if op == together {
		create = api.CreateLink
	}
	base := documents[create]
	if strings.HasPrefix(string(op), "update") {
		base = `{}`
	}
	document := s.merged(t, s.merged(t, base, v.with), `{"`+field+`":`+v.raw+`}`)
	kind := about(create)
	if kind == "" || create == kinds[kind].create || op == api.CreateLinks {
		return api.Path{}, none, document
	}
	path := api.Path{ID: kinds[kind].there}
	if !v.clears {
		path.ID = s.make(t, kind, "")
		return path, was, document
	}
	// Something to be taken away, where the backend can have it at all.
	makes := kinds[kind].create
	schemas := schemasOf(t, s.contract.Operation(makes))
	known := s.all[makes].Fields[field]
	for _, other := range valuesOf(t, makes, field, schemas.fields[field]) {
		if !other.moot && known.Of(other.entry) != api.Refused {
			members := s.merged(t, `{"`+field+`":`+other.raw+`}`, other.with)
			path.ID = s.make(t, kind, members)
			return path, was, document
		}
	}
	path.ID = s.make(t, kind, "")
	return path, unset, document
}
