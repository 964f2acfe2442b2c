package adapters

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// AtOnce calls do for each number below n, in their order and so many at once,
// waits for all, and returns what came of each. A panic is the failure of one:
// outside of its own goroutine the server could not stop it from ending the
// process.
func AtOnce(n, many int, do func(i int) error) []error {
	errs := make([]error, n)
	one := func(i int) {
		defer func() {
			if v := recover(); v != nil {
				errs[i] = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			}
		}()
		errs[i] = do(i)
	}
	var next atomic.Int64
	var running sync.WaitGroup
	for range min(many, n) {
		running.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				one(i)
			}
		})
	}
	running.Wait()
	return errs
}
