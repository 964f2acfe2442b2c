package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

const (
	selectMoveRow = "SELECT id, " + moveRowColumns + " FROM move_rows WHERE move_id = ?"

	// defaultRows is how many rows a page has whose limit is 0.
	defaultRows = 1000
)

// The verdicts on a row.
const (
	notCompared = iota
	foundAlike
	foundDifferent
)

// Rows returns the rows that match, in order of ID or of SourceID.
func (m *Moves) Rows(ctx context.Context, f migrate.Filter) (found []migrate.Row, err error) {
	order := "id"
	if f.BySource {
		order = "source_id"
		if f.Kind == "" {
			return nil, api.Errorf(api.Invalid, "Rows of all kinds have no order of the source.")
		}
	}
	query, args := selectMoveRow+" AND "+order+" > ?", []any{f.Move, f.After}
	if f.Kind != "" {
		query, args = query+" AND kind = ?", append(args, string(f.Kind))
	}
	if f.Status != "" {
		query, args = query+" AND status = ?", append(args, string(f.Status))
	}
	if f.Different {
		query, args = query+" AND verdict = ?", append(args, foundDifferent)
	}
	if f.Limit <= 0 {
		f.Limit = defaultRows
	}
	rows, err := m.s.pools.lists.QueryContext(ctx, query+" ORDER BY "+order+" LIMIT ?", append(args, f.Limit)...)
	if err == nil {
		err = scanRows(rows, func(r row) error {
			found = append(found, migrate.Row{})
			return scanMoveRow(r, &found[len(found)-1])
		})
	}
	if err != nil {
		return nil, codedError("reading rows of a move", err)
	}
	return found, nil
}

// RowsBySource returns the rows of a kind with the ids at the source.
func (m *Moves) RowsBySource(ctx context.Context, move int64, kind adapters.Kind, ids []int64) ([]migrate.Row, error) {
	return m.rowsBy(ctx, rowsBySource, move, kind, ids)
}

// RowsByTarget returns the rows of a kind with the ids at the target.
func (m *Moves) RowsByTarget(ctx context.Context, move int64, kind adapters.Kind, ids []int64) ([]migrate.Row, error) {
	return m.rowsBy(ctx, rowsByTarget, move, kind, ids)
}

func (m *Moves) rowsBy(ctx context.Context, st *rowsByID, move int64, kind adapters.Kind, ids []int64) (found []migrate.Row, err error) {
	lists := m.s.pools.lists
	err = st.each(lists.dialect, move, kind, ids, func(text string, args []any) (resultRows, error) {
		return lists.QueryContext(ctx, text, args...)
	}, func(r *migrate.Row) { found = append(found, *r) })
	if err != nil {
		return nil, codedError("reading rows of a move", err)
	}
	return found, nil
}

// knownRows returns those of the listed rows that are there.
func (m *Moves) knownRows(ctx context.Context, listed []migrate.Row) (map[moveRowKey]*migrate.Row, error) {
	wanted := map[moveRowKey][]int64{}
	for i := range listed {
		of := keyOf(&listed[i])
		of.id = 0
		wanted[of] = append(wanted[of], listed[i].SourceID)
	}
	known := make(map[moveRowKey]*migrate.Row, len(listed))
	for of, ids := range wanted {
		rows, err := m.rowsBy(ctx, rowsBySource, of.move, of.kind, ids)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			known[keyOf(&rows[i])] = &rows[i]
		}
	}
	return known, nil
}

// CountRows counts the rows of a move.
func (m *Moves) CountRows(ctx context.Context, move int64) (counts []migrate.Count, err error) {
	rows, err := m.s.pools.lists.QueryContext(ctx, `SELECT kind, status, COUNT(*), COUNT(CASE WHEN verdict = 1 THEN 1 END),
		COUNT(CASE WHEN verdict = 2 THEN 1 END) FROM move_rows WHERE move_id = ? GROUP BY kind, status`, move)
	if err == nil {
		err = scanRows(rows, func(r row) error {
			var c migrate.Count
			err := r.Scan(&c.Kind, &c.Status, &c.Rows, &c.Same, &c.Different)
			counts = append(counts, c)
			return err
		})
	}
	if err != nil {
		return nil, codedError("counting rows of a move", err)
	}
	return counts, nil
}

