package dglnk

import (
	"crypto/subtle"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const unlockForm = `<form method="post"><input type="password" name="password"><button>Continue</button></form>`

// Click is a visit that was sent on.
type Click struct {
	LinkID   int64
	At       time.Time
	Country  string // two letters, lower case; empty where unknown
	Device   string // mobile, tablet or desktop
	Platform string
	Browser  string
	Referrer string
}

// visit serves a short URL: the first rule that matches, in stored order, says
// where it leads.
func (s *Site) visit(w http.ResponseWriter, r *http.Request) {
	link := s.named(r.PathValue("alias"))
	switch {
	case link == nil || !link.DeletedAt.IsZero() || link.Disabled || !s.servedAt(r.Host, link):
		page(w, http.StatusNotFound, "Not Found", "")
		return
	case !link.ExpiresAt.IsZero() && !s.now().Before(link.ExpiresAt):
		page(w, http.StatusGone, "Link expired", "")
		return
	case !opens(r, link.Password):
		page(w, http.StatusOK, "Password required", unlockForm)
		return
	}
	v, to := visitorOf(r), link.LongURL
	for _, rule := range link.Rules {
		if rule.matches(v, link.Clicks) {
			to = rule.Value
			break
		}
	}
	if to == "" {
		page(w, http.StatusGone, "Link expired", "")
		return
	}
	if r.Method != http.MethodHead {
		s.count(link, v, r)
	}
	to = withQuery(to, link.UTM)
	if link.Type != "direct" {
		page(w, http.StatusOK, link.Title, fmt.Sprintf(`<iframe src="%s"></iframe>`, html.EscapeString(to)))
		return
	}
	redirect(w, to)
}

// servedAt reports whether a link is to be found at a host: one of the user's
// domains, or any other, which is the site itself.
func (s *Site) servedAt(host string, l *Link) bool {
	var id int64
	for _, d := range s.objects[Domains].rows {
		_, bare, found := strings.Cut(d.Values["host"], "://")
		if !found {
			bare = d.Values["host"]
		}
		if strings.EqualFold(strings.TrimSuffix(bare, "/"), host) {
			id = d.ID
		}
	}
	return l.DomainID == nil || *l.DomainID == id
}

func opens(r *http.Request, password string) bool {
	given := r.PostFormValue("password")
	return password == "" || subtle.ConstantTimeCompare([]byte(given), []byte(password)) == 1
}

func (s *Site) count(l *Link, v visitor, r *http.Request) {
	l.Clicks++
	l.ClickedAt = s.now()
	s.clicks = append(s.clicks, Click{
		LinkID: l.ID, At: s.now(), Country: v.country, Device: v.device, Platform: v.platform,
		Browser: v.browser, Referrer: r.Referer(),
	})
}

// withQuery is an address with more in its query.
func withQuery(address, query string) string {
	u, err := url.Parse(address)
	query = strings.TrimPrefix(query, "?")
	if err != nil || query == "" {
		return address
	}
	u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+query, "&")
	return u.String()
}
