package main

import (
	"context"
	"fmt"
	"time"
)

// perLink is the memory of Linkquay after each link was visited once, over that
// of the idle process, in bytes per link.
type perLink struct {
	// Heap is what Go holds after garbage was collected.
	Heap float64 `json:"heap_bytes"`

	// Resident is the whole process', garbage and the database's cache included.
	Resident float64 `json:"resident_bytes"`
}

const (
	// everyLinkTimeout bounds the visits of every link.
	everyLinkTimeout = 10 * time.Minute

	// settling is how long memory may take to be given back.
	settling = 3 * time.Second
)

// visitEveryLink visits each link once.
func (st *stand) visitEveryLink(ctx context.Context) (*perLink, error) {
	before, err := st.footprint(ctx)
	if err != nil {
		return nil, err
	}
	l := st.scenario.links
	everyLink := visits{address: st.at.linkquay, links: l}.once(st.clients())
	sample, err := st.load(ctx, &st.linkquay, everyLink, everyLinkTimeout)
	if err != nil {
		return nil, err
	}
	if sample.requests != l.count {
		return nil, fmt.Errorf("%d of %d links were visited in %v", sample.requests, l.count, everyLinkTimeout)
	}
	after, err := st.footprint(ctx)
	if err != nil {
		return nil, err
	}
	n := float64(l.count)
	p := &perLink{Heap: (after.heap - before.heap) / n, Resident: (after.resident - before.resident) / n}
	st.bench.say("  every link visited in %.0f s: %.0f bytes of heap and %.0f of resident memory for each", sample.elapsed.Seconds(), p.Heap, p.Resident)
	return p, nil
}

// footprint is a process' memory in bytes.
type footprint struct{ heap, resident float64 }

// footprint returns Linkquay's once garbage was collected.
func (st *stand) footprint(ctx context.Context) (f footprint, err error) {
	// What a pool holds survives the first collection.
	for range 2 {
		if err := st.collectGarbage(ctx); err != nil {
			return f, err
		}
	}
	select {
	case <-ctx.Done():
		return f, context.Cause(ctx)
	case <-time.After(settling):
	}
	if err := st.collectGarbage(ctx); err != nil {
		return f, err
	}
	now, err := st.samples(ctx)
	if err != nil {
		return f, err
	}
	rss, _, err := memory(st.linkquay.process.pid)
	return footprint{heap: now["go_memstats_heap_inuse_bytes"], resident: float64(rss) * 1024}, err
}

// counted is what became of the visits of a scenario.
type counted struct {
	// Answered visits were led to a destination.
	Answered int64 `json:"answered"`

	// Counted ones are in the database; Waiting is how many of them were not
	// yet added up at the end.
	Counted int64 `json:"counted"`
	Waiting int64 `json:"waiting"`

	// Dropped is how many Linkquay says that it did not count.
	Dropped int64 `json:"dropped"`
}

// countVisits ends Linkquay and compares what was answered with what the
// database holds.
func (st *stand) countVisits(ctx context.Context) (*counted, error) {
	if err := st.stopLinkquay(ctx); err != nil {
		return nil, err
	}
	t, err := st.database.tally(ctx)
	if err != nil {
		return nil, fmt.Errorf("counting visits: %w", err)
	}
	return &counted{Answered: st.linkquay.answered, Counted: t.clicks + t.waiting, Waiting: t.waiting, Dropped: st.dropped}, nil
}
