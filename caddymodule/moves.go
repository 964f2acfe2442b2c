package caddymodule

import (
	"fmt"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/live"
)

// newMoves returns what follows the moves of links between this server's
// backends.
func (a *App) newMoves(rt *runtime, own adapters.Backend) *live.Registry {
	return live.New(live.Config{
		Store: a.shared.database.store.Moves(),
		Place: func(name, account string) (*migrate.Place, error) {
			if name == api.NativeBackend {
				return a.nativePlace(own, account), nil
			}
			r, err := rt.find(name)
			if err != nil {
				return nil, err
			}
			return a.remotePlace(r, account)
		},
		Logger: a.logger.Named("migrate"),
	})
}

// nativePlace is the native backend as a side of a move.
func (a *App) nativePlace(own adapters.Backend, account string) *migrate.Place {
	return &migrate.Place{Name: api.NativeBackend, Backend: own, Account: orMain(account), Origin: a.ShortDomain, Zone: a.zone}
}

// remotePlace is a remote backend as a side of a move; an empty account is the
// backend's own.
func (a *App) remotePlace(r *remote, account string) (*migrate.Place, error) {
	settings := r.adapter.Common()
	switch owner := orMain(settings.Account); {
	case settings.ForwardCredentials:
		return nil, fmt.Errorf("the backend %q has no API key of its own (forward_credentials): set api_key to move its links", r.name)
	case account != "" && account != owner:
		return nil, fmt.Errorf("the backend %q belongs to the account %q, not %q", r.name, owner, account)
	}
	return &migrate.Place{
		Name:    r.name,
		Backend: r.whole,
		Account: orMain(settings.Account),
		Origin:  originOf(settings.BaseURL),
		Domains: knownDomains(r.adapter),
		Zone:    a.zone,
		Rate:    settings.apiRate(),
		Locate:  a.fetcher.Locate,
	}, nil
}
