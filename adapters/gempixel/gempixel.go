// Package gempixel is the adapter for 1mm.kr, openmy.link and every other site
// of their script. The contract is that script's own API, so most of it passes
// through: ids are the site's, unknown fields of replies are kept, and only the
// script's habits are put right.
package gempixel

import (
	"context"
	"errors"
	"slices"
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

// Config is what an adapter needs to know beside its client.
type Config struct {
	// Name is the operator's name of the backend, for messages.
	Name string

	// Unsupported says what happens to fields that the script does not have.
	// Empty means adapters.Reject.
	Unsupported adapters.Unsupported

	// Zone is the zone of times that clients send and get; nil means UTC.
	Zone *time.Location

	// RemoteZone is the zone of the site; nil means Zone.
	RemoteZone *time.Location

	// Drift counts where replies are not what is expected; nil counts nothing.
	Drift *drift.Counter

	// Ledger keeps creates whose answer never came, so that the same request,
	// sent again, makes no second link. Nil means that nobody does.
	Ledger ledger.Ledger

	// Timeout is the client's; 0 means upstream.DefaultTimeout.
	Timeout time.Duration

	// Logger is told of creates in doubt. Nil means nobody is.
	Logger *zap.Logger

	// Forward says that callers bring their own keys of the site, so that the
	// client needs none.
	Forward bool
}

// Adapter speaks to one site. It is safe for concurrent use.
type Adapter struct {
	cfg          Config
	client       *upstream.Client
	tables       map[api.Operation]*translate.Table
	capabilities api.Capabilities
	journal      *reconcile.Journal
	now          func() time.Time
	shift        bool // the zones differ
}

// quarantine is how long the site may go on with a create whose answer did not
// come.
func (cfg *Config) quarantine() time.Duration {
	return max(2*cfg.Timeout, 30*time.Second)
}

// New returns an adapter. It makes no request.
func New(cfg Config, client *upstream.Client) (*Adapter, error) {
	if client == nil {
		return nil, errors.New("no client")
	}
	if !cfg.Forward && !client.HasKey() {
		return nil, errors.New("no API key: set api_key, or forward_credentials")
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
	a := &Adapter{
		cfg:          cfg,
		client:       client,
		tables:       map[api.Operation]*translate.Table{},
		capabilities: api.Capabilities{},
		shift:        cfg.Zone.String() != cfg.RemoteZone.String(),
	}
	a.setClock(time.Now)
	for id, op := range operations {
		if len(op.fields) > 0 {
			a.tables[id] = a.table(op)
		}
		a.capabilities[id] = a.capability(op, a.tables[id])
	}
	return a, nil
}

// setClock sets the clock by which creates are sent and looked for.
func (a *Adapter) setClock(now func() time.Time) {
	a.now = now
	a.journal = reconcile.New(reconcile.Config{
		Ledger: a.cfg.Ledger, Backend: a.cfg.Name, Quarantine: a.cfg.quarantine(), Logger: a.cfg.Logger, Now: now,
	})
}

// Capabilities implements adapters.Backend.
func (a *Adapter) Capabilities() api.Capabilities { return a.capabilities }

// Do implements adapters.Backend.
func (a *Adapter) Do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	op, ok := operations[call.Operation]
	if !ok {
		return nil, api.Errorf(api.Unsupported, "The backend %q has no operation %s.", a.cfg.Name, call.Operation)
	}
	query, ignored, err := a.query(op, call.Query)
	if err != nil {
		return nil, err
	}
	body, warnings, err := a.document(ctx, call)
	if err != nil {
		return nil, err
	}
	path, err := expand(op.path, call.Path)
	if err != nil {
		return nil, err
	}
	req := &upstream.Request{Method: op.method, Path: path, Query: query, Body: body}
	var reply *api.Reply
	if call.Operation == api.CreateLink {
		reply, err = a.createLink(ctx, call, op, req)
	} else {
		reply, _, err = a.exchange(ctx, call, op, req)
	}
	if err != nil {
		return nil, doubted(call.Operation, a.placed(op, err))
	}
	reply.Warnings = slices.Concat(ignored, warnings, reply.Warnings)
	return reply, nil
}

// exchange sends a request and reads the reply to it.
func (a *Adapter) exchange(ctx context.Context, call *api.Call, op operation, req *upstream.Request) (*api.Reply, *upstream.Response, error) {
	resp, err := a.send(ctx, call, req)
	if err != nil {
		return nil, nil, err
	}
	r := a.newReader(op, call, resp)
	document, err := r.read(resp, req.Query.Has("short"))
	if err != nil {
		return nil, nil, err
	}
	return upstream.Aged(&api.Reply{Document: document}, resp.Age), resp, nil
}

// send sends a request with the call's key and file.
func (a *Adapter) send(ctx context.Context, call *api.Call, req *upstream.Request) (*upstream.Response, error) {
	if call.Key != nil && call.Key.Forwarded != "" {
		req.Key = call.Key.Forwarded
	}
	if call.File != nil {
		req.Stream, req.Size, req.ContentType = call.File.Body, call.File.Size, call.File.ContentType
		req.Abort = call.File.Abort
	}
	resp, err := a.client.Do(ctx, req)
	if upstream.NotJSON(err) {
		a.cfg.Drift.Note(call.Operation, "", drift.NotJSON)
	}
	return resp, err
}

var (
	_ adapters.Backend = (*Adapter)(nil)
	_ adapters.Prober  = (*Adapter)(nil)
)
