package dglnk

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/reconcile"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
	"github.com/linkquay/linkquay/translate"
)

// base is where version 3 has its API.
const base = "/api/v1"

// version3 speaks version 3 to one site. Ids are the site's own and pass
// unchanged. It is safe for concurrent use.
type version3 struct {
	cfg          Config
	client       *upstream.Client
	journal      *reconcile.Journal
	tables       map[api.Operation]*translate.Table
	operations   map[api.Operation]func(context.Context, *api.Call) (*api.Reply, error)
	capabilities api.Capabilities
	now          func() time.Time

	trash trash
	hosts hosts
	turns turns

	// older says that the site has pixels where its page says, and not where
	// newer sites have them.
	older atomic.Bool

	// told holds the fields whose loss was logged.
	told sync.Map
}

// newV3 returns the adapter for version 3; cfg has its defaults set.
func newV3(cfg Config, client *upstream.Client, l ledger.Ledger) (adapters.Backend, error) {
	b := &version3{
		cfg:     cfg,
		client:  client,
		journal: reconcile.New(reconcile.Config{Ledger: l, Backend: cfg.Name, Quarantine: cfg.quarantine(), Logger: cfg.Logger}),
		tables: map[api.Operation]*translate.Table{
			api.CreateLink:     linkTable(cfg, false),
			api.UpdateLink:     linkTable(cfg, true),
			api.CreateCampaign: groupTable,
			api.UpdateCampaign: groupTable,
			api.CreateDomain:   domainTable,
			api.CreatePixel:    pixelTable,
			api.UpdatePixel:    pixelUpdateTable,
		},
		capabilities: api.Capabilities{},
		now:          time.Now,
	}
	b.operations = map[api.Operation]func(context.Context, *api.Call) (*api.Reply, error){
		api.ListLinks:            b.listLinks,
		api.GetLink:              b.getLink,
		api.GetLinkStatistics:    b.getLinkStatistics,
		api.CreateLink:           b.createLink,
		api.CreateLinks:          b.createLinks,
		api.UpdateLink:           b.updateLink,
		api.DeleteLink:           b.deleteLink,
		api.ListCampaigns:        b.listCampaigns,
		api.GetCampaign:          b.getCampaign,
		api.CreateCampaign:       b.createCampaign,
		api.UpdateCampaign:       b.updateCampaign,
		api.DeleteCampaign:       b.deleteCampaign,
		api.AssignLinkToCampaign: b.assignLinkToCampaign,
		api.ListDomains:          b.listDomains,
		api.GetDomain:            b.getDomain,
		api.CreateDomain:         b.createDomain,
		api.DeleteDomain:         b.deleteDomain,
		api.ListPixels:           b.listPixels,
		api.GetPixel:             b.getPixel,
		api.CreatePixel:          b.createPixel,
		api.UpdatePixel:          b.updatePixel,
		api.DeletePixel:          b.deletePixel,
	}
	for op := range b.operations {
		capability := api.Capability{Support: api.Native, Query: queries[op]}
		if table := b.tables[op]; table != nil {
			capability.Fields = table.Fields(table.Names())
		}
		b.capabilities[op] = capability
	}
	for _, op := range []api.Operation{api.CreateLink, api.UpdateLink} {
		fields := b.capabilities[op].Fields
		fields["type"] = api.FieldCapability{Support: api.Native, Values: map[string]api.Support{"splash": api.Refused, "N": api.Refused}}
		fields["deeplink"] = api.FieldCapability{Support: api.Native, Values: map[string]api.Support{"auto": api.Refused}}
	}
	b.capabilities[api.UpdateLink].Fields["parameters"] = api.FieldCapability{
		Support: api.Native, Values: map[string]api.Support{"": api.Refused},
	}
	b.capabilities[api.CreateLinks] = api.Capability{
		Support: api.Native, Fields: map[string]api.FieldCapability{"urls": {Support: api.Native}},
	}
	return b, nil
}

// Capabilities implements adapters.Backend.
func (b *version3) Capabilities() api.Capabilities { return b.capabilities }

// Do implements adapters.Backend.
func (b *version3) Do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	do, ok := b.operations[call.Operation]
	if !ok {
		return nil, api.Errorf(api.Unsupported, "The backend %q has no operation %s.", b.cfg.Name, call.Operation)
	}
	return do(ctx, call)
}

// Probe implements adapters.Prober.
func (b *version3) Probe(ctx context.Context) (*adapters.Finding, error) {
	return probe(ctx, b.client, 3)
}

// apply translates a document, and turns what the site cannot express into
// warnings or an error.
func (b *version3) apply(op api.Operation, document []byte) (body []byte, warnings []api.FieldError, err error) {
	outcome, err := b.tables[op].Apply(nil, document)
	if err != nil {
		return nil, nil, err
	}
	warnings, err = adapters.Losses(b.cfg.Unsupported, b.cfg.Name, outcome.Losses)
	return outcome.Document, warnings, err
}

// Interface guards.
var (
	_ adapters.Backend = (*version3)(nil)
	_ adapters.Prober  = (*version3)(nil)
)
