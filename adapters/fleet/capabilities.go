package fleet

import (
	"maps"

	"github.com/linkquay/linkquay/api"
)

// Capabilities implements adapters.Backend. They are those of the key's own
// backend, and the branded domains by which another one is reached; what that
// one does is told to its own keys. Domains of the native shortener, which come
// and go, are not among them.
func (r *router) Capabilities() api.Capabilities { return r.routed(r.own.backend.Capabilities()) }

// routed adds the domains of other backends to capabilities.
func (r *router) routed(own api.Capabilities) api.Capabilities {
	all := maps.Clone(own)
	if c, ok := all[api.CreateLink]; ok {
		c.Fields = r.withDomains(api.CreateLink, c.Fields)
		all[api.CreateLink] = c
	}
	if c, ok := all[api.UploadFile]; ok {
		c.Query = r.withDomains(api.UploadFile, c.Query)
		all[api.UploadFile] = c
	}
	return all
}

// withDomains returns the fields with the hosts that the domain can have.
func (r *router) withDomains(op api.Operation, fields map[string]api.FieldCapability) map[string]api.FieldCapability {
	domain := fields["domain"]
	if domain.Support == "" {
		domain.Support = api.Refused
	}
	values := maps.Clone(domain.Values)
	if values == nil {
		values = map[string]api.Support{}
	}
	for host, m := range r.hosts {
		if m != r.own && m.backend.Capabilities().Supports(op) && domain.Of(host) != api.Native {
			values[host] = api.Native
		}
	}
	if len(values) == 0 {
		return fields
	}
	domain.Values = values
	all := maps.Clone(fields)
	if all == nil {
		all = map[string]api.FieldCapability{}
	}
	all["domain"] = domain
	return all
}
