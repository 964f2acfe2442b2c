package dglnk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
	"github.com/linkquay/linkquay/translate"
)

// maxURLs is how many addresses dgLnk takes at once.
const maxURLs = 10

// item is one document of createLinks. Of link and err one is set in the end.
type item struct {
	draft *draft
	link  *recorded
	err   error
}

// createLinks makes links that are to be the same, but for where they lead, in
// groups of ten, and all others one by one. Where the site fails, or the call
// ends, what has not been sent is a failure and leaves no trace. A call that
// brought nothing because the site failed fails as a whole.
func (a *Adapter) createLinks(ctx context.Context, call *api.Call) (*api.Reply, error) {
	items := make([]item, len(call.Items))
	for i, from := range call.Items {
		if from.Err != nil {
			items[i].err = from.Err
			continue
		}
		one := *call
		one.Operation, one.Document, one.Items = api.CreateLink, from.Document, nil
		items[i].draft, items[i].err = a.draft(&one)
	}
	var end error
	for _, group := range grouped(items) {
		end = a.makeGroup(ctx, call, group, end)
		defer a.keep(ctx, group)()
	}
	return a.results(items, end)
}

// isNoted reports whether a note tells of the item's link already.
func (a *Adapter) isNoted(ctx context.Context, it *item) bool {
	entry, again, err := a.doubtful(ctx, it.draft)
	return err == nil && again && entry.ShortURL == it.link.entry.ShortURL
}

// keep has the links of a group count as under way until the whole call is
// answered: if its caller has gone by then, nobody was told of them.
func (a *Adapter) keep(ctx context.Context, group []*item) (end func()) {
	var land []func()
	for _, it := range group {
		if it.err == nil {
			land = append(land, a.flights.Begin(ctx, it.draft.fingerprint))
		}
	}
	return func() {
		for _, it := range group {
			if it.err == nil && ctx.Err() != nil && !a.isNoted(context.WithoutCancel(ctx), it) {
				a.untold(ctx, it.draft, it.link.entry)
			}
		}
		for _, f := range land {
			f()
		}
	}
}

// results answers the items in their order.
func (a *Adapter) results(items []item, end error) (*api.Reply, error) {
	var results adapters.Results
	var warnings []api.FieldError
	created, failures := 0, 0
	var first error
	for i, it := range items {
		if it.err != nil {
			if code := api.AsError(it.err).Code; code == api.Internal || code == api.Unavailable {
				if failures++; first == nil {
					first = it.err
				}
			}
			results.Failed(it.err)
			continue
		}
		created++
		results.Created(it.link.entry.ID, it.link.entry.ShortURL)
		for _, w := range it.link.warnings {
			w.Field = fmt.Sprintf("urls[%d].%s", i, w.Field)
			warnings = append(warnings, w)
		}
	}
	if created == 0 && end != nil {
		return nil, end
	}
	if failures > 0 {
		// The answer is a success, and would not be looked into.
		a.cfg.Logger.Warn("items of createLinks failed that were right", zap.Int("items", failures), zap.NamedError("first", first))
	}
	reply := results.Reply()
	reply.Warnings = warnings
	return reply, nil
}

// grouped puts the items that can be sent together together, in the order of
// the first of each. Those with an alias stand alone, and no address is in a
// group twice: dgLnk would make one link of both.
func grouped(items []item) [][]*item {
	type open struct {
		index int
		urls  map[string]bool
	}
	var all [][]*item
	last := map[string]*open{}
	for i := range items {
		it := &items[i]
		if it.err != nil {
			continue
		}
		if it.draft.asks("custom") {
			all = append(all, []*item{it})
			continue
		}
		common, address := it.draft.common(), canonical(text(it.draft.document, "url"))
		g := last[common]
		if g == nil || len(all[g.index]) == maxURLs || g.urls[address] {
			g = &open{index: len(all), urls: map[string]bool{}}
			last[common] = g
			all = append(all, nil)
		}
		g.urls[address] = true
		all[g.index] = append(all[g.index], it)
	}
	return all
}

// common returns what is sent beside the address.
func (d *draft) common() string {
	common, err := sjson.DeleteBytes(d.body, "long_url")
	if err != nil {
		return string(d.body)
	}
	return string(common)
}

// makeGroup makes the links of a group, unless end says why nothing more is to
// be sent. It returns why the next group is not.
func (a *Adapter) makeGroup(ctx context.Context, call *api.Call, group []*item, end error) error {
	if end == nil {
		end = late(ctx)
	}
	var many, single []*item
	for _, it := range group {
		if end != nil {
			it.err = unsent(end)
			continue
		}
		if it.err = a.flights.Wait(ctx, it.draft.fingerprint); it.err != nil {
			it.err = late(ctx)
			continue
		}
		// What an earlier request left in doubt has an alias of its own.
		_, again, err := a.doubtful(ctx, it.draft)
		switch {
		case err != nil:
			it.err = err
		case again:
			single = append(single, it)
		default:
			many = append(many, it)
		}
	}
	if len(many) > 1 {
		many, end = a.makeMany(ctx, call, many)
	}
	for _, it := range append(many, single...) {
		if end == nil {
			end = late(ctx)
		}
		if end != nil {
			it.err = unsent(end)
			continue
		}
		it.link, it.err = a.makeLink(ctx, it.draft)
		end = hopeless(it.err)
	}
	return end
}

