// Package drift counts where the replies of a backend are not what its adapter
// expects: a field that is missing, or of another type, or no JSON at all.
//
// An adapter answers as well as it can either way. The count is for the
// operator, who learns from it that the site has changed before clients do.
package drift

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
)

// Kind is a kind of drift.
type Kind string

// The kinds.
const (
	// Missing: a field that should be there is not.
	Missing Kind = "missing"
	// Type: a field has another JSON type.
	Type Kind = "type"
	// Value: a field has a value that it cannot have.
	Value Kind = "value"
	// NotJSON: the whole reply is something other than JSON.
	NotJSON Kind = "not_json"
)

// Options are what a Counter may be told.
type Options struct {
	// Logger gets at most one line a minute. Nil means nobody does.
	Logger *zap.Logger

	// Observe, where set, is told of each one. It must be cheap and safe for
	// concurrent use.
	Observe func(op api.Operation, field string, kind Kind)
}

// Counter counts the drift of one backend. It is safe for concurrent use; a
// nil Counter counts nothing.
type Counter struct {
	backend string
	options Options

	mu     sync.Mutex
	counts map[key]*tally
	quiet  bool // a line was logged less than logPause ago
}

// logPause is the least time between two lines of the log.
const logPause = time.Minute

// tally is a count and how much of it was logged.
type tally struct {
	Count
	logged int64
}

type key struct {
	op    api.Operation
	field string
	kind  Kind
}

// Count is how often one field has drifted in one way.
type Count struct {
	Operation api.Operation `json:"operation"`
	Field     string        `json:"field"`
	Kind      Kind          `json:"kind"`
	N         int64         `json:"count"`
	Last      time.Time     `json:"last"`
}

// New returns a counter for the backend, by its name in the configuration.
func New(backend string, o Options) *Counter {
	return &Counter{backend: backend, options: o, counts: map[key]*tally{}}
}

// Note counts one. The field comes from the adapter, never from a reply, so
// that there are no more counts than an adapter has fields; it is empty where
// the reply as a whole is meant.
//
// The first one is logged at once. What follows within a minute is logged when
// that is over, as one line, so that a site that has changed fills no disk. A
// timer does it, so the last of them is not kept back until the next, perhaps
// for ever. It needs no Close: it runs only while there is something to tell.
func (c *Counter) Note(op api.Operation, field string, kind Kind) {
	if c == nil {
		return
	}
	if c.options.Observe != nil {
		c.options.Observe(op, field, kind)
	}
	c.mu.Lock()
	k := key{op, field, kind}
	t := c.counts[k]
	if t == nil {
		t = &tally{Count: Count{Operation: op, Field: field, Kind: kind}}
		c.counts[k] = t
	}
	t.N++
	t.Last = time.Now()
	var news []Count
	if !c.quiet && c.options.Logger != nil {
		news = c.news()
	}
	c.mu.Unlock()
	c.log(news)
}

// news returns what was counted since the last line, and keeps others from
// writing one for as long as that takes. It is called with the lock held.
func (c *Counter) news() []Count {
	news := c.sorted(func(t *tally) int64 {
		n := t.N - t.logged
		t.logged = t.N
		return n
	})
	c.quiet = len(news) > 0
	return news
}

// log writes a line, and looks again when the pause is over, until there is
// nothing to tell.
func (c *Counter) log(news []Count) {
	if len(news) == 0 {
		return
	}
	c.options.Logger.Warn("replies are not what the adapter expects", zap.String("backend", c.backend), zap.Any("drift", news))
	time.AfterFunc(logPause, func() {
		c.mu.Lock()
		news := c.news()
		c.mu.Unlock()
		c.log(news)
	})
}

// Counts returns what was counted, in order of operation, field and kind.
func (c *Counter) Counts() []Count {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sorted(func(t *tally) int64 { return t.N })
}

// sorted returns the counts whose number, by n, is not 0. It is called with the
// lock held.
func (c *Counter) sorted(n func(t *tally) int64) []Count {
	counts := make([]Count, 0, len(c.counts))
	for _, t := range c.counts {
		count := t.Count
		if count.N = n(t); count.N > 0 {
			counts = append(counts, count)
		}
	}
	slices.SortFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Kind, b.Kind))
	})
	return counts
}
