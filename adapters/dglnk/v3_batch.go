package dglnk

import (
	"context"
	"net/http"
	"slices"
	"sync"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/reconcile"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// makeGroup makes each link of a group by the journal. What it lets through is
// sent together.
func (b *version3) makeGroup(ctx context.Context, call *api.Call, group []*wanted) {
	batch := &batch{left: len(group), ready: make(chan struct{})}
	errs := adapters.AtOnce(len(group), len(group), func(i int) (err error) {
		it, joined := group[i], false
		defer func() {
			// The others wait, whatever has become of this one.
			if !joined {
				batch.join(nil)
			}
		}()
		one := *call
		one.Document = it.document
		it.reply, err = b.journal.Create(ctx, &one, reconcile.Create{
			Document: it.document,
			Send: func(ctx context.Context) (*api.Reply, error) {
				joined = true
				return b.join(ctx, &one, batch, it)
			},
			Find: b.finder(&one, it.order),
		})
		return err
	})
	for i, err := range errs {
		group[i].err = err
	}
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

// join adds a link; nil for a maker that has none.
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
	refused := is(t.err, api.Invalid) || is(t.err, api.Conflict)
	switch r := t.replies[it]; {
	case t.err != nil && !refused:
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
