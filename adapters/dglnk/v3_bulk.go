package dglnk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// wanted is one document of createLinks. Of reply and err one is set in the end.
type wanted struct {
	*order
	reply *api.Reply
	err   error
}

// createLinks makes links that are the same but for where they lead in groups of
// ten, and all others one by one. Where the site fails, what has not been sent is
// a failure too. A call that brought nothing because the site failed fails as a
// whole.
func (b *version3) createLinks(ctx context.Context, call *api.Call) (*api.Reply, error) {
	items := make([]wanted, len(call.Items))
	checked := map[int64]error{}
	var end error
	for i, item := range call.Items {
		switch {
		case item.Err != nil:
			items[i].err = item.Err
		case end != nil:
			items[i].err = unsent(end)
		default:
			one := *call
			one.Document = item.Document
			items[i].order, items[i].err = b.order(ctx, &one, func(campaign int64) error {
				if _, ok := checked[campaign]; !ok {
					checked[campaign] = b.checkCampaign(ctx, call, campaign)
				}
				return checked[campaign]
			})
			end = hopeless(items[i].err)
		}
	}
	for _, group := range alike(items) {
		if end == nil {
			end = late(ctx)
		}
		if end != nil {
			for _, it := range group {
				it.err = unsent(end)
			}
			continue
		}
		begun := time.Now()
		b.makeGroup(ctx, call, group)
		for _, it := range group {
			if it.err == nil {
				defer b.journal.Keep(ctx, call, it.document, begun)()
			}
		}
		b.fileGroup(context.WithoutCancel(ctx), call, group)
		for _, it := range group {
			if e := hopeless(it.err); e != nil {
				end = e
			}
		}
	}
	return b.madeLinks(items, end)
}

// madeLinks answers the items in their order.
func (b *version3) madeLinks(items []wanted, end error) (*api.Reply, error) {
	var results adapters.Results
	var warnings []api.FieldError
	created := 0
	for i, it := range items {
		if it.err != nil {
			results.Failed(it.err)
			continue
		}
		created++
		results.Answered(it.reply.Document)
		for _, w := range append(it.warnings, it.reply.Warnings...) {
			w.Field = fmt.Sprintf("urls[%d].%s", i, w.Field)
			warnings = append(warnings, w)
		}
	}
	if end != nil {
		if created == 0 {
			return nil, end
		}
		// The answer is a success, and would not be looked into.
		b.cfg.Logger.Warn("items of createLinks failed that were right", zap.Int("items", len(items)-created), zap.Error(end))
	}
	r := results.Reply()
	r.Warnings = warnings
	return r, nil
}

// alike puts the items together that differ in where they lead alone, ten at
// most, in the order of the first of each group. Those with an alias stand alone,
// and no address is in a group twice: the site would make one link of both.
func alike(items []wanted) [][]*wanted {
	var all [][]*wanted
	last := map[string]int{}
	for i := range items {
		it := &items[i]
		if it.err != nil {
			continue
		}
		if text(gjson.ParseBytes(it.body), "alias") != "" {
			all = append(all, []*wanted{it})
			continue
		}
		rest, err := sjson.DeleteBytes(it.body, "long_url")
		if err != nil {
			rest = it.body
		}
		common := fmt.Sprint(it.campaign, " ", string(rest))
		g, ok := last[common]
		if !ok || len(all[g]) == maxURLs || slices.ContainsFunc(all[g], func(o *wanted) bool { return sameURL(o.target(), it.target()) }) {
			g = len(all)
			last[common] = g
			all = append(all, nil)
		}
		all[g] = append(all[g], it)
	}
	return all
}

func (o *order) target() string { return text(gjson.ParseBytes(o.body), "long_url") }
