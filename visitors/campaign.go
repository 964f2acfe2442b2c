package visitors

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/linkquay/linkquay/shortener"
)

const (
	// maxCampaignLinks is how many links of a campaign are rotated and listed.
	maxCampaignLinks = 1000

	// campaignsKept is how many campaigns' links are remembered, campaignKept
	// for how long: as long as a change takes to reach other processes anyway.
	campaignsKept = 64
	campaignKept  = time.Second

	maxSlug = 255
)

// campaignLinks returns the links of a campaign. They must not be changed.
func (h *Handler) campaignLinks(ctx context.Context, campaign int64) ([]shortener.Link, error) {
	return h.campaigns.get(ctx, campaign, func(ctx context.Context) ([]shortener.Link, error) {
		ctx, cancel := context.WithTimeout(ctx, readTimeout)
		defer cancel()
		return h.store.CampaignLinks(ctx, campaign, maxCampaignLinks)
	})
}

// rotate leads to one of the links of a public campaign that work now, each as
// often as any other in the long run. It is opened like the link itself; where
// there is more to that than a redirect, at the address of the link.
func (h *Handler) rotate(w http.ResponseWriter, r *http.Request, client netip.Addr, domain *shortener.Domain, slug string) error {
	slug = strings.TrimSuffix(slug, "/")
	if slug == "" || len(slug) > maxSlug {
		return ErrNotFound
	}
	campaign, err := h.store.CampaignBySlug(r.Context(), slug)
	if err != nil {
		return notFoundOr(err)
	}
	if !campaign.Public || domain != nil && domain.Account != campaign.Account {
		return ErrNotFound
	}
	links, err := h.campaignLinks(r.Context(), campaign.ID)
	if err != nil {
		return err
	}
	for _, i := range rand.Perm(len(links)) { //nolint:gosec // It spreads visits and keeps no secret.
		done, err := h.rotateTo(w, r, client, domain, &links[i])
		if done || err != nil {
			return err
		}
	}
	return ErrNotFound
}

// rotateTo opens a link of a campaign, or reports false where it does not work
// now.
func (h *Handler) rotateTo(
	w http.ResponseWriter, r *http.Request, client netip.Addr, domain *shortener.Domain, l *shortener.Link,
) (done bool, err error) {
	o := &opening{w: w, r: r, client: client, domain: domain, alias: l.Alias, target: h.links.Target(l)}
	o.visitor = h.visitor(r, client, &o.target)
	o.decision = shortener.Decide(&o.target, &o.visitor)
	switch o.decision.Outcome {
	case shortener.Blocked, shortener.Disabled, shortener.NotStarted, shortener.Ended, shortener.Nowhere:
		return false, nil
	case shortener.Redirect:
		ok, err := h.left(o)
		if !ok || err != nil {
			return false, err
		}
		h.record(o)
	default:
		// What can be seen of visits that are used up is seen here; the visit
		// itself is taken at the link.
		if o.target.Limit > 0 {
			ok, err := h.store.ClicksLeft(r.Context(), o.target.LinkID, o.target.Limit)
			if !ok || err != nil {
				return false, err
			}
		}
		short, ok := h.shortURL(r, l)
		if !ok {
			return false, nil
		}
		o.decision.URL = short
		if r.URL.RawQuery != "" {
			o.decision.URL = shortener.Location(short + "?" + strings.ReplaceAll(r.URL.RawQuery, "#", "%23"))
		}
	}
	o.decision.Code = http.StatusFound
	return true, h.leave(o, Redirected)
}

// shortURL returns the address of a link that stands on any domain, or false
// where that is the main domain and nobody knows what it is called.
func (h *Handler) shortURL(r *http.Request, l *shortener.Link) (string, bool) {
	origin := h.cfg.Origin(r)
	return h.links.ShortURL(l, origin), origin != "" || l.Domain != "" || l.Kind == shortener.KindRemote
}
