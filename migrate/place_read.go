package migrate

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

const (
	// mostRows is how many rows of a list are asked for at once: the most that the
	// contract allows.
	mostRows = 1000

	// fewerRows is asked for where the place refuses as many as that.
	fewerRows = 100

	// staleAfter is when to ask again where the answer was an old one.
	staleAfter = 5 * time.Second
)

// Page is a part of all objects of one kind that a place has.
type Page struct {
	// Records are the objects, in the place's order. They are whole unless Partial
	// is set.
	Records []adapters.Record

	// Partial says that Get knows more of the objects than Records do: Document
	// lacks fields, and Untold says nothing.
	Partial bool

	// Total is how many objects there are on all pages, and Pages how many pages
	// there are; 0 where the place does not tell.
	Total int
	Pages int

	// Next asks List for the page behind this one. It is 0 on the last.
	Next int
}

// List returns a page of the place's objects of one kind: the first for 0, and
// after that the one that Page.Next names. A kind that the place does not have
// is one empty page. While objects come and go, one can be on two pages, or on
// none. The links of Aliases are not in it.
func (p *Place) List(ctx context.Context, kind adapters.Kind, page int) (*Page, error) {
	if e, ok := p.Backend.(adapters.Exporter); ok {
		return p.export(ctx, e, kind, page)
	}
	res := resources[kind]
	if !p.Backend.Capabilities().Supports(res.list) {
		return &Page{}, nil
	}
	number := max(page, 1)
	limit := p.seen.limit(kind)
	if number == 1 {
		limit = mostRows
	}
	rows, err := p.rows(ctx, res, api.Path{}, nil, number, limit)
	if number == 1 && err != nil && api.AsError(err).Code == api.Invalid {
		limit = fewerRows
		rows, err = p.rows(ctx, res, api.Path{}, nil, number, limit)
	}
	if err != nil {
		return nil, err
	}
	if n := len(rows.list); number == 1 && n > 0 && n < min(limit, rows.total) {
		// The place has a limit of its own and may not have told it: what it calls the
		// second page is the one behind these rows all the same.
		limit, rows.pages = n, (rows.total+n-1)/n
	}
	p.seen.setLimit(kind, limit)
	out := &Page{Total: rows.total, Pages: rows.pages, Partial: res.partial && p.Backend.Capabilities().Supports(res.get)}
	if number < rows.pages {
		out.Next = number + 1
	}
	if kind == adapters.KindLink {
		p.seen.rows(number == 1, rows.list)
	}
	out.Records = make([]adapters.Record, 0, len(rows.list))
	for _, row := range rows.list {
		r, err := p.record(ctx, kind, row, !out.Partial)
		if err != nil {
			return nil, err
		}
		out.Records = append(out.Records, *r)
	}
	return out, nil
}

// export lists by the backend's ability to do so.
func (p *Place) export(ctx context.Context, e adapters.Exporter, kind adapters.Kind, after int) (*Page, error) {
	records, err := e.Export(ctx, p.Account, kind, int64(after), mostRows)
	if err != nil {
		return nil, err
	}
	out := &Page{Records: records}
	if len(records) == mostRows {
		out.Next = int(records[len(records)-1].ID)
	}
	res := resources[kind]
	switch {
	case out.Next == 0 && after == 0:
		p.seen.setTotal(kind, len(records))
	case after == 0 && p.Backend.Capabilities().Supports(res.list):
		rows, err := p.rows(ctx, res, api.Path{}, nil, 1, 1)
		if err != nil {
			return nil, err
		}
		p.seen.setTotal(kind, rows.total)
	}
	// Counting takes as long as reading a page: it is done once.
	out.Total = p.seen.total(kind)
	out.Pages = (out.Total + mostRows - 1) / mostRows
	return out, nil
}

