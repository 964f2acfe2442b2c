package fleet

import (
	"net/http"
	"strconv"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// each is adapters.AtOnce for a list, all of it at once.
func each[T any](list []T, do func(T) error) []error {
	return adapters.AtOnce(len(list), len(list), func(i int) error { return do(list[i]) })
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
