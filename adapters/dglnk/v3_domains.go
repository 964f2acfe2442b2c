package dglnk

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

const (
	// hostsFor is how long the numbers of domains are remembered.
	hostsFor = time.Minute

	// missingFor is how long it is remembered that there is no such domain: the
	// owner may add it at any moment.
	missingFor = 5 * time.Second
)

// hosts are the site's numbers of domains by host. It is safe for concurrent
// use.
type hosts struct {
	mu     sync.Mutex
	at     time.Time
	byHost map[string]int64 // nil while they are not known
}

// known are the numbers that were read lately, if that tells of a host: of one that
// is not among them only if it was just now, unless it need not be. Nobody changes
// the map.
func (h *hosts) known(host string, needed bool, now time.Time) (byHost map[string]int64, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	age := now.Sub(h.at)
	_, there := h.byHost[host]
	return h.byHost, h.byHost != nil && (age < missingFor || age < hostsFor && (there || !needed))
}

func (h *hosts) set(byHost map[string]int64, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.byHost, h.at = byHost, now
}

var customDomains = &kind{
	path:   "/custom-domain",
	listed: true,
	member: "domain",
	shape:  domainShape,
	fields: domainFields,
	rows:   "domains",
	title:  "Domain",
	row:    func(_ *version3, v gjson.Result) (any, bool) { return readDomain(v) },
}

// domainRow is a domain. Where it leads without an alias the site does not
// tell.
type domainRow struct {
	ID           int64  `json:"id"`
	Domain       string `json:"domain"`
	RedirectRoot string `json:"redirectroot"`
	Redirect404  string `json:"redirect404"`
}

// readDomain reads a domain, which the site keeps with its scheme or without.
func readDomain(v gjson.Result) (domainRow, bool) {
	id, ok := number(translate.Member(v, "id"))
	host := text(v, "host")
	if host != "" && !strings.Contains(host, "://") {
		host = "https://" + host
	}
	return domainRow{ID: id, Domain: strings.TrimRight(host, "/")}, ok && id > 0 && host != ""
}

// domainID finds the site's number of a domain, by the configuration first. Not
// found and no error is the site's own host, which needs none.
func (b *version3) domainID(ctx context.Context, call *api.Call, domain string) (id int64, found bool, err error) {
	host := hostOf(domain)
	if id, ok := b.cfg.Domains[host]; ok {
		return id, true, nil
	}
	own := host == b.client.Host()
	byHost, err := b.domains(ctx, call, host, !own)
	if err != nil {
		return 0, false, err
	}
	if id, ok := byHost[host]; ok || own {
		return id, ok, nil
	}
	return 0, false, api.InvalidField("domain", "Domain not found. Please try again.")
}

// domains are the numbers of the site's domains by host, the remembered ones if
// they tell of this host. Of many who have to ask, one does, and the others wait
// for it.
func (b *version3) domains(ctx context.Context, call *api.Call, host string, needed bool) (map[string]int64, error) {
	// A caller with a key of their own has domains of their own.
	shared := call.Key.Forwarded == ""
	if shared {
		if known, ok := b.hosts.known(host, needed, b.now()); ok {
			return known, nil
		}
		end, err := b.turns.take(ctx, customDomains.path)
		if err != nil {
			return nil, err
		}
		defer end()
		if known, ok := b.hosts.known(host, needed, b.now()); ok {
			return known, nil
		}
	}
	byHost := map[string]int64{}
	_, _, err := b.walk(ctx, call, customDomains.path, nil, pageShape, true, objectPages, func(row gjson.Result) bool {
		if d, ok := readDomain(row); ok {
			byHost[hostOf(d.Domain)] = d.ID
		}
		return true
	})
	if err == nil && shared {
		b.hosts.set(byHost, b.now())
	}
	return byHost, err
}

func (b *version3) listDomains(ctx context.Context, call *api.Call) (*api.Reply, error) {
	return b.listObjects(ctx, call, customDomains)
}

func (b *version3) getDomain(ctx context.Context, call *api.Call) (*api.Reply, error) {
	return b.getObject(ctx, call, customDomains)
}

func (b *version3) createDomain(ctx context.Context, call *api.Call) (*api.Reply, error) {
	defer b.hosts.set(nil, time.Time{})
	return b.createObject(ctx, call, customDomains)
}

func (b *version3) deleteDomain(ctx context.Context, call *api.Call) (*api.Reply, error) {
	// It may be gone although the answer is lost.
	defer b.hosts.set(nil, time.Time{})
	return b.deleteObject(ctx, call, customDomains)
}
