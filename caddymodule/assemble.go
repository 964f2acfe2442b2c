package caddymodule

import (
	"context"
	"fmt"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/fleet"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/gateway"
	"github.com/linkquay/linkquay/keys"
	"github.com/linkquay/linkquay/migrate/live"
)

// assemble makes the native shortener, the backends, the ring of keys and the gateway.
func (a *App) assemble(ctx context.Context, rt *runtime) error {
	db := a.shared.database
	own, err := a.assembleNative(ctx, rt)
	if err != nil {
		return err
	}
	moves := a.newMoves(rt, own)
	owned := moves.Switch(api.NativeBackend, own)
	backends := map[string]adapters.Backend{api.NativeBackend: owned}
	owners := map[string]string{}
	for _, name := range sortedKeys(a.adapters) {
		r, err := a.newRemote(rt, name, own)
		if err != nil {
			return fmt.Errorf("backend %q: %w", name, err)
		}
		a.warnOfDoubt(ctx, name)
		rt.remotes = append(rt.remotes, r)
		r.switched = moves.Switch(name, r.whole)
		backends[name], owners[name] = r.switched, orMain(r.adapter.Common().Account)
	}
	// It carries by the backends, so that it must end before they do.
	rt.onClose(func() error { moves.Close(); return nil })
	if err := moves.Start(ctx); err != nil {
		return err
	}
	fleets, err := a.fleets(ctx, rt, owned)
	if err != nil {
		return err
	}
	forward := ""
	if names := a.forwarding(); len(names) > 0 {
		forward = names[0]
	}
	secret, err := db.store.Secret(ctx, signatureSecret)
	if err != nil {
		return err
	}
	ring, err := keys.NewRing(keys.Config{
		Configured:     a.records,
		ForwardBackend: forward,
		DefaultRate:    a.RateLimit.rate(DefaultRequests),
		Secret:         secret,
	})
	if err != nil {
		return err
	}
	watcher, err := keys.Watch(ctx, ring, db.store, keys.WatchOptions{Logger: a.logger})
	if err != nil {
		return err
	}
	rt.onClose(func() error { watcher.Close(); return nil })
	rt.gateway = gateway.New(gateway.Config{
		Dialects:      a.dialects,
		Fallback:      a.fallback,
		Contract:      a.contract,
		Keys:          ring,
		Limits:        a.shared.limits,
		Failures:      a.FailedAttempts.rate(DefaultRequests),
		Backends:      backends,
		Owners:        owners,
		Fleets:        fleets,
		BulkItems:     a.BulkLimit.rate(DefaultBulkItems),
		ShortDomain:   a.ShortDomain,
		BodyLimit:     a.BodyLimit,
		UploadLimit:   a.UploadLimit,
		BodyTimeout:   bodyTimeout,
		Healthy:       db.store.Ping,
		BackendHealth: rt.health,
		Metrics:       a.metrics,
		Logger:        a.logger,
	})
	return nil
}

// signatureSecret is the name of the secret that signature tokens are made of.
const signatureSecret = "signatures"

// fleets makes of each account's backends what its keys see: those that list
// domains take part in each other's work.
func (a *App) fleets(ctx context.Context, rt *runtime, own *live.Switch) (map[string]map[string]adapters.Backend, error) {
	db := a.shared.database
	remotes := map[string][]fleet.Remote{}
	for _, r := range rt.remotes {
		settings := r.adapter.Common()
		if settings.ForwardCredentials {
			continue // each of its callers is an account of its own
		}
		account := orMain(settings.Account)
		remotes[account] = append(remotes[account], fleet.Remote{Name: r.name, Backend: r.switched.For(account), Domains: settings.Domains})
	}
	fleets := map[string]map[string]adapters.Backend{}
	for _, account := range sortedKeys(remotes) {
		made, err := fleet.New(ctx, fleet.Config{
			Account: account,
			Remotes: remotes[account],
			Native:  own.For(account),
			Domains: db.domains,
			Number:  db.store.BackendNumber,
			Logger:  a.logger,
		})
		if err != nil {
			return nil, fmt.Errorf("the backends of the account %q: %w", account, err)
		}
		fleets[account] = made
	}
	return fleets, nil
}

// health is how the remote backends do, for whoever asks whether the server
// does.
func (rt *runtime) health() []gateway.BackendHealth {
	all := make([]gateway.BackendHealth, 0, len(rt.remotes))
	for _, r := range rt.remotes {
		h := gateway.BackendHealth{Name: r.name, Status: gateway.BackendUp}
		switch r.client.State() {
		case upstream.HalfOpen:
			h.Status = gateway.BackendProbing
		case upstream.Open:
			h.Status = gateway.BackendDown
		}
		all = append(all, h)
	}
	return all
}
