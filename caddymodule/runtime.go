package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/native"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/gateway"
	"github.com/linkquay/linkquay/keys"
	"github.com/linkquay/linkquay/shortener"
)

// runtime is a configuration at work. Each request holds a reference, and the
// last one closes it: Caddy cleans a configuration up while its last requests
// still run.
type runtime struct {
	gateway   *gateway.Gateway
	shortener *shortener.Shortener
	shared    *shared
	watcher   *keys.Watcher
	clients   []*upstream.Client
	logger    *zap.Logger

	// refs counts the app and the requests; 0 means closed.
	refs atomic.Int64
}

// acquire takes a reference, and reports whether there was still one to share.
func (rt *runtime) acquire() bool {
	for {
		n := rt.refs.Load()
		if n == 0 {
			return false
		}
		if rt.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// release gives a reference back.
func (rt *runtime) release() {
	if rt.refs.Add(-1) > 0 {
		return
	}
	rt.watcher.Close()
	for _, c := range rt.clients {
		c.Close()
	}
	if err := releaseShared(rt.shared); err != nil {
		rt.logger.Error("closing", zap.Error(err))
	}
}

var errClosed = errors.New("this configuration has been replaced")

// acquire returns the app's runtime with a reference for the caller, opening it
// where no request and no Start has done so before. The caller releases it.
func (a *App) acquire() (*runtime, error) {
	rt := a.runtime.Load()
	if rt == nil {
		var err error
		if rt, err = a.open(); errors.Is(err, errClosed) {
			return a.acquireSuccessor()
		}
		if err != nil {
			return nil, err
		}
	}
	if !rt.acquire() {
		return a.acquireSuccessor()
	}
	return rt, nil
}

// acquireSuccessor serves a request that reached a configuration which has
// been cleaned up already: on a reload the connections of the old one are
// still answered for a moment, and its successor runs by then.
func (a *App) acquireSuccessor() (*runtime, error) {
	app, err := caddy.ActiveContext().AppIfConfigured("linkquay")
	if err != nil {
		return nil, errClosed
	}
	if successor := app.(*App); successor != a {
		return successor.acquire()
	}
	return nil, errClosed
}

// open opens the database and puts the parts together, once. Apps start in
// random order: whoever comes first does it, and the others wait.
func (a *App) open() (*runtime, error) {
	a.opening.Lock()
	defer a.opening.Unlock()
	if rt := a.runtime.Load(); rt != nil {
		return rt, nil
	}
	if a.closed {
		return nil, errClosed
	}
	ctx := context.WithoutCancel(a.ctx)
	if err := a.shared.database.open(ctx, a.metrics.clicksDropped); err != nil {
		return nil, err
	}
	if err := a.addFirstKey(ctx); err != nil {
		return nil, err
	}
	rt := &runtime{shared: a.shared, logger: a.logger}
	if err := a.assemble(ctx, rt); err != nil {
		for _, c := range rt.clients {
			c.Close()
		}
		if rt.watcher != nil {
			rt.watcher.Close()
		}
		return nil, err
	}
	rt.refs.Store(1)
	a.runtime.Store(rt)
	return rt, nil
}

// assemble makes the shortener, the backends, the ring of keys and the gateway.
func (a *App) assemble(ctx context.Context, rt *runtime) error {
	db := a.shared.database
	rt.shortener = shortener.New(shortener.Config{
		Store:    db.store,
		Index:    db.index,
		OwnHosts: a.ownHosts(),
		Reserved: a.reserved,
	})
	backends := map[string]adapters.Backend{
		api.NativeBackend: native.New(native.Config{Contract: a.contract, Shortener: rt.shortener, Zone: a.zone}),
	}
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
	ring, err := keys.NewRing(keys.Config{Configured: a.records, ForwardBackend: forward, DefaultRate: a.RateLimit.rate()})
	if err != nil {
		return err
	}
	rt.watcher, err = keys.Watch(ctx, ring, db.store, keys.WatchOptions{Logger: a.logger})
	if err != nil {
		return err
	}
	rt.gateway = gateway.New(gateway.Config{
		Dialects:    a.dialects,
		Contract:    a.contract,
		Keys:        ring,
		Limits:      a.shared.limits,
		Failures:    a.FailedAttempts.rate(),
		Backends:    backends,
		Owners:      owners,
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
	rt.clients = append(rt.clients, client)
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

func (a *App) ownHosts() []string {
	if a.ShortDomain == "" {
		return nil
	}
	return []string{api.HostOf(a.ShortDomain)}
}
