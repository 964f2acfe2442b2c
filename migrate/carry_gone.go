package migrate

import (
	"context"
	"fmt"

	"github.com/linkquay/linkquay/api"
)

// gone follows an object that the primary does not have any more.
func (c *carrier) gone(ctx context.Context, t task, row *Row, cause error) error {
	id := row.other(t.toTarget)
	if t.id < 0 {
		// A link of a file may be away for a while, and nobody says that it was
		// deleted.
		if *id == 0 {
			c.refused(row, "", cause)
			row.Status = Skipped
		}
		return nil
	}
	if *id == 0 {
		var err error
		if *id, err = c.unknown(ctx, t, row); err != nil {
			return fmt.Errorf("looking for what was made before: %w", err)
		}
	}
	if *id > 0 {
		_, to := c.sides(t.toTarget)
		err := c.patient(t.toTarget)(ctx, func(ctx context.Context) error { return to.Delete(ctx, t.kind, *id) })
		switch {
		case err == nil, isCode(err, api.NotFound):
		case isLasting(ctx, err):
			c.refused(row, "It could not be deleted: ", err)
			return nil
		default:
			return fmt.Errorf("deleting an object: %w", err)
		}
		to.forget(t.kind, *id)
	}
	if _, _, ok := readBegun(t.kind, row.Error); !ok || *id != 0 {
		row.Error = "" // What is being made this very moment is looked for again.
	}
	row.Status, row.Attempts = Deleted, 0
	row.Different, row.Compared = nil, c.now()
	return nil
}

// unknown returns the id of what the other side has of an object though its row
// does not say so, 0 where there is nothing.
func (c *carrier) unknown(ctx context.Context, t task, row *Row) (int64, error) {
	id, err := c.earlier(ctx, t, row)
	if id != 0 || err != nil {
		return id, err
	}
	return c.adopted(ctx, t, row)
}
