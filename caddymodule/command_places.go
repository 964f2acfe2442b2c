package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters/native"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/files"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
)

// unserved is a configuration at work without a server: its database and its
// backends, for commands.
type unserved struct {
	app *App

	// store is the configured database.
	store *store.Store

	own *native.Adapter
	rt  *runtime
}

// withBackends runs a command with the backends of the configuration.
func withBackends(cmd *cobra.Command, run func(ctx context.Context, u *unserved) error) error {
	return withStore(cmd, func(ctx context.Context, app *App, s *store.Store) (err error) {
		// A command tells by its own output what happens.
		app.logger = zap.NewNop()
		if app.ShortDomain == "" {
			return errors.New("short_domain must be set: a command has no request whose host short URLs could have")
		}
		db := app.shared.database
		db.store, db.index, db.domains = s, shortener.NewIndex(), shortener.NewDomains()
		server, err := newLender(cmd)
		if err != nil {
			return err
		}
		u := &unserved{app: app, store: s, rt: &runtime{shared: app.shared, logger: app.logger, lender: server}}
		defer func() { err = errors.Join(err, u.rt.close()) }()
		if u.own, err = u.native(ctx, s, app.Files); err != nil {
			return err
		}
		return run(ctx, u)
	})
}

// native makes the native backend of a database.
func (u *unserved) native(ctx context.Context, s *store.Store, folder string) (*native.Adapter, error) {
	blocked, err := u.app.openBlocklist(ctx, u.rt)
	if err != nil {
		return nil, err
	}
	dir, err := files.Open(folder)
	if err != nil {
		return nil, err
	}
	u.rt.onClose(dir.Close)
	domains := shortener.NewDomains()
	if err := domains.Refresh(ctx, s); err != nil {
		return nil, err
	}
	return native.New(native.Config{
		Contract: u.app.contract,
		Shortener: shortener.New(shortener.Config{
			Store:    s,
			Index:    shortener.NewIndex(),
			Domains:  domains,
			OwnHosts: u.app.ownHosts(),
			Schemes:  u.app.Schemes,
			Blocked:  blocked,
			Reserved: u.app.reserved,
		}),
		Statistics: s,
		Files:      dir,
		Logos:      u.app.fetcher,
		Origin:     u.app.ShortDomain,
		Zone:       u.app.zone,
		Logger:     u.app.logger,
	}), nil
}

// place returns a side of a move by the name that the command was given: that of
// a backend, or the address of another Linkquay's database. account is whose
// objects are meant there; empty means the backend's own, or main.
func (u *unserved) place(ctx context.Context, name, account string) (*migrate.Place, error) {
	if name == api.NativeBackend {
		return u.app.nativePlace(u.own, account), nil
	}
	if driver, source, ok := databaseAddress(name); ok {
		return u.databasePlace(ctx, driver, source, account)
	}
	if _, ok := u.app.adapters[name]; !ok {
		if scheme, _, ok := strings.Cut(name, "://"); ok {
			// It may hold a password.
			return nil, fmt.Errorf("%q is no kind of database: use sqlite:<path> or postgres://…", scheme)
		}
		return nil, fmt.Errorf("there is no backend %q; there are: %s", name, strings.Join(append(sortedKeys(u.app.adapters), api.NativeBackend), ", "))
	}
	r, err := u.app.newRemote(u.rt, name, u.own)
	if err != nil {
		return nil, fmt.Errorf("backend %q: %w", name, err)
	}
	return u.app.remotePlace(r, account)
}

// databasePlace opens another Linkquay's database, bringing its schema up to
// date.
func (u *unserved) databasePlace(ctx context.Context, driver, source, account string) (*migrate.Place, error) {
	if driver == store.SQLite {
		// It would be made where it is missing, and be a Linkquay without a link.
		if _, err := os.Stat(source); err != nil {
			return nil, fmt.Errorf("opening the database: %w", err)
		}
	}
	s, err := store.Open(ctx, store.Config{Driver: driver, Source: source, Logger: u.app.logger})
	if err != nil {
		return nil, err
	}
	u.rt.onClose(s.Close)
	here, err := u.store.Instance(ctx)
	if err != nil {
		return nil, err
	}
	switch there, err := s.Instance(ctx); {
	case err != nil:
		return nil, err
	case there == here:
		return nil, fmt.Errorf("this is the configured database itself: its links are those of the backend %q", api.NativeBackend)
	}
	own, err := u.native(ctx, s, u.app.Files)
	if err != nil {
		return nil, err
	}
	p := u.app.nativePlace(own, account)
	p.Name = shownAddress(driver, source)
	return p, nil
}

// databaseAddress reads "sqlite:<path>" and "postgres://…".
func databaseAddress(name string) (driver, source string, ok bool) {
	if path, ok := strings.CutPrefix(name, "sqlite:"); ok {
		return store.SQLite, path, true
	}
	if strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://") {
		return store.Postgres, name, true
	}
	return "", "", false
}

// shownAddress is what a move remembers of a database's address: no password.
func shownAddress(driver, source string) string {
	if driver == store.SQLite {
		return "sqlite:" + source
	}
	u, err := url.Parse(source)
	if err != nil {
		return "postgres:"
	}
	return "postgres://" + u.Host + u.Path
}

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// knownDomains are the branded domains that the configuration of a backend
// names.
func knownDomains(adapter Adapter) []string {
	hosts := slices.Clone(adapter.Common().Domains)
	if g, ok := adapter.(*DgLnk); ok {
		for _, host := range sortedKeys(g.DomainIDs) {
			hosts = append(hosts, api.HostOf(host))
		}
	}
	return hosts
}

// apiRate is what the backend allows, the zero value for any number.
func (r *Remote) apiRate() api.Rate {
	if r.APIRate == nil || r.APIRate.Off {
		return api.Rate{}
	}
	return api.Rate{Requests: r.APIRate.Requests, Window: time.Duration(r.APIRate.Window)}
}
