// Package store keeps everything in SQL: links and accounts, the ledger, keys
// and clicks. It runs on SQLite and on PostgreSQL, with the same queries; what
// is one database's own stands in sqlite.go and postgres*.go.
//
// Reads go to a pool of connections. On SQLite, writes go to one goroutine that
// commits those of many callers together (group commit): each runs in a
// savepoint of its own, so that one that fails leaves the others alone. On
// PostgreSQL each is a transaction of its own. None is answered before the
// commit is on the disk. Several processes may open the same database.
package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// Config says where the database is.
type Config struct {
	// Driver is SQLite or Postgres. Default: SQLite.
	Driver string

	// Source says where the database is. Required.
	//
	// For SQLite it is the path of the file. It is made where it is missing,
	// readable by its owner alone, with its folder.
	//
	// For Postgres it is a connection string as a URL or as key=value pairs, a
	// secret that is never part of an error or a log. Beyond what libpq knows
	// it may say pool_max_conns (48), pool_max_conn_lifetime (1h) and
	// pool_max_conn_idle_time (30m). The database must exist. Statements end
	// after 30 seconds unless it says statement_timeout.
	Source string

	// Logger gets what no caller can be told; nil discards it.
	Logger *zap.Logger

	// Now is the clock for moments that the store sets itself; nil means
	// time.Now.
	Now func() time.Time
}

// Store is an open database. It is safe for concurrent use. Its methods return
// *api.Error; after Close those are of code Unavailable.
//
// A write whose context ends while it waits for its turn is withdrawn and
// never happens; one that has its turn is answered with what came of it, even
// past the end of its context. So nil means that it is durable, and an error that
// it did not happen; only where the disk or the connection fails during the
// commit itself may it turn out later that it did.
type Store struct {
	pools  *pools
	writer writer
	ctx    context.Context // never done
	logger *zap.Logger
	now    func() time.Time

	takers chan struct{}
	spent  spent

	// moveRows are those that this process has added.
	moveRows atomic.Int64

	linkByID    *statement
	linkByAlias *statement

	close    sync.Once
	closeErr error
}

// Open opens the database and brings its schema up to date. The context limits
// opening only; the store lives until Close.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{takers: make(chan struct{}, maxTakers), logger: cfg.Logger, now: cfg.Now, ctx: context.WithoutCancel(ctx)}
	if s.logger == nil {
		s.logger = zap.NewNop()
	}
	if s.now == nil {
		s.now = time.Now
	}
	doing := "opening the database"
	if cfg.Driver == "" || cfg.Driver == SQLite {
		doing = "opening database " + cfg.Source
	}
	var err error
	if s.pools, err = openPools(ctx, cfg); err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	err = migrateSchema(ctx, s.pools.write, migrationFiles, s.logger)
	if err == nil {
		err = s.prepare(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", doing, err), s.pools.close())
	}
	if s.pools.dialect.lockRows {
		s.writer = newTransactionWriter(s.ctx, s.pools.write)
	} else {
		s.writer = startGroupWriter(s.ctx, s.pools.write)
	}
	return s, nil
}

func openPools(ctx context.Context, cfg Config) (*pools, error) {
	switch {
	case cfg.Driver != "" && cfg.Driver != SQLite && cfg.Driver != Postgres:
		return nil, fmt.Errorf("unknown driver %q", cfg.Driver)
	case cfg.Source == "" && cfg.Driver == Postgres:
		return nil, errors.New("no connection string given")
	case cfg.Source == "":
		return nil, errors.New("no path given")
	case cfg.Driver == Postgres:
		return openPostgres(ctx, cfg.Source)
	}
	return openSQLite(ctx, cfg.Source)
}

// prepare prepares what runs for visitors.
func (s *Store) prepare(ctx context.Context) (err error) {
	s.linkByID, err = s.pools.lookups.prepare(ctx, selectLinkByID)
	if err != nil {
		return err
	}
	s.linkByAlias, err = s.pools.lookups.prepare(ctx, selectLinkByAlias)
	return err
}

// Close refuses new writes, finishes those that wait, and closes the database.
// Calling it again does nothing.
func (s *Store) Close() error {
	s.close.Do(func() {
		s.writer.stop()
		// What stays in the log is as safe as what is in the file, so that a
		// checkpoint that fails is no error of Close.
		if s.pools.checkpoint != nil {
			if err := s.pools.checkpoint(s.ctx); err != nil {
				s.logger.Warn("moving the write-ahead log into the database", zap.Error(err))
			}
		}
		s.closeErr = s.pools.close()
	})
	return s.closeErr
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var version int
	err := s.pools.lookups.QueryRowContext(ctx, "SELECT MAX(version) FROM schema_version").Scan(&version)
	return codedError("pinging the database", err)
}
