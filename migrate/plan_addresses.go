package migrate

import (
	"context"
	"hash/maphash"
	"net/url"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
)

// addresses is who has which address at the target. It takes about 40 bytes for
// each link of both sides.
type addresses struct {
	seed  maphash.Seed
	there map[uint64]uint64 // the target's links and where they lead, hashed; 0 for anywhere
	taken map[uint64]int64  // what links of the source will have, and which
	main  string            // scheme and host of the target's main domain
	hosts map[string]bool   // its branded domains
}

// hash of a host, empty for the main domain, and an alias.
func (a *addresses) hash(host, alias string) uint64 {
	return maphash.String(a.seed, host+"/"+alias)
}

func (a *addresses) destination(r *adapters.Record) uint64 {
	return maphash.String(a.seed, canonicalURL(gjson.GetBytes(r.Document, "url").Str))
}

// readTarget learns what is at the target.
func (p *planner) readTarget(ctx context.Context) error {
	a := &p.addresses
	a.seed, a.there, a.taken, a.hosts = maphash.MakeSeed(), map[uint64]uint64{}, map[uint64]int64{}, map[string]bool{}
	a.main = p.target.Origin
	for _, host := range p.target.Domains {
		a.hosts[hostOf(host)] = true
	}
	for _, kind := range adapters.Kinds {
		p.progress(Progress{Step: "reading the target", Kind: kind})
		err := p.each(ctx, p.target, p.askTarget, kind, func(page *Page) error {
			for i := range page.Records {
				p.learn(&page.Records[i])
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// learn keeps an object of the target.
func (p *planner) learn(r *adapters.Record) {
	a := &p.addresses
	switch r.Kind {
	case adapters.KindLink:
		host := domainOf(r)
		if at := originOf(r.ShortURL); host == "" && at != "" {
			a.main = at
		}
		to := a.destination(r)
		if r.Adopted {
			to = 0
		}
		a.there[a.hash(host, gjson.GetBytes(r.Document, "custom").Str)] = to
	case adapters.KindDomain:
		a.hosts[domainOf(r)] = true
		fallthrough
	default:
		if key := naturalKey(r); key != "" {
			p.keys[r.Kind][key] = true
		}
	}
}

// originOf is the scheme and host of a short URL.
func originOf(shortURL string) string {
	u, err := url.Parse(shortURL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
