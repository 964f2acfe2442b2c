package native

import (
	"context"
	"net/url"
	"strings"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

func (a *Adapter) createLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	l, how, err := a.makeLink(ctx, call)
	if err != nil {
		return nil, err
	}
	reply, err := replayed(how == repeated)(a.saved(call, l))
	if err == nil {
		reply.Existing = how == reused
	}
	return reply, err
}

// origin is how a create came by its link.
type origin uint8

const (
	created  origin = iota
	repeated        // the same call has made it before
	reused          // a plain link that was there does as well
)

// makeLink makes the link of a call's document, or finds the one that will do.
func (a *Adapter) makeLink(ctx context.Context, call *api.Call) (*shortener.Link, origin, error) {
	if l, found, err := earlier(ctx, call, a.cfg.Shortener.Store().RepeatedLink); found || err != nil {
		return l, repeated, err
	}
	in, err := a.decodeLink(call)
	if err != nil {
		return nil, created, err
	}
	l := &shortener.Link{Account: call.Key.Account, Type: shortener.TypeDirect}
	in.apply(l, call)
	password := ""
	set(&password, in.Password)
	existing, err := a.cfg.Shortener.Create(ctx, l, password, api.HostOf(call.Origin), shortener.Creation{Once: once(call), Reuse: call.Reuse})
	switch {
	case !existing:
		return l, created, err
	// A plain link may have been there for another reason: to this call it is a
	// new answer.
	case call.Idempotency != nil && !l.Plain:
		return l, repeated, err
	}
	return l, reused, err
}

func (a *Adapter) updateLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	in, err := a.decodeLink(call)
	if err != nil {
		return nil, err
	}
	hash := ""
	if in.Password != nil && *in.Password != "" {
		if hash, err = shortener.HashPassword(ctx, *in.Password); err != nil {
			return nil, err
		}
	}
	l, err := a.cfg.Shortener.Update(ctx, call.Key.Account, call.Path.ID, api.HostOf(call.Origin), func(l *shortener.Link) error {
		in.apply(l, call)
		if in.Password != nil {
			l.PasswordHash = hash
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a.saved(call, l)
}

func (a *Adapter) deleteLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if err := a.cfg.Shortener.Delete(ctx, call.Key.Account, call.Path.ID); err != nil {
		return nil, err
	}
	return message("Link has been deleted successfully")
}

func (a *Adapter) getLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	l, err := a.cfg.Shortener.Store().Link(ctx, call.Key.Account, call.Path.ID)
	if err != nil {
		return nil, err
	}
	s, err := a.single(ctx, call, l)
	if err != nil {
		return nil, err
	}
	return reply(s)
}

func (a *Adapter) listLinks(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if call.Query.Has("short") {
		return a.findLink(ctx, call, adapters.ShortOf(call.Query))
	}
	page := adapters.PageOf(call.Query)
	links, total, err := a.cfg.Shortener.Store().Links(ctx, shortener.Filter{
		Account:    call.Key.Account,
		Search:     call.Query.Get("q"),
		ExternalID: call.Query.Get("externalid"),
		ByClicks:   call.Query.Get("order") == "click",
		Limit:      page.Limit,
		Offset:     page.Offset(),
	})
	if err != nil {
		return nil, err
	}
	return page.List(total, "urls", rowsOf(links, func(l *shortener.Link) any { return a.row(call, l) }))
}

// findLink answers a search by short URL: a hit like "get one link" with the
// row beside it, a miss with status 200 and an error, both as clients expect.
func (a *Adapter) findLink(ctx context.Context, call *api.Call, short string) (*api.Reply, error) {
	host, alias, ok := addressOf(short)
	if !ok {
		return adapters.Missed(adapters.LinkNotFound), nil
	}
	if host == api.HostOf(call.Origin) {
		host = ""
	}
	store := a.cfg.Shortener.Store()
	l, err := store.LinkByAlias(ctx, host, alias)
	if err == nil {
		// By its alias a link is found whosoever and of whatever kind it is, and
		// without its channels.
		l, err = store.Link(ctx, call.Key.Account, l.ID)
	}
	switch {
	case err != nil && api.AsError(err).Code == api.NotFound:
		return adapters.Missed(adapters.LinkNotFound), nil
	case err != nil:
		return nil, err
	}
	s, err := a.single(ctx, call, l)
	if err != nil {
		return nil, err
	}
	s.Data.Links = []linkRow{a.row(call, l)}
	return reply(s)
}

// addressOf reads the host and the alias of a short URL or of host/alias; an
// alias alone has no host. A "+" behind it, which asks for the statistics, is
// none of it.
func addressOf(short string) (host, alias string, ok bool) {
	if _, rest, ok := strings.Cut(short, "://"); ok {
		short = rest
	}
	alias = strings.TrimSuffix(short, "/")
	if i := strings.IndexByte(alias, '/'); i >= 0 {
		host, alias = api.HostOf(alias[:i]), alias[i+1:]
	}
	alias, err := url.PathUnescape(alias)
	alias = strings.TrimSuffix(alias, "+")
	return host, alias, err == nil && shortener.IsAlias(alias)
}
