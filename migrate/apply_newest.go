package migrate

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// newestLinks is how many links are looked at for one whose create was never
// answered.
const newestLinks = 50

// newest returns those of the primary's newest links that lead where the entry's
// document does and have no row.
func (a *Applier) newest(ctx context.Context, primary *Place, e *Entry) ([]int64, error) {
	if gjson.GetBytes(e.Document, "custom").String() != "" {
		return nil, nil // it would have been found by that
	}
	call := primary.call(api.ListLinks)
	call.Query = url.Values{"limit": {strconv.Itoa(newestLinks)}, "page": {"1"}}
	reply, err := primary.Backend.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, row := range gjson.GetBytes(reply.Document, "data.urls").Array() {
		if row.Get("longurl").String() == gjson.GetBytes(e.Document, "url").String() {
			ids = append(ids, row.Get("id").Int())
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	find := a.Mover.Store.RowsBySource
	if e.AtTarget {
		find = a.Mover.Store.RowsByTarget
	}
	rows, err := find(ctx, e.Move, adapters.KindLink, ids)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id int64) bool {
		return slices.ContainsFunc(rows, func(row Row) bool {
			if e.AtTarget {
				return row.TargetID == id
			}
			return row.SourceID == id
		})
	}), nil
}
