package migrate

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// again reports whether the link was looked at before: a list that shifts while
// it is read has links twice, and files name links that were listed.
func (p *planner) again(o *object) bool {
	a := &p.addresses
	host, alias := p.becomes(&o.Record)
	before, ok := a.taken[a.hash(host, alias)]
	return ok && (before == o.ID || o.ID < 0)
}

// becomes returns the host, empty for the main domain, and the alias that a link
// gets at the target.
func (p *planner) becomes(r *adapters.Record) (host, alias string) {
	alias = gjson.GetBytes(r.Document, "custom").Str
	if host = domainOf(r); host == "" {
		host = hostOf(p.Domain)
	}
	if host == hostOf(p.addresses.main) {
		host = ""
	}
	return host, alias
}

// address looks at the address of a link, and reports whether the target can
// have it.
func (p *planner) address(t *tally, o *object, found *FoundObject) bool {
	a := &p.addresses
	host, alias := p.becomes(&o.Record)
	hash := a.hash(host, alias)
	p.keeps(t, o, host, alias, found)
	if before, ok := a.taken[hash]; ok {
		found.Detail = "so does the link " + strconv.FormatInt(before, 10)
		p.found.add(FoundTwice, o.Kind, "custom", *found)
		return false
	}
	a.taken[hash] = o.ID
	if host != "" && !a.hosts[host] && !p.target.Backend.Capabilities().Supports(api.CreateDomain) {
		found.Detail = host
		p.found.add(FoundNoDomain, o.Kind, fieldDomain, *found)
		return false
	}
	if to, ok := a.there[hash]; ok {
		if to != 0 && to != a.destination(&o.Record) {
			p.found.add(FoundTaken, o.Kind, "custom", *found)
			return false
		}
		p.found.add(FoundThere, o.Kind, "", *found)
		return true
	}
	if !p.target.takesMany() && hasExpired(&o.Record, p.Now()) {
		p.found.add(FoundExpired, o.Kind, "expiry", *found)
		return false
	}
	return true
}

// keeps counts whether a link keeps its short URL. The scheme may change: a
// browser that has no other follows.
func (p *planner) keeps(t *tally, o *object, host, alias string, found *FoundObject) {
	before, _, _ := address(o.ShortURL)
	origin := p.addresses.main
	if host != "" {
		origin = "https://" + host
	}
	if before == hostOf(origin) {
		p.report.Addresses.Kept++
		t.field(fieldAddress).Kept++
		return
	}
	p.report.Addresses.Changed++
	t.field(fieldAddress).Changed++
	found.Becomes = strings.TrimSuffix(origin, "/") + "/" + alias
	p.found.add(FoundAddress, o.Kind, fieldAddress, *found)
}

// untold adds what the source cannot tell of any object. A quick plan has asked
// for one link only, which stands for all.
func (p *planner) untold() {
	for _, t := range p.tallies {
		for _, name := range t.order {
			f := t.fields[name]
			if f == nil || f.Untold == 0 {
				continue
			}
			if p.Quick && resources[t.report.Kind].partial {
				f.Untold = t.report.Objects
			}
			p.found.count(FoundUntold, t.report.Kind, name, f.Untold)
		}
	}
}

// estimate says how long a copy takes.
func (p *planner) estimate() Estimate {
	var e Estimate
	channels := 0
	for _, t := range p.tallies {
		e.Target.Calls += t.calls
		if t.report.Kind == adapters.KindChannel {
			channels = t.report.Objects
		}
		if res := resources[t.report.Kind]; res.partial && !p.source.givesMany() {
			e.Source.Calls += t.report.Objects
		}
	}
	if !p.source.givesMany() {
		// The list is gone through twice: it shifts while it is read.
		e.Source.Calls += 2*p.listCalls + channels
	}
	e.Source.at(p.source.Rate)
	e.Target.at(p.target.Rate)
	e.Seconds = max(e.Source.Seconds, e.Target.Seconds)
	return e
}

// at adds how long the calls take at a rate.
func (s *SideEstimate) at(rate api.Rate) {
	s.Requests, s.WindowSeconds = rate.Requests, rate.Window.Seconds()
	if rate.Requests > 0 {
		s.Seconds = float64(s.Calls) * rate.Window.Seconds() / float64(rate.Requests)
	}
}
