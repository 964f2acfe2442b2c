package adopt

import (
	"bytes"
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
	to      string // where a redirect leads

	// sure says that it is the link that has answered: where it leads is told.
	sure bool
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
		return visit{verdict: paged, sure: names(a.Body, expected)}, nil
	case a.Location == "":
		return visit{}, fmt.Errorf("the provider answers its visitors with status %d", status)
	case isItself(address, a.Location):
		return visit{}, fmt.Errorf("the provider leads visitors to the address that they ask for: see the option via")
	case !strings.HasPrefix(a.Location, "https://") && !strings.HasPrefix(a.Location, "http://"):
		return visit{verdict: paged}, nil
	case sameHost(a.Location, expected):
		return visit{verdict: leads, to: a.Location, sure: true}, nil
	case !d.isProvider(a.Location):
		return visit{verdict: leads, to: a.Location}, nil
	case expected != "":
		// Maybe a form for a password, at an address of its own.
		return visit{verdict: locked, to: a.Location}, nil
	}
	return visit{to: a.Location}, nil
}

// isItself reports whether an address leads to itself, by another scheme or with
// another query.
func isItself(address, to string) bool {
	from, err := url.Parse(address)
	if err != nil {
		return false
	}
	u, err := url.Parse(to)
	return err == nil && hostOf(to) == hostOf(address) && strings.Trim(u.Path, "/") == strings.Trim(from.Path, "/")
}

// names reports whether a page names the host that a link leads to.
func names(body []byte, destination string) bool {
	host := hostOf(destination)
	return host != "" && bytes.Contains(bytes.ToLower(body), []byte(host))
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

// catchAll remembers what the provider answers for what does not exist.
type catchAll struct {
	mu    sync.Mutex
	known time.Time // when it was found out
	alias string    // that stands for nothing
	visit visit
}

// isForEverybody reports whether what an alias was answered is what the provider
// answers for whatever does not exist: its owner has set a page for that, or it
// does not know the domain at all. It says nothing of a link.
func (d *domain) isForEverybody(ctx context.Context, alias string, got visit) (bool, error) {
	c := &d.elsewhere
	c.mu.Lock()
	known, other, there := c.known, c.alias, c.visit
	c.mu.Unlock()
	now := d.cfg.Now()
	if known.IsZero() || now.Sub(known) >= d.Misses {
		var err error
		other = rand.Text()
		if there, err = d.visit(ctx, other, ""); err != nil {
			return false, err
		}
		c.mu.Lock()
		c.known, c.alias, c.visit = now, other, there
		c.mu.Unlock()
	}
	if got.to == "" || there.to == "" {
		return got.verdict == there.verdict && got.to == there.to, nil
	}
	// The page may be told what was asked for.
	return got.to == there.to || strings.ReplaceAll(got.to, alias, other) == there.to, nil
}
