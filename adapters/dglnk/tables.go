package dglnk

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/translate"
)

// devices maps the contract's names to the keys of dgLnk's rules. A phone is
// sent under both names that it goes by: the page documents one, the servers
// compare with the other.
var devices = map[string][]string{
	"mobile":  {"phone", "mobile"},
	"tablet":  {"tablet"},
	"desktop": {"desktop"},
}

// fields maps dgLnk's names back to the contract's, for its error messages.
// Those about rules are told apart by what was sent.
var fields = map[string]string{
	"long_url":    "url",
	"alias":       "custom",
	"password":    "password",
	"expires_at":  "expiry",
	"title":       "metatitle",
	"description": "metadescription",
	"domain_id":   "domain",
	"pixels":      "pixels",
}

// createTable translates the document of createLink. The domains are cfg's, by
// host as hostOf returns it; own is the site's own host.
func createTable(cfg Config, domains map[string]int64, own string) *translate.Table {
	return translate.New(translate.Refuse,
		translate.Row{From: "url", To: "long_url"},
		translate.Row{From: "custom", To: "alias"},
		translate.Row{From: "password", To: "password"},
		translate.Row{From: "expiry", To: "expires_at", Value: translate.DateTime(cfg.Zone, cfg.RemoteZone)},
		translate.Row{From: "metatitle", To: "title"},
		translate.Row{From: "metadescription", To: "description"},
		translate.Row{From: "domain", To: "domain_id", Value: domainID(domains, own)},
		translate.Row{From: "pixels", To: "pixels"},
		translate.Row{From: "geotarget", To: "rules", Gather: true, Value: geoRules},
		translate.Row{From: "devicetarget", To: "rules", Gather: true, Value: deviceRules, Values: []string{"mobile", "tablet", "desktop"}},
		// The note is for the owner's eyes. dgLnk's field of that name is for
		// the public, so the note stays with us.
		translate.Row{From: "description", Emulated: true},
		translate.Row{From: "type", Values: []string{"direct"}},
		translate.Row{From: "status", Values: []string{"private"}},
		translate.Row{From: "languagetarget", Value: translate.NamedEach("language")},
		translate.Row{From: "parameters", Value: translate.NamedEach("name")},
		translate.Row{From: "metaimage", Value: translate.Named},
		tagRow("channel", cfg.Channels),
		tagRow("campaign", cfg.Campaigns),
		translate.Row{From: "deeplink", Value: deepLink},
		translate.Row{From: "redirectcode", Values: []string{"302"}},
		translate.Row{From: "forwardquery", Values: []string{"false"}},
		translate.Row{From: "clicklimit", Value: translate.Named},
		translate.Row{From: "startdate", Value: translate.Named},
		translate.Row{From: "expiredurl", Value: translate.Named},
		translate.Row{From: "externalid", Value: translate.Named},
	)
}

// storeTable makes the document that the ledger keeps: all but the password.
var storeTable = translate.New(translate.Keep, translate.Row{From: "password", Emulated: true})

// tagRow makes a tag of the name that an id has. Without any names the field
// has no equal at all.
func tagRow(from string, names map[int64]string) translate.Row {
	if len(names) == 0 {
		return translate.Row{From: from, Value: translate.Named}
	}
	row := translate.Row{From: from, To: "tags", Gather: true, Value: func(p *translate.Pass, v gjson.Result) {
		p.Element()
		p.String(names[v.Int()])
	}}
	for _, id := range slices.Sorted(maps.Keys(names)) {
		row.Values = append(row.Values, strconv.FormatInt(id, 10))
	}
	return row
}

// domainID finds dgLnk's number of a domain. The site's own host needs none.
func domainID(domains map[string]int64, own string) translate.Func {
	return func(p *translate.Pass, v gjson.Result) {
		host := hostOf(v.String())
		if id, ok := domains[host]; ok {
			p.Int(id)
			return
		}
		if host != own {
			p.Invalid("", "Domain not found. Please try again.")
		}
	}
}

// hostOf returns the host of "https://host/" or "host", in lower case.
func hostOf(domain string) string {
	if _, rest, ok := strings.Cut(domain, "://"); ok {
		domain = rest
	}
	return strings.ToLower(strings.TrimRight(domain, "/"))
}

// geoRules writes a rule for each country.
func geoRules(p *translate.Pass, v gjson.Result) {
	each(v, func(i string, entry gjson.Result) {
		name := translate.Member(entry, "location").String()
		code, ok := translate.CountryCode(name)
		if !ok {
			p.Invalid("["+i+"].location", "must be the English name of a country or its two-letter code")
			return
		}
		rule(p, strings.ToLower(code), "geo", entry)
	})
}

// deviceRules writes a rule for each kind of device. A single make, such as
// the iPhone, has no equal: a wider rule would catch other visitors too.
func deviceRules(p *translate.Pass, v gjson.Result) {
	each(v, func(i string, entry gjson.Result) {
		name := translate.Member(entry, "device").String()
		keys, ok := devices[strings.ToLower(name)]
		if !ok {
			p.Refuse("["+i+"].device", name)
			return
		}
		for _, key := range keys {
			rule(p, key, "device", entry)
		}
	})
}

func rule(p *translate.Pass, key, kind string, entry gjson.Result) {
	p.Element()
	p.Raw(`{"key":`)
	p.String(key)
	p.Raw(`,"value":`)
	p.String(translate.Member(entry, "link").String())
	p.Raw(`,"type":"` + kind + `"}`)
}

// deepLink refuses what a deep link asks for; one that is switched off asks for
// nothing.
func deepLink(p *translate.Pass, v gjson.Result) {
	v.ForEach(func(key, v gjson.Result) bool {
		if v.Type != gjson.False {
			p.Refuse("."+key.String(), v.String())
		}
		return true
	})
}

// each calls f with the index and value of each element of an array.
func each(v gjson.Result, f func(i string, entry gjson.Result)) {
	if !v.IsArray() {
		return
	}
	i := 0
	v.ForEach(func(_, entry gjson.Result) bool {
		f(strconv.Itoa(i), entry)
		i++
		return true
	})
}
