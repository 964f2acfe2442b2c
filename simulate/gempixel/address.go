package gempixel

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
)

// reserved are aliases that lead to the site's own pages.
var reserved = []string{"api", "admin", "user", "login", "register", "qr", "content"}

const (
	minAlias    = 3
	maxAlias    = 49
	randomAlias = 5
	letters     = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// address is a short URL.
type address struct {
	alias string
	host  string // the branded domain's; empty means the site's own
	base  string // scheme and host
}

func (a address) shortURL() string { return a.base + "/" + a.alias }

// at reports whether a visitor asks for this address. The site's own short
// URLs are answered under any name that leads here.
func (a address) at(r *http.Request) bool {
	return a.alias == r.PathValue("alias") && (a.host == "" || a.host == hostOf(r.Host))
}

// place gives the link of an id, or a file, the short URL that was sent, or
// any if it has none.
func (c *call) place(a *address, id int) (err error) {
	if a.base == "" {
		a.base = c.base
	}
	if domain := text(c.sent["domain"]); domain != "" {
		if a.base, a.host, err = c.domain(domain); err != nil {
			return err
		}
	}
	custom := text(c.sent["custom"])
	switch {
	case custom == "" && a.alias == "":
		for a.alias == "" || c.taken(*a, id) {
			a.alias = anyAlias()
		}
	case custom == "":
	case len([]rune(custom)) < minAlias:
		return refusal("Custom alias must be at least 3 characters.")
	case len([]rune(custom)) > maxAlias:
		return refusal("Custom alias must be less than 50 characters.")
	case slices.Contains(reserved, strings.ToLower(custom)):
		return refusal("That alias is reserved. Please choose another one.")
	default:
		a.alias = custom
	}
	// A link can come upon another one by a new domain, too.
	if c.taken(*a, id) {
		return refusal("That alias is taken. Please choose another one.")
	}
	return nil
}

// taken reports whether something other than the link of this id has the
// address.
func (c *call) taken(a address, id int) bool {
	for _, other := range c.site.links {
		if other.host == a.host && other.alias == a.alias && other.id != id {
			return true
		}
	}
	return slices.ContainsFunc(c.site.objects[files.base], func(o *object) bool {
		return o.file.host == a.host && o.file.alias == a.alias
	})
}

func anyAlias() string {
	b := make([]byte, randomAlias)
	for i := range b {
		b[i] = letters[rand.IntN(len(letters))] //nolint:gosec // an alias is no secret
	}
	return string(b)
}

// domain finds a domain that is sent as URL or host: one of the account's or
// the site's own, whose host is returned empty.
func (c *call) domain(sent string) (base, host string, err error) {
	host = hostOf(sent)
	if host == hostOf(c.base) {
		return c.base, "", nil
	}
	for _, o := range c.mine(domains) {
		if domain := text(o.fields["domain"]); hostOf(domain) == host {
			return strings.TrimSuffix(domain, "/"), host, nil
		}
	}
	return "", "", refusal("Domain not found. Please try again.")
}

func hostOf(address string) string {
	_, after, found := strings.Cut(address, "://")
	if !found {
		after = address
	}
	host, _, _ := strings.Cut(after, "/")
	return strings.ToLower(host)
}
