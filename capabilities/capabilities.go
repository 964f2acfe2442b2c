// Package capabilities writes what backends do with each operation, field and
// value of the contract: as text for a terminal, and as a page.
package capabilities

import (
	"maps"
	"slices"
	"strings"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// Backend is one backend with what it does.
type Backend struct {
	// Name heads its column.
	Name string `json:"backend"`

	// Operations has every operation of the contract, and every field of those
	// that are supported (adapters.Complete).
	Operations api.Capabilities `json:"operations"`
}

// row is a line of a table: a name, and a cell for each backend.
type row struct {
	name  string
	cells []string
}

// operations returns a row for each operation.
func operations(contract *openapi.Contract, backends []Backend) []row {
	var rows []row
	for _, op := range contract.Operations() {
		if op.ID == api.GetCapabilities || op.ID == api.GetHealth {
			continue
		}
		r := row{name: string(op.ID)}
		for _, b := range backends {
			r.cells = append(r.cells, string(b.Operations[op.ID].Support))
		}
		rows = append(rows, r)
	}
	return rows
}

// fields returns a row for each field and query parameter of the operation, and
// for each word of its path that backends tell of. The cell of a backend that
// refuses the whole operation is empty.
func fields(op *openapi.Operation, backends []Backend) []row {
	var rows []row
	add := func(names []string, mark string, of func(api.Capability) map[string]api.FieldCapability) {
		for _, name := range names {
			r := row{name: name + mark}
			for _, b := range backends {
				cell := ""
				if b.Operations.Supports(op.ID) {
					cell = text(of(b.Operations[op.ID])[name])
				}
				r.cells = append(r.cells, cell)
			}
			rows = append(rows, r)
		}
	}
	add(op.Fields, "", func(c api.Capability) map[string]api.FieldCapability { return c.Fields })
	add(op.Query, " (query)", func(c api.Capability) map[string]api.FieldCapability { return c.Query })
	add(words(op, backends), " (path)", func(c api.Capability) map[string]api.FieldCapability { return c.Fields })
	return rows
}

// words returns the fields that backends have and documents do not.
func words(op *openapi.Operation, backends []Backend) []string {
	others := map[string]bool{}
	for _, b := range backends {
		for name := range b.Operations[op.ID].Fields {
			if !slices.Contains(op.Fields, name) {
				others[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(others))
}

// text writes a field's support with its exceptions, such as
// "refused; native: direct, frame".
func text(c api.FieldCapability) string {
	parts := []string{string(c.Support)}
	for _, support := range []api.Support{api.Native, api.Emulated, api.Refused} {
		var values []string
		for _, v := range slices.Sorted(maps.Keys(c.Values)) {
			if c.Values[v] == support && support != c.Support {
				values = append(values, spelled(v))
			}
		}
		if len(values) > 0 {
			parts = append(parts, string(support)+": "+strings.Join(values, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// spelled is a value that can be seen.
func spelled(value string) string {
	if value == "" {
		return `""`
	}
	return value
}
