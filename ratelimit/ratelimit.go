// Package ratelimit counts requests in fixed windows that begin with a
// caller's first request.
package ratelimit

import (
	"context"
	"time"

	"github.com/linkquay/linkquay/api"
)

// Limiter counts requests. It is safe for concurrent use.
type Limiter interface {
	// Take counts one request under the id and reports where that leaves it. A
	// rate that changed since applies at once; the count goes on.
	Take(ctx context.Context, id string, rate api.Rate) (Result, error)

	// TakeN counts n requests at once, all of them or none: where fewer are left
	// it counts nothing. More than the rate has in a window never fit. Below 1 it
	// is Peek.
	TakeN(ctx context.Context, id string, rate api.Rate, n int) (Result, error)

	// Peek reports where the id stands without counting.
	Peek(ctx context.Context, id string, rate api.Rate) (Result, error)
}

// Result is where a caller stands in its window.
type Result struct {
	// Allowed says that the request is within the limit.
	Allowed bool

	// Limit is the number of requests in a window, Remaining how many are left.
	Limit     int
	Remaining int

	// Reset is the end of the window.
	Reset time.Time
}
