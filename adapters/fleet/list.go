package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/ids"
	"github.com/linkquay/linkquay/api"
)

// list answers a page of links or files of all backends that the key's can be
// on. Each is asked for its total and for the pages that the rows stand on:
// once where the first page is asked for, else at most three times.
func (r *router) list(ctx context.Context, call *api.Call) (*api.Reply, error) {
	var parts []*part
	members, err := r.parts(ctx, call)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		parts = append(parts, &part{member: m, pages: map[int][]gjson.Result{}})
	}
	if len(parts) == 1 {
		return r.pass(ctx, parts[0].member, call)
	}
	page := adapters.PageOf(call.Query)
	l := lister{call: call, page: page}
	if call.Operation == api.ListLinks {
		l.holder, l.plural = "data", "urls"
	} else {
		l.plural = "list"
	}
	err = first(each(parts, func(p *part) error { return l.begin(ctx, p, p == parts[0]) }))
	if err != nil {
		return nil, err
	}
	total := 0
	for _, p := range parts {
		p.from = max(0, page.Offset()-total)
		p.to = min(p.total, page.Offset()+page.Limit-total)
		total += p.total
	}
	if err := first(each(parts, func(p *part) error { return l.complete(ctx, p) })); err != nil {
		return nil, err
	}
	return r.joined(l, parts, total)
}

// parts returns the backends that a list is made of, the key's own first. Where
// links are looked for by an external id, those that cannot keep one have none.
func (r *router) parts(ctx context.Context, call *api.Call) ([]*member, error) {
	others, err := r.others(ctx)
	if err != nil {
		return nil, err
	}
	made := api.CreateLink
	if call.Operation == api.ListFiles {
		made = api.UploadFile
	}
	var parts []*member
	for _, m := range append([]*member{r.own}, others...) {
		c := m.backend.Capabilities()
		if !c.Supports(call.Operation) && !c.Supports(made) {
			continue
		}
		known, value := c[call.Operation].Query, call.Query.Get("externalid")
		if s := known["externalid"].Of(value); value != "" && known != nil && s != api.Native && s != api.Emulated {
			continue
		}
		parts = append(parts, m)
	}
	if len(parts) == 0 {
		// The answer to what none of them does is that of the key's own.
		parts = []*member{r.own}
	}
	return parts, nil
}

// others returns the other backends that links of the key can be on, in order
// of name. Of those whose links were moved to one place it is the first, and
// none where that is the place of the key's own; and the native one is not among
// them while all that it has are copies.
func (r *router) others(ctx context.Context) (others []*member, err error) {
	type place struct{ name, owner string }
	of := func(m *member) (p place) {
		p.name, p.owner = r.homeOf(m)
		return p
	}
	seen := map[place]bool{of(r.own): true}
	for _, m := range r.members {
		if m == r.own || !r.routes(m) || seen[of(m)] {
			continue
		}
		if m == r.native {
			isCopy, err := r.isCopy(ctx)
			if err != nil {
				return nil, err
			}
			if isCopy {
				continue
			}
		}
		seen[of(m)] = true
		others = append(others, m)
	}
	return others, nil
}

// lister is one call for a list on its way.
type lister struct {
	call *api.Call
	page adapters.Page

	// holder is the member of replies that the page is in, empty for the reply
	// itself; plural is the name of the rows.
	holder, plural string
}

// part is what one backend has of a list.
type part struct {
	member  *member
	total   int
	pages   map[int][]gjson.Result // of the call's limit, by number
	replies []*api.Reply

	// from and to bound the rows of the backend that the page has.
	from, to int
}

// begin finds out the backend's total, and reads the page that most likely is
// the right one of it: no row of another backend stands before the first.
func (l *lister) begin(ctx context.Context, p *part, isFirst bool) (err error) {
	if isFirst || l.page.Number == 1 {
		if p.total, err = l.fetch(ctx, p, l.page); err != nil || l.page.Number == 1 || len(p.pages[l.page.Number]) > 0 {
			return err
		}
	}
	// Behind their last page some sites tell no total.
	p.total, err = l.fetch(ctx, p, adapters.Page{Limit: 1, Number: 1})
	return err
}

// complete reads the pages that are still missing.
func (l *lister) complete(ctx context.Context, p *part) error {
	for i := p.from; i < p.to; i = (i/l.page.Limit + 1) * l.page.Limit {
		number := i/l.page.Limit + 1
		if _, ok := p.pages[number]; ok {
			continue
		}
		if _, err := l.fetch(ctx, p, adapters.Page{Limit: l.page.Limit, Number: number}); err != nil {
			return err
		}
	}
	return nil
}

// fetch reads a page of the backend, and returns the total that it tells.
func (l *lister) fetch(ctx context.Context, p *part, page adapters.Page) (total int, err error) {
	one := *l.call
	if one.Query = maps.Clone(l.call.Query); one.Query == nil {
		one.Query = url.Values{}
	}
	one.Query.Set("limit", strconv.Itoa(page.Limit))
	one.Query.Set("page", strconv.Itoa(page.Number))
	reply, err := p.member.do(ctx, &one)
	if err != nil {
		return 0, err
	}
	p.replies = append(p.replies, reply)
	found := gjson.ParseBytes(reply.Document)
	if l.holder != "" {
		found = found.Get(l.holder)
	}
	rows, result, perPage := found.Get(l.plural), found.Get("result"), found.Get("perpage")
	if !rows.IsArray() || result.Type != gjson.Number || result.Int() < 0 {
		return 0, scribe{backend: p.member.name}.unexpected()
	}
	if n := perPage.Int(); perPage.Exists() && n < int64(page.Limit) && n < result.Int() {
		return 0, api.InvalidField("limit", fmt.Sprintf("must be at most %d: the backend %q has no longer pages", n, p.member.name))
	}
	if page.Limit == l.page.Limit {
		p.pages[page.Number] = rows.Array()
	}
	return int(result.Int()), nil
}

// joined writes the page out of its parts.
func (r *router) joined(l lister, parts []*part, total int) (*api.Reply, error) {
	rows := []json.RawMessage{}
	var replies []*api.Reply
	var warnings []api.FieldError
	for _, p := range parts {
		s := r.scribe(p.member)
		for i := p.from; i < p.to; i++ {
			page := p.pages[i/l.page.Limit+1]
			if i%l.page.Limit >= len(page) {
				// A backend may leave out rows that it counts.
				continue
			}
			row, err := s.object(ids.Kind(l.call.Operation), page[i%l.page.Limit].Raw)
			if err != nil {
				return nil, err
			}
			rows = append(rows, json.RawMessage(row))
		}
		replies = append(replies, p.replies...)
		// Every page of one backend is warned of alike.
		warnings = append(warnings, p.replies[0].Warnings...)
	}
	reply, err := l.reply(total, rows)
	if err != nil {
		return nil, err
	}
	reply.Header, reply.Warnings = joinHeaders(replies), warnings
	return reply, nil
}

func (l *lister) reply(total int, rows []json.RawMessage) (*api.Reply, error) {
	if l.holder != "" {
		return l.page.List(total, l.plural, rows)
	}
	// A list of files has no data around it.
	document, err := adapters.Encode(struct {
		Error int `json:"error"`
		adapters.Paging
		List []json.RawMessage `json:"list"`
	}{Paging: l.page.Of(total), List: rows})
	if err != nil {
		return nil, err
	}
	return &api.Reply{Document: document}, nil
}
