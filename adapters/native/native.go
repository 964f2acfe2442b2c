// Package native is the backend that Linkquay is itself: its own shortener
// behind the contract.
package native

import (
	"context"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/shortener"
)

// Config is what an Adapter is made of.
type Config struct {
	// Contract names the fields of each operation.
	Contract *openapi.Contract

	// Shortener makes and finds the links.
	Shortener *shortener.Shortener

	// Zone is that of times without one, in requests and replies.
	Zone *time.Location
}

// Adapter is the native backend. It is safe for concurrent use.
type Adapter struct {
	cfg          Config
	handlers     map[api.Operation]handler
	capabilities api.Capabilities
}

type handler func(ctx context.Context, call *api.Call) (*api.Reply, error)

// New returns the adapter.
func New(cfg Config) *Adapter {
	a := &Adapter{cfg: cfg, capabilities: api.Capabilities{}}
	a.handlers = map[api.Operation]handler{
		api.GetAccount:    a.getAccount,
		api.UpdateAccount: a.updateAccount,
		api.ListLinks:     a.listLinks,
		api.GetLink:       a.getLink,
		api.CreateLink:    a.createLink,
		api.UpdateLink:    a.updateLink,
		api.DeleteLink:    a.deleteLink,
	}
	for id := range a.handlers {
		c := api.Capability{Support: api.Native}
		for _, field := range cfg.Contract.Operation(id).Fields {
			if c.Fields == nil {
				c.Fields = map[string]api.FieldCapability{}
			}
			c.Fields[field] = api.FieldCapability{Support: api.Native}
		}
		a.capabilities[id] = c
	}
	return a
}

// Do implements adapters.Backend.
func (a *Adapter) Do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	h, ok := a.handlers[call.Operation]
	if !ok {
		return nil, api.Errorf(api.Unsupported, "The native backend does not support this operation.")
	}
	return h(ctx, call)
}

// Capabilities implements adapters.Backend.
func (a *Adapter) Capabilities() api.Capabilities { return a.capabilities }

var _ adapters.Backend = (*Adapter)(nil)