// moveRowKey is what a row is the same by as another one: its id at the source,
// or at the target where it has none there.
type moveRowKey struct {
	move     int64
	kind     adapters.Kind
	atSource bool
	id       int64
}

func keyOf(r *migrate.Row) moveRowKey {
	if r.SourceID == 0 {
		return moveRowKey{r.Move, r.Kind, false, r.TargetID}
	}
	return moveRowKey{r.Move, r.Kind, true, r.SourceID}
}

// rowsByID finds rows of a move and kind by ids.
type rowsByID struct {
	texts [len(rowSizes)]string
}

var (
	rowsBySource = newRowsByID("source_id")
	rowsByTarget = newRowsByID("target_id")
)

func newRowsByID(column string) *rowsByID {
	st := new(rowsByID)
	for i, size := range rowSizes {
		st.texts[i] = selectMoveRow + " AND kind = ? AND " + column + " IN (?" + strings.Repeat(", ?", size-1) + ")"
	}
	return st
}

// each calls found with the rows that have one of the ids.
func (st *rowsByID) each(d *dialect, move int64, kind adapters.Kind, ids []int64,
	query func(text string, args []any) (resultRows, error), found func(r *migrate.Row),
) error {
	for ids = ascending(ids); len(ids) > 0; {
		which := len(rowSizes) - 1
		for which > 0 && rowSizes[which] < len(ids) && (d.numbered || rowSizes[which] < maxSQLiteRows) {
			which--
		}
		args := []any{move, string(kind)}
		// What is left over asks for its last one again.
		n := min(rowSizes[which], len(ids))
		for i := range rowSizes[which] {
			args = append(args, ids[min(i, n-1)])
		}
		ids = ids[n:]
		rows, err := query(st.texts[which], args)
		if err == nil {
			err = scanRows(rows, func(src row) error {
				var r migrate.Row
				err := scanMoveRow(src, &r)
				if err == nil {
					found(&r)
				}
				return err
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rowArgs returns a row as it is kept, in the order of moveRowColumns from its
// ids on. It shares no memory with it.
func rowArgs(r *migrate.Row) []any {
	different, verdict := "", notCompared
	if !r.Compared.IsZero() {
		verdict = foundAlike
	}
	if len(r.Different) > 0 {
		names := slices.Clone(r.Different)
		for i, name := range names {
			names[i] = plainText(name)
		}
		// Strings can always be encoded.
		text, _ := json.Marshal(names)
		different = string(text)
		if verdict == foundAlike {
			verdict = foundDifferent
		}
	}
	status := r.Status
	if status == "" {
		status = migrate.Listed
	}
	return []any{
		idArg(r.SourceID), idArg(r.TargetID), r.AtTarget, plainText(r.ShortURL), string(status), plainText(r.Error), r.Attempts,
		different, moment(r.Compared), verdict, hex.EncodeToString(r.Listing),
	}
}

// idArg is an id as it is kept: NULL for none.
func idArg(id int64) sql.NullInt64 { return sql.NullInt64{Int64: id, Valid: id != 0} }

func scanMoveRow(src row, r *migrate.Row) error {
	var source, target sql.NullInt64
	var different, listing string
	var verdict int
	err := src.Scan(&r.ID, &r.Move, &r.Kind, &source, &target, &r.AtTarget, &r.ShortURL, &r.Status, &r.Error, &r.Attempts,
		&different, momentScanner{&r.Compared}, &verdict, &listing)
	if err != nil {
		return err
	}
	r.SourceID, r.TargetID = source.Int64, target.Int64
	if different != "" {
		if err := json.Unmarshal([]byte(different), &r.Different); err != nil {
			return fmt.Errorf("the fields of row %d: %w", r.ID, err)
		}
	}
	if listing != "" {
		if r.Listing, err = hex.DecodeString(listing); err != nil {
			return fmt.Errorf("the hash of row %d: %w", r.ID, err)
		}
	}
	return nil
}
