package dglnk

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

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
	"disabled":    "disabled",
}

// createdFields are what a created link is made of in dgLnk's answer. What is
// null on a plain link may be missing.
var createdFields = slices.Concat(
	[]drift.Field{
		{Path: "status", Is: drift.Text},
		{Path: "link", Is: drift.Object},
	},
	madeFields("link."),
	[]drift.Field{
		{Path: "link.alias", Is: drift.Text, Optional: true},
		{Path: "link.title", Is: drift.Text, Optional: true},
		{Path: "link.description", Is: drift.Text, Optional: true},
		{Path: "link.expires_at", Is: drift.Text, Optional: true},
		{Path: "link.domain_id", Is: drift.Number, Optional: true},
	},
)

// manyCreatedFields are the same of the answer to many addresses.
var manyCreatedFields = slices.Concat(
	[]drift.Field{
		{Path: "status", Is: drift.Text},
		{Path: "links", Is: drift.Array},
	},
	madeFields("links[]."),
)

// madeFields are those that every created link has, below a place.
func madeFields(place string) []drift.Field {
	return []drift.Field{
		{Path: place + "id", Is: drift.Number},
		{Path: place + "hash", Is: drift.Text},
		{Path: place + "short_url", Is: drift.Text},
		{Path: place + "long_url", Is: drift.Text},
		{Path: place + "has_password", Is: drift.Boolean},
		{Path: place + "disabled", Is: drift.Boolean},
	}
}

// listQuery is what a list of links heeds. Nobody tells how often a link was
// visited, so links cannot be ordered by that.
var listQuery = map[string]api.FieldCapability{
	"limit": {Support: api.Emulated},
	"page":  {Support: api.Emulated},
	"q":     {Support: api.Emulated},
	"short": {Support: api.Emulated},
	"order": {Support: api.Refused, Values: map[string]api.Support{"date": api.Emulated}},
}

// createTable translates the document of createLink. Own is the site's own
// host.
func createTable(cfg Config, own string) *translate.Table {
	return translate.New(translate.Refuse,
		translate.Row{From: "url", To: "long_url"},
		translate.Row{From: "custom", To: "alias"},
		translate.Row{From: "password", To: "password"},
		translate.Row{From: "expiry", To: "expires_at", Value: translate.DateTime(cfg.Zone, cfg.RemoteZone)},
		translate.Row{From: "metatitle", To: "title"},
		translate.Row{From: "metadescription", To: "description"},
		translate.Row{From: "domain", To: "domain_id", Value: domainID(cfg.Domains, own)},
		translate.Row{From: "pixels", To: "pixels"},
		translate.Row{From: "disabled", To: "disabled"},
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
		translate.Row{From: "channel", Value: translate.Named},
		translate.Row{From: "campaign", Value: translate.Named},
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
