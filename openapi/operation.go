package openapi

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// BodyKind is what an operation's request carries.
type BodyKind uint8

// The kinds of bodies.
const (
	// NoBody: no body is read.
	NoBody BodyKind = iota
	// JSONBody: a document.
	JSONBody
	// FileBody: a file of any content.
	FileBody
)

// Operation is what the contract says about one operation. It is read-only.
type Operation struct {
	// ID is the operationId.
	ID api.Operation

	// Summary is the operation in a few words, with no full stop.
	Summary string

	// Method is the HTTP method.
	Method string

	// Path is the path template, such as "/api/url/{id}/update".
	Path string

	// Scope is what a key must be allowed; 0 means that no key is needed.
	Scope api.Scopes

	// Fields names the top-level properties of the document, in contract order.
	Fields []string

	// Query names the query parameters, in contract order.
	Query []string

	// Body is what the request carries.
	Body BodyKind

	// Idempotent says that the operation takes the header Idempotency-Key.
	Idempotent bool

	// Ours says that the whole operation is Linkquay's own, and OurNames which of
	// its query parameters and fields are marked as such, in contract order.
	Ours     bool
	OurNames []string

	query    []parameter
	document *openapi3.Schema
	checker  *checker // Of the document.
	each     *each    // Nil unless the document holds many.
	rank     map[string]int
	replies  map[string]*openapi3.Schema
}

// parameter is one query parameter.
type parameter struct {
	name   string
	schema *openapi3.Schema
}

// newOperation reads one operation. The order tells the sequence of keys that
// spec, which holds maps, has lost.
func newOperation(spec *openapi3.T, order gjson.Result, path, method string) (*Operation, error) {
	item := spec.Paths.Value(path)
	if item == nil {
		return nil, fmt.Errorf("no such path")
	}
	operation := item.GetOperation(strings.ToUpper(method))
	if operation == nil {
		return nil, fmt.Errorf("not a method")
	}
	op := &Operation{
		ID:      api.Operation(operation.OperationID),
		Summary: operation.Summary,
		Method:  strings.ToUpper(method),
		Path:    path,
		replies: make(map[string]*openapi3.Schema),
	}
	if scope, ok := operation.Extensions["x-scope"].(string); ok {
		var err error
		if op.Scope, err = api.ParseScopes(scope); err != nil {
			return nil, err
		}
	}
	op.Ours = isOurs(operation.Extensions)
	for _, p := range operation.Parameters {
		switch p.Value.In {
		case openapi3.ParameterInHeader:
			op.Idempotent = op.Idempotent || p.Value.Name == "Idempotency-Key"
		case openapi3.ParameterInQuery:
			op.Query = append(op.Query, p.Value.Name)
			op.query = append(op.query, parameter{p.Value.Name, p.Value.Schema.Value})
			if isOurs(p.Value.Extensions) {
				op.OurNames = append(op.OurNames, p.Value.Name)
			}
		}
	}
	if err := op.readBody(operation, order); err != nil {
		return nil, err
	}
	for status, response := range operation.Responses.Map() {
		media := response.Value.Content.Get("application/json")
		if media == nil {
			return nil, fmt.Errorf("reply %s has no JSON", status)
		}
		op.replies[status] = media.Schema.Value
	}
	return op, nil
}

// readBody reads what the request carries.
func (o *Operation) readBody(operation *openapi3.Operation, order gjson.Result) error {
	if operation.RequestBody == nil {
		return nil
	}
	media := operation.RequestBody.Value.Content["application/json"]
	if media == nil {
		o.Body = FileBody
		return nil
	}
	o.Body = JSONBody
	o.document = media.Schema.Value
	o.checker = newChecker(o.document)
	name, ok := strings.CutPrefix(media.Schema.Ref, "#/components/schemas/")
	if !ok {
		return fmt.Errorf("the document's schema stands under components")
	}
	o.rank = make(map[string]int)
	order.Get("components.schemas." + name + ".properties").ForEach(func(field, _ gjson.Result) bool {
		o.rank[field.String()] = len(o.Fields)
		o.Fields = append(o.Fields, field.String())
		if isOurs(o.document.Properties[field.String()].Value.Extensions) {
			o.OurNames = append(o.OurNames, field.String())
		}
		return true
	})
	return nil
}

// isOurs reports whether x-linkquay marks what has the extensions.
func isOurs(extensions map[string]any) bool {
	ours, _ := extensions["x-linkquay"].(bool)
	return ours
}
