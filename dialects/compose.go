package dialects

import (
	"cmp"
	"context"
	"net/url"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

const (
	// MaxPage is how many rows one call of the contract answers.
	MaxPage = 1000

	// maxPages is how many such calls are made for one list, whatever a backend
	// says of its length.
	maxPages = 100
)

// Find returns the answer to the search for the one link that a short URL, or
// its alias alone, names. Codes: NotFound, and those of listLinks.
func Find(ctx context.Context, do Do, short string) (*api.Reply, error) {
	reply, err := do(ctx, &api.Call{Operation: api.ListLinks, Query: url.Values{"short": {short}}})
	if err != nil {
		return nil, err
	}
	if found := gjson.ParseBytes(reply.Document); found.Get("error").Int() != 0 {
		return nil, api.Errorf(api.NotFound, "%s", cmp.Or(found.Get("message").String(), "Link not found. Please try again."))
	}
	return reply, nil
}

// Rows calls f with each row of a list, and the answer that it is of, until f
// returns false. List is the operation, member what it calls its rows.
func Rows(ctx context.Context, do Do, list api.Operation, member string, f func(reply *api.Reply, row gjson.Result) bool) error {
	for page := int64(1); page <= maxPages; page++ {
		reply, err := do(ctx, &api.Call{Operation: list, Query: Page(page, MaxPage)})
		if err != nil {
			return err
		}
		data := gjson.GetBytes(reply.Document, "data")
		rows := data.Get(member).Array()
		for _, row := range rows {
			if !f(reply, row) {
				return nil
			}
		}
		if len(rows) == 0 || page >= data.Get("maxpage").Int() {
			break
		}
	}
	return nil
}

// Page is the query of one page of a list.
func Page(page, limit int64) url.Values {
	return url.Values{"page": {strconv.FormatInt(page, 10)}, "limit": {strconv.FormatInt(limit, 10)}}
}

// Object returns the named parameters that have a value as a JSON object, the
// source of a table.
func Object(in url.Values, names ...string) []byte {
	src := []byte{'{'}
	for _, name := range names {
		value := in.Get(name)
		if value == "" {
			continue
		}
		if len(src) > 1 {
			src = append(src, ',')
		}
		src = append(gjson.AppendJSONString(src, name), ':')
		src = gjson.AppendJSONString(src, value)
	}
	return append(src, '}')
}
