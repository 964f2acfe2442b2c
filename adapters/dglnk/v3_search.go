package dglnk

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

const (
	// newest is the order of lists.
	newest = "id|desc"

	// searchPages is how many of the site's pages a search for one link looks
	// through: it searches by text that may well be in others too.
	searchPages = 5

	// maxSearch bounds the text of a search, in bytes: a longer address might be
	// more than the site's server takes in a URL.
	maxSearch = 200

	// clockSlack is how far a time of the site's may lie before the moment that we
	// take it for: its clock is read to the second.
	clockSlack = 2 * time.Second
)

// listLinks answers a page of links, the newest first, or the one that "short"
// names.
func (b *version3) listLinks(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if call.Query.Has("short") {
		return b.findLink(ctx, call, adapters.ShortOf(call.Query))
	}
	losses := adapters.LostQuery(call.Query, "limit", "page", "q", "order")
	if order := call.Query.Get("order"); order != "" && order != "date" {
		// No page tells by what name the site orders by visits.
		losses = append(losses, translate.Loss{Field: "order", Value: order})
	}
	warnings, err := adapters.Losses(b.cfg.Unsupported, b.cfg.Name, losses)
	if err != nil {
		return nil, err
	}
	query := url.Values{"order": {newest}}
	if q := call.Query.Get("q"); q != "" {
		query.Set("query", q)
	}
	page := adapters.PageOf(call.Query)
	found, err := b.page(ctx, call, page, query, linkPageShape, func(ctx context.Context, call *api.Call, e exchange) (answer, error) {
		e.Path = "/link"
		return b.send(ctx, call, e)
	}, "/link")
	if err != nil {
		return nil, err
	}
	rows := make([]linkRow, len(found.rows))
	for i, v := range found.rows {
		l, ok := readLink(v)
		if !ok {
			return nil, b.unexpected(call, "pagination.data")
		}
		rows[i] = b.row(l)
	}
	r, err := page.List(found.total, "urls", rows)
	if err != nil {
		return nil, err
	}
	r.Warnings = warnings
	return upstream.Aged(r, found.age), nil
}

// findLink answers a search by short URL.
func (b *version3) findLink(ctx context.Context, call *api.Call, short string) (*api.Reply, error) {
	if _, rest, ok := strings.Cut(short, "://"); ok {
		short = rest
	}
	host, alias, ok := strings.Cut(strings.TrimSuffix(short, "/"), "/")
	if !ok {
		host, alias = "", host
	}
	alias, err := url.PathUnescape(strings.TrimSuffix(alias, "+"))
	if err != nil || alias == "" {
		return adapters.Missed(adapters.LinkNotFound), nil
	}
	var hit remoteLink
	last, cut, err := b.walk(ctx, call, "/link", url.Values{"query": {alias}, "order": {newest}}, linkPageShape, false, searchPages, func(row gjson.Result) bool {
		l, ok := readLink(row)
		if ok && l.alias() == alias && (host == "" || api.HostOf(originOf(l.shortURL)) == api.HostOf(host)) {
			hit = l
		}
		return hit.id == 0
	})
	switch {
	case err != nil:
		return nil, err
	case hit.id == 0 && cut:
		// A client that is told of no link might make it again.
		return nil, api.Errorf(api.Unavailable, "The backend %q has too many links that are like this one to look through them all.", b.cfg.Name)
	case hit.id == 0:
		return adapters.Missed(adapters.LinkNotFound), nil
	}
	return b.single(ctx, call, hit, last.age, true)
}

// finder returns what looks for a link that may have been made by a create
// whose answer did not come: by its alias, or else among the newest with its
// destination. It must not be older than the create, by the site's clock.
func (b *version3) finder(call *api.Call, o *order) func(context.Context, time.Time) (*api.Reply, error) {
	body := gjson.ParseBytes(o.body)
	longURL, alias := text(body, "long_url"), text(body, "alias")
	locked := text(body, "password") != ""
	query := searchFor(longURL)
	if alias != "" {
		query = alias
	}
	return func(ctx context.Context, sent time.Time) (*api.Reply, error) {
		var candidates []remoteLink
		// Until the clock is known, every link with the destination is one.
		last, _, err := b.walk(ctx, call, "/link", url.Values{"query": {query}, "order": {newest}}, linkPageShape, true, searchPages, func(row gjson.Result) bool {
			l, ok := readLink(row)
			has := translate.Member(row, "has_password")
			if ok && sameURL(l.longURL, longURL) && (alias == "" || l.alias() == alias) && (!has.Exists() || has.Bool() == locked) {
				candidates = append(candidates, l)
			}
			return true
		})
		if err != nil {
			return nil, err
		}
		var skew time.Duration
		if !last.date.IsZero() {
			skew = last.date.Sub(b.now())
		}
		since := sent.Add(skew - clockSlack)
		for _, l := range candidates {
			if made := b.time(translate.Member(l.Result, "created_at")); !made.Before(since) {
				return saved(l, b.dropped(o.body, l, o.rules)), nil
			}
		}
		return nil, nil
	}
}

// searchFor is a text that the site finds an address by, also where it has
// written it in another way.
func searchFor(longURL string) string {
	if u, err := url.Parse(longURL); err == nil && u.Host != "" && canonical(longURL) != longURL {
		longURL = u.Host
	}
	return strings.ToValidUTF8(longURL[:min(len(longURL), maxSearch)], "")
}

// sameURL compares two addresses as far as a site may write one in another way:
// the letter case of the scheme and host, and a path that is a slash alone.
func sameURL(a, b string) bool { return canonical(a) == canonical(b) }

func canonical(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}
