package adopt

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/guard"
)

// verdict is what opening a short URL at the provider has told.
type verdict uint8

const (
	nowhere verdict = iota // there is no such link, or not any more
	leads                  // to visit.to
	paged                  // a page stands there, or what no browser is led to
	locked                 // a page asks for a password
)

type visit struct {
	verdict verdict
	to      string
}

// visit opens a short URL at the provider. expected is where the link leads as
// far as that is known: it may well be a page of the provider's own. An error
// says that nobody can tell.
func (d *domain) visit(ctx context.Context, alias, expected string) (visit, error) {
	address := "https://" + d.Host + "/" + alias
	a, err := d.Open(ctx, address)
	if err != nil {
		return visit{}, err
	}
	return d.judge(a, address, expected)
}

// passwordInput finds the field of a password's form.
var passwordInput = regexp.MustCompile(`(?i)<input\b[^>]*\btype\s*=\s*["']?password\b`)

func (d *domain) judge(a *guard.Answer, address, expected string) (visit, error) {
	switch status := a.Status; {
	case status == http.StatusNotFound || status == http.StatusGone:
		return visit{}, nil
	case status == http.StatusUnauthorized:
		return visit{verdict: locked}, nil
	case status >= 200 && status <= 299:
		if passwordInput.Match(a.Body) {
			return visit{verdict: locked}, nil
		}
		return visit{verdict: paged}, nil
	case a.Location == "":
		return visit{}, fmt.Errorf("the provider answers its visitors with status %d", status)
	}
	_, here, _ := strings.Cut(address, "://")
	if _, there, _ := strings.Cut(a.Location, "://"); strings.TrimSuffix(there, "/") == here {
		return visit{}, fmt.Errorf("the provider leads visitors to the address that they ask for: see the option via")
	}
	switch {
	case !strings.HasPrefix(a.Location, "https://") && !strings.HasPrefix(a.Location, "http://"):
		return visit{verdict: paged}, nil
	case sameHost(a.Location, expected):
	case d.isProvider(a.Location):
		if expected != "" {
			// Maybe a form for a password, at an address of its own.
			return visit{verdict: locked}, nil
		}
		return visit{}, nil
	}
	return visit{verdict: leads, to: a.Location}, nil
}

// isProvider reports whether a URL is one of the provider's own pages.
func (d *domain) isProvider(address string) bool {
	host := hostOf(address)
	return host == d.Host || slices.Contains(d.Provider, host)
}

func sameHost(a, b string) bool { return b != "" && hostOf(a) == hostOf(b) }

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return api.HostOf(u.Scheme + "://" + u.Host)
}

// catchAll remembers where the provider leads visitors of what does not exist.
type catchAll struct {
	mu    sync.Mutex
	known time.Time // when it was found out
	alias string    // that led nowhere
	to    string    // where it led to, empty for no redirect
}

// leadsEverybody reports whether the provider leads visitors of whatever does
// not exist to where it leads those of an alias: its owner has set a page for
// them. A link that leads to that page is taken for none.
func (d *domain) leadsEverybody(ctx context.Context, alias, to string) (bool, error) {
	c := &d.elsewhere
	c.mu.Lock()
	known, other, there := c.known, c.alias, c.to
	c.mu.Unlock()
	now := d.cfg.Now()
	if known.IsZero() || now.Sub(known) >= d.Misses {
		other = rand.Text()
		v, err := d.visit(ctx, other, "")
		if err != nil {
			return false, err
		}
		there = v.to
		c.mu.Lock()
		c.known, c.alias, c.to = now, other, there
		c.mu.Unlock()
	}
	if there == "" {
		return false, nil
	}
	// The page may be told what was asked for.
	return to == there || strings.ReplaceAll(to, alias, other) == there, nil
}
