package openapi

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// maxProblems is how many fields an error names at most.
const maxProblems = 20

// Validate reports what is wrong with the query and the document of a call.
// Query parameters that the contract does not name are not looked at, an empty
// document counts as an empty object, and the document must be [WellFormed].
//
// The error is an *api.Error of code Invalid. It names every field at fault, up
// to 20, query parameters first, in contract order. A message never repeats a
// value; an unknown key is repeated shortened and escaped. The documents inside
// of one that holds many are not looked at: see [Operation.Items].
func (o *Operation) Validate(call *api.Call) error {
	fields := o.checkQuery(call)
	document := call.Document
	if o.each != nil {
		document = o.each.outline(document)
	}
	if o.Body == JSONBody && !o.checker.acceptsDocument(document) {
		problems, err := o.checkDocument(document)
		if err != nil {
			return err
		}
		fields = append(fields, problems...)
	}
	if len(fields) == 0 {
		return nil
	}
	return api.InvalidFields(fields[:min(len(fields), maxProblems)]...)
}

// checkDocument says what is wrong with the document, by its schema. The error
// is about a document that cannot even be looked at.
func (o *Operation) checkDocument(document []byte) ([]api.FieldError, error) {
	value, err := (&decoder{left: maxRequestValues, exact: true}).decode(document)
	if err != nil {
		return nil, bodyError(err, document)
	}
	if _, ok := value.(map[string]any); !ok {
		return nil, api.Errorf(api.Invalid, "The body must be a JSON object.")
	}
	if err := o.document.VisitJSON(value, openapi3.MultiErrors()); err != nil {
		return o.inOrder(explain(err, value)), nil
	}
	return nil, nil
}

// bodyError says what is wrong with a document as a whole, and names the longest
// field of one that holds too much.
func bodyError(err error, document []byte) *api.Error {
	if errors.Is(err, errTooMany) {
		failure := api.Errorf(api.Invalid, "The body holds more than %d values.", maxRequestValues)
		longest, length := "", 0
		gjson.ParseBytes(document).ForEach(func(key, v gjson.Result) bool {
			if len(v.Raw) > length {
				longest, length = key.Str, len(v.Raw)
			}
			return true
		})
		if longest != "" {
			failure.Fields = []api.FieldError{{Field: keyName(longest), Message: "has too many values"}}
		}
		return failure
	}
	return api.Errorf(api.Invalid, "The body is nested more than %d levels deep.", maxDepth)
}

// inOrder sorts errors by the contract's order of the fields that they are in.
// Unknown fields come last.
func (o *Operation) inOrder(fields []api.FieldError) []api.FieldError {
	rank := func(f api.FieldError) int {
		name := f.Field
		if i := strings.IndexAny(name, ".["); i >= 0 {
			name = name[:i]
		}
		if i, ok := o.rank[name]; ok {
			return i
		}
		return len(o.rank)
	}
	slices.SortStableFunc(fields, func(a, b api.FieldError) int { return cmp.Compare(rank(a), rank(b)) })
	return fields
}

// checkQuery says what is wrong with the query parameters.
func (o *Operation) checkQuery(call *api.Call) []api.FieldError {
	if len(call.Query) == 0 {
		return nil
	}
	var fields []api.FieldError
	for _, p := range o.query {
		values, ok := call.Query[p.name]
		if !ok {
			continue
		}
		if len(values) != 1 {
			fields = append(fields, api.FieldError{Field: p.name, Message: "must be given once"})
			continue
		}
		text := values[0]
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			fields = append(fields, api.FieldError{Field: p.name, Message: "must be text in UTF-8 without NUL characters"})
			continue
		}
		if err := p.schema.VisitJSON(queryValue(p.schema, text), openapi3.MultiErrors()); err != nil {
			for _, f := range explain(err, nil) {
				fields = append(fields, api.FieldError{Field: p.name, Message: f.Message})
			}
		}
	}
	return fields
}

// queryValue is the text of a query parameter as the type that its schema
// wants, or the text where it is not of that type.
func queryValue(schema *openapi3.Schema, text string) any {
	if !schema.Type.Is(openapi3.TypeInteger) || !isInteger(text) {
		return text
	}
	v, err := (&decoder{left: 1, exact: true}).decode([]byte(text))
	if err != nil {
		return text
	}
	return v
}
