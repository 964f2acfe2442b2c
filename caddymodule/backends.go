package caddymodule

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/emulate"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
	"github.com/linkquay/linkquay/migrate/live"
	"github.com/linkquay/linkquay/store"
)

// remote is a configured backend at work.
type remote struct {
	name    string
	adapter Adapter
	client  *upstream.Client
	drift   *drift.Counter

	// backend is what its adapter has made; whole is that with what it lacks.
	backend, whole adapters.Backend

	// switched is the whole one, or what its links were moved to.
	switched *live.Switch
}

// The keys of what the pool holds for backends: a reload must forget neither
// what was sent to one in this minute nor what it was seen to answer. A budget
// is known by the name alone, since an address that is written in another way,
// such as with a slash at its end, must not give out as much again.
type (
	budgetKey struct{ name string }
	driftKey  struct{ name, address string }
)

// budget and driftCounter are what they say, in the pool.
type (
	budget       struct{ *upstream.Budget }
	driftCounter struct{ *drift.Counter }
)

// Destruct implements caddy.Destructor.
func (budget) Destruct() error { return nil }

// Destruct implements caddy.Destructor.
func (driftCounter) Destruct() error { return nil }

// newRemote makes a backend. What it takes of the pool goes back when the
// runtime closes.
func (a *App) newRemote(rt *runtime, name string, own adapters.Backend) (*remote, error) {
	settings := a.adapters[name].Common()
	r := &remote{name: name, adapter: a.adapters[name]}
	cfg := a.clientConfig(name)
	if cfg.Budget != nil {
		shared, err := pooled(rt, budgetKey{name}, budget{cfg.Budget})
		if err != nil {
			return nil, err
		}
		undo := shared.Change(settings.APIRate.Requests, time.Duration(settings.APIRate.Window))
		// Where this configuration fails, the one before goes on.
		rt.onClose(func() error { undo(); return nil })
		cfg.Budget, cfg.Lender = shared.Budget, rt.lender
	}
	counter, err := pooled(rt, driftKey{name, settings.BaseURL}, driftCounter{
		drift.New(name, drift.Options{Logger: a.logger.Named(name), Observe: a.metrics.drifted(name)}),
	})
	if err != nil {
		return nil, err
	}
	r.drift = counter.Counter
	cfg.Observe = a.metrics.upstream(name)
	cfg.OnState = func(state upstream.State) {
		a.metrics.answers(name, state)
		a.logger.Warn("the breaker of a backend changed", zap.String("backend", name), zap.String("state", string(state)))
	}
	a.metrics.answers(name, upstream.Closed)
	if r.client, err = upstream.New(cfg); err != nil {
		return nil, err
	}
	rt.onClose(func() error { r.client.Close(); return nil })
	return r, r.make(a, own, a.shared.database.store)
}

// make has the adapter make the backend, and adds what that lacks.
func (r *remote) make(a *App, own adapters.Backend, s *store.Store) error {
	settings := r.adapter.Common()
	var err error
	r.backend, err = r.adapter.Backend(Environment{
		Name:       r.name,
		Client:     r.client,
		Ledger:     s.Ledger(),
		Drift:      r.drift,
		Locate:     a.fetcher.Locate,
		Zone:       a.zone,
		RemoteZone: settings.zone,
		Logger:     a.logger.Named(r.name),
	})
	if err != nil {
		return err
	}
	r.whole = emulate.Wrap(r.backend, emulate.Config{
		Name:        r.name,
		Native:      own,
		Store:       s,
		Unsupported: settings.unsupported(),
		Logger:      a.logger.Named(r.name),
	})
	return nil
}

// clientConfig is how the backend is reached.
func (a *App) clientConfig(name string) upstream.Config {
	settings := a.adapters[name].Common()
	cfg := upstream.Config{
		Backend: name,
		BaseURL: settings.BaseURL,
		Key:     settings.key,
		Timeout: time.Duration(settings.Timeout),
		Budget:  settings.budget(),
	}
	// Some APIs have no header for the key.
	if q, ok := a.adapters[name].(interface{ keyQuery() string }); ok {
		cfg.KeyQuery = q.keyQuery()
	}
	return cfg
}

