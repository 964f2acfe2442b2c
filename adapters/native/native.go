// Package native is the backend that Linkquay is itself: its own shortener
// behind the contract.
package native

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/shortener"
)

// Config is what an Adapter is made of. All fields are required unless they say
// otherwise.
type Config struct {
	// Contract names the fields of each operation.
	Contract *openapi.Contract

	// Origin is the scheme and host of short URLs on the main domain, for records,
	// which come with no request. Empty, their ShortURL there is a path alone.
	Origin string

	// Shortener makes and finds the links.
	Shortener *shortener.Shortener

	// Statistics tells of visits.
	Statistics Statistics

	// Files keeps uploads and the logos of QR codes.
	Files Files

	// Logos fetches the logos of QR codes.
	Logos Logos

	// UploadSilence is how long an upload may send nothing before it is given
	// up; a large one may take as long as it likes. 0 means a minute.
	UploadSilence time.Duration

	// Zone is that of times without one, in requests and replies.
	Zone *time.Location

	// Now is the clock; nil means time.Now.
	Now func() time.Time

	// Logger is told of failures that cost no call; nil means nobody is.
	Logger *zap.Logger
}

// Adapter is the native backend. It is safe for concurrent use.
type Adapter struct {
	cfg          Config
	handlers     map[api.Operation]handler
	capabilities api.Capabilities

	// carriers move the objects of each kind in and out.
	carriers map[adapters.Kind]carrier
}

type handler func(ctx context.Context, call *api.Call) (*api.Reply, error)

// New returns the adapter.
func New(cfg Config) *Adapter {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.UploadSilence == 0 {
		cfg.UploadSilence = uploadSilence
	}
	if cfg.Logger == nil {
		cfg.Logger = zap.NewNop()
	}
	a := &Adapter{cfg: cfg, capabilities: Capabilities(cfg.Contract)}
	a.handlers = a.operations()
	a.carriers = map[adapters.Kind]carrier{
		adapters.KindDomain:   a.domains(),
		adapters.KindPixel:    a.pixels(),
		adapters.KindSplash:   a.splashPages(),
		adapters.KindOverlay:  a.overlays(),
		adapters.KindCampaign: a.campaigns(),
		adapters.KindChannel:  a.channels(),
		adapters.KindLink:     linkCarrier{a},
		adapters.KindQR:       qrCarrier{a},
	}
	return a
}

// Capabilities are those of every Adapter: all that the contract has but bio
// pages.
func Capabilities(contract *openapi.Contract) api.Capabilities {
	all := api.Capabilities{}
	for _, op := range contract.Operations() {
		if op.ID == api.GetCapabilities || op.ID == api.GetHealth {
			continue
		}
		all[op.ID] = api.Capability{Support: api.Native, Fields: natively(op.Fields), Query: natively(op.Query)}
	}
	assign := all[api.AssignItemToChannel]
	assign.Fields = map[string]api.FieldCapability{"type": {Support: api.Native, Values: map[string]api.Support{"bio": api.Refused}}}
	all[api.AssignItemToChannel] = assign
	return all
}

func natively(names []string) map[string]api.FieldCapability {
	if len(names) == 0 {
		return nil
	}
	fields := make(map[string]api.FieldCapability, len(names))
	for _, name := range names {
		fields[name] = api.FieldCapability{Support: api.Native}
	}
	return fields
}

// operations says what each operation of the contract does here.
func (a *Adapter) operations() map[api.Operation]handler {
	campaigns, channels, domains := a.campaigns(), a.channels(), a.domains()
	pixels, splash, overlays := a.pixels(), a.splashPages(), a.overlays()
	return map[api.Operation]handler{
		api.GetAccount:    a.getAccount,
		api.UpdateAccount: a.updateAccount,

		api.ListLinks:         a.listLinks,
		api.GetLink:           a.getLink,
		api.GetLinkStatistics: a.getLinkStatistics,
		api.CreateLink:        a.createLink,
		api.CreateLinks:       a.createLinks,
		api.UpdateLink:        a.updateLink,
		api.DeleteLink:        a.deleteLink,

		api.ListQRCodes:  a.listQRCodes,
		api.GetQRCode:    a.getQRCode,
		api.CreateQRCode: a.createQRCode,
		api.UpdateQRCode: a.updateQRCode,
		api.DeleteQRCode: a.deleteQRCode,

		api.ListCampaigns:        campaigns.list,
		api.GetCampaign:          campaigns.get,
		api.CreateCampaign:       campaigns.create,
		api.AssignLinkToCampaign: a.assignLinkToCampaign,
		api.UpdateCampaign:       campaigns.update,
		api.DeleteCampaign:       campaigns.delete,

		api.ListChannels:        channels.list,
		api.ListChannelItems:    a.listChannelItems,
		api.CreateChannel:       channels.create,
		api.AssignItemToChannel: a.assignItemToChannel,
		api.UpdateChannel:       channels.update,
		api.DeleteChannel:       channels.delete,

		api.ListDomains:  domains.list,
		api.GetDomain:    domains.get,
		api.CreateDomain: domains.create,
		api.UpdateDomain: domains.update,
		api.DeleteDomain: domains.delete,

		api.ListFiles:  a.listFiles,
		api.UploadFile: a.uploadFile,
		api.DeleteFile: a.deleteFile,

		api.ListPixels:  pixels.list,
		api.GetPixel:    pixels.get,
		api.CreatePixel: pixels.create,
		api.UpdatePixel: pixels.update,
		api.DeletePixel: pixels.delete,

		api.ListSplashPages:  splash.list,
		api.CreateSplashPage: splash.create,
		api.UpdateSplashPage: splash.update,
		api.DeleteSplashPage: splash.delete,

		api.ListOverlays:  overlays.list,
		api.CreateOverlay: overlays.create,
		api.UpdateOverlay: overlays.update,
		api.DeleteOverlay: overlays.delete,

		api.ListOrphanVisits: a.listOrphanVisits,
	}
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

// Idempotent implements adapters.Idempotent: every create keeps its key in the
// transaction that makes the object.
func (a *Adapter) Idempotent() {}

var (
	_ adapters.Idempotent = (*Adapter)(nil)
	_ adapters.Exporter   = (*Adapter)(nil)
	_ adapters.Importer   = (*Adapter)(nil)
)
