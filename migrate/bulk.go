package migrate

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// inBulk reports whether all objects are carried many at a time: for the first
// time, and where both sides can.
func (c *copying) inBulk() bool {
	_, exports := c.Source.Backend.(adapters.Exporter)
	_, imports := c.Target.Backend.(adapters.Importer)
	return exports && imports && c.Move.Listed.IsZero()
}

// bulk carries all objects in the order of their ids, from where an earlier run
// has ended.
func (c *copying) bulk(ctx context.Context) error {
	began := c.now()
	total := 0
	for _, kind := range adapters.Kinds {
		total += c.Source.total(ctx, kind)
	}
	c.meter.total(total)
	for _, kind := range adapters.Kinds {
		c.meter.of(kind)
		if err := c.bulkKind(ctx, kind); err != nil {
			return err
		}
	}
	c.meter.of("")
	c.Move.Listed = began
	if err := c.Store.SaveProgress(ctx, c.Move); err != nil {
		return fmt.Errorf("saving progress: %w", err)
	}
	return nil
}

// exported is a batch on its way. Whoever gets it makes its records those of the
// target, so that it says itself which id was the last.
type exported struct {
	records []adapters.Record
	last    int64
	err     error
}

// bulkKind carries all objects of one kind. While one batch is written, the next
// is read.
func (c *copying) bulkKind(ctx context.Context, kind adapters.Kind) error {
	ctx, stop := context.WithCancel(ctx)
	batches := make(chan exported)
	defer func() {
		stop()
		for range batches { // The reader ends with the context.
		}
	}()
	go c.export(ctx, kind, c.Move.Cursors[kind], batches)
	keys, err := c.keysOf(ctx, kind)
	if err != nil {
		return err
	}
	for b := range batches {
		if b.err != nil {
			return fmt.Errorf("reading objects: %w", b.err)
		}
		if err := c.bulkBatch(ctx, kind, b.records, keys); err != nil {
			return err
		}
		cursors := maps.Clone(c.Move.Cursors)
		if cursors == nil {
			cursors = map[adapters.Kind]int64{}
		}
		cursors[kind] = b.last
		c.Move.Cursors = cursors
		if err := c.Store.SaveProgress(ctx, c.Move); err != nil {
			return fmt.Errorf("saving progress: %w", err)
		}
	}
	return ctx.Err()
}

// export reads batches until there are no more, and then closes the channel.
func (c *copying) export(ctx context.Context, kind adapters.Kind, after int64, batches chan<- exported) {
	defer close(batches)
	source, _ := c.Source.Backend.(adapters.Exporter)
	ask := c.patient(false)
	for {
		var b exported
		b.err = ask(ctx, func(ctx context.Context) (err error) {
			b.records, err = source.Export(ctx, c.Source.Account, kind, after, batch)
			return err
		})
		if b.err == nil && len(b.records) == 0 {
			return
		}
		more := b.err == nil && len(b.records) == batch
		if len(b.records) > 0 {
			b.last = b.records[len(b.records)-1].ID
		}
		select {
		case batches <- b:
		case <-ctx.Done():
			return
		}
		if after = b.last; !more {
			return
		}
	}
}

