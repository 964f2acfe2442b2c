// Package emulate does for a backend what it lacks, as far as that can be done
// without it: QR codes, campaigns, channels, notes of links, and many links in
// one call. What would have to happen where the backend redirects cannot, and
// stays refused.
//
// QR codes, campaigns and channels are those of the native shortener, in an
// account of their own ([Owner]): their addresses stand on our domain, and
// their visits are counted here. What is known of a link at the backend beyond
// what the backend knows (its note, its campaign, its channels) is a link of
// shortener.KindRemote, which is made when there is something to be kept. It
// goes with its link where that is deleted through Linkquay.
package emulate

import (
	"context"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/translate"
)

// Config is what emulation needs. All fields are required unless they say
// otherwise.
type Config struct {
	// Name is the operator's name of the backend.
	Name string

	// Native is the native backend, which does the work with QR codes, campaigns
	// and channels.
	Native adapters.Backend

	// Store keeps what is known of the backend's links. It is the one that
	// Native works on.
	Store Store

	// Unsupported says what happens to fields that can neither be kept here nor
	// sent. Empty means adapters.Reject.
	Unsupported adapters.Unsupported

	// Logger is told of what failed behind an answer that is a success; nil means
	// nobody is.
	Logger *zap.Logger
}

// Store keeps what is known of links at other backends. A *store.Store is one.
// Its errors are those of shortener.Store.
type Store interface {
	Campaigns() shortener.Objects[shortener.Campaign]
	Channels() shortener.Objects[shortener.Channel]

	// RemoteLinks returns the account's records of links with the ids, without
	// those that there are none of.
	RemoteLinks(ctx context.Context, account string, ids []int64) ([]shortener.Link, error)

	// ChangeRemoteLink changes a record, or adds one, whose ID is then 0 for
	// change. change must be quick and may be called again.
	ChangeRemoteLink(ctx context.Context, account string, id int64, change func(l *shortener.Link) error) error

	// DeleteRemoteLink removes a record where there is one.
	DeleteRemoteLink(ctx context.Context, account string, id int64) error
}

// Owner is the account that emulated objects of a backend belong to among
// those of the native shortener. No name of a backend holds a colon, so that no
// two have the same.
func Owner(account, backend string) string { return account + ":" + backend }

// Wrap returns the backend with what it lacks. Operations that it does whole are
// passed on as they are. It is safe for concurrent use if inner is.
func Wrap(inner adapters.Backend, cfg Config) adapters.Backend {
	if cfg.Logger == nil {
		cfg.Logger = zap.NewNop()
	}
	b := &backend{inner: inner, cfg: cfg}
	b.handlers, b.capabilities = map[api.Operation]handler{}, api.Capabilities{}
	b.addObjects()
	b.addLinks()
	b.complete()
	return b
}

// backend is one with what it lacks.
type backend struct {
	inner        adapters.Backend
	cfg          Config
	ours         ours
	handlers     map[api.Operation]handler
	capabilities api.Capabilities
	unchanged    *translate.Table // where the backend knows no updates
}

type handler func(ctx context.Context, call *api.Call) (*api.Reply, error)

// Do implements adapters.Backend.
func (b *backend) Do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if h, ok := b.handlers[call.Operation]; ok {
		return h(ctx, call)
	}
	return b.inner.Do(ctx, call)
}

// Capabilities implements adapters.Backend.
func (b *backend) Capabilities() api.Capabilities { return b.capabilities }

// owner is the account of the call's emulated objects.
func (b *backend) owner(call *api.Call) string { return Owner(call.Key.Account, b.cfg.Name) }

// native has the native backend carry the call out on the emulated objects.
func (b *backend) native(ctx context.Context, call *api.Call) (*api.Reply, error) {
	one, key := *call, *call.Key
	key.Account, key.Backend, key.Forwarded = b.owner(call), api.NativeBackend, ""
	one.Key = &key
	return b.cfg.Native.Do(ctx, &one)
}
