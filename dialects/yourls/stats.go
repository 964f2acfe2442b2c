package yourls

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
)

// totalStats counts all links of the account. Clicks is nil where there are
// more links than one page holds: the contract tells no sum, and a part of it
// would pass for all. Clients know the null of a database without links.
type totalStats struct {
	Links  int64  `json:"total_links"`
	Clicks *int64 `json:"total_clicks"`
}

// totals answers how many links and clicks there are.
func totals(ctx context.Context, do dialects.Do, _ url.Values) (*api.Reply, error) {
	links, total, err := list(ctx, do, "", 1, dialects.MaxPage)
	if err != nil {
		return nil, err
	}
	return encode(struct {
		Stats      totalStats `json:"db-stats"`
		StatusCode string     `json:"statusCode"`
		Message    string     `json:"message"`
	}{totalsOf(links, total), "200", success})
}

func totalsOf(links []link, total int64) totalStats {
	s := totalStats{Links: total}
	if int64(len(links)) < total {
		return s
	}
	s.Clicks = new(int64)
	for _, l := range links {
		*s.Clicks += l.clicks
	}
	return s
}

// stats answers links in the order that the filter names, and the totals.
// Without a limit it is the totals alone.
func stats(ctx context.Context, do dialects.Do, in url.Values) (*api.Reply, error) {
	all, total, err := list(ctx, do, "", 1, dialects.MaxPage)
	if err != nil {
		return nil, err
	}
	filter, start, limit := in.Get("filter"), number(in.Get("start")), min(number(in.Get("limit")), dialects.MaxPage)
	// No more than there are.
	limit = max(0, min(limit, total-start))
	var chosen []link
	switch {
	case limit == 0:
	case int64(len(all)) == total:
		arrange(all, filter)
		chosen = all[start : start+limit]
	default:
		chosen, err = choose(ctx, do, filter, start, limit, total)
	}
	if err != nil {
		return nil, err
	}
	return encode(struct {
		Links      numbered   `json:"links,omitempty"`
		Stats      totalStats `json:"stats"`
		StatusCode string     `json:"statusCode"`
		Message    string     `json:"message"`
	}{chosen, totalsOf(all, total), "200", success})
}

// arrange puts all links, the newest first, into the order of the filter.
func arrange(links []link, filter string) {
	switch filter {
	case "last":
	case "bottom":
		slices.SortStableFunc(links, func(a, b link) int { return cmp.Compare(a.clicks, b.clicks) })
	case "rand", "random":
		shuffle(links)
	default:
		slices.SortStableFunc(links, func(a, b link) int { return cmp.Compare(b.clicks, a.clicks) })
	}
}

// choose returns some of more links than one page holds. Those at the bottom
// are the last ones of the contract's order from the top; those at random are
// neighbours, since each one alone would be a call.
func choose(ctx context.Context, do dialects.Do, filter string, start, limit, total int64) ([]link, error) {
	switch filter {
	case "last":
		return window(ctx, do, "date", start, limit)
	case "bottom":
		links, err := window(ctx, do, "click", total-start-limit, limit)
		slices.Reverse(links)
		return links, err
	case "rand", "random":
		links, err := window(ctx, do, "date", rand.Int64N(total-limit+1), limit) //nolint:gosec // a sample is no secret
		shuffle(links)
		return links, err
	default:
		return window(ctx, do, "click", start, limit)
	}
}

func shuffle(links []link) {
	rand.Shuffle(len(links), func(i, j int) { links[i], links[j] = links[j], links[i] }) //nolint:gosec // an order is no secret
}

// window returns limit links from start on: of pages as long as itself it
// takes one or two.
func window(ctx context.Context, do dialects.Do, order string, start, limit int64) ([]link, error) {
	links, _, err := list(ctx, do, order, start/limit+1, limit)
	if err != nil {
		return nil, err
	}
	before := start % limit
	if before > 0 {
		more, _, err := list(ctx, do, order, start/limit+2, limit)
		if err != nil {
			return nil, err
		}
		links = append(links, more...)
	}
	// Links may have been deleted since they were counted.
	before = min(before, int64(len(links)))
	return links[before:min(before+limit, int64(len(links)))], nil
}

// list returns a page of links and how many there are in all.
func list(ctx context.Context, do dialects.Do, order string, page, limit int64) ([]link, int64, error) {
	query := dialects.Page(page, limit)
	if order != "" {
		query.Set("order", order)
	}
	reply, err := do(ctx, &api.Call{Operation: api.ListLinks, Query: query})
	if err != nil {
		return nil, 0, err
	}
	data := gjson.GetBytes(reply.Document, "data")
	var links []link
	for _, v := range data.Get("urls").Array() {
		links = append(links, linkOf(v, v.Get("clicks").Int()))
	}
	// Links may have been made between the count and the page.
	return links, max(data.Get("result").Int(), int64(len(links))), nil
}

// numbered is a list of links as clients know it: an object of link_1, link_2
// and so on.
type numbered []link

// MarshalJSON implements json.Marshaler.
func (links numbered) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, l := range links {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `"link_`+strconv.Itoa(i+1)+`":`...)
		doc, err := marshal(l.row())
		if err != nil {
			return nil, err
		}
		out = append(out, doc...)
	}
	return append(out, '}'), nil
}

// number reads the number that a text begins with, as PHP does; 0 for none
// or a negative one.
func number(s string) int64 {
	s = strings.TrimSpace(s)
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	// Without digits it is 0, and past its range the end of that.
	n, _ := strconv.ParseInt(s[:end], 10, 32)
	return n
}