// late returns an error once the call has ended.
func late(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return &api.Error{Code: api.Unavailable, Message: "The request took too long.", Err: err}
	}
	return nil
}

// unsent is the error of an item that was left out because of another error.
func unsent(end error) error {
	e := api.AsError(end)
	return &api.Error{
		Code: e.Code, RetryAfter: e.RetryAfter, Err: e,
		Message: "This document was not sent, because an earlier one failed or the request took too long.",
	}
}

// hopeless returns err where it is about the site and not about one link.
func hopeless(err error) error {
	if err == nil || errors.Is(err, errQuarantined) {
		return nil
	}
	switch api.AsError(err).Code {
	case api.Unavailable, api.Unauthorized, api.Forbidden, api.RateLimited:
		return err
	}
	return nil
}

// makeMany asks for several links at once. It returns the items of which dgLnk
// did not say why it made no link, and why nothing more is to be sent. Aliases
// cannot be reserved, so that a lost answer leaves all items in doubt.
func (a *Adapter) makeMany(ctx context.Context, call *api.Call, group []*item) (left []*item, end error) {
	var urls []string
	entries := map[*item]*ledger.Entry{}
	for _, it := range group {
		entry := a.entry(it.draft)
		if entry.ID, it.err = a.ledger.Begin(ctx, entry); it.err != nil {
			continue
		}
		defer a.flights.Begin(ctx, it.draft.fingerprint)()
		defer a.doubtWhenGone(ctx, entry.ID)()
		entries[it] = entry
		urls = append(urls, text(it.draft.document, "url"))
	}
	begun := slices.DeleteFunc(group, func(it *item) bool { return it.err != nil })
	if len(begun) == 0 {
		return nil, nil
	}
	caller := ctx
	ctx = context.WithoutCancel(ctx)
	links, err := a.sendMany(ctx, call, begun[0].draft, urls)
	if err != nil {
		for _, it := range begun {
			it.err = a.settle(ctx, entries[it], false, err)
		}
		if end = hopeless(begun[0].err); end != nil {
			return nil, end
		}
		return begun, nil
	}
	rest, strays := match(begun, links, func(it *item, made *created) {
		it.link, it.err = a.finish(caller, it.draft, entries[it], made)
	})
	for _, it := range rest {
		if strays > 0 {
			// A link that is nobody's may be this one's.
			it.err = a.settle(ctx, entries[it], false, a.unreadable())
			end = it.err
			continue
		}
		a.abandon(ctx, entries[it])
		left = append(left, it)
	}
	return left, end
}

// sendMany asks for links to the addresses and reads what was made.
func (a *Adapter) sendMany(ctx context.Context, call *api.Call, d *draft, urls []string) ([]*created, error) {
	body, err := sjson.SetBytes([]byte(d.common()), "multiple_urls", urls)
	if err != nil {
		return nil, fmt.Errorf("adding the addresses: %w", err)
	}
	resp, err := a.send(ctx, call, body)
	if err != nil {
		return nil, err
	}
	root := gjson.ParseBytes(resp.Document)
	if err := a.refusal(d, resp.Status, root, "links"); err != nil {
		return nil, err
	}
	a.cfg.Drift.Check(api.CreateLinks, root, manyCreatedFields)
	rows := translate.Member(root, "links")
	if !rows.IsArray() {
		return nil, a.unreadable()
	}
	var links []*created
	for _, row := range rows.Array() {
		c, ok := a.created(api.CreateLinks, row)
		if !ok {
			c = &created{} // A link all the same, though nobody knows which.
		}
		links = append(links, c)
	}
	return links, nil
}

// match gives each item its link, told by its address, which the site may have
// written anew. It returns the items without one, and the number of links that
// are nobody's.
func match(items []*item, links []*created, found func(*item, *created)) (rest []*item, strays int) {
	byURL := map[string]*created{}
	for _, c := range links {
		byURL[canonical(c.longURL)] = c
	}
	for _, it := range items {
		address := canonical(text(it.draft.document, "url"))
		if c := byURL[address]; c != nil && c.id != "" {
			delete(byURL, address)
			found(it, c)
			continue
		}
		rest = append(rest, it)
	}
	// Where one is left of each, they belong together.
	if len(rest) == 1 && len(byURL) == 1 {
		for _, c := range byURL {
			if c.id != "" {
				found(rest[0], c)
				return nil, 0
			}
		}
	}
	return rest, len(byURL)
}
