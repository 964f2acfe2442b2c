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
// their own too. An alias alone is one of the key's own backend.
func (r *router) search(ctx context.Context, call *api.Call) (*api.Reply, error) {
	host := hostOf(adapters.ShortOf(call.Query))
	if m := r.home(host); m != nil {
		return r.pass(ctx, m, call)
	}
	reply, err := r.pass(ctx, r.own, call)
	if err != nil || host == "" || !missed(reply) {
		return reply, err
	}
	for _, m := range r.others() {
		found, err := r.pass(ctx, m, call)
		if err != nil {
			return nil, err
		}
		// Some sites look at the alias alone.
		if hostOf(gjson.GetBytes(found.Document, "details.shorturl").String()) == host {
			return found, nil
		}
	}
	return reply, nil
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

// missed reports whether a search has found nothing.
func missed(reply *api.Reply) bool {
	return gjson.GetBytes(reply.Document, "error").Int() != 0
}
