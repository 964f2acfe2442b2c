package gempixel

import (
	"context"
	"net/url"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/translate"
)

// The bodies of requests whose parameters the contract has elsewhere.
var (
	statisticsTable = parameterTable(map[string]translate.Func{"urlid": integer})
	pageTable       = parameterTable(map[string]translate.Func{"limit": integer, "page": integer, "order": translate.Text})
	linkTable       = parameterTable(map[string]translate.Func{"link_id": integer})
	itemTable       = parameterTable(map[string]translate.Func{"item_id": integer, "type": translate.Text})
)

// itemTypeOf are the contract's types of what a channel holds, by those that
// clients send in a body.
var itemTypeOf = map[string]string{"url": "links", "link": "links", "links": "links", "bio": "bio", "qr": "qr"}

func parameterTable(values map[string]translate.Func) *translate.Table {
	var rows []translate.Row
	for name, value := range values {
		rows = append(rows, translate.Row{From: name, To: name, Value: translate.Given(value)})
	}
	return translate.New(translate.Drop, rows...)
}

// read returns the parameters of a body, of those that the table knows.
func read(table *translate.Table, body []byte) (gjson.Result, []translate.Note, error) {
	if len(body) == 0 {
		body = []byte("{}")
	}
	out, err := table.Apply(nil, body)
	return gjson.ParseBytes(out.Document), out.Notes, err
}

// id reads a parameter that is an id.
func id(in gjson.Result, name string) (int64, error) {
	n, err := strconv.ParseInt(in.Get(name).Raw, 10, 64)
	if err != nil || n < 1 {
		return 0, api.InvalidField(name, "must be a positive integer")
	}
	return n, nil
}

// statisticsOf reads which link is asked for.
func statisticsOf(call *api.Call, body []byte) ([]translate.Note, error) {
	in, notes, err := read(statisticsTable, body)
	if err != nil {
		return nil, err
	}
	call.Path.ID, err = id(in, "urlid")
	return notes, err
}

// pageOf reads which page of the links is asked for. What is no page is for the
// contract to refuse.
func pageOf(call *api.Call, body []byte) ([]translate.Note, error) {
	in, notes, err := read(pageTable, body)
	if err != nil {
		return nil, err
	}
	if call.Query == nil {
		call.Query = url.Values{}
	}
	in.ForEach(func(name, v gjson.Result) bool {
		call.Query.Set(name.Str, v.String())
		return true
	})
	return notes, nil
}

// linkOf reads which link is put into the campaign of the path.
func linkOf(call *api.Call, body []byte) ([]translate.Note, error) {
	in, notes, err := read(linkTable, body)
	if err != nil {
		return nil, err
	}
	call.Path.ItemID, err = id(in, "link_id")
	return notes, err
}

// itemOf reads which item is put into the channel of the path.
func itemOf(call *api.Call, body []byte) ([]translate.Note, error) {
	in, notes, err := read(itemTable, body)
	if err != nil {
		return nil, err
	}
	itemType, ok := itemTypeOf[in.Get("type").String()]
	if !ok {
		return nil, api.InvalidField("type", "must be url, bio or qr")
	}
	call.Path.ItemType = itemType
	call.Path.ItemID, err = id(in, "item_id")
	return notes, err
}

// findOverlay answers one overlay, which the contract has in lists alone.
func findOverlay(ctx context.Context, do dialects.Do, id int64) (*api.Reply, error) {
	var found *api.Reply
	err := dialects.Rows(ctx, do, api.ListOverlays, "cta", func(reply *api.Reply, row gjson.Result) bool {
		if row.Get("id").Int() == id {
			found = &api.Reply{Document: []byte(`{"error":0,"data":` + row.Raw + `}`), Header: reply.Header}
		}
		return found == nil
	})
	if err == nil && found == nil {
		err = api.Errorf(api.NotFound, "Overlay not found. Please try again.")
	}
	return found, err
}
