package dglnk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ledger"
)

// Version 1 cannot be asked what came of a create. So each one is sent with an
// alias that is known beforehand, the client's or a random one. The same
// request, sent again, is sent with the same alias: either the first one failed
// and this one makes the link, or the alias is taken, and the link is there.

const (
	// aliasLength is within the 5 to 10 characters that dgLnk takes.
	aliasLength = 8

	// base58 leaves out the characters that people mistake for each other.
	base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

	// recent is how many links are searched for one on the same domain.
	recent = 100
)

// What became of the last alias that was reserved. Where the plan drops them,
// or the site refuses them, nothing tells what came of a create in doubt.
const (
	aliasesKept uint32 = iota
	aliasesDropped
	aliasesRefused
)

// reserve returns the alias that the link is made with; empty where the site
// takes none.
func (a *Adapter) reserve(d *draft) string {
	if d.asks("custom") {
		return text(d.document, "custom")
	}
	if a.aliases.Load() == aliasesRefused {
		return ""
	}
	return randomAlias()
}

// randomAlias returns an alias that nobody else has.
func randomAlias() string {
	// Bytes from here on are left out, so that each character is as likely.
	const fair = 256 / len(base58) * len(base58)
	alias := make([]byte, 0, aliasLength)
	random := make([]byte, 2*aliasLength)
	for {
		_, _ = rand.Read(random) // It never fails.
		for _, b := range random {
			if int(b) < fair {
				alias = append(alias, base58[int(b)%len(base58)])
			}
			if len(alias) == aliasLength {
				return string(alias)
			}
		}
	}
}

// resolvable reports whether sending the entry's request again tells what came
// of it.
func (a *Adapter) resolvable(entry *ledger.Entry) bool {
	return entry.Alias != "" && a.aliases.Load() == aliasesKept
}

// doubtful returns the intent of an earlier create with the same content of
// which nobody knows what came of it, and whether there is one.
func (a *Adapter) doubtful(ctx context.Context, d *draft) (*ledger.Entry, bool, error) {
	some, err := a.doubts.Any(a.now(), func() (int, error) { return a.ledger.Pending(ctx, a.cfg.Name, a.cfg.quarantine()) })
	if err != nil || !some {
		return nil, false, err
	}
	entry, err := a.ledger.InDoubt(ctx, d.call.Key.Account, a.cfg.Name, d.fingerprint, a.cfg.quarantine())
	if coded, ok := errors.AsType[*api.Error](err); ok && coded.Code == api.NotFound {
		return nil, false, nil
	}
	return entry, err == nil, err
}

// resume returns the intent that the draft takes up, and whether there is one.
// Where sending it again would tell nothing, the site is given the time to end
// what it may still be at; after that the link is made anew.
func (a *Adapter) resume(ctx context.Context, d *draft) (*ledger.Entry, bool, error) {
	entry, again, err := a.doubtful(ctx, d)
	if !again || err != nil {
		return nil, false, err
	}
	if noted(entry) || a.resolvable(entry) {
		return entry, true, nil
	}
	since := entry.Doubtful
	if since.IsZero() {
		since = entry.Created
	}
	// A clock that was set back must not keep it for ever.
	if wait := a.cfg.quarantine() - a.now().Sub(since).Abs(); wait > 0 {
		return nil, false, &api.Error{
			Code: api.Unavailable,
			Message: fmt.Sprintf("The same request was sent to the backend %q before, and nobody knows whether it created the link. "+
				"Sent again after a while it creates one.", a.cfg.Name),
			RetryAfter: wait,
			Err:        errQuarantined,
		}
	}
	a.cfg.Logger.Warn("a create whose outcome is unknown is repeated: a link may exist twice", zap.Int64("intent", entry.ID))
	a.abandon(ctx, entry)
	return nil, false, nil
}

// completed returns the entry as it was completed by now, nil where it was not.
func (a *Adapter) completed(ctx context.Context, entry *ledger.Entry) *ledger.Entry {
	done, err := a.ledger.Entry(ctx, entry.Account, entry.Backend, entry.ID)
	if err != nil {
		return nil
	}
	return done
}

var errQuarantined = errors.New("an earlier create of the same content is in doubt")

// earlier returns the link that has the alias, where that is the one that an
// earlier request of the same content made; else the conflict. A random alias
// is nobody else's: it is even ours where something between us and the site
// repeated the request.
func (a *Adapter) earlier(ctx context.Context, d *draft, entry *ledger.Entry, again bool, conflict error) (*created, error) {
	if entry.Alias == "" {
		return nil, conflict
	}
	// Of two repetitions at once, the other one may have been faster.
	if done := a.completed(ctx, entry); done != nil {
		return &created{
			id: done.RemoteID, alias: done.Alias, shortURL: done.ShortURL, longURL: done.LongURL, title: done.Title,
			hasPassword: d.asks("password"),
		}, nil
	}
	short := a.originOf(ctx, d) + "/" + url.PathEscape(entry.Alias)
	if d.asks("custom") && (!again || !a.leads(ctx, d, short)) {
		return nil, conflict
	}
	return &created{alias: entry.Alias, shortURL: short, hasPassword: d.asks("password")}, nil
}

// leads reports whether the short URL is a link that the ledger does not know
// and that leads to where the draft's is to.
func (a *Adapter) leads(ctx context.Context, d *draft, short string) bool {
	if a.cfg.Locate == nil {
		return false
	}
	_, err := a.ledger.Find(ctx, d.call.Key.Account, a.cfg.Name, short)
	if coded, ok := errors.AsType[*api.Error](err); !ok || coded.Code != api.NotFound {
		return false
	}
	destination, err := a.cfg.Locate(ctx, short)
	return err == nil && sameURL(destination, text(d.document, "url"))
}

// originOf returns the scheme and host of the draft's short URL: those of the
// newest link on the same domain.
func (a *Adapter) originOf(ctx context.Context, d *draft) string {
	domain := a.domainOf(text(d.document, "domain"))
	entries, _, err := a.ledger.List(ctx, ledger.Filter{Account: d.call.Key.Account, Backend: a.cfg.Name, Limit: recent})
	if err != nil {
		a.cfg.Logger.Warn("looking for the domain of short URLs", zap.Error(err))
	}
	for _, e := range entries {
		if a.domainOf(textOf(e.Document, "domain")) != domain {
			continue
		}
		if u, err := url.Parse(e.ShortURL); err == nil && u.Host != "" {
			return u.Scheme + "://" + u.Host
		}
	}
	site := a.client.Origin()
	if domain == "" {
		return site
	}
	scheme, _, _ := strings.Cut(site, "://")
	return scheme + "://" + domain
}

// domainOf returns the host of a domain that has a number of its own, empty for
// the site's default.
func (a *Adapter) domainOf(domain string) string {
	host := hostOf(domain)
	if _, ok := a.cfg.Domains[host]; ok {
		return host
	}
	return ""
}
