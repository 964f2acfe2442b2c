package fleet

import (
	"context"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// search finds a link by its short URL: on the backend that the host belongs to;
// for any other host on the key's own, then on the others, which have hosts of
// their own too. An alias alone is one of the key's own backend. What that one
// finds on another host is answered where nobody has the link on the right one.
func (r *router) search(ctx context.Context, call *api.Call) (*api.Reply, error) {
	host := hostOf(adapters.ShortOf(call.Query))
	m, err := r.home(ctx, host)
	if err != nil {
		return nil, err
	}
	if m != nil {
		return r.pass(ctx, m, call)
	}
	reply, err := r.pass(ctx, r.own, call)
	if err != nil || host == "" || isOn(host, reply) {
		return reply, err
	}
	others, err := r.others(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range others {
		found, err := r.pass(ctx, m, call)
		if err != nil {
			return nil, err
		}
		if isOn(host, found) {
			return found, nil
		}
	}
	return reply, nil
}

// isOn reports whether the link that was found is on the host: some sites look
// at the alias alone.
func isOn(host string, found *api.Reply) bool {
	return hostOf(gjson.GetBytes(found.Document, "details.shorturl").String()) == host
}

// hostOf returns the host of a short URL, empty for an alias alone.
func hostOf(short string) string {
	scheme := ""
	if i := strings.Index(short, "://"); i >= 0 {
		scheme, short = short[:i+len("://")], short[i+len("://"):]
	}
	host, _, ok := strings.Cut(short, "/")
	if !ok {
		return ""
	}
	return api.HostOf(scheme + host)
}
