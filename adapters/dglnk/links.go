package dglnk

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
	"github.com/linkquay/linkquay/translate"
)

const (
	// noVisits are the statistics of a link: dgLnk's API tells none.
	noVisits = `"clicks":0,"uniqueClicks":0,"topCountries":0,"topReferrers":0,"topBrowsers":0,"topOs":0,"socialCount":` + noSocial

	// noSocial are the visits from networks, which no version tells.
	noSocial = `{"facebook":0,"twitter":0,"google":0}`
)

// getLink answers a link from the ledger.
func (a *Adapter) getLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	entry, err := a.ledger.Entry(ctx, call.Key.Account, a.cfg.Name, call.Path.ID)
	if err != nil {
		return nil, named(err)
	}
	return &api.Reply{Document: a.found(entry, false)}, nil
}

// listLinks answers a page of links from the ledger, the newest first. With
// "short" it answers one link.
func (a *Adapter) listLinks(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if call.Query.Has("short") {
		short := adapters.ShortOf(call.Query)
		entry, err := a.ledger.Find(ctx, call.Key.Account, a.cfg.Name, short)
		if coded, ok := errors.AsType[*api.Error](err); ok && coded.Code == api.NotFound {
			return adapters.Missed(adapters.LinkNotFound), nil
		}
		if err != nil {
			return nil, err
		}
		return &api.Reply{Document: a.found(entry, true)}, nil
	}
	losses := adapters.LostQuery(call.Query, "limit", "page", "order", "q")
	if order := call.Query.Get("order"); order != "" && order != "date" {
		losses = append(losses, translate.Loss{Field: "order", Value: order})
	}
	warnings, err := adapters.Losses(a.cfg.Unsupported, a.cfg.Name, losses)
	if err != nil {
		return nil, err
	}
	page := adapters.PageOf(call.Query)
	entries, total, err := a.ledger.List(ctx, ledger.Filter{
		Account: call.Key.Account,
		Backend: a.cfg.Name,
		Search:  call.Query.Get("q"),
		Limit:   page.Limit,
		Offset:  page.Offset(),
	})
	if err != nil {
		return nil, err
	}
	rows := make([]json.RawMessage, len(entries))
	for i := range entries {
		rows[i] = a.row(nil, &entries[i])
	}
	reply, err := page.List(total, "urls", rows)
	if err != nil {
		return nil, err
	}
	reply.Warnings = warnings
	return reply, nil
}

// found answers one link; with the row of a list in it where a search found it.
func (a *Adapter) found(entry *ledger.Entry, row bool) []byte {
	stored := gjson.ParseBytes(entry.Document)
	b := []byte(`{"error":0,"id":` + strconv.FormatInt(entry.ID, 10) + `,"details":{`)
	b = a.identity(b, entry, stored)
	b = append(b, `,"location":`...)
	b = targets(b, translate.Member(stored, "geotarget"), "location")
	b = append(b, `,"device":`...)
	b = targets(b, translate.Member(stored, "devicetarget"), "device")
	b = append(b, `,"expiry":`...)
	if t, err := translate.ParseDateTime(text(stored, "expiry"), a.cfg.Zone); err == nil {
		b = gjson.AppendJSONString(b, a.moment(t))
	} else {
		b = append(b, "null"...)
	}
	// Everything that a create takes, under the name that it takes it by.
	stored.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "description", "expiry":
		default:
			b = append(b, ',')
			b = gjson.AppendJSONString(b, key.Str)
			b = append(b, ':')
			b = append(b, v.Raw...)
		}
		return true
	})
	b = append(b, `},"data":{`+noVisits...)
	if row {
		b = append(b, `,"urls":[`...)
		b = append(a.row(b, entry), ']')
	}
	return append(b, "}}"...)
}

// row writes one row of a list.
func (a *Adapter) row(b []byte, entry *ledger.Entry) []byte {
	b = append(b, '{')
	stored := gjson.ParseBytes(entry.Document)
	b = a.identity(b, entry, stored)
	b = append(b, `,"alias":`...)
	b = gjson.AppendJSONString(b, entry.Alias)
	b = append(b, `,"domain":`...)
	domain := ""
	if u, err := url.Parse(entry.ShortURL); err == nil {
		domain = u.Scheme + "://" + u.Host
	}
	b = gjson.AppendJSONString(b, domain)
	campaign, channels := "null", "[]"
	if v := translate.Member(stored, "campaign"); v.Exists() {
		campaign = v.Raw
	}
	if v := translate.Member(stored, "channel"); v.Exists() {
		channels = "[" + v.Raw + "]"
	}
	return append(b, `,"campaign":`+campaign+`,"channel":`+channels+`,"clicks":0,"uniqueclicks":0}`...)
}

// identity writes what a row and the details have in common.
func (a *Adapter) identity(b []byte, entry *ledger.Entry, stored gjson.Result) []byte {
	b = append(b, `"id":`...)
	b = strconv.AppendInt(b, entry.ID, 10)
	for _, m := range []struct{ name, value string }{
		{"shorturl", entry.ShortURL},
		{"longurl", entry.LongURL},
		{"title", entry.Title},
		{"description", text(stored, "description")},
		{"date", a.moment(entry.Created)},
	} {
		b = append(b, `,"`+m.name+`":`...)
		b = gjson.AppendJSONString(b, m.value)
	}
	return b
}

// named gives the ledger's NotFound the product's words.
func named(err error) error {
	if coded, ok := errors.AsType[*api.Error](err); ok && coded.Code == api.NotFound {
		return &api.Error{Code: api.NotFound, Message: adapters.LinkNotFound, Err: err}
	}
	return err
}
