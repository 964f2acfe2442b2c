// Package store keeps everything in SQL: links and accounts, the ledger, keys
// and clicks. It runs on SQLite; what is SQLite's own stands in sqlite.go, and
// the queries use nothing that PostgreSQL lacks.
//
// Reads go to a pool of connections. Writes go to one goroutine that commits
// those of many callers together (group commit): each runs in a savepoint of
// its own, so that one that fails leaves the others alone, and none is
// answered before the commit is on the disk. Several processes may open the
// same database.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Config says where the database is.
type Config struct {
	// Path is the database file. It is made where it is missing, readable by
	// its owner alone, with its folder. Required.
	Path string

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
// it did not happen; only where the disk fails during the commit itself may it
// turn out later that it did.
type Store struct {
	pools  *pools
	writer *writer
	logger *zap.Logger
	now    func() time.Time

	linkByID    *sql.Stmt
	linkByAlias *sql.Stmt

	close    sync.Once
	closeErr error
}

// Open opens the database and brings its schema up to date. The context limits
// opening only; the store lives until Close.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Path == "" {
		return nil, errors.New("opening database: no path given")
	}
	s := &Store{logger: cfg.Logger, now: cfg.Now}
	if s.logger == nil {
		s.logger = zap.NewNop()
	}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	s.pools, err = openSQLite(ctx, cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("opening database %s: %w", cfg.Path, err)
	}
	err = migrate(ctx, s.pools.write, "sqlite", s.logger)
	if err == nil {
		err = s.prepare(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening database %s: %w", cfg.Path, err), s.pools.close())
	}
	s.writer = startWriter(context.WithoutCancel(ctx), s.pools.write)
	return s, nil
}

// prepare prepares what runs for visitors.
func (s *Store) prepare(ctx context.Context) (err error) {
	s.linkByID, err = s.pools.lookups.PrepareContext(ctx, selectLinkByID)
	if err != nil {
		return err
	}
	s.linkByAlias, err = s.pools.lookups.PrepareContext(ctx, selectLinkByAlias)
	return err
}

// Close refuses new writes, finishes those that wait, and closes the database.
// Calling it again does nothing.
func (s *Store) Close() error {
	s.close.Do(func() {
		s.writer.stop()
		// What stays in the log is as safe as what is in the file, so that a
		// checkpoint that fails is no error of Close.
		if err := s.pools.checkpoint(s.writer.ctx); err != nil {
			s.logger.Warn("moving the write-ahead log into the database", zap.Error(err))
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
