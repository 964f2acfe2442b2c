package migrate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/linkquay/linkquay/adapters"
)

// defaultWorkers is how many objects are carried at a time.
const defaultWorkers = 4

// CopyOptions say how to copy.
type CopyOptions struct {
	// Retry carries the rows that failed before, beside those that are new.
	Retry bool

	// Workers is how many objects are carried at a time; 0 means 4. The rate of
	// each side holds for all of them.
	Workers int

	// Progress is told how far it is, some times a second, by one goroutine at a
	// time; nil means that nobody is.
	Progress func(Progress)
}

// Summary is what came of a copy.
type Summary struct {
	// Added, Changed and Vanished are what listing the source has found.
	Added    int `json:"added"`
	Changed  int `json:"changed"`
	Vanished int `json:"vanished"`

	// Copied, Failed, Skipped and Deleted are what became of the objects that
	// were carried in this run.
	Copied  int `json:"copied"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
	Deleted int `json:"deleted"`

	// Counts are all rows of the move as they are now.
	Counts []Count `json:"counts"`
}

// Copy lists the source and carries what is not at the target yet. It goes on
// where an earlier one ended, however that ended, and makes nothing twice. Its
// error says why it could not go on; what single objects fail for is in their
// rows. The summary is there with an error, too.
func (m *Mover) Copy(ctx context.Context, o CopyOptions) (*Summary, error) {
	c := &copying{
		carrier: carrier{Mover: m, listed: true, known: &known{}},
		options: o,
		summary: &Summary{},
		meter:   newMeter(StepCopying, o.Progress, m.now),
	}
	if c.options.Workers <= 0 {
		c.options.Workers = defaultWorkers
	}
	err := c.run(ctx)
	c.meter.end()
	if counts, countErr := m.Store.CountRows(context.WithoutCancel(ctx), m.Move.ID); countErr == nil {
		c.summary.Counts = counts
	} else if err == nil {
		err = fmt.Errorf("counting rows: %w", countErr)
	}
	return c.summary, err
}

// copying is one run of Copy.
type copying struct {
	carrier
	options CopyOptions
	meter   *meter

	mu      sync.Mutex
	summary *Summary
	repairs []adapters.Kind // what links can refer to now and could not before
}

func (c *copying) run(ctx context.Context) (err error) {
	if c.inBulk() {
		if err := c.bulk(ctx); err != nil {
			return err
		}
	} else {
		s := c.summary
		s.Added, s.Changed, s.Vanished, err = c.list(ctx, c.meter.pass)
		if err != nil {
			return err
		}
	}
	if err := c.count(ctx); err != nil {
		return err
	}
	for _, kind := range adapters.Kinds {
		// Lists show what is new first, at both sides: so it is made last.
		filter := Filter{Move: c.Move.ID, Kind: kind, Status: Failed, BySource: true}
		if c.options.Retry {
			if err := c.pass(ctx, filter, nil); err != nil {
				return err
			}
		}
		filter.Status = Listed
		if err := c.pass(ctx, filter, nil); err != nil {
			return err
		}
		if c.options.Retry {
			// What was made at the target has no id of the source, until it is there.
			filter = Filter{Move: c.Move.ID, Kind: kind, Status: Failed}
			if err := c.pass(ctx, filter, func(r *Row) bool { return r.SourceID == 0 }); err != nil {
				return err
			}
		}
		if kind == adapters.KindLink && len(c.repairs) > 0 {
			filter = Filter{Move: c.Move.ID, Kind: kind, Status: Copied, Different: true}
			if err := c.pass(ctx, filter, c.repaired); err != nil {
				return err
			}
		}
	}
	return nil
}

// count tells the meter how much there is to do.
func (c *copying) count(ctx context.Context) error {
	counts, err := c.Store.CountRows(ctx, c.Move.ID)
	if err != nil {
		return fmt.Errorf("counting rows: %w", err)
	}
	total := 0
	for _, n := range counts {
		if n.Status == Listed || c.options.Retry && n.Status == Failed {
			total += n.Rows
		}
	}
	c.meter.total(total)
	return nil
}

// referring are the fields of links that name objects of a kind.
var referring = map[adapters.Kind]string{
	adapters.KindPixel: "pixels", adapters.KindSplash: "type", adapters.KindOverlay: "type",
	adapters.KindCampaign: "campaign", adapters.KindChannel: fieldChannel,
}

// repaired reports whether a link may get back what it has lost, since what it
// referred to is there by now.
func (c *copying) repaired(r *Row) bool {
	return slices.ContainsFunc(c.repairs, func(kind adapters.Kind) bool { return slices.Contains(r.Different, referring[kind]) })
}

// pass carries the rows that match, some at a time; those that choose, where it
// is not nil, does not choose stay as they are. It ends with the first error that
// is not about one row alone.
func (c *copying) pass(ctx context.Context, filter Filter, choose func(*Row) bool) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	queue := make(chan Row)
	var workers sync.WaitGroup
	for range c.options.Workers {
		workers.Go(func() {
			for row := range queue {
				if err := c.one(ctx, &row); err != nil {
					stop(err)
					return
				}
			}
		})
	}
	err := c.feed(ctx, filter, choose, queue)
	close(queue)
	workers.Wait()
	if cause := context.Cause(ctx); cause != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return cause
	}
	return err
}

func (c *copying) feed(ctx context.Context, filter Filter, choose func(*Row) bool, queue chan<- Row) error {
	filter.Limit = batch
	if filter.BySource {
		filter.After = math.MinInt64
	}
	for {
		rows, err := c.Store.Rows(ctx, filter)
		if err != nil {
			return fmt.Errorf("reading rows: %w", err)
		}
		for i := range rows {
			if choose != nil && !choose(&rows[i]) {
				continue
			}
			select {
			case queue <- rows[i]:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if len(rows) < filter.Limit {
			return nil
		}
		if filter.After = rows[len(rows)-1].ID; filter.BySource {
			filter.After = rows[len(rows)-1].SourceID
		}
	}
}

// one carries the object of a row.
func (c *copying) one(ctx context.Context, row *Row) error {
	t := task{row.Kind, row.SourceID, true}
	if row.SourceID == 0 {
		// It was made at the target: what cannot be moved is on the way back.
		t = task{row.Kind, row.TargetID, false}
	}
	carried, err := c.carry(ctx, t, nil)
	if err != nil && isStuck(err) && ctx.Err() == nil {
		c.refused(row, "", err)
		rows := []Row{*row}
		err = c.Store.SaveRows(ctx, rows)
		carried = &rows[0]
	}
	if err != nil {
		return err
	}
	if carried.Status == Copied && row.TargetID == 0 {
		c.repair(row)
	}
	c.did(carried.Status, 1)
	return nil
}

// repair notes that links can refer to a row that had failed.
func (c *copying) repair(row *Row) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if row.Status == Failed && referring[row.Kind] != "" && !slices.Contains(c.repairs, row.Kind) {
		c.repairs = append(c.repairs, row.Kind)
	}
}

// did counts rows that were carried.
func (c *copying) did(status Status, n int) {
	c.mu.Lock()
	failed := 0
	switch status {
	case Copied:
		c.summary.Copied += n
	case Failed:
		c.summary.Failed += n
		failed = n
	case Skipped:
		c.summary.Skipped += n
	case Deleted:
		c.summary.Deleted += n
	}
	c.mu.Unlock()
	c.meter.add(n, failed)
}
