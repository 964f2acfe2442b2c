package dglnk

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/reconcile"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
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
		b.makeGroup(ctx, call, group)
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

// makeGroup makes each link of a group by the journal. What it lets through is
// sent together.
func (b *version3) makeGroup(ctx context.Context, call *api.Call, group []*wanted) {
	batch := &batch{left: len(group), ready: make(chan struct{})}
	var makers sync.WaitGroup
	for _, it := range group {
		makers.Go(func() {
			one := *call
			one.Document = it.document
			joined := false
			it.reply, it.err = b.journal.Create(ctx, &one, reconcile.Create{
				Document: it.document,
				Send: func(ctx context.Context) (*api.Reply, error) {
					joined = true
					return b.join(ctx, &one, batch, it)
				},
				Find: b.finder(&one, it.order),
			})
			if !joined {
				batch.leave()
			}
		})
	}
	makers.Wait()
}

// batch is a request that several makers send together: it goes out when each
// of them has joined or left.
type batch struct {
	mu    sync.Mutex
	left  int // makers that have done neither
	items []*wanted
	ready chan struct{} // closed when nobody is left

	send    sync.Once
	replies map[*wanted]*api.Reply
	err     error
}

func (t *batch) leave() { t.join(nil) }

func (t *batch) join(it *wanted) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if it != nil {
		t.items = append(t.items, it)
	}
	if t.left--; t.left == 0 {
		close(t.ready)
	}
}

// join makes one link as a part of the batch. One that the site left out of its
// reply, or out of a batch that it refused, is asked for alone: that tells why.
func (b *version3) join(ctx context.Context, call *api.Call, t *batch, it *wanted) (*api.Reply, error) {
	t.join(it)
	<-t.ready
	if len(t.items) == 1 {
		return b.place(ctx, call, it.order)
	}
	t.send.Do(func() { t.replies, t.err = b.shorten(ctx, call, t.items) })
	switch r := t.replies[it]; {
	case t.err != nil && !is(t.err, api.Invalid):
		return nil, t.err
	case r != nil:
		return r, nil
	}
	return b.place(ctx, call, it.order)
}

// shorten asks for several links at once and tells which is whose by where it
// leads.
func (b *version3) shorten(ctx context.Context, call *api.Call, items []*wanted) (map[*wanted]*api.Reply, error) {
	edit := editor{document: items[0].body}
	edit.remove("long_url")
	urls := make([]string, len(items))
	for i, it := range items {
		urls[i] = it.target()
	}
	edit.set("long_urls", urls)
	edit.set("stop_on_error", false)
	if edit.err != nil {
		return nil, edit.err
	}
	got, err := b.send(ctx, call, exchange{
		Request: upstream.Request{Method: http.MethodPost, Path: "/link/batch/shorten", Body: edit.document},
		shape:   linksShape,
		field:   linkField(items[0].document, items[0].rules),
	})
	if err != nil {
		return nil, err
	}
	rows := translate.Member(got.root, "links")
	if !rows.IsArray() {
		return nil, reconcile.Doubtful(b.unexpected(call, "links"))
	}
	replies := map[*wanted]*api.Reply{}
	var strays []remoteLink
	for _, row := range rows.Array() {
		l, ok := readLink(row)
		if !ok {
			return nil, reconcile.Doubtful(b.unexpected(call, "links"))
		}
		i := slices.IndexFunc(items, func(it *wanted) bool { return replies[it] == nil && sameURL(it.target(), l.longURL) })
		if i < 0 {
			strays = append(strays, l)
			continue
		}
		replies[items[i]] = saved(l, b.dropped(items[i].body, l, items[i].rules))
	}
	if len(strays) == 0 {
		return replies, nil
	}
	rest := slices.DeleteFunc(slices.Clone(items), func(it *wanted) bool { return replies[it] != nil })
	if len(rest) != len(strays) {
		// Whose they are nobody can tell, and to ask once more would make them twice.
		return nil, reconcile.Doubtful(b.unexpected(call, "links"))
	}
	// The site wrote their addresses anew, and kept their order.
	for i, it := range rest {
		replies[it] = saved(strays[i], b.dropped(it.body, strays[i], it.rules))
	}
	return replies, nil
}

// fileGroup puts what was made of a group into its campaign.
func (b *version3) fileGroup(ctx context.Context, call *api.Call, group []*wanted) {
	var ids []int64
	var made []*wanted
	for _, it := range group {
		if it.err == nil {
			ids, made = append(ids, gjson.GetBytes(it.reply.Document, "id").Int()), append(made, it)
		}
	}
	if len(ids) == 0 || group[0].campaign == 0 {
		return
	}
	if warnings := b.file(ctx, call, group[0].campaign, ids...); warnings != nil {
		for _, it := range made {
			it.warnings = append(it.warnings, warnings...)
		}
	}
}
