package caddymodule

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/gateway"
	"github.com/linkquay/linkquay/keys"
)

// assemble makes the native shortener, the backends, the ring of keys and the gateway.
func (a *App) assemble(ctx context.Context, rt *runtime) error {
	db := a.shared.database
	own, err := a.assembleNative(ctx, rt)
	if err != nil {
		return err
	}
	backends := map[string]adapters.Backend{api.NativeBackend: own}
	owners := map[string]string{}
	for _, name := range sortedKeys(a.adapters) {
		backend, err := a.newBackend(ctx, rt, name)
		if err != nil {
			return fmt.Errorf("backend %q: %w", name, err)
		}
		backends[name], owners[name] = backend, orMain(a.adapters[name].Common().Account)
	}
	forward := ""
	if names := a.forwarding(); len(names) > 0 {
		forward = names[0]
	}
	ring, err := keys.NewRing(keys.Config{Configured: a.records, ForwardBackend: forward, DefaultRate: a.RateLimit.rate(DefaultRequests)})
	if err != nil {
		return err
	}
	watcher, err := keys.Watch(ctx, ring, db.store, keys.WatchOptions{Logger: a.logger})
	if err != nil {
		return err
	}
	rt.onClose(func() error { watcher.Close(); return nil })
	rt.gateway = gateway.New(gateway.Config{
		Dialects:    a.dialects,
		Contract:    a.contract,
		Keys:        ring,
		Limits:      a.shared.limits,
		Failures:    a.FailedAttempts.rate(DefaultRequests),
		Backends:    backends,
		Owners:      owners,
		BulkItems:   a.BulkLimit.rate(DefaultBulkItems),
		ShortDomain: a.ShortDomain,
		BodyLimit:   a.BodyLimit,
		UploadLimit: a.UploadLimit,
		BodyTimeout: bodyTimeout,
		Healthy:     db.store.Ping,
		Metrics:     a.metrics,
		Logger:      a.logger,
	})
	return nil
}

func (a *App) newBackend(ctx context.Context, rt *runtime, name string) (adapters.Backend, error) {
	remote := a.adapters[name].Common()
	cfg := upstream.Config{
		Backend: name,
		BaseURL: remote.BaseURL,
		Key:     remote.key,
		Timeout: time.Duration(remote.Timeout),
		Observe: a.metrics.upstream(name),
		OnState: func(state upstream.State) {
			a.metrics.answers(name, state)
			a.logger.Warn("the breaker of a backend changed", zap.String("backend", name), zap.String("state", string(state)))
		},
	}
	// Some APIs have no header for the key.
	if q, ok := a.adapters[name].(interface{ keyQuery() string }); ok {
		cfg.KeyQuery = q.keyQuery()
	}
	a.metrics.answers(name, upstream.Closed)
	client, err := upstream.New(cfg)
	if err != nil {
		return nil, err
	}
	rt.onClose(func() error { client.Close(); return nil })
	a.warnOfPending(ctx, name)
	return a.adapters[name].Backend(Environment{
		Name:       name,
		Client:     client,
		Ledger:     a.shared.database.store.Ledger(),
		Zone:       a.zone,
		RemoteZone: remote.zone,
		Logger:     a.logger.Named(name),
	})
}

// pendingAge is how old an intent is when nobody will complete it any more.
const pendingAge = time.Minute

// warnOfPending tells of links that may exist on a backend without anybody
// knowing them: their creates were never answered.
func (a *App) warnOfPending(ctx context.Context, name string) {
	n, err := a.shared.database.store.Ledger().Pending(ctx, name, pendingAge)
	if err == nil && n > 0 {
		a.logger.Warn("creates on a backend whose outcome is unknown", zap.String("backend", name), zap.Int("creates", n))
	}
}
