// Package openapi is the contract: openapi.yaml, what it says about each
// operation, and whether a request or reply keeps to it.
//
// The contract is OpenAPI 3.0.3. Extensions: x-scope on an operation names the
// scope that a key needs for it (none: no key is needed), x-messages on a
// schema gives the message for each of its keywords that fails, x-linkquay
// marks what is not of the API that Linkquay speaks but its own, and x-each on
// an array names the operation that each entry is a document of.
package openapi

import (
	_ "embed" // Keeps the contract beside the code that reads it.
	"fmt"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

//go:generate go run ./internal/generate -out ../api/operations.gen.go

//go:embed openapi.yaml
var source []byte

// Contract is the parsed contract. It is read-only and safe for concurrent use.
type Contract struct {
	json       []byte
	operations []*Operation
	byID       map[api.Operation]*Operation
}

var load = sync.OnceValues(func() (*Contract, error) { return parse(source) })

// Load returns the contract, which is parsed on the first call. An error is a
// fault in openapi.yaml, and so a programming fault.
func Load() (*Contract, error) { return load() }

// Operation returns what the contract says about the operation, nil where it
// knows none of that id.
func (c *Contract) Operation(id api.Operation) *Operation { return c.byID[id] }

// Operations returns all operations in the contract's order. Callers must not
// modify the slice.
func (c *Contract) Operations() []*Operation { return c.operations }

// JSON returns the contract as JSON, its keys in the order of openapi.yaml.
// Callers must not modify it.
func (c *Contract) JSON() []byte { return c.json }

// parse reads a contract from YAML.
func parse(yaml []byte) (*Contract, error) {
	// kin-openapi keeps properties and paths in maps. Their order, which errors
	// and generated code follow, is read off the JSON text instead.
	document, err := orderedJSON(yaml)
	if err != nil {
		return nil, fmt.Errorf("reading the contract: %w", err)
	}
	loader := openapi3.NewLoader()
	spec, err := loader.LoadFromData(document)
	if err != nil {
		return nil, fmt.Errorf("loading the contract: %w", err)
	}
	if err := spec.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("checking the contract: %w", err)
	}
	c := &Contract{json: document, byID: make(map[api.Operation]*Operation)}
	order := gjson.ParseBytes(document)
	var failed error
	order.Get("paths").ForEach(func(path, item gjson.Result) bool {
		item.ForEach(func(method, _ gjson.Result) bool {
			op, err := newOperation(spec, order, path.String(), method.String())
			if err != nil {
				failed = fmt.Errorf("%s %s: %w", method, path, err)
				return false
			}
			if c.byID[op.ID] != nil {
				failed = fmt.Errorf("operationId %q is given twice", op.ID)
				return false
			}
			c.operations = append(c.operations, op)
			c.byID[op.ID] = op
			return true
		})
		return failed == nil
	})
	for _, op := range c.operations {
		if err := op.readEach(c.byID); err != nil && failed == nil {
			failed = fmt.Errorf("%s: %w", op.ID, err)
		}
	}
	if failed != nil {
		return nil, fmt.Errorf("reading the contract: %w", failed)
	}
	return c, nil
}
