package native

import (
	"context"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// once is the client's promise that the call is one with all that carry its
// key, nil where it made none.
func once(call *api.Call) *shortener.Once {
	if call.Idempotency == nil {
		return nil
	}
	return &shortener.Once{
		Account:     call.Key.Account,
		Key:         call.Idempotency.Key,
		Fingerprint: call.Idempotency.Fingerprint,
	}
}

// earlier returns what the call has made when it was sent before, where it has
// made something. It is asked first: what was right then can be wrong by now, such
// as a date that has passed, and nothing is fetched or hashed a second time. Of
// two calls at once both may find nothing; then the create itself decides.
func earlier[T any](ctx context.Context, call *api.Call, repeated func(context.Context, *shortener.Once) (*T, bool, error)) (o *T, found bool, err error) {
	if call.Idempotency == nil {
		return nil, false, nil
	}
	return repeated(ctx, once(call))
}

// replayed marks a reply as the repetition of an earlier one, where it is one.
func replayed(repeated bool) func(*api.Reply, error) (*api.Reply, error) {
	return func(r *api.Reply, err error) (*api.Reply, error) {
		if err == nil && repeated {
			r.Header = map[string][]string{adapters.Replayed: {"true"}}
		}
		return r, err
	}
}
