package migrate

import (
	"context"
	"fmt"
	"sync"

	"github.com/linkquay/linkquay/adapters"
)

// maxKnown bounds how many references a copy remembers.
const maxKnown = 100_000

// known are the ids that what a side's objects refer to has at the other side.
// It is safe for concurrent use.
type known struct {
	mu  sync.Mutex
	ids map[reference]int64
}

func (k *known) get(of reference) (int64, bool) {
	if k == nil {
		return 0, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	id, ok := k.ids[of]
	return id, ok
}

func (k *known) add(of reference, id int64) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ids == nil || len(k.ids) >= maxKnown {
		k.ids = map[reference]int64{}
	}
	k.ids[of] = id
}

// resolve returns the ids at the other side of what was referred to, and carries
// what is not there yet. What cannot be is missing.
func (c *carrier) resolve(ctx context.Context, of []reference, toTarget bool) (map[reference]int64, error) {
	ids := map[reference]int64{}
	asked := map[adapters.Kind][]int64{}
	for _, ref := range of {
		if id, ok := c.known.get(ref); ok {
			ids[ref] = id
		} else {
			asked[ref.Kind] = append(asked[ref.Kind], ref.ID)
		}
	}
	read := c.Store.RowsByTarget
	if toTarget {
		read = c.Store.RowsBySource
	}
	for kind, list := range asked {
		rows, err := read(ctx, c.Move.ID, kind, list)
		if err != nil {
			return nil, fmt.Errorf("reading rows: %w", err)
		}
		found := map[int64]*Row{}
		for i := range rows {
			found[*rows[i].other(!toTarget)] = &rows[i]
		}
		for _, id := range list {
			row := found[id]
			if row == nil || row.Status == Listed {
				if row, err = c.carry(ctx, task{kind, id, toTarget}, nil); err != nil {
					return nil, err
				}
			}
			if to := *row.other(toTarget); to > 0 && row.Status != Deleted {
				ids[reference{kind, id}] = to
				c.known.add(reference{kind, id}, to)
			}
		}
	}
	return ids, nil
}