// Get returns all that can be known of an object. Errors are those of
// adapters.Backend, NotFound among them. An id below 0 is that of an alias, whose
// link is resolved.
func (p *Place) Get(ctx context.Context, kind adapters.Kind, id int64) (*adapters.Record, error) {
	if id < 0 && kind == adapters.KindLink {
		a, ok := p.seen.alias(p.Aliases, id)
		if !ok {
			return nil, missing(kind)
		}
		return p.Resolve(ctx, a)
	}
	if e, ok := p.Backend.(adapters.Exporter); ok {
		records, err := e.Export(ctx, p.Account, kind, id-1, 1)
		if err != nil {
			return nil, err
		}
		if len(records) == 0 || records[0].ID != id {
			return nil, missing(kind)
		}
		return &records[0], nil
	}
	res := resources[kind]
	if res.get == "" || !p.Backend.Capabilities().Supports(res.get) {
		return p.first(ctx, kind, func(r *adapters.Record) bool { return r.ID == id })
	}
	reply, err := p.ask(ctx, res.get, api.Path{ID: id}, nil)
	if err != nil {
		return nil, err
	}
	return p.whole(ctx, kind, reply)
}

// whole reads the reply about one object.
func (p *Place) whole(ctx context.Context, kind adapters.Kind, reply gjson.Result) (*adapters.Record, error) {
	r, err := p.record(ctx, kind, translate.Member(reply, resources[kind].holder), true)
	if err != nil {
		return nil, err
	}
	if kind == adapters.KindLink || kind == adapters.KindQR {
		data := translate.Member(reply, "data")
		r.Clicks = max(r.Clicks, count(data, "clicks"))
		r.UniqueClicks = max(r.UniqueClicks, count(data, "uniqueClicks"))
		if err := p.readGroups(ctx, r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// first returns the first object of a list that is so.
func (p *Place) first(ctx context.Context, kind adapters.Kind, so func(*adapters.Record) bool) (*adapters.Record, error) {
	for page := 0; ; {
		list, err := p.List(ctx, kind, page)
		if err != nil {
			return nil, err
		}
		for i := range list.Records {
			if so(&list.Records[i]) {
				return &list.Records[i], nil
			}
		}
		if page = list.Next; page == 0 {
			return nil, missing(kind)
		}
	}
}

// rows is a page of a list as it was answered.
type rows struct {
	list         []gjson.Result
	total, pages int
}

// rows asks for a page of a list of the resource, by number.
func (p *Place) rows(ctx context.Context, res *resource, path api.Path, query url.Values, number, limit int) (*rows, error) {
	if query == nil {
		query = url.Values{}
	}
	query.Set("limit", strconv.Itoa(limit))
	query.Set("page", strconv.Itoa(number))
	reply, err := p.ask(ctx, res.list, path, query)
	if err != nil {
		return nil, err
	}
	data := translate.Member(reply, "data")
	list := translate.Member(data, res.rows)
	if !list.IsArray() {
		return nil, p.unexpected(res.list, res.rows)
	}
	// The next page that sites name is wrong on some of them.
	return &rows{list: list.Array(), total: int(count(data, "result")), pages: int(count(data, "maxpage"))}, nil
}

// ask makes a call that changes nothing.
func (p *Place) ask(ctx context.Context, op api.Operation, path api.Path, query url.Values) (gjson.Result, error) {
	call := p.call(op)
	call.Path, call.Query = path, query
	reply, err := p.Backend.Do(ctx, call)
	if err != nil {
		return gjson.Result{}, err
	}
	if reply.Header.Get("Age") != "" {
		// What was true once is no ground to write on.
		e := api.Errorf(api.RateLimited, "The backend %q has nothing left of its rate limit.", p.Name)
		e.RetryAfter = staleAfter
		return gjson.Result{}, e
	}
	return gjson.ParseBytes(reply.Document), nil
}

// unexpected is the error for a reply that lacks what it must have.
func (p *Place) unexpected(op api.Operation, place string) *api.Error {
	e := api.Errorf(api.Unavailable, "The backend %q gave an unexpected reply.", p.Name)
	e.Err = fmt.Errorf("reading the reply to %s: no usable %q", op, place)
	return e
}

func missing(kind adapters.Kind) *api.Error {
	return api.Errorf(api.NotFound, "There is no such %s.", kind)
}