// keysOf returns the ids of the target's objects by their natural keys: to ask for
// each would take a list for each. Links are found by whoever takes them.
func (c *copying) keysOf(ctx context.Context, kind adapters.Kind) (map[string][]int64, error) {
	keys := map[string][]int64{}
	if kind == adapters.KindLink || kind == adapters.KindQR {
		return keys, nil
	}
	for number := 0; ; {
		var page *Page
		err := c.patient(true)(ctx, func(ctx context.Context) (err error) {
			page, err = c.Target.List(ctx, kind, number)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("listing the target: %w", err)
		}
		for i := range page.Records {
			r := &page.Records[i]
			if key := naturalKey(r); key != "" {
				keys[key] = append(keys[key], r.ID)
			}
		}
		if number = page.Next; number == 0 {
			return keys, nil
		}
	}
}

// bulkBatch carries a batch of one kind, and saves their rows.
func (c *copying) bulkBatch(ctx context.Context, kind adapters.Kind, records []adapters.Record, keys map[string][]int64) error {
	b := &bulkWriter{copying: c, kind: kind, rows: make([]*Row, len(records)), lost: make([][]string, len(records))}
	before, err := b.met(ctx, records)
	if err != nil {
		return err
	}
	for i := range records {
		if err := b.prepare(ctx, before, records, i); err != nil {
			return err
		}
	}
	w := c.writer(task{kind: kind, toTarget: true}, &Row{})
	w.keys = keys
	results := w.put(ctx, records)
	if err := b.reclaim(ctx, results); err != nil {
		return err
	}
	now, err := b.met(ctx, records)
	if err != nil {
		return err
	}
	return b.save(ctx, before, now, records, results)
}

// bulkWriter is the work on one batch.
type bulkWriter struct {
	*copying
	kind adapters.Kind
	rows []*Row
	lost [][]string
	ids  []int64 // at the source
}

// met returns the rows that there are of a batch, by their source ids.
func (b *bulkWriter) met(ctx context.Context, records []adapters.Record) (map[int64]Row, error) {
	if b.ids == nil {
		for i := range records {
			b.ids = append(b.ids, records[i].ID)
		}
	}
	rows, err := b.Store.RowsBySource(ctx, b.Move.ID, b.kind, b.ids)
	if err != nil {
		return nil, fmt.Errorf("reading rows: %w", err)
	}
	known := make(map[int64]Row, len(rows))
	for i := range rows {
		known[rows[i].SourceID] = rows[i]
	}
	return known, nil
}

// prepare makes a record one of the target.
func (b *bulkWriter) prepare(ctx context.Context, known map[int64]Row, records []adapters.Record, i int) error {
	r := &records[i]
	row, ok := known[r.ID]
	if !ok {
		row = *b.newRow(task{b.kind, r.ID, true})
	}
	row.ShortURL, row.Listing = r.ShortURL, Listing(r)
	b.rows[i] = &row
	r.ID = row.TargetID
	var err error
	b.lost[i], err = b.copying.translate(ctx, r, true)
	return err
}

// reclaim refuses what the target has given for an object of another row.
func (b *bulkWriter) reclaim(ctx context.Context, results []Result) error {
	var ids []int64
	for i := range results {
		if results[i].Err == nil && results[i].Existing && results[i].ID != b.rows[i].TargetID {
			ids = append(ids, results[i].ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := b.Store.RowsByTarget(ctx, b.Move.ID, b.kind, ids)
	if err != nil {
		return fmt.Errorf("reading rows: %w", err)
	}
	taken := map[int64]int64{} // row by target id
	for i := range rows {
		taken[rows[i].TargetID] = rows[i].ID
	}
	given := map[int64]bool{}
	for i := range results {
		res := &results[i]
		if res.Err != nil {
			continue
		}
		if row, ok := taken[res.ID]; ok && row != b.rows[i].ID || given[res.ID] {
			res.Err = api.Errorf(api.Conflict, "The backend %q has another object there.", b.Target.Name)
			continue
		}
		given[res.ID] = true
	}
	return nil
}

// save writes down what came of a batch. What somebody else has carried in
// between is carried again.
func (b *bulkWriter) save(ctx context.Context, before, now map[int64]Row, records []adapters.Record, results []Result) error {
	rows := make([]Row, 0, len(results))
	var again []int64
	counts := map[Status]int{}
	for i := range results {
		row, res := b.rows[i], &results[i]
		was, is := before[row.SourceID], now[row.SourceID]
		if overtaken(&was, &is) {
			again = append(again, row.SourceID)
			continue
		}
		switch {
		case res.Err == nil:
			row.TargetID = res.ID
			b.succeeded(row, &records[i], res, b.lost[i])
		case isLasting(ctx, res.Err):
			b.refused(row, "", res.Err)
		default:
			return fmt.Errorf("writing objects: %w", res.Err)
		}
		row.ID = is.ID
		counts[row.Status]++
		rows = append(rows, *row)
	}
	if err := b.Store.SaveRows(ctx, rows); err != nil {
		return fmt.Errorf("saving rows: %w", err)
	}
	for _, status := range slices.Sorted(maps.Keys(counts)) {
		b.did(status, counts[status])
	}
	for _, id := range again {
		if err := b.one(ctx, &Row{Move: b.Move.ID, Kind: b.kind, SourceID: id}); err != nil {
			return err
		}
	}
	return nil
}
