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
	in, err := a.decode(call)
	if err != nil {
		return nil, err
	}
	l := &shortener.Link{Account: call.Key.Account, Type: shortener.TypeDirect}
	in.apply(l, call)
	password := ""
	set(&password, in.Password)
	if err := a.cfg.Shortener.Create(ctx, l, password, api.HostOf(call.Origin)); err != nil {
		return nil, err
	}
	return saved(call, l)
}

func (a *Adapter) updateLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	in, err := a.decode(call)
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
	return saved(call, l)
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
	return reply(a.single(call, l))
}

func (a *Adapter) listLinks(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if call.Query.Has("short") {
		return a.findLink(ctx, call, adapters.ShortOf(call.Query))
	}
	page := adapters.PageOf(call.Query)
	links, total, err := a.cfg.Shortener.Store().Links(ctx, shortener.Filter{
		Account:  call.Key.Account,
		Search:   call.Query.Get("q"),
		ByClicks: call.Query.Get("order") == "click",
		Limit:    page.Limit,
		Offset:   page.Offset(),
	})
	if err != nil {
		return nil, err
	}
	rows := make([]linkRow, len(links))
	for i := range links {
		rows[i] = a.row(call, &links[i])
	}
	return page.List(total, "urls", rows)
}

// findLink answers a search by short URL: a hit like "get one link" with the
// row beside it, a miss with status 200 and an error, both as clients expect.
func (a *Adapter) findLink(ctx context.Context, call *api.Call, short string) (*api.Reply, error) {
	alias, ok := aliasOf(short, api.HostOf(call.Origin))
	if !ok {
		return adapters.Missed(adapters.LinkNotFound), nil
	}
	l, err := a.cfg.Shortener.Store().LinkByAlias(ctx, "", alias)
	switch {
	case err != nil && api.AsError(err).Code == api.NotFound:
		return adapters.Missed(adapters.LinkNotFound), nil
	case err != nil:
		return nil, err
	case l.Account != call.Key.Account:
		return adapters.Missed(adapters.LinkNotFound), nil
	}
	s := a.single(call, l)
	s.Data.Links = []linkRow{a.row(call, l)}
	return reply(s)
}

// aliasOf reads the alias of a short URL, of host/alias or of an alias alone.
func aliasOf(short, host string) (string, bool) {
	if _, rest, ok := strings.Cut(short, "://"); ok {
		short = rest
	}
	alias := strings.TrimSuffix(short, "/")
	if i := strings.IndexByte(alias, '/'); i >= 0 {
		if api.HostOf(alias[:i]) != host {
			return "", false
		}
		alias = alias[i+1:]
	}
	alias, err := url.PathUnescape(alias)
	return alias, err == nil && shortener.IsAlias(alias)
}
