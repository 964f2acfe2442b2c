package gateway

import (
	"fmt"

	"github.com/linkquay/linkquay/api"
)

var itemHeaders = limitHeaders{"X-RateLimit-Items-Limit", "X-RateLimit-Items-Remaining", "X-RateLimit-Items-Reset"}

// limitItems counts the items of a call, bad ones too, against a limit of their
// own beside that of requests. Where they do not all fit, none is counted.
func (e *exchange) limitItems(items []api.Item) error {
	rate := e.gateway.cfg.BulkItems
	if items == nil || rate.Requests == 0 {
		return nil
	}
	result, err := e.gateway.cfg.Limits.TakeN(e.r.Context(), "bulk:"+e.key.ID, rate, len(items))
	if err != nil {
		return unchecked(err)
	}
	e.limited(&itemHeaders, result)
	switch {
	case result.Allowed:
		return nil
	case len(items) > rate.Requests:
		// Waiting would never help.
		return api.InvalidField("urls", fmt.Sprintf("must have at most %d entries: the limit has no more in a window", rate.Requests))
	}
	message := fmt.Sprintf("Too many documents: %d of %d are left. Please retry later.", result.Remaining, result.Limit)
	return rateLimited(message, result, nil)
}
