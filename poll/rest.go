package poll

import (
	"context"
	"time"
)

// Rest waits, and ends with the context, whose error it returns then. Where there
// is nothing to wait for it returns at once, with the error of a context that has
// ended already.
func Rest(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
