package dglnk

import (
	"context"
	"maps"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

const (
	// maxPerPage is how many rows the site is asked for at once.
	maxPerPage = 100

	// maxPages bounds how many requests one page of ours may take.
	maxPages = 40
)

// found is a page of rows.
type found struct {
	rows  []gjson.Result
	total int // exact once the end of the list was seen; before, rows in the bin may be among them
	age   time.Duration
}

// page reads a page of a list without what lies in the bin. Ask sends one
// request; name tells lists apart.
func (b *version3) page(
	ctx context.Context, call *api.Call, page adapters.Page, query url.Values, shape []drift.Field,
	ask func(context.Context, *api.Call, exchange) (answer, error), name string,
) (found, error) {
	name = call.Key.ID + " " + name + "?" + query.Encode()
	g := b.trash.of(name, b.now())
	per := min(page.Limit, maxPerPage)
	most := maxPerPage
	at := g.index(page.Offset())
	var f found
	for range maxPages {
		number := at/per + 1
		got, err := ask(ctx, call, exchange{Request: upstream.Request{Method: http.MethodGet, Query: pageQuery(query, per, number)}, shape: shape})
		if err != nil {
			return found{}, err
		}
		p, err := b.pagination(call, got.root, number)
		if err != nil {
			return found{}, err
		}
		f.age = max(f.age, got.age)
		if p.total != g.total && len(f.rows) == 0 && len(g.rows) > 0 {
			// The list has changed, and with it the places of its rows.
			g = gone{at: g.at, total: p.total}
			at = page.Offset()
			continue
		}
		g.total = p.total
		if p.per != per {
			// The site has a number of its own for the rows of a page.
			per, most = p.per, p.per
			if at/per+1 != number {
				continue
			}
		}
		first := (number - 1) * per
		for i := max(at-first, 0); i < len(p.rows) && len(f.rows) < page.Limit; i++ {
			at = first + i + 1
			g.see(first+i, deleted(p.rows[i]))
			if !deleted(p.rows[i]) {
				f.rows = append(f.rows, p.rows[i])
			}
		}
		if len(f.rows) == page.Limit || first+len(p.rows) >= p.total || len(p.rows) == 0 || at < first+len(p.rows) {
			break
		}
		// Where rows of the bin were in the way, there may be many of them. Some
		// sites leave them out by themselves, after they have cut the page.
		at, per = max(at, first+per), most
	}
	f.total = max(g.total-len(g.rows), 0)
	b.trash.keep(name, g)
	return f, nil
}

// pagination is a page as the site answers it.
type pagination struct {
	per, total int
	rows       []gjson.Result
}

// pagination reads the page of this number. A site that answers another one would
// be asked for it again and again.
func (b *version3) pagination(call *api.Call, root gjson.Result, n int) (pagination, error) {
	v := translate.Member(root, "pagination")
	current, _ := number(translate.Member(v, "current_page"))
	per, perOK := number(translate.Member(v, "per_page"))
	total, totalOK := number(translate.Member(v, "total"))
	rows := translate.Member(v, "data")
	if !perOK || !totalOK || !rows.IsArray() || per < 1 || max(per, total) > math.MaxInt32 {
		return pagination{}, b.unexpected(call, "pagination")
	}
	if current != int64(n) {
		b.cfg.Drift.Note(call.Operation, "pagination.current_page", drift.Value)
		return pagination{}, b.unexpected(call, "pagination.current_page")
	}
	return pagination{per: int(per), total: int(total), rows: rows.Array()}, nil
}

// pageQuery is the query for one page of a list.
func pageQuery(query url.Values, per, n int) url.Values {
	asked := url.Values{"perPage": {strconv.Itoa(per)}, "page": {strconv.Itoa(n)}}
	maps.Copy(asked, query)
	return asked
}

// walk calls f with each row of a list that does not lie in the bin, newest
// first, until it returns false, for so many of the site's pages at most. Cut says
// that there are more.
func (b *version3) walk(
	ctx context.Context, call *api.Call, path string, query url.Values, shape []drift.Field, fresh bool, pages int, f func(row gjson.Result) bool,
) (last answer, cut bool, err error) {
	for n := 1; n <= pages; n++ {
		got, err := b.send(ctx, call, exchange{
			Request: upstream.Request{Method: http.MethodGet, Path: path, Query: pageQuery(query, maxPerPage, n), Fresh: fresh}, shape: shape,
		})
		if err != nil {
			return got, false, err
		}
		got.age = max(got.age, last.age)
		last = got
		p, err := b.pagination(call, got.root, n)
		if err != nil {
			return got, false, err
		}
		for _, row := range p.rows {
			if !deleted(row) && !f(row) {
				return last, false, nil
			}
		}
		if n*p.per >= p.total || len(p.rows) == 0 {
			return last, false, nil
		}
	}
	return last, true, nil
}
