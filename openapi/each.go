package openapi

import (
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// each is the array of a document whose entries are documents of another
// operation. Each of them is validated on its own, so that a bad one does not
// make the whole request bad.
type each struct {
	field string
	of    *Operation
	most  uint64
}

// readEach finds the field with x-each among those of the document. What is
// validated as a whole is the outline of a document, whose entries are empty
// objects.
func (o *Operation) readEach(operations map[api.Operation]*Operation) error {
	if o.document == nil {
		return nil
	}
	for name, field := range o.document.Properties {
		id, ok := field.Value.Extensions["x-each"].(string)
		if !ok {
			continue
		}
		of := operations[api.Operation(id)]
		if of == nil || of.Body != JSONBody || field.Value.MaxItems == nil {
			return fmt.Errorf("%s: x-each names an operation with a document, on an array with maxItems", name)
		}
		o.each = &each{field: name, of: of, most: *field.Value.MaxItems}
		document, array := *o.document, *field.Value
		array.Items = (&openapi3.Schema{
			Type:                 &openapi3.Types{openapi3.TypeObject},
			AdditionalProperties: openapi3.AdditionalProperties{Has: new(bool)},
		}).NewRef()
		document.Properties = openapi3.Schemas{}
		for other, schema := range o.document.Properties {
			document.Properties[other] = schema
		}
		document.Properties[name] = array.NewRef()
		o.document, o.checker = &document, newChecker(&document)
		return nil
	}
	return nil
}

// outline is the document with an empty object in the place of each object that
// is to be validated on its own. An array that is too long is cut short behind
// the first entry too many.
func (e *each) outline(document []byte) []byte {
	root := gjson.ParseBytes(document)
	if !root.IsObject() {
		return document
	}
	out := []byte{'{'}
	root.ForEach(func(key, v gjson.Result) bool {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(out, key.Raw...), ':')
		if key.Str == e.field && v.IsArray() {
			out = e.entries(out, v)
		} else {
			out = append(out, v.Raw...)
		}
		return true
	})
	return append(out, '}')
}

// entries appends the outline of the array.
func (e *each) entries(out []byte, array gjson.Result) []byte {
	out = append(out, '[')
	n := uint64(0)
	array.ForEach(func(_, entry gjson.Result) bool {
		if n > 0 {
			out = append(out, ',')
		}
		if entry.IsObject() {
			out = append(out, "{}"...)
		} else {
			out = append(out, entry.Raw...)
		}
		n++
		return n <= e.most
	})
	return append(out, ']')
}

// Items returns the documents of a valid call one by one, each of them
// validated; nil where the operation is not on many.
func (o *Operation) Items(call *api.Call) []api.Item {
	if o.each == nil {
		return nil
	}
	items := []api.Item{}
	gjson.ParseBytes(call.Document).ForEach(func(key, v gjson.Result) bool {
		if key.Str != o.each.field {
			return true
		}
		v.ForEach(func(_, entry gjson.Result) bool {
			items = append(items, o.each.item([]byte(entry.Raw)))
			return true
		})
		return false
	})
	return items
}

// item validates one entry.
func (e *each) item(document []byte) api.Item {
	if err := e.of.Validate(&api.Call{Operation: e.of.ID, Document: document}); err != nil {
		return api.Item{Err: api.AsError(err)}
	}
	return api.Item{Document: document}
}
