package adapters

import (
	"maps"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// Complete returns the capabilities with all that the contract has and the
// backend does not mention, as refused: every operation but those that the
// gateway answers itself, every field and query parameter of what is supported.
func Complete(contract *openapi.Contract, c api.Capabilities) api.Capabilities {
	all := api.Capabilities{}
	for _, op := range contract.Operations() {
		if op.ID == api.GetCapabilities || op.ID == api.GetHealth {
			continue
		}
		capability := c[op.ID]
		if !c.Supports(op.ID) {
			all[op.ID] = api.Capability{Support: api.Refused}
			continue
		}
		capability.Fields = completeFields(op.Fields, capability.Fields)
		capability.Query = completeFields(op.Query, capability.Query)
		all[op.ID] = capability
	}
	return all
}

func completeFields(names []string, known map[string]api.FieldCapability) map[string]api.FieldCapability {
	if len(names) == 0 {
		return known
	}
	all := maps.Clone(known)
	if all == nil {
		all = map[string]api.FieldCapability{}
	}
	for _, name := range names {
		if _, ok := all[name]; !ok {
			all[name] = api.FieldCapability{Support: api.Refused}
		}
	}
	return all
}
