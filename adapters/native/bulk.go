package native

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// bulkWriters is how many items of one createLinks are made at once. The store
// commits together what waits together.
const bulkWriters = 64

// made is what became of one item.
type made struct {
	link     *shortener.Link
	repeated bool
	err      error
	done     chan struct{}
}

// createLinks makes each item by itself, as createLink would, and answers in
// their order. Items that ask for the same alias or external id are made in
// their order too, so that the first one gets it, and not the faster one. Where
// the call ends early, items that have not begun are failures.
func (a *Adapter) createLinks(ctx context.Context, call *api.Call) (*api.Reply, error) {
	// The promises of the items are told by their places alone.
	if call.Idempotency != nil {
		if err := a.cfg.Shortener.Store().Promise(ctx, once(call)); err != nil {
			return nil, err
		}
	}
	items := make([]made, len(call.Items))
	for i := range items {
		items[i].done = make(chan struct{})
	}
	before := rivals(call)
	var next atomic.Int64
	var writers sync.WaitGroup
	for range min(bulkWriters, len(items)) {
		writers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(items); i = int(next.Add(1)) - 1 {
				// Items are begun in their order, so what is waited for has begun.
				for _, j := range before[i] {
					<-items[j].done
				}
				items[i].link, items[i].repeated, items[i].err = a.makeItem(ctx, call, i)
				close(items[i].done)
			}
		})
	}
	writers.Wait()

	var results adapters.Results
	fresh, repeated := false, false
	var ours []error
	for i := range items {
		if err := items[i].err; err != nil {
			if code := api.AsError(err).Code; code == api.Internal || code == api.Unavailable {
				ours = append(ours, err)
			}
			results.Failed(err)
			continue
		}
		fresh, repeated = fresh || !items[i].repeated, repeated || items[i].repeated
		results.Created(items[i].link.ID, a.shortURL(call, items[i].link))
	}
	if len(ours) > 0 {
		// The answer is a success, and would not be looked into.
		a.cfg.Logger.Warn("items of createLinks failed that were right", zap.Int("items", len(ours)), zap.NamedError("first", ours[0]))
	}
	return replayed(repeated && !fresh)(results.Reply(), nil)
}

// makeItem makes the link of one item. Its promise is that of the call and its
// place: of a call that is sent again, what is missing is made, and nothing
// twice.
func (a *Adapter) makeItem(ctx context.Context, call *api.Call, i int) (*shortener.Link, bool, error) {
	item := &call.Items[i]
	if item.Err != nil {
		return nil, false, item.Err
	}
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	one := *call
	one.Operation, one.Document, one.Items = api.CreateLink, item.Document, nil
	if call.Idempotency != nil {
		// No client's key holds a space, so that none meets this one.
		one.Idempotency = &api.Idempotency{
			Key:         call.Idempotency.Key + " " + strconv.Itoa(i),
			Fingerprint: call.Idempotency.Fingerprint,
		}
	}
	l, how, err := a.makeLink(ctx, &one)
	return l, how == repeated, err
}

// rivals tells for each item which earlier ones it may have to give way to: the
// last with the same alias, and the last with the same external id.
func rivals(call *api.Call) [][]int {
	before := make([][]int, len(call.Items))
	last := map[string]int{}
	for i, item := range call.Items {
		for _, field := range []string{"custom", "externalid"} {
			value := gjson.GetBytes(item.Document, field)
			if !value.Exists() {
				continue
			}
			name := field + " " + value.String()
			if j, ok := last[name]; ok {
				before[i] = append(before[i], j)
			}
			last[name] = i
		}
	}
	return before
}
