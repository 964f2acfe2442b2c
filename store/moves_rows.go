package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"maps"
	"slices"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

const moveRowColumns = `move_id, kind, source_id, target_id, at_target, short_url, status, error, attempts, different,
	compared, verdict, listing`

var (
	addListedRows = newRowStatement("INSERT INTO move_rows ("+moveRowColumns+") VALUES ", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		" ON CONFLICT (move_id, kind, source_id) DO NOTHING")

	addMoveRows = newRowStatement("INSERT INTO move_rows ("+moveRowColumns+") VALUES ", "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		" RETURNING id, "+moveRowColumns)

	// A row keeps its move and kind.
	updateMoveRows = newRowStatement(`UPDATE move_rows SET source_id = v.column2, target_id = v.column3, at_target = v.column4,
		short_url = v.column5, status = v.column6, error = v.column7, attempts = v.column8, different = v.column9,
		compared = v.column10, verdict = v.column11, listing = v.column12 FROM (VALUES `,
		`(CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BOOLEAN), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT),
		CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT))`,
		") AS v WHERE move_rows.id = v.column1")

	// Whether a row is listed again is decided here: others may have written it
	// since it was read.
	relistMoveRows = newRowStatement(`UPDATE move_rows SET short_url = v.column2, listing = v.column3,
		status = CASE WHEN `+becomesListed+` THEN 'listed' ELSE status END, error = CASE WHEN `+becomesListed+` THEN '' ELSE error END,
		attempts = CASE WHEN `+becomesListed+` THEN 0 ELSE attempts END FROM (VALUES `,
		"(CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT))", ") AS v WHERE move_rows.id = v.column1")
)

const becomesListed = "(status = 'deleted' OR (status IN ('copied', 'skipped') AND listing <> v.column3))"

// AddRows adds those rows whose SourceID is not known, and updates what the
// source's list says of the others. It returns how many were added, and of how
// many that has changed.
func (m *Moves) AddRows(ctx context.Context, rows []migrate.Row) (added, changed int, err error) {
	rows, err = listedOnce(rows)
	if err != nil {
		return 0, 0, err
	}
	// Most rows of a list are known and as they were, and no write.
	known, err := m.knownRows(ctx, rows)
	if err != nil {
		return 0, 0, codedError("reading rows of a move", err)
	}
	var adding, relisting []any
	moves := map[int64]bool{}
	for i := range rows {
		r := &rows[i]
		if k, ok := known[keyOf(r)]; ok {
			args, differs := relistArgs(k, r)
			relisting = append(relisting, args...)
			if differs {
				changed++
			}
			continue
		}
		moves[r.Move] = true
		adding = append(append(adding, r.Move, string(r.Kind)), rowArgs(r)...)
	}
	if len(adding)+len(relisting) == 0 {
		return 0, 0, nil
	}
	err = m.s.writer.do(ctx, func(tx *session) error {
		if err := movesExist(tx, moves); err != nil {
			return err
		}
		n, err := addListedRows.exec(tx, adding)
		added = int(n)
		if err == nil {
			_, err = relistMoveRows.exec(tx, relisting)
		}
		return err
	})
	if err != nil {
		return 0, 0, rowsError(err)
	}
	m.grown(ctx, added)
	return added, changed, nil
}

// listedOnce returns the rows without those that a later one is the same as.
func listedOnce(rows []migrate.Row) ([]migrate.Row, error) {
	last := make(map[moveRowKey]int, len(rows))
	for i := range rows {
		if rows[i].SourceID == 0 {
			return nil, api.Errorf(api.Invalid, "A listed row has no id of the source.")
		}
		last[keyOf(&rows[i])] = i
	}
	once := make([]migrate.Row, 0, len(last))
	for i := range rows {
		if last[keyOf(&rows[i])] == i {
			once = append(once, rows[i])
		}
	}
	return once, nil
}

// relistArgs returns what becomes of a known row that is listed again, nil for
// nothing, and whether the source says another thing of it.
func relistArgs(known *migrate.Row, listed *migrate.Row) (args []any, changed bool) {
	short, listing := known.ShortURL, known.Listing
	if listed.ShortURL != "" {
		short = plainText(listed.ShortURL)
	}
	if len(listed.Listing) > 0 {
		listing = listed.Listing
	}
	changed = !bytes.Equal(listing, known.Listing) || known.Status == migrate.Deleted
	if !changed && short == known.ShortURL {
		return nil, false
	}
	return []any{known.ID, short, hex.EncodeToString(listing)}, changed
}

// SaveRows writes rows back by ID. Those without one are added, or replace what
// is the same object, and get one.
func (m *Moves) SaveRows(ctx context.Context, rows []migrate.Row) error {
	if len(rows) == 0 {
		return nil
	}
	for i := range rows {
		if rows[i].SourceID == 0 && rows[i].TargetID == 0 {
			return api.Errorf(api.Invalid, "A row has neither an id of the source nor of the target.")
		}
	}
	// The writer may go on with them after the caller has gone.
	kept := slices.Clone(rows)
	for i := range kept {
		kept[i].Different, kept[i].Listing = slices.Clone(kept[i].Different), bytes.Clone(kept[i].Listing)
	}
	var ids []int64
	save := func(tx *session) (err error) {
		ids, err = saveMoveRows(tx, kept)
		return err
	}
	err := m.s.writer.do(ctx, save)
	for attempt := 1; isDuplicate(err) && attempt < maxAttempts; attempt++ {
		// Another process may have added some that were looked for a moment before,
		// and a third one others since.
		err = m.s.writer.do(ctx, save)
	}
	if err != nil {
		return rowsError(err)
	}
	added := 0
	for i := range rows {
		if rows[i].ID == 0 {
			added++
		}
		rows[i].ID = ids[i]
	}
	m.grown(ctx, added)
	return nil
}

// firstCount is how many rows are added before they are counted first, and
// countFactor how many times as many before each next time.
const (
	firstCount  = 1000
	countFactor = 4
)

// grown has the rows counted once there are many more of them. PostgreSQL does so
// by itself after a minute or more; until then it plans for an empty table, and
// reads all rows for each batch.
func (m *Moves) grown(ctx context.Context, added int) {
	analyze := m.s.pools.dialect.analyze
	if added == 0 || analyze == "" {
		return
	}
	after := m.s.moveRows.Add(int64(added))
	before := after - int64(added)
	count := int64(firstCount)
	for count <= before {
		count *= countFactor
	}
	if count > after {
		return
	}
	// Only time is lost without it.
	if _, err := m.s.pools.write.db.ExecContext(ctx, analyze+"move_rows"); err != nil {
		m.s.logger.Debug("counting the rows of moves", zap.Error(err))
	}
}

// saveMoveRows returns the ids of the rows.
func saveMoveRows(tx *session, rows []migrate.Row) ([]int64, error) {
	ids, err := sameObjects(tx, rows)
	if err != nil {
		return nil, err
	}
	updated, added := map[int64]*migrate.Row{}, map[moveRowKey]*migrate.Row{}
	moves := map[int64]bool{}
	for i := range rows {
		// Of those that are the same the last counts.
		if ids[i] != 0 {
			updated[ids[i]] = &rows[i]
		} else {
			added[keyOf(&rows[i])] = &rows[i]
			moves[rows[i].Move] = true
		}
	}
	if err := movesExist(tx, moves); err != nil {
		return nil, err
	}
	if err := updateRows(tx, updated); err != nil {
		return nil, err
	}
	var args []any
	for i := range rows {
		if r := &rows[i]; added[keyOf(r)] == r {
			args = append(append(args, r.Move, string(r.Kind)), rowArgs(r)...)
		}
	}
	numbers := make(map[moveRowKey]int64, len(added))
	err = addMoveRows.query(tx, args, func(r row) error {
		var added migrate.Row
		err := scanMoveRow(r, &added)
		numbers[keyOf(&added)] = added.ID
		return err
	})
	for i := range rows {
		if ids[i] == 0 {
			ids[i] = numbers[keyOf(&rows[i])]
		}
	}
	return ids, err
}

// sameObjects returns the ids of the rows that the rows are written over, 0 for
// none.
func sameObjects(tx *session, rows []migrate.Row) ([]int64, error) {
	ids := make([]int64, len(rows))
	wanted := map[moveRowKey][]int64{}
	for i := range rows {
		if ids[i] = rows[i].ID; ids[i] == 0 {
			of := keyOf(&rows[i])
			id := of.id
			of.id = 0
			wanted[of] = append(wanted[of], id)
		}
	}
	same := map[moveRowKey]int64{}
	for of, objects := range wanted {
		st := rowsByTarget
		if of.atSource {
			st = rowsBySource
		}
		err := st.each(tx.dialect, of.move, of.kind, objects, func(text string, args []any) (resultRows, error) {
			return tx.query(text, args...)
		}, func(r *migrate.Row) { same[keyOf(r)] = r.ID })
		if err != nil {
			return nil, err
		}
	}
	for i := range rows {
		if ids[i] == 0 {
			ids[i] = same[keyOf(&rows[i])]
		}
	}
	return ids, nil
}

func updateRows(tx *session, updated map[int64]*migrate.Row) error {
	var args []any
	// Two that write the same rows meet in the same order.
	for _, id := range slices.Sorted(maps.Keys(updated)) {
		args = append(append(args, id), rowArgs(updated[id])...)
	}
	n, err := updateMoveRows.exec(tx, args)
	if err == nil && n != int64(len(updated)) {
		return api.Errorf(api.NotFound, "Row not found.")
	}
	return err
}

func movesExist(tx *session, moves map[int64]bool) error {
	for _, id := range slices.Sorted(maps.Keys(moves)) {
		if err := moveExists(tx, id); err != nil {
			return err
		}
	}
	return nil
}

func rowsError(err error) error {
	if isDuplicate(err) {
		return api.Errorf(api.Conflict, "Another row of the move has that id.")
	}
	return codedError("writing rows of a move", err)
}
