package live

import (
	"context"
	"fmt"
	"slices"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/ids"
	"github.com/linkquay/linkquay/migrate"
)

// known are the ids of a call as the side has them.
type known struct {
	atTarget bool
	rows     map[adapters.Kind]map[int64]*migrate.Row
}

// of returns the id at the side of one that clients know.
func (k *known) of(kind adapters.Kind, id int64) (int64, bool) {
	theirs := id >= madeThere
	if theirs == k.atTarget {
		return unmarked(id), id != madeThere
	}
	row := k.rows[kind][unmarked(id)]
	switch {
	case row == nil:
		return 0, false
	case k.atTarget:
		return row.TargetID, row.TargetID > 0
	}
	return row.SourceID, row.SourceID > 0
}

// asked returns the id by which a client has just asked for an object of the
// source.
func (k *known) asked(kind adapters.Kind, id int64) int64 {
	for _, row := range k.rows[kind] {
		if row.SourceID == id {
			return madeThere | row.TargetID
		}
	}
	return id
}

// wanted are ids that rows are needed of.
type wanted map[adapters.Kind][]int64

// note is an ids.Change that changes nothing.
func (w wanted) note(kind adapters.Kind, _ string, id int64) (int64, error) {
	if !slices.Contains(w[kind], id) {
		w[kind] = append(w[kind], id)
	}
	return id, nil
}

// rows reads the rows of the ids by find, and returns them by kind and id.
func (w wanted) rows(ctx context.Context, sd *side,
	find func(ctx context.Context, move int64, kind adapters.Kind, ids []int64) ([]migrate.Row, error), id func(*migrate.Row) int64,
) (map[adapters.Kind]map[int64]*migrate.Row, error) {
	all := map[adapters.Kind]map[int64]*migrate.Row{}
	for kind, list := range w {
		if kind == ids.File {
			continue // files are not moved
		}
		rows, err := find(ctx, sd.move.ID, kind, list)
		if err != nil {
			return nil, fmt.Errorf("reading the ids of a move: %w", err)
		}
		all[kind] = make(map[int64]*migrate.Row, len(rows))
		for i := range rows {
			all[kind][id(&rows[i])] = &rows[i]
		}
	}
	return all, nil
}
