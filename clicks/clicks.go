// Package clicks counts visits without slowing a redirect: counts gather in
// memory and are flushed to the store in batches.
package clicks

import "context"

// Count is a number of visits to one link.
type Count struct {
	LinkID int64
	Visits int64
}

// Store adds counts to what it has. All of one call are added, or none.
type Store interface {
	AddClicks(ctx context.Context, counts []Count) error
}
