package emulate

import (
	"context"
	"fmt"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

const (
	// maxItems is how many links one call makes of a backend that makes them
	// one by one: each counts against the requests that the backend allows.
	maxItems = 100

	// creators is how many of them are made at once.
	creators = 4

	// itemsTime is how long new ones are begun. It is less than clients and
	// proxies commonly wait for an answer.
	itemsTime = 50 * time.Second
)

// createEach makes each item by itself, as createLink would, and answers in
// their order. Items that ask for the same alias are made in their order too.
// Those that there was no time for are failures that say so.
func (b *backend) createEach(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if len(call.Items) > maxItems {
		return nil, api.InvalidField("urls", fmt.Sprintf("must have at most %d entries: the backend %q makes links one by one", maxItems, b.cfg.Name))
	}
	begun := time.Now()
	begin, cancel := context.WithTimeout(ctx, itemsTime)
	defer cancel()
	answers := make([]answer, len(call.Items))
	done := make([]chan struct{}, len(call.Items))
	for i := range done {
		done[i] = make(chan struct{})
	}
	before := rivals(call.Items)
	keeper, keeps := b.inner.(adapters.Keeper)
	told := make([]func(), len(call.Items))
	errs := adapters.AtOnce(len(call.Items), creators, func(i int) (err error) {
		defer close(done[i])
		if j := before[i]; j >= 0 {
			<-done[j]
		}
		item := &call.Items[i]
		switch {
		case item.Err != nil:
			return item.Err
		case begin.Err() != nil:
			return notBegun
		}
		answers[i].reply, err = b.Do(ctx, itemOf(call, i))
		if err == nil && keeps {
			told[i] = keeper.Keep(ctx, itemOf(call, i), begun)
		}
		return err
	})
	for _, end := range told {
		if end != nil {
			end()
		}
	}
	for i, err := range errs {
		answers[i].err = err
	}
	return b.results(answers), nil
}

// itemOf is the call that makes one item of createLinks.
func itemOf(call *api.Call, i int) *api.Call {
	one := *call
	one.Operation, one.Document, one.Items = api.CreateLink, call.Items[i].Document, nil
	return &one
}

// notBegun answers an item that the backend has not heard of.
var notBegun = &api.Error{Code: api.Unavailable, Message: "There was no time left for this document: nothing was sent. Please try again."}

// answer is what became of one item.
type answer struct {
	reply *api.Reply
	err   error
}

// results is the answer to createLinks, with more warnings about all of it.
func (b *backend) results(answers []answer, warnings ...api.FieldError) *api.Reply {
	var results adapters.Results
	var failures []error
	for i, a := range answers {
		if a.err != nil {
			if code := api.AsError(a.err).Code; code == api.Internal || code == api.Unavailable {
				failures = append(failures, a.err)
			}
			results.Failed(a.err)
			continue
		}
		results.Answered(a.reply.Document)
		for _, w := range a.reply.Warnings {
			w.Field = fmt.Sprintf("urls[%d].%s", i, w.Field)
			warnings = append(warnings, w)
		}
	}
	if len(failures) > 0 {
		// The answer is a success, and would not be looked into.
		b.cfg.Logger.Warn("items of createLinks failed that were right", zap.String("backend", b.cfg.Name),
			zap.Int("items", len(failures)), zap.NamedError("first", failures[0]))
	}
	reply := results.Reply()
	reply.Warnings = warnings
	return reply
}

// rivals tells for each item the last one before it with the same alias, -1
// where there is none.
func rivals(items []api.Item) []int {
	before := make([]int, len(items))
	last := map[string]int{}
	for i, item := range items {
		before[i] = -1
		alias := gjson.GetBytes(item.Document, "custom").String()
		if alias == "" {
			continue
		}
		if j, ok := last[alias]; ok {
			before[i] = j
		}
		last[alias] = i
	}
	return before
}
