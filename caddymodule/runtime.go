package caddymodule

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/gateway"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors"
)

// runtime is a configuration at work. Each request holds a reference, and the
// last one closes it: Caddy cleans a configuration up while its last requests
// still run.
type runtime struct {
	gateway   *gateway.Gateway
	shortener *shortener.Shortener
	visitors  *visitors.Handler
	shared    *shared
	logger    *zap.Logger

	// remotes are the backends other than native, in order of name.
	remotes []*remote

	// lender, of a command, is the running server, whose budgets count.
	lender upstream.Lender

	// closers end what belongs to this configuration alone, last one first.
	closers []func() error

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
	if err := errors.Join(rt.close(), releaseShared(rt.shared)); err != nil {
		rt.logger.Error("closing", zap.Error(err))
	}
}

// onClose has f called when the runtime closes.
func (rt *runtime) onClose(f func() error) { rt.closers = append(rt.closers, f) }

// work runs f until the runtime closes, which waits for it.
func (rt *runtime) work(ctx context.Context, f func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f(ctx)
	}()
	rt.onClose(func() error {
		cancel()
		<-ended
		return nil
	})
}

func (rt *runtime) close() (err error) {
	for _, f := range slices.Backward(rt.closers) {
		err = errors.Join(err, f())
	}
	return err
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
	if err := a.shared.database.open(ctx, a.metrics); err != nil {
		return nil, err
	}
	if err := a.addFirstKey(ctx); err != nil {
		return nil, err
	}
	rt := &runtime{shared: a.shared, logger: a.logger}
	if err := a.assemble(ctx, rt); err != nil {
		return nil, errors.Join(err, rt.close())
	}
	rt.refs.Store(1)
	a.runtime.Store(rt)
	return rt, nil
}
