package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// maxAttempts is how often a job is run that the database gave up for
	// reasons of its own.
	maxAttempts = 5

	// firstPause is how long it waits at most before the second attempt; each
	// pause is up to twice as long as the one before.
	firstPause = 5 * time.Millisecond
)

// transactionWriter runs each write in a transaction of its own, many at a
// time. The server commits together those that end together.
type transactionWriter struct {
	// ctx is never done: no caller's deadline may interrupt a commit.
	ctx  context.Context
	pool *pool

	mu      sync.RWMutex
	closed  bool
	running sync.WaitGroup
}

func newTransactionWriter(ctx context.Context, p *pool) *transactionWriter {
	return &transactionWriter{ctx: ctx, pool: p}
}

// stop refuses new writes and waits for those that run or wait.
func (w *transactionWriter) stop() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.running.Wait()
}

func (w *transactionWriter) do(ctx context.Context, run func(*session) error) error {
	return w.doWithin(ctx, w.pool.timeout, run)
}

func (w *transactionWriter) doLong(ctx context.Context, run func(*session) error) error {
	return w.doWithin(ctx, 0, run)
}

// doWithin runs a write within the time, or for as long as its context allows
// where that is 0. As long as it waits for a connection it can be withdrawn.
func (w *transactionWriter) doWithin(ctx context.Context, limit time.Duration, run func(*session) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !w.enter() {
		return errClosed
	}
	defer w.running.Done()
	for pause, attempt := firstPause, 1; ; pause, attempt = 2*pause, attempt+1 {
		err := w.try(ctx, limit, run)
		if err == nil || attempt == maxAttempts || !isTransient(err) || errors.Is(err, errCommit) {
			return err
		}
		if isLost(err) {
			w.pool.forget()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(pause)): //nolint:gosec // It only keeps two apart.
		}
	}
}

func (w *transactionWriter) enter() bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if !w.closed {
		w.running.Add(1)
	}
	return !w.closed
}

// errCommit marks a write of which nobody knows whether it happened.
var errCommit = errors.New("the connection was lost during the commit")

func (w *transactionWriter) try(ctx context.Context, limit time.Duration, run func(*session) error) (err error) {
	conn, err := w.connect(ctx)
	if err != nil {
		return err
	}
	// Whether it can be used again, the driver sees for itself.
	defer func() { _ = conn.Close() }()

	txCtx, cancel := w.within(ctx, limit)
	defer cancel()
	// What has no limit begins in time at least: a server that says nothing
	// would hold it for ever.
	begun := time.AfterFunc(w.pool.timeout, cancel)
	defer begun.Stop()
	tx, err := conn.BeginTx(txCtx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	// Does nothing after the commit.
	defer func() { _ = tx.Rollback() }()

	if limit == 0 {
		if _, err := tx.ExecContext(txCtx, unlimited); err != nil {
			return err
		}
	}
	begun.Stop()
	if err := run(&session{ctx: txCtx, dialect: w.pool.dialect, conn: conn, tx: tx}); err != nil {
		return err
	}
	err = tx.Commit()
	if err == nil || isRefused(err) {
		return err
	}
	return unavailable(fmt.Errorf("%w: %w", errCommit, err))
}

// within returns the context of a transaction: that of its own where it is
// limited, the caller's where it is not.
func (w *transactionWriter) within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(w.ctx, limit)
}

// connect waits for a connection no longer than a write may take.
func (w *transactionWriter) connect(ctx context.Context) (*sql.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, w.pool.timeout)
	defer cancel()
	return w.pool.db.Conn(ctx)
}
