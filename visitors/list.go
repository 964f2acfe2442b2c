package visitors

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors/pages"
)

// listPage is how many links a page of a list has.
const listPage = 25

// list shows the public links of a public campaign, newest first:
// /u/<account>/list-<id>, or /u/<account>/<slug>-<id> where it has a slug.
func (h *Handler) list(w http.ResponseWriter, r *http.Request, domain *shortener.Domain, path string) error {
	account, name, _ := strings.Cut(strings.TrimSuffix(path, "/"), "/")
	dash := strings.LastIndexByte(name, '-')
	if account == "" || dash < 0 || domain != nil && domain.Account != account {
		return ErrNotFound
	}
	id, ok := number(name[dash+1:], "")
	if !ok {
		return ErrNotFound
	}
	campaign, err := h.store.Campaigns().Get(r.Context(), account, id)
	if err != nil {
		return notFoundOr(err)
	}
	if slug := name[:dash]; !campaign.Public || slug != "list" && (slug != campaign.Slug || slug == "") {
		return ErrNotFound
	}
	all, err := h.campaignLinks(r.Context(), campaign.ID)
	if err != nil {
		return err
	}
	now := h.cfg.Now()
	var listed []pages.ListedLink
	for i := len(all) - 1; i >= 0; i-- {
		l := &all[i]
		over := !l.Expires.IsZero() && !now.Before(l.Expires)
		if !l.Public || over || now.Before(l.Options.Starts) {
			continue
		}
		short, ok := h.shortURL(r, l)
		if !ok {
			continue
		}
		link := pages.ListedLink{URL: short}
		// Nothing of a locked link is shown, and a remote one may be locked.
		if l.PasswordHash == "" && l.Kind != shortener.KindRemote {
			link.Title = l.MetaTitle
		}
		listed = append(listed, link)
	}
	page := pages.List{Name: campaign.Name, Page: 1, Pages: max(1, (len(listed)+listPage-1)/listPage)}
	if asked := r.URL.Query().Get("page"); asked != "" {
		if page.Page, err = strconv.Atoi(asked); err != nil || page.Page < 1 || page.Page > page.Pages {
			return ErrNotFound
		}
	}
	first := (page.Page - 1) * listPage
	page.Links = listed[first:min(first+listPage, len(listed))]
	if err := pages.Write(w, r, pages.Options{Status: http.StatusOK, Site: h.site(r, domain)}, page); err != nil {
		return err
	}
	h.cfg.Count(Paged)
	return nil
}
