package migratetest

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// rowKey is what a row is found by.
type rowKey struct {
	move int64
	kind adapters.Kind
	id   int64
}

// defaultLimit is what a limit of 0 means.
const defaultLimit = 1000

// AddRows implements migrate.Store.
func (m *Memory) AddRows(ctx context.Context, rows []migrate.Row) (added, changed int, err error) {
	if err := m.enter(ctx, "AddRows"); err != nil {
		return 0, 0, err
	}
	defer m.leave()
	last := map[rowKey]int{}
	for i := range rows {
		if rows[i].SourceID == 0 {
			return 0, 0, api.Errorf(api.Invalid, "A listed row has no id of the source.")
		}
		last[rowKey{rows[i].Move, rows[i].Kind, rows[i].SourceID}] = i
	}
	err = m.atOnce(func(undo *[]func()) error {
		for i, row := range rows {
			key := rowKey{row.Move, row.Kind, row.SourceID}
			if last[key] != i {
				continue
			}
			row.ID = 0
			if id, known := m.bySource[key]; known {
				kept, was := relisted(&m.rows[id-1], &row)
				if was {
					changed++
				}
				row = kept
			} else {
				added++
			}
			if _, err := m.put(row, undo); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	return added, changed, nil
}

// relisted returns the row as it is after the source has listed it so, and
// whether that says that it has changed.
func relisted(kept, listed *migrate.Row) (row migrate.Row, changed bool) {
	row = *kept
	if listed.ShortURL != "" {
		row.ShortURL = listed.ShortURL
	}
	if len(listed.Listing) > 0 && !bytes.Equal(kept.Listing, listed.Listing) {
		row.Listing, changed = listed.Listing, true
	}
	changed = changed || kept.Status == migrate.Deleted
	if changed && (row.Status == migrate.Copied || row.Status == migrate.Skipped || row.Status == migrate.Deleted) {
		row.Status, row.Error, row.Attempts = migrate.Listed, "", 0
	}
	return row, changed
}

// SaveRows implements migrate.Store.
func (m *Memory) SaveRows(ctx context.Context, rows []migrate.Row) error {
	if err := m.enter(ctx, "SaveRows"); err != nil {
		return err
	}
	defer m.leave()
	ids := make([]int64, len(rows))
	err := m.atOnce(func(undo *[]func()) error {
		for i, row := range rows {
			switch {
			case row.SourceID == 0 && row.TargetID == 0:
				return api.Errorf(api.Invalid, "A row has neither an id of the source nor of the target.")
			case row.ID != 0:
			case row.SourceID != 0:
				row.ID = m.bySource[rowKey{row.Move, row.Kind, row.SourceID}]
			default:
				if id := m.byTarget[rowKey{row.Move, row.Kind, row.TargetID}]; id != 0 && m.rows[id-1].SourceID == 0 {
					row.ID = id
				}
			}
			var err error
			if ids[i], err = m.put(row, undo); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, id := range ids {
		rows[i].ID = id
	}
	return nil
}

// atOnce runs changes of rows and takes them back where it returns an error.
func (m *Memory) atOnce(change func(undo *[]func()) error) error {
	var undo []func()
	err := change(&undo)
	if err != nil {
		for _, u := range slices.Backward(undo) {
			u()
		}
	}
	return err
}

// put writes a row, or adds it where it has no ID.
func (m *Memory) put(row migrate.Row, undo *[]func()) (int64, error) {
	if row.ID > 0 && row.ID <= int64(len(m.rows)) {
		row.Move, row.Kind = m.rows[row.ID-1].Move, m.rows[row.ID-1].Kind
	} else if row.ID != 0 {
		return 0, api.Errorf(api.NotFound, "Row not found.")
	}
	if _, err := m.move(row.Move); err != nil {
		return 0, err
	}
	if m.bySource == nil {
		m.bySource, m.byTarget = map[rowKey]int64{}, map[rowKey]int64{}
	}
	for _, of := range []struct {
		index map[rowKey]int64
		id    int64
	}{{m.bySource, row.SourceID}, {m.byTarget, row.TargetID}} {
		if other := of.index[rowKey{row.Move, row.Kind, of.id}]; other != 0 && other != row.ID {
			return 0, api.Errorf(api.Conflict, "Another row of the move has the id %d.", of.id)
		}
	}
	row = kept(row)
	if row.ID == 0 {
		row.ID = int64(len(m.rows) + 1)
		m.rows = append(m.rows, row)
		*undo = append(*undo, func() { m.unindex(&row); m.rows = m.rows[:len(m.rows)-1] })
	} else {
		before := m.rows[row.ID-1]
		m.unindex(&before)
		m.rows[row.ID-1] = row
		*undo = append(*undo, func() { m.unindex(&row); m.rows[row.ID-1] = before; m.index(&before) })
	}
	m.index(&row)
	return row.ID, nil
}

// kept returns a row as it is kept, sharing no memory with it.
func kept(row migrate.Row) migrate.Row {
	if row.Status == "" {
		row.Status = migrate.Listed
	}
	row.ShortURL, row.Error = plain(row.ShortURL), plain(row.Error)
	row.Compared = row.Compared.UTC().Truncate(time.Millisecond)
	row = cloneRow(&row)
	for i, name := range row.Different {
		row.Different[i] = plain(name)
	}
	return row
}

func (m *Memory) index(row *migrate.Row) {
	if row.SourceID != 0 {
		m.bySource[rowKey{row.Move, row.Kind, row.SourceID}] = row.ID
	}
	if row.TargetID != 0 {
		m.byTarget[rowKey{row.Move, row.Kind, row.TargetID}] = row.ID
	}
}

func (m *Memory) unindex(row *migrate.Row) {
	delete(m.bySource, rowKey{row.Move, row.Kind, row.SourceID})
	delete(m.byTarget, rowKey{row.Move, row.Kind, row.TargetID})
}

// Rows implements migrate.Store.
func (m *Memory) Rows(ctx context.Context, f migrate.Filter) (found []migrate.Row, err error) {
	if err := m.enter(ctx, "Rows"); err != nil {
		return nil, err
	}
	defer m.leave()
	if f.Limit <= 0 {
		f.Limit = defaultLimit
	}
	if f.BySource {
		return m.rowsInSourceOrder(f)
	}
	for i := max(f.After, 0); i < int64(len(m.rows)) && len(found) < f.Limit; i++ {
		if r := &m.rows[i]; matches(r, &f) {
			found = append(found, cloneRow(r))
		}
	}
	return found, nil
}

func (m *Memory) rowsInSourceOrder(f migrate.Filter) (found []migrate.Row, err error) {
	if f.Kind == "" {
		return nil, api.Errorf(api.Invalid, "Rows of all kinds have no order of the source.")
	}
	var matching []*migrate.Row
	for i := range m.rows {
		if r := &m.rows[i]; r.SourceID != 0 && r.SourceID > f.After && matches(r, &f) {
			matching = append(matching, r)
		}
	}
	slices.SortFunc(matching, func(a, b *migrate.Row) int { return cmp.Compare(a.SourceID, b.SourceID) })
	for _, r := range matching[:min(len(matching), f.Limit)] {
		found = append(found, cloneRow(r))
	}
	return found, nil
}

// matches reports whether the filter chooses the row, wherever its page begins.
func matches(r *migrate.Row, f *migrate.Filter) bool {
	return r.Move == f.Move && (f.Kind == "" || r.Kind == f.Kind) && (f.Status == "" || r.Status == f.Status) &&
		(!f.Different || differs(r))
}

// RowsBySource implements migrate.Store.
func (m *Memory) RowsBySource(ctx context.Context, move int64, kind adapters.Kind, ids []int64) ([]migrate.Row, error) {
	return m.rowsBy(ctx, "RowsBySource", &m.bySource, move, kind, ids)
}

// RowsByTarget implements migrate.Store.
func (m *Memory) RowsByTarget(ctx context.Context, move int64, kind adapters.Kind, ids []int64) ([]migrate.Row, error) {
	return m.rowsBy(ctx, "RowsByTarget", &m.byTarget, move, kind, ids)
}

func (m *Memory) rowsBy(ctx context.Context, method string, index *map[rowKey]int64, move int64, kind adapters.Kind, ids []int64) (found []migrate.Row, err error) {
	if err := m.enter(ctx, method); err != nil {
		return nil, err
	}
	defer m.leave()
	ids = slices.Clone(ids)
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if row, ok := (*index)[rowKey{move, kind, id}]; ok {
			found = append(found, cloneRow(&m.rows[row-1]))
		}
	}
	return found, nil
}

// CountRows implements migrate.Store.
func (m *Memory) CountRows(ctx context.Context, move int64) (counts []migrate.Count, err error) {
	if err := m.enter(ctx, "CountRows"); err != nil {
		return nil, err
	}
	defer m.leave()
	for i := range m.rows {
		r := &m.rows[i]
		if r.Move != move {
			continue
		}
		at := slices.IndexFunc(counts, func(c migrate.Count) bool { return c.Kind == r.Kind && c.Status == r.Status })
		if at < 0 {
			at = len(counts)
			counts = append(counts, migrate.Count{Kind: r.Kind, Status: r.Status})
		}
		counts[at].Rows++
		switch {
		case differs(r):
			counts[at].Different++
		case !r.Compared.IsZero():
			counts[at].Same++
		}
	}
	return counts, nil
}

// differs reports whether the row was compared and found different.
func differs(r *migrate.Row) bool { return !r.Compared.IsZero() && len(r.Different) > 0 }

func cloneRow(r *migrate.Row) migrate.Row {
	c := *r
	// An empty one is kept as none.
	c.Different = append([]string(nil), r.Different...)
	c.Listing = append([]byte(nil), r.Listing...)
	return c
}
