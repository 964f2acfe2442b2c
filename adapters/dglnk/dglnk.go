// Package dglnk is the adapter for dgLnk and the family of scripts that it
// belongs to. Version 1 of their API creates links and does nothing else: what
// was created is remembered in the ledger, and lists and searches are answered
// from there. Version 3 has everything by itself.
package dglnk

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/reconcile"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
	"github.com/linkquay/linkquay/translate"
)

// KeyQuery is the query parameter that carries the key in version 1, which has
// no header for it. The client of that version must be made with it.
const KeyQuery = "api_token"

// minQuarantine is how long a site may go on with a create at least.
const minQuarantine = 30 * time.Second

// Config is what an adapter needs to know beside its client and ledger.
type Config struct {
	// Name is the operator's name of the backend, for messages and the ledger.
	Name string

	// APIVersion is the version of the backend's API, 1 or 3. 0 means 1.
	APIVersion int

	// Domains are the backend's numbers of the operator's own domains, by host.
	// In version 1 a link on another domain is refused; the site's own host needs
	// none.
	Domains map[string]int64

	// Unsupported says what happens to fields that dgLnk does not have. Empty
	// means adapters.Reject.
	Unsupported adapters.Unsupported

	// Zone is the zone of times that clients send and get; nil means UTC.
	Zone *time.Location

	// RemoteZone is the zone of the site; nil means Zone.
	RemoteZone *time.Location

	// Timeout is the client's, after which the outcome of a create is in doubt. 0
	// means upstream.DefaultTimeout.
	Timeout time.Duration

	// Locate, where set, finds out where a short URL leads by opening it as a
	// visitor would.
	Locate func(ctx context.Context, shortURL string) (destination string, err error)

	// Drift counts where replies are not what is expected; nil counts nothing.
	Drift *drift.Counter

	// Logger is told of creates whose outcome nobody knows. Nil means nobody.
	Logger *zap.Logger
}

// quarantine is how long the site may go on with a create whose answer did not
// come.
func (cfg *Config) quarantine() time.Duration {
	return max(2*cfg.Timeout, minQuarantine)
}

// New returns the adapter for the configured version. It makes no request.
func New(cfg Config, client *upstream.Client, l ledger.Ledger) (adapters.Backend, error) {
	if client == nil || l == nil {
		return nil, errors.New("no client or no ledger")
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if cfg.RemoteZone == nil {
		cfg.RemoteZone = cfg.Zone
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = upstream.DefaultTimeout
	}
	if cfg.Logger == nil {
		cfg.Logger = zap.NewNop()
	}
	domains := make(map[string]int64, len(cfg.Domains))
	for host, id := range cfg.Domains {
		if id < 0 {
			return nil, fmt.Errorf("domain_id %s %d: must not be negative", host, id)
		}
		if hostOf(host) == "" {
			return nil, fmt.Errorf("domain_id %q: must name a host", host)
		}
		domains[hostOf(host)] = id
	}
	cfg.Domains = domains
	switch cfg.APIVersion {
	case 0, 1:
		return newV1(cfg, client, l), nil
	case 3:
		return newV3(cfg, client, l)
	}
	return nil, fmt.Errorf("api_version %d is not supported: use 1 or 3", cfg.APIVersion)
}

// Adapter speaks version 1 to one site. It is safe for concurrent use.
type Adapter struct {
	cfg          Config
	client       *upstream.Client
	ledger       ledger.Ledger
	create       *translate.Table
	capabilities api.Capabilities
	now          func() time.Time

	// flights are the creates under way.
	flights reconcile.Flights

	// doubts tells whether any create is in doubt.
	doubts reconcile.Doubts

	// aliases is an aliasUse: what became of the last alias that was reserved.
	aliases atomic.Uint32
}

func newV1(cfg Config, client *upstream.Client, l ledger.Ledger) *Adapter {
	create := createTable(cfg, client.Host())
	return &Adapter{
		cfg:    cfg,
		client: client,
		ledger: l,
		create: create,
		capabilities: api.Capabilities{
			api.CreateLink:  {Support: api.Native, Fields: create.Fields(create.Names())},
			api.CreateLinks: {Support: api.Native, Fields: map[string]api.FieldCapability{"urls": {Support: api.Native}}},
			api.ListLinks:   {Support: api.Emulated, Query: listQuery},
			api.GetLink:     {Support: api.Emulated},
		},
		now: time.Now,
	}
}

// Capabilities implements adapters.Backend.
func (a *Adapter) Capabilities() api.Capabilities { return a.capabilities }

// Do implements adapters.Backend.
func (a *Adapter) Do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	switch call.Operation {
	case api.CreateLink:
		return a.createLink(ctx, call)
	case api.CreateLinks:
		return a.createLinks(ctx, call)
	case api.ListLinks:
		return a.listLinks(ctx, call)
	case api.GetLink:
		return a.getLink(ctx, call)
	}
	return nil, api.Errorf(api.Unsupported, "The backend %q has no operation %s.", a.cfg.Name, call.Operation)
}

var _ adapters.Backend = (*Adapter)(nil)
