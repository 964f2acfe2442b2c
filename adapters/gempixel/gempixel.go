// Package gempixel is the adapter for 1mm.kr, openmy.link and every other site
// of their script. The contract is that script's own API, so most of it passes
// through: ids are the site's, unknown fields of replies are kept, and only the
// script's habits are put right.
package gempixel

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
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
	shift        bool // the zones differ
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
	a := &Adapter{
		cfg:          cfg,
		client:       client,
		tables:       map[api.Operation]*translate.Table{},
		capabilities: api.Capabilities{},
		shift:        cfg.Zone.String() != cfg.RemoteZone.String(),
	}
	for id, op := range operations {
		capability := api.Capability{Support: api.Native}
		if len(op.fields) > 0 {
			table := a.table(op)
			a.tables[id] = table
			capability.Fields = table.Fields(table.Names())
		}
		a.capabilities[id] = capability
	}
	return a, nil
}

// table returns the request table of an operation: everything passes as it is
// but the time, which the site reads in its own zone and in one form only.
func (a *Adapter) table(op operation) *translate.Table {
	rows := append(translate.Same(op.fields...), op.moot...)
	dateTime := translate.DateTime(a.cfg.Zone, a.cfg.RemoteZone)
	for i := range rows {
		if rows[i].From == "expiry" {
			rows[i].Value = func(p *translate.Pass, v gjson.Result) {
				// An update clears the expiry with an empty text.
				if v.Type == gjson.String && v.Str == "" {
					p.Raw(v.Raw)
					return
				}
				dateTime(p, v)
			}
		}
	}
	return translate.New(translate.Refuse, rows...)
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
	warnings = append(ignored, warnings...)
	path, err := expand(op.path, call.Path)
	if err != nil {
		return nil, err
	}
	short := query.Has("short")
	resp, err := a.send(ctx, call, &upstream.Request{Method: op.method, Path: path, Query: query, Body: body})
	if err != nil {
		return nil, a.placed(op, err)
	}
	document, err := a.newReader(op, call, resp).read(resp, short)
	if err != nil {
		return nil, a.placed(op, err)
	}
	return &api.Reply{Document: document, Warnings: warnings}, nil
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
	return a.client.Do(ctx, req)
}

// document translates the call's document.
func (a *Adapter) document(ctx context.Context, call *api.Call) ([]byte, []api.FieldError, error) {
	table := a.tables[call.Operation]
	if table == nil {
		return nil, nil, nil
	}
	outcome, err := table.Apply(nil, call.Document)
	if err != nil {
		return nil, nil, err
	}
	warnings, err := adapters.Losses(a.cfg.Unsupported, a.cfg.Name, outcome.Losses)
	if err != nil {
		return nil, nil, err
	}
	body := outcome.Document
	// The script refuses an update that does not repeat the destination.
	if call.Operation == api.UpdateLink && !gjson.GetBytes(body, "url").Exists() {
		destination, err := a.destination(ctx, call)
		if err != nil {
			return nil, nil, err
		}
		if body, err = sjson.SetBytes(body, "url", destination); err != nil {
			return nil, nil, fmt.Errorf("adding the destination: %w", err)
		}
	}
	return body, warnings, nil
}

// destination reads where the call's link leads now.
func (a *Adapter) destination(ctx context.Context, call *api.Call) (string, error) {
	op := operations[api.GetLink]
	path, err := expand(op.path, call.Path)
	if err != nil {
		return "", err
	}
	resp, err := a.send(ctx, call, &upstream.Request{Method: op.method, Path: path})
	if err != nil {
		return "", err
	}
	r := a.newReader(op, call, resp)
	if err := r.failure(resp); err != nil {
		return "", err
	}
	longURL := gjson.GetBytes(resp.Document, "details.longurl")
	if longURL.Type != gjson.String || longURL.Str == "" {
		return "", r.unexpected("details.longurl")
	}
	return longURL.Str, nil
}

// query passes on the parameters that the operation names. Others are refused,
// or warned of.
func (a *Adapter) query(op operation, sent url.Values) (query url.Values, warnings []api.FieldError, err error) {
	if slices.Contains(op.query, "short") && sent.Get("short") != "" {
		return url.Values{"short": {sent.Get("short")}}, nil, nil
	}
	if warnings, err = adapters.Losses(a.cfg.Unsupported, a.cfg.Name, adapters.LostQuery(sent, op.query...)); err != nil {
		return nil, nil, err
	}
	for _, name := range op.query {
		value := sent.Get(name)
		if value == "" {
			continue
		}
		if name == "expiry" {
			t, err := translate.ParseDateTime(value, a.cfg.Zone)
			if err != nil {
				return nil, nil, api.InvalidField(name, err.Error())
			}
			value = t.In(a.cfg.RemoteZone).Format(translate.DateTimeLayout)
		}
		if query == nil {
			query = url.Values{}
		}
		query.Set(name, value)
	}
	return query, warnings, nil
}

var _ adapters.Backend = (*Adapter)(nil)
