package clicks

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/poll"
)

const (
	maxUserAgent = 512
	maxReferer   = 512
	maxLanguage  = 64
	maxDomain    = 253
	maxPath      = 255

	// batchesPerWrite bounds one write of the store, so that no other waits for
	// long.
	batchesPerWrite = 32
)

// Options are the settings of a Recorder. The zero value is good.
type Options struct {
	// FlushEvery is how long a visit waits in memory at most, which is what a
	// killed process loses; 0 means 100 ms.
	FlushEvery time.Duration

	// MaxQueued bounds the visits of one flush; 0 means 131,072. A visit takes
	// some 150 bytes and keeps its headers alive.
	MaxQueued int

	// MaxKept bounds the visits that wait because the store fails; 0 means
	// 1,048,576. They are compact: some 20 bytes each.
	MaxKept int

	// Country returns the ISO 3166 code of an address' country, empty where it
	// is unknown. One goroutine calls it; nil means that no country is known.
	Country func(netip.Addr) string

	// Now is the clock for visits without a moment; nil means time.Now.
	Now func() time.Time

	// Logger is told when the store stops to take visits and when it takes them
	// again; nil discards it.
	Logger *zap.Logger

	// OnDrop gets the number of visits that were dropped since its last call.
	// Several goroutines may call it; nil means nobody counts.
	OnDrop func(visits int64)
}

// Recorder gathers visits and keeps them in the store. It is safe for
// concurrent use. Close ends it.
type Recorder struct {
	store Store
	o     Options
	loop  *poll.Loop

	queue   *queue
	dropped atomic.Int64

	// The rest belongs to whoever flushes: the goroutine, then Close.

	classifier *classifier
	// raw is what could not be classified yet.
	raw []Visit
	// encoder, pending and kept are what the store has not taken yet, kept
	// being its number of visits.
	encoder encoder
	pending []Batch
	kept    int
	outage  poll.Outage

	close    sync.Once
	closeErr error
}

// NewRecorder returns a recorder and starts its goroutine, which ends with
// Close; the context passes on its values only.
func NewRecorder(ctx context.Context, store Store, o Options) *Recorder {
	if o.FlushEvery <= 0 {
		o.FlushEvery = 100 * time.Millisecond
	}
	if o.MaxQueued <= 0 {
		o.MaxQueued = 1 << 17
	}
	if o.MaxKept <= 0 {
		o.MaxKept = 1 << 20
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	r := &Recorder{
		store: store, o: o,
		queue: newQueue(o.MaxQueued), classifier: newClassifier(store, o.Country),
		outage: poll.Outage{
			Logger: o.Logger, Fails: "keeping visits; they wait in memory and are tried again", Works: "visits are kept again",
		},
	}
	r.loop = poll.Start(context.WithoutCancel(ctx), o.FlushEvery, func(ctx context.Context) { r.outage.Note(ctx, r.flush(ctx)) })
	return r
}

// Visit counts one visit. It takes some fifty nanoseconds and never waits for
// the store. After Close, and where MaxQueued is reached, the visit is dropped,
// and counted as such.
func (r *Recorder) Visit(v Visit) {
	if v.At.IsZero() {
		v.At = r.o.Now()
	}
	v.UserAgent = cut(v.UserAgent, maxUserAgent)
	v.Referer = cut(v.Referer, maxReferer)
	v.AcceptLanguage = cut(v.AcceptLanguage, maxLanguage)
	v.Domain = cut(v.Domain, maxDomain)
	if v.LinkID != 0 {
		v.Path = ""
	} else {
		// The path is a piece of the request's line, which may be long.
		v.Path = strings.Clone(v.Path[:min(len(v.Path), maxPath)])
	}
	added, closed := r.queue.add(&v)
	if !added {
		r.dropped.Add(1)
	}
	if closed {
		// No flush comes that would tell.
		r.reportDropped()
	}
}

// cut returns the beginning of s, of its own where it is cut: a piece would
// keep the whole alive.
func cut(s string, length int) string {
	if len(s) <= length {
		return s
	}
	return strings.Clone(s[:length])
}

// Close stops counting, waits for the goroutine and writes what is left to the
// store, trying until it succeeds or the context ends. The error then says how
// many visits are lost; they are counted as dropped. Calling it again does
// nothing.
func (r *Recorder) Close(ctx context.Context) error {
	r.close.Do(func() {
		r.queue.close()
		r.loop.Close()
		r.closeErr = r.flushAll(ctx)
	})
	return r.closeErr
}

func (r *Recorder) flushAll(ctx context.Context) error {
	for {
		err := r.flush(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			lost := int64(len(r.raw) + r.kept)
			r.raw, r.pending, r.kept = nil, nil, 0
			r.dropped.Add(lost)
			r.reportDropped()
			return errors.Join(fmt.Errorf("%d visits are lost: %w", lost, err), ctx.Err())
		case <-time.After(r.o.FlushEvery):
		}
	}
}

// flush writes all visits to the store. What the store does not take stays in
// raw and pending.
func (r *Recorder) flush(ctx context.Context) error {
	r.raw = r.queue.drain(r.raw)
	if over := len(r.raw) - r.o.MaxQueued; over > 0 {
		r.dropped.Add(int64(over))
		clear(r.raw[r.o.MaxQueued:])
		r.raw = r.raw[:r.o.MaxQueued]
	}
	defer r.reportDropped()
	// What cannot be classified holds nothing else up.
	return errors.Join(r.encode(ctx), r.write(ctx))
}

// encode turns the visits into batches.
func (r *Recorder) encode(ctx context.Context) error {
	var err error
	done := 0
	for ; done < len(r.raw); done++ {
		if r.kept >= r.o.MaxKept {
			r.dropped.Add(int64(len(r.raw) - done))
			done = len(r.raw)
			break
		}
		var rec record
		if err = r.classifier.classify(ctx, &r.raw[done], &rec); err != nil {
			break
		}
		r.encoder.add(&rec)
		r.kept++
		if r.encoder.visits == batchVisits {
			r.pending = append(r.pending, r.encoder.batch())
		}
	}
	if r.encoder.visits > 0 {
		r.pending = append(r.pending, r.encoder.batch())
	}
	left := copy(r.raw, r.raw[done:])
	clear(r.raw[left:])
	r.raw = r.raw[:left]
	if cap(r.raw) > 1<<14 && left == 0 {
		r.raw = nil
	}
	return err
}

func (r *Recorder) write(ctx context.Context) error {
	for len(r.pending) > 0 {
		batches := r.pending[:min(len(r.pending), batchesPerWrite)]
		if err := r.store.AddVisits(ctx, batches); err != nil {
			return err
		}
		for _, b := range batches {
			r.kept -= b.Visits
		}
		r.pending = r.pending[len(batches):]
	}
	r.pending = nil
	return nil
}

func (r *Recorder) reportDropped() {
	if n := r.dropped.Swap(0); n > 0 && r.o.OnDrop != nil {
		r.o.OnDrop(n)
	}
}
