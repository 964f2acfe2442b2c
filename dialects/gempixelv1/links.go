package gempixelv1

import (
	"cmp"
	"context"
	"net/url"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/translate"
)

// createTable turns the parameters of a link into the document of createLink.
var createTable = translate.New(translate.Refuse,
	translate.Row{From: "url", To: "url"},
	translate.Row{From: "custom", To: "custom"},
	translate.Row{From: "type", To: "type"},
	translate.Row{From: "pass", To: "password"},
)

// parameterOf is what clients call the fields of the contract that they know by
// another name.
var parameterOf = map[string]string{"password": "pass"}

// shorten makes a link. Clients of this generation shorten the same address
// again and again, and expect the link that is there.
func shorten(ctx context.Context, do dialects.Do, in url.Values) (*api.Reply, error) {
	out, err := createTable.Apply(nil, dialects.Object(in, createTable.Names()...))
	if err != nil {
		return nil, err
	}
	reply, err := do(ctx, &api.Call{Operation: api.CreateLink, Document: out.Document, Reuse: !in.Has("custom")})
	if err != nil {
		return nil, err
	}
	made := gjson.ParseBytes(reply.Document)
	short := cmp.Or(made.Get("short").String(), made.Get("shorturl").String())
	return answer(reply, made, [2]string{"short", "shorturl"}, short), nil
}

// unshorten answers where a short URL leads.
func unshorten(ctx context.Context, do dialects.Do, in url.Values) (*api.Reply, error) {
	reply, err := dialects.Find(ctx, do, in.Get("short"))
	if err != nil {
		return nil, err
	}
	found := gjson.ParseBytes(reply.Document)
	return answer(reply, found, [2]string{"long", "longurl"}, found.Get("details.longurl").String()), nil
}

// details answers what is known of a link, in the shape that later generations
// have kept.
func details(ctx context.Context, do dialects.Do, in url.Values) (*api.Reply, error) {
	if !in.Has("alias") {
		return nil, api.InvalidField("alias", "must be given")
	}
	return dialects.Find(ctx, do, in.Get("alias"))
}

// links answers a page of links, in the shape that later generations have kept.
func links(ctx context.Context, do dialects.Do, in url.Values) (*api.Reply, error) {
	return do(ctx, &api.Call{Operation: api.ListLinks, Query: in})
}

// answer returns a reply that is one URL, under both of its names, with the id
// of the link and what the backend did without.
func answer(reply *api.Reply, link gjson.Result, names [2]string, address string) *api.Reply {
	b := []byte(`{"error":0`)
	for _, name := range []string{"id", "warnings"} {
		if v := link.Get(name); v.Exists() {
			b = append(b, `,"`+name+`":`+v.Raw...)
		}
	}
	for _, name := range names {
		b = append(b, `,"`+name+`":`...)
		b = gjson.AppendJSONString(b, address)
	}
	return &api.Reply{Document: append(b, '}'), Header: reply.Header}
}
