package caddymodule

import (
	"context"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/native"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/blocklist"
	"github.com/linkquay/linkquay/files"
	"github.com/linkquay/linkquay/geoip"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors"
)

// assembleNative makes the native shortener, the backend that it is, and what
// its visitors see.
func (a *App) assembleNative(ctx context.Context, rt *runtime) (adapters.Backend, error) {
	db := a.shared.database
	blocked, err := a.openBlocklist(ctx, rt)
	if err != nil {
		return nil, err
	}
	country, err := a.openGeoIP(ctx, rt)
	if err != nil {
		return nil, err
	}
	folder, err := a.openFiles(ctx, rt)
	if err != nil {
		return nil, err
	}
	main, err := a.apiHosts()
	if err != nil {
		return nil, err
	}
	rt.shortener = shortener.New(shortener.Config{
		Store:      db.store,
		Index:      db.index,
		Domains:    db.domains,
		OwnHosts:   a.ownHosts(),
		MainHosts:  main,
		Schemes:    a.Schemes,
		Blocked:    blocked,
		Duplicates: a.Duplicates == DuplicatesReuse,
		Reserved:   a.reserved,
	})
	a.useSettings(rt, &country)
	own := native.New(native.Config{
		Contract:   a.contract,
		Shortener:  rt.shortener,
		Statistics: db.store,
		Files:      folder,
		Logos:      a.fetcher,
		Origin:     a.ShortDomain,
		Zone:       a.zone,
		Logger:     a.logger,
	})
	rt.visitors = visitors.New(visitors.Config{
		Shortener:  rt.shortener,
		Recorder:   db.clicks,
		Statistics: db.store,
		Limiter:    a.shared.limits,
		Attempts:   a.FailedAttempts.rate(DefaultRequests),
		Country:    country,
		Files:      folder,
		Fetcher:    a.fetcher,
		Origin:     a.origin,
		Adopter:    a.adopter(rt, own),
		Count:      a.metrics.visited,
		Logger:     a.logger,
	})
	a.sweepFiles(ctx, rt, folder)
	return own, nil
}

// useSettings has the shared parts of the database work by this configuration.
// What the index holds was decided by the settings before it; and those go on
// answering until the last request of theirs, so that the index is cleared then
// too. A configuration that fails to start gives back what it has taken.
func (a *App) useSettings(rt *runtime, country *func(netip.Addr) string) {
	db := a.shared.database
	before := db.country.Swap(country)
	db.index.Clear()
	rt.onClose(func() error {
		db.country.CompareAndSwap(country, before)
		db.index.Clear()
		return nil
	})
}

// openBlocklist returns what tells blocked destinations, nil where there is no
// list.
func (a *App) openBlocklist(ctx context.Context, rt *runtime) (func(url string) bool, error) {
	if a.Blocklist == "" {
		return nil, nil //nolint:nilnil // No list is a setting.
	}
	list, err := blocklist.Open(a.Blocklist, blocklist.Options{Logger: a.logger})
	if err != nil {
		return nil, err
	}
	rt.work(ctx, func(ctx context.Context) { list.Watch(ctx, a.shared.database.index.Clear) })
	return list.Blocked, nil
}

// openFiles opens the folder of files, which must be no other database's.
func (a *App) openFiles(ctx context.Context, rt *runtime) (*files.Dir, error) {
	folder, err := files.Open(a.Files)
	if err != nil {
		return nil, err
	}
	rt.onClose(folder.Close)
	instance, err := a.shared.database.store.Instance(ctx)
	if err != nil {
		return nil, err
	}
	return folder, folder.Claim(instance)
}

// openGeoIP returns what tells countries, nil where there is no database.
func (a *App) openGeoIP(ctx context.Context, rt *runtime) (func(netip.Addr) string, error) {
	if a.GeoIP == "" {
		a.logger.Info("no geoip database is configured: rules by country are skipped, and statistics know no countries")
		return nil, nil //nolint:nilnil // No database is a setting.
	}
	db, err := geoip.Open(ctx, a.GeoIP, geoip.Options{Logger: a.logger})
	if err != nil {
		return nil, err
	}
	rt.onClose(func() error { db.Close(); return nil })
	return db.Country, nil
}

// sweepEvery is how often files that nobody knows are looked for.
const sweepEvery = 24 * time.Hour

// sweepFiles removes, at start and every day, what uploads that never ended and
// creates of unknown outcome have left behind.
func (a *App) sweepFiles(ctx context.Context, rt *runtime, folder *files.Dir) {
	rt.work(ctx, func(ctx context.Context) {
		ticker := time.NewTicker(sweepEvery)
		defer ticker.Stop()
		for {
			known, err := a.shared.database.store.StoredFiles(ctx)
			if err == nil {
				_, err = folder.Sweep(ctx, func(name string) (bool, error) { return known[name], nil }, files.DefaultAge)
			}
			if err != nil && ctx.Err() == nil {
				a.logger.Warn("removing files that nobody knows", zap.Error(err))
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
}

func (a *App) ownHosts() []string {
	if a.ShortDomain == "" {
		return nil
	}
	return []string{api.HostOf(a.ShortDomain)}
}
