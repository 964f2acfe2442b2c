// Package dglnk is the adapter for dgLnk, whose API creates links and does
// nothing else. What was created is remembered in the ledger, and lists and
// searches are answered from there.
package dglnk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
	"github.com/linkquay/linkquay/translate"
)

// KeyQuery is the query parameter that carries the key: dgLnk has no header
// for it. The client must be made with it.
const KeyQuery = "api_token"

// Config is what an adapter needs to know beside its client and ledger.
type Config struct {
	// Name is the operator's name of the backend, for messages and the ledger.
	Name string

	// APIVersion is the generation of the backend's API: 1, the only one so
	// far. 0 means 1.
	APIVersion int

	// Domains are the backend's numbers of the operator's own domains, by host.
	// A link on another domain is refused; the site's own host needs none.
	Domains map[string]int64

	// Channels and Campaigns are the names, by id, that dgLnk gets as tags. An
	// id without a name is refused: dgLnk knows neither channels nor campaigns.
	Channels  map[int64]string
	Campaigns map[int64]string

	// Unsupported says what happens to fields that dgLnk does not have. Empty
	// means adapters.Reject.
	Unsupported adapters.Unsupported

	// Zone is the zone of times that clients send and get; nil means UTC.
	Zone *time.Location

	// RemoteZone is the zone of the site; nil means Zone.
	RemoteZone *time.Location

	// Logger is told of creates whose outcome nobody knows. Nil means nobody.
	Logger *zap.Logger
}

// Adapter speaks to one site. It is safe for concurrent use.
type Adapter struct {
	cfg          Config
	client       *upstream.Client
	ledger       ledger.Ledger
	create       *translate.Table
	capabilities api.Capabilities
}

// New returns an adapter. It makes no request.
func New(cfg Config, client *upstream.Client, l ledger.Ledger) (*Adapter, error) {
	if client == nil || l == nil {
		return nil, errors.New("no client or no ledger")
	}
	if cfg.APIVersion == 0 {
		cfg.APIVersion = 1
	}
	if cfg.APIVersion != 1 {
		return nil, fmt.Errorf("api_version %d is not supported: use 1", cfg.APIVersion)
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if cfg.RemoteZone == nil {
		cfg.RemoteZone = cfg.Zone
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
	create := createTable(cfg, domains, client.Host())
	return &Adapter{
		cfg:    cfg,
		client: client,
		ledger: l,
		create: create,
		capabilities: api.Capabilities{
			api.CreateLink: {Support: api.Native, Fields: create.Fields(create.Names())},
			api.ListLinks:  {Support: api.Emulated},
			api.GetLink:    {Support: api.Emulated},
		},
	}, nil
}

// Capabilities implements adapters.Backend.
func (a *Adapter) Capabilities() api.Capabilities { return a.capabilities }

// Do implements adapters.Backend.
func (a *Adapter) Do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	switch call.Operation {
	case api.CreateLink:
		return a.createLink(ctx, call)
	case api.ListLinks:
		return a.listLinks(ctx, call)
	case api.GetLink:
		return a.getLink(ctx, call)
	}
	return nil, api.Errorf(api.Unsupported, "The backend %q has no operation %s.", a.cfg.Name, call.Operation)
}

var _ adapters.Backend = (*Adapter)(nil)
