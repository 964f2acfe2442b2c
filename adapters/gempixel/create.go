package gempixel

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/reconcile"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

const (
	// clockSlack is how far the date of a link may lie before the moment at which
	// it was asked for: both clocks are read to the second, and the site's
	// database may have one of its own.
	clockSlack = 2 * time.Second

	// A search looks through so many links, the newest first. Where there are more
	// with the same destination, the one that is looked for is not of today.
	searchRows  = 100
	searchPages = 3

	// maxSearch bounds the text that is searched for, in bytes. The rest of it is
	// compared here.
	maxSearch = 500
)

// createLink makes a link once, also where the answer to it does not come.
func (a *Adapter) createLink(ctx context.Context, call *api.Call, op operation, req *upstream.Request) (*api.Reply, error) {
	return a.journal.Create(ctx, call, reconcile.Create{
		Document: req.Body,
		Send: func(ctx context.Context) (*api.Reply, error) {
			reply, _, err := a.exchange(ctx, call, op, req)
			return reply, err
		},
		Find: func(ctx context.Context, sent time.Time) (*api.Reply, error) {
			return a.find(ctx, call, gjson.ParseBytes(req.Body), sent)
		},
	})
}

// Keep implements adapters.Keeper.
func (a *Adapter) Keep(ctx context.Context, call *api.Call, begun time.Time) (end func()) {
	body, _, err := a.document(ctx, call)
	if err != nil {
		return func() {} // not so: it was sent
	}
	return a.journal.Keep(ctx, call, body, begun)
}

var _ adapters.Keeper = (*Adapter)(nil)

// find looks for the link that a create of the body has made, if it was sent at
// that time.
func (a *Adapter) find(ctx context.Context, call *api.Call, body gjson.Result, sent time.Time) (*api.Reply, error) {
	s := &search{
		adapter: a, call: call, sent: sent,
		longURL: translate.Member(body, "url").Str,
		alias:   translate.Member(body, "custom").Str,
		host:    hostOf(translate.Member(body, "domain").Str),
	}
	if s.alias == "" {
		return s.through(ctx, s.longURL)
	}
	if reply, err := s.short(ctx); reply != nil || err != nil {
		return reply, err
	}
	// Its short URL may begin with a host that nobody named.
	return s.through(ctx, s.alias)
}

// search is one look for a link.
type search struct {
	adapter              *Adapter
	call                 *api.Call
	sent                 time.Time
	longURL, alias, host string

	begun time.Time // when it was sent, by the site's clock
	found gjson.Result
	at    time.Time // when it was made
}

// ask reads a list of links, not from memory.
func (s *search) ask(ctx context.Context, query url.Values) (gjson.Result, error) {
	op := operations[api.ListLinks]
	call := &api.Call{Operation: api.ListLinks, Key: s.call.Key, Query: query}
	reply, resp, err := s.adapter.exchange(ctx, call, op, &upstream.Request{Method: http.MethodGet, Path: op.path, Query: query, Fresh: true})
	if err != nil {
		return gjson.Result{}, err
	}
	var ahead time.Duration
	if !resp.Date.IsZero() {
		ahead = resp.Date.Sub(s.adapter.now())
	}
	s.begun = s.sent.Add(ahead).Truncate(time.Second)
	return gjson.ParseBytes(reply.Document), nil
}

// short asks for the link by its short URL.
func (s *search) short(ctx context.Context) (*api.Reply, error) {
	origin := s.adapter.client.Origin()
	if s.host != "" {
		origin = "https://" + s.host
	}
	root, err := s.ask(ctx, url.Values{"short": {origin + "/" + s.alias}})
	if err != nil {
		return nil, err
	}
	if err := s.consider(root.Get("data.urls.0")); err != nil {
		return nil, err
	}
	return s.reply(), nil
}

// through searches the links by a text.
func (s *search) through(ctx context.Context, text string) (*api.Reply, error) {
	if len(text) > maxSearch {
		text = text[:maxSearch]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
	}
	query := url.Values{"q": {text}, "limit": {strconv.Itoa(searchRows)}, "order": {"date"}}
	for page := 1; page <= searchPages; page++ {
		query.Set("page", strconv.Itoa(page))
		root, err := s.ask(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, row := range root.Get("data.urls").Array() {
			if err := s.consider(row); err != nil {
				return nil, err
			}
		}
		if s.found.Exists() || root.Get("data.nextpage").Type == gjson.Null {
			break
		}
	}
	return s.reply(), nil
}

// consider takes the row for the link, where it can be and is a better guess
// than the one before: of those with the same destination, the first that was
// made after the request was sent, or else the last before.
func (s *search) consider(row gjson.Result) error {
	shortURL := row.Get("shorturl").Str
	switch {
	case !row.Exists(), !sameAddress(row.Get("longurl").Str, s.longURL):
		return nil
	case s.host != "" && hostOf(shortURL) != s.host:
		return nil
	case s.alias != "" && shortURL[strings.LastIndexByte(shortURL, '/')+1:] != s.alias:
		return nil
	}
	at, err := time.ParseInLocation(translate.DateTimeLayout, row.Get("date").Str, s.adapter.cfg.Zone)
	if err != nil {
		return fmt.Errorf("looking for a link of the backend %q: one has no date", s.adapter.cfg.Name)
	}
	if at.Before(s.begun.Add(-clockSlack)) {
		return nil
	}
	better := at.Before(s.at) && !at.Before(s.begun) || at.After(s.at) && s.at.Before(s.begun)
	if !s.found.Exists() || better {
		s.found, s.at = row, at
	}
	return nil
}

// reply is the answer to the create that has made the link, nil where none was
// found.
func (s *search) reply() *api.Reply {
	if !s.found.Exists() {
		return nil
	}
	short := gjson.AppendJSONString(nil, s.found.Get("shorturl").Str)
	return &api.Reply{Document: fmt.Appendf(nil, `{"error":0,"id":%d,"shorturl":%s,"short":%s}`, s.found.Get("id").Int(), short, short)}
}

// hostOf returns the host of an address with or without its scheme, in lower
// case and without the www. that sites add and leave out.
func hostOf(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	host, _, _ := strings.Cut(address, "/")
	return strings.TrimPrefix(strings.ToLower(host), "www.")
}

// sameAddress compares two destinations as far as a site may write one in
// another way: the letter case of the scheme and host, and a path that is a
// slash alone.
func sameAddress(a, b string) bool { return canonical(a) == canonical(b) }

func canonical(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if u.Path == "/" {
		u.Path = ""
	}
	return u.String()
}
