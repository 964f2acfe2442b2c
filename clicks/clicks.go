// Package clicks counts visits without slowing a redirect: counts gather in
// memory and are flushed to the store in batches.
package clicks

import "context"

// Count is a number of visits to one link.
type Count struct {
	LinkID int64
	Visits int64
}

// Store adds counts to what it has.
type Store interface {
	// AddClicks adds all of the counts, or none where it returns an error. A
	// link that no longer exists is passed over.
	AddClicks(ctx context.Context, counts []Count) error
}
