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

// hostsFor is how long the numbers of domains are remembered.
const hostsFor = time.Minute

// hosts are the site's numbers of domains by host. It is safe for concurrent
// use.
type hosts struct {
	mu     sync.Mutex
	at     time.Time
	byHost map[string]int64
}

func (h *hosts) of(host string, now time.Time) (int64, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id, ok := h.byHost[host]
	return id, ok && now.Sub(h.at) < hostsFor
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

type domainRow struct {
	ID     int64  `json:"id"`
	Domain string `json:"domain"`
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
	// A caller with a key of their own has domains of their own.
	own := call.Key.Forwarded != ""
	if id, ok := b.hosts.of(host, b.now()); ok && !own {
		return id, true, nil
	}
	byHost := map[string]int64{}
	_, err = b.walk(ctx, call, customDomains.path, nil, pageShape, true, objectPages, func(row gjson.Result) bool {
		if d, ok := readDomain(row); ok {
			byHost[hostOf(d.Domain)] = d.ID
		}
		return true
	})
	if err != nil {
		return 0, false, err
	}
	if !own {
		b.hosts.set(byHost, b.now())
	}
	if id, ok := byHost[host]; ok {
		return id, true, nil
	}
	if host == b.client.Host() {
		return 0, false, nil
	}
	return 0, false, api.InvalidField("domain", "Domain not found. Please try again.")
}

func (b *version3) listDomains(ctx context.Context, call *api.Call) (*api.Reply, error) {
	return b.listObjects(ctx, call, customDomains)
}

func (b *version3) getDomain(ctx context.Context, call *api.Call) (*api.Reply, error) {
	return b.getObject(ctx, call, customDomains)
}

func (b *version3) createDomain(ctx context.Context, call *api.Call) (*api.Reply, error) {
	return b.createObject(ctx, call, customDomains)
}

func (b *version3) deleteDomain(ctx context.Context, call *api.Call) (*api.Reply, error) {
	b.hosts.set(nil, time.Time{})
	return b.deleteObject(ctx, call, customDomains)
}
