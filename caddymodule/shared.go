package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/ratelimit"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
)

// pool holds what outlives a configuration: on a reload the new one is started
// before the old one ends, and both use the same database and counts.
var pool = caddy.NewUsagePool()

// The keys of the pool: one limiter for the process, and each database once.
const limitsKey = "limits"

type databaseKey struct{ driver, source string }

// closeTimeout bounds the last flush of a database that is let go.
const closeTimeout = 10 * time.Second

// shared is what one app holds of the pool.
type shared struct {
	key      databaseKey
	database *database
	limits   *limits
}

// acquireShared takes the app's part of the pool. It opens nothing.
func acquireShared(at *Database, logger *zap.Logger) (*shared, error) {
	s := &shared{key: databaseKey{at.Driver, at.Source}}
	value, _, err := pool.LoadOrNew(limitsKey, func() (caddy.Destructor, error) {
		return &limits{ratelimit.NewMemory(ratelimit.Options{})}, nil
	})
	if err != nil {
		return nil, err
	}
	s.limits = value.(*limits)
	value, _, err = pool.LoadOrNew(s.key, func() (caddy.Destructor, error) {
		return &database{config: at.config(logger), logger: logger}, nil
	})
	if err != nil {
		_, _ = pool.Delete(limitsKey) // the error that matters is the first one
		return nil, err
	}
	s.database = value.(*database)
	return s, nil
}

// releaseShared gives it back; the last one closes the database.
func releaseShared(s *shared) error {
	_, err := pool.Delete(limitsKey)
	_, databaseErr := pool.Delete(s.key)
	return errors.Join(err, databaseErr)
}

// limits is a limiter in the pool.
type limits struct {
	ratelimit.Limiter
}

// Destruct implements caddy.Destructor.
func (*limits) Destruct() error { return nil }

// database is the open store with what belongs to it.
type database struct {
	config store.Config
	logger *zap.Logger

	// country tells the countries of visitors; it is the newest
	// configuration's.
	country atomic.Pointer[func(netip.Addr) string]

	mu       sync.Mutex
	opened   bool
	ctx      context.Context // that of open without its end, for the last flush
	store    *store.Store
	index    *shortener.Index
	domains  *shortener.Domains
	follower *shortener.Follower
	clicks   *clicks.Recorder
	roller   *clicks.Roller
}

// open opens the database, once; a later call after a failure tries again. The
// callers wait for each other.
func (d *database) open(ctx context.Context, metrics *collectors) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.opened {
		return nil
	}
	s, err := store.Open(ctx, d.config)
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	d.ctx, d.store, d.opened = context.WithoutCancel(ctx), s, true
	d.index, d.domains = shortener.NewIndex(), shortener.NewDomains()
	d.follower = shortener.Follow(d.ctx, s, d.index, d.domains, shortener.FollowOptions{Logger: d.logger})
	d.clicks = clicks.NewRecorder(ctx, s, clicks.Options{Country: d.countryOf, Logger: d.logger, OnDrop: metrics.clicksDropped})
	d.roller = clicks.NewRoller(ctx, s, clicks.RollerOptions{Logger: d.logger, OnBacklog: metrics.clicksWaiting})
	return nil
}

// countryOf returns the country of an address, empty where it is not known.
func (d *database) countryOf(addr netip.Addr) string {
	if country := d.country.Load(); country != nil && *country != nil {
		return (*country)(addr)
	}
	return ""
}

// Destruct implements caddy.Destructor: visits are written, then the store is
// closed.
func (d *database) Destruct() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.opened {
		return nil
	}
	d.opened = false
	ctx, cancel := context.WithTimeout(d.ctx, closeTimeout)
	defer cancel()
	d.follower.Close()
	err := d.clicks.Close(ctx)
	d.roller.Close()
	return errors.Join(err, d.store.Close())
}
