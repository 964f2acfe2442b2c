package visitors

import (
	"net/http"
	"net/netip"

	"github.com/linkquay/linkquay/shortener"
)

// adopt answers for an alias that nobody knows, on a domain whose links are
// taken over when they are first asked for.
func (h *Handler) adopt(w http.ResponseWriter, r *http.Request, client netip.Addr, domain *shortener.Domain, alias string) error {
	if h.cfg.Adopter == nil || domain == nil || h.cfg.Adopter.Domain(domain.Host) == nil {
		return ErrNotFound
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return ErrNotFound
	}
	to, err := h.cfg.Adopter.Adopt(r.Context(), domain.Host, alias, client)
	switch {
	case err != nil:
		return notFoundOr(err)
	case to == "":
		return h.open(w, r, client, domain, alias)
	case h.cfg.Adopter.Domain(domain.Host).Account != domain.Account:
		// Somebody else has registered it: what visitors get there is his.
		return ErrNotFound
	}
	o := &opening{w: w, r: r, client: client, domain: domain, alias: alias}
	o.target = h.links.Target(&shortener.Link{URL: to, Type: shortener.TypeDirect})
	if o.target.Blocked {
		return h.notice(o, http.StatusForbidden, "blocked", Blocked)
	}
	// Next time it may be taken over, with all that it does: nobody keeps this.
	o.decision = shortener.Decision{Outcome: shortener.Redirect, URL: o.target.URL, Code: http.StatusFound}
	return h.leave(o, Redirected)
}
