package fleet

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// each runs do for all at once, waits for them, and returns what came of each.
// A panic is the failure of one: outside of its own goroutine the server could
// not stop it from ending the process.
func each[T any](list []T, do func(T) error) []error {
	errs := make([]error, len(list))
	var running sync.WaitGroup
	for i, one := range list {
		running.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					errs[i] = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
				}
			}()
			errs[i] = do(one)
		})
	}
	running.Wait()
	return errs
}

// first returns the first failure, nil where there is none.
func first(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// joinHeaders returns the headers of a reply that is made of several: it is as
// old as the oldest, and repeats an earlier one where all of them do.
func joinHeaders(replies []*api.Reply) http.Header {
	h := http.Header{}
	for i, reply := range replies {
		if age := reply.Header["Age"]; len(age) == 1 && (h["Age"] == nil || older(age[0], h["Age"][0])) {
			h["Age"] = age
		}
		repeated := reply.Header[adapters.Replayed]
		switch {
		case i == 0 && repeated != nil:
			h[adapters.Replayed] = repeated
		case repeated == nil:
			delete(h, adapters.Replayed)
		}
	}
	return h
}

// older reports whether an Age is more than another one.
func older(age, other string) bool {
	a, _ := strconv.Atoi(age)
	b, _ := strconv.Atoi(other)
	return a > b
}