// pooled returns what the pool has under the key, which is made's value where
// it had none, until the runtime closes.
func pooled[T caddy.Destructor](rt *runtime, key any, made T) (T, error) {
	value, _, err := pool.LoadOrNew(key, func() (caddy.Destructor, error) { return made, nil })
	if err != nil {
		return made, err
	}
	rt.onClose(func() error {
		_, err := pool.Delete(key)
		return err
	})
	return value.(T), nil
}

// adapterName is the name of the module that the backend is of, such as
// "gempixel".
func (r *remote) adapterName() string {
	module, ok := r.adapter.(caddy.Module)
	if !ok {
		return ""
	}
	return module.CaddyModule().ID.Name()
}

// BackendStatus is how a backend does, for operators.
type BackendStatus struct {
	Name    string `json:"name"`
	Adapter string `json:"adapter"`
	Address string `json:"address"`
	Account string `json:"account"`

	// Health is nil where no server runs to tell.
	Health *upstream.Health `json:"health,omitempty"`

	// Drift is where replies were not what was expected, since the server was
	// started.
	Drift []drift.Count `json:"drift,omitempty"`

	// InDoubt is the number of creates whose outcome nobody knows, -1 where the
	// database does not tell.
	InDoubt int `json:"in_doubt"`
}

// inDoubtAge is how old an intent is when nobody will complete it any more.
const inDoubtAge = time.Minute

// status returns what is known of a backend without asking it.
func (a *App) status(ctx context.Context, name string, l ledger.Ledger) BackendStatus {
	settings := a.adapters[name].Common()
	s := BackendStatus{
		Name:    name,
		Adapter: (&remote{adapter: a.adapters[name]}).adapterName(),
		Address: settings.BaseURL,
		Account: orMain(settings.Account),
		InDoubt: -1,
	}
	if n, err := l.Pending(ctx, name, inDoubtAge); err == nil {
		s.InDoubt = n
	}
	return s
}

// statuses returns how all remote backends do.
func (rt *runtime) statuses(ctx context.Context, a *App) []BackendStatus {
	all := []BackendStatus{}
	for _, r := range rt.remotes {
		s := a.status(ctx, r.name, rt.shared.database.store.Ledger())
		health := r.client.Health()
		s.Health, s.Drift = &health, r.drift.Counts()
		all = append(all, s)
	}
	return all
}

// warnOfDoubt tells of links that may exist on a backend without anybody
// knowing them: their creates were never answered.
func (a *App) warnOfDoubt(ctx context.Context, name string) {
	n, err := a.shared.database.store.Ledger().Pending(ctx, name, inDoubtAge)
	if err == nil && n > 0 {
		a.logger.Warn("creates on a backend whose outcome is unknown", zap.String("backend", name), zap.Int("creates", n))
	}
}

// probe asks the backend what it speaks.
func (r *remote) probe(ctx context.Context) (*adapters.Finding, error) {
	p, ok := r.backend.(adapters.Prober)
	if !ok {
		return nil, api.Errorf(api.Unsupported, "The adapter of the backend %q cannot probe.", r.name)
	}
	finding, err := p.Probe(ctx)
	if err != nil {
		return nil, fmt.Errorf("probing the backend %q: %w", r.name, err)
	}
	return finding, nil
}

// find returns the remote backend of the name.
func (rt *runtime) find(name string) (*remote, error) {
	var names []string
	for _, r := range rt.remotes {
		if r.name == name {
			return r, nil
		}
		names = append(names, r.name)
	}
	return nil, api.Errorf(api.NotFound, "There is no remote backend %q; there are: %s.", name, strings.Join(names, ", "))
}
