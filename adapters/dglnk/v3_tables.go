package dglnk

import (
	"regexp"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// overlay is the prefix of a type that shows an overlay, before its number.
const overlay = "overlay-"

// linkTable translates the document of createLink, or of updateLink, where an
// empty value clears a field. Rules, the number of a domain and the parts of an
// overlay's type are put in later: one row does not know enough for them.
func linkTable(cfg Config, update bool) *translate.Table {
	expiry := translate.DateTime(cfg.Zone, cfg.RemoteZone)
	rows := []translate.Row{
		{From: "url", To: "long_url"},
		{From: "custom", To: "alias"},
		{From: "type", To: "type", Value: linkType},
		{From: "password", To: "password", Value: nullable(nil)},
		{From: "domain", To: "domain_id"},
		{From: "expiry", To: "expires_at", Value: nullable(expiry)},
		{From: "metatitle", To: "name", Value: nullable(nil)},
		{From: "metadescription", To: "description", Value: nullable(nil)},
		{From: "metaimage", To: "image", Value: nullable(nil)},
		{From: "pixels", To: "pixels"},
		{From: "geotarget", To: "rules", Gather: true, Value: checkCountries},
		{From: "devicetarget", To: "rules", Gather: true, Value: checkDevices, Values: deviceNames()},
		{From: "deeplink", To: "rules", Gather: true, Value: checkDeepLink},
		{From: "parameters", To: "long_url parameters", Value: nothing},
		{From: "campaign", To: "groups", Value: nothing},
		{From: "disabled", To: "disabled"},
		{From: "description", Value: namedUnlessEmpty},
		{From: "channel", Value: namedUnlessEmpty},
		{From: "status", Values: []string{"private"}},
		{From: "languagetarget", Value: translate.NamedEach("language")},
		{From: "redirectcode", Values: []string{"302"}},
		{From: "forwardquery", Values: []string{"false"}},
	}
	// What a link never has can be taken off it.
	for _, ours := range []struct{ field, none string }{
		{"clicklimit", "0"}, {"startdate", ""}, {"expiredurl", ""}, {"externalid", ""},
	} {
		row := translate.Row{From: ours.field, Value: translate.Named}
		if update {
			row = translate.Row{From: ours.field, Values: []string{ours.none}}
		}
		rows = append(rows, row)
	}
	return translate.New(translate.Refuse, rows...)
}

var (
	groupTable = translate.New(translate.Refuse,
		translate.Row{From: "name", To: "name"},
		translate.Row{From: "slug", Value: translate.Named},
		translate.Row{From: "public", Values: []string{"false"}},
	)
	domainTable = translate.New(translate.Refuse,
		translate.Row{From: "domain", To: "host", Value: origin},
		translate.Row{From: "redirectroot", Value: translate.Named},
		translate.Row{From: "redirect404", Value: translate.Named},
	)
	pixelTable = translate.New(translate.Refuse,
		translate.Row{From: "type", To: "type", Value: pixelType},
		translate.Row{From: "name", To: "name"},
		translate.Row{From: "tag", To: "pixel_id"},
	)
	pixelUpdateTable = translate.New(translate.Refuse,
		translate.Row{From: "name", To: "name"},
		translate.Row{From: "tag", To: "pixel_id"},
	)
)

// pixelTypes maps the contract's providers to the site's.
var pixelTypes = map[string]string{
	"gtmpixel":      "google-tag-manager",
	"gapixel":       "google-analytics",
	"fbpixel":       "facebook",
	"adwordspixel":  "google-adwords",
	"linkedinpixel": "linkedin",
	"twitterpixel":  "twitter",
	"adrollpixel":   "adroll",
	"quorapixel":    "quora",
}

// siteFields maps the site's names back to the contract's, for its error
// messages and for what it dropped.
var siteFields = map[string]string{
	"long_url":     "url",
	"alias":        "custom",
	"type":         "type",
	"type_id":      "type",
	"password":     "password",
	"has_password": "password",
	"domain_id":    "domain",
	"expires_at":   "expiry",
	"name":         "metatitle",
	"title":        "metatitle",
	"description":  "metadescription",
	"image":        "metaimage",
	"pixels":       "pixels",
	"tags":         "channel",
	"disabled":     "disabled",
	"active":       "disabled",
}

var (
	groupFields  = map[string]string{"name": "name"}
	domainFields = map[string]string{"host": "domain", "domain": "domain"}
	pixelFields  = map[string]string{"type": "type", "name": "name", "pixel_id": "tag"}
)

var (
	paged = map[string]api.FieldCapability{"limit": {Support: api.Native}, "page": {Support: api.Native}}

	// queries are the parameters that are heeded.
	queries = map[api.Operation]map[string]api.FieldCapability{
		api.ListLinks: {
			"limit": {Support: api.Native},
			"page":  {Support: api.Native},
			"q":     {Support: api.Native},
			"short": {Support: api.Native},
			"order": {Support: api.Refused, Values: map[string]api.Support{"date": api.Native}},
		},
		api.GetLinkStatistics: {
			"interval":  {Support: api.Refused, Values: map[string]api.Support{"day": api.Native}},
			"dimension": {Support: api.Native, Values: map[string]api.Support{"languages": api.Refused, "social": api.Refused}},
		},
		api.ListCampaigns: paged,
		api.ListDomains:   paged,
		api.ListPixels:    paged,
	}
)

// linkFields are what a link has in replies, behind a prefix such as "link.".
// What plain links lack may be missing.
func linkFields(prefix string) []drift.Field {
	return []drift.Field{
		{Path: "status", Is: drift.Text},
		{Path: prefix + "id", Is: drift.Number},
		{Path: prefix + "short_url", Is: drift.Text},
		{Path: prefix + "long_url", Is: drift.Text},
		{Path: prefix + "hash", Is: drift.Text},
		{Path: prefix + "type", Is: drift.Text},
		{Path: prefix + "has_password", Is: drift.Boolean},
		{Path: prefix + "created_at", Is: drift.Text},
		{Path: prefix + "alias", Is: drift.Text, Optional: true},
		{Path: prefix + "expires_at", Is: drift.Text, Optional: true},
		{Path: prefix + "deleted_at", Is: drift.Text, Optional: true},
		{Path: prefix + "domain_id", Is: drift.Number, Optional: true},
		{Path: prefix + "rules", Is: drift.Array, Optional: true},
		{Path: prefix + "pixels", Is: drift.Array, Optional: true},
	}
}

// The shapes of replies.
var (
	doneShape  = []drift.Field{{Path: "status", Is: drift.Text}}
	linkShape  = linkFields("link.")
	linksShape = append(linkFields("links[]."), drift.Field{Path: "links", Is: drift.Array})
	pageShape  = []drift.Field{
		{Path: "status", Is: drift.Text},
		{Path: "pagination.data", Is: drift.Array},
		{Path: "pagination.total", Is: drift.Number},
		{Path: "pagination.per_page", Is: drift.Number},
		{Path: "pagination.current_page", Is: drift.Number},
	}
	linkPageShape = append(linkFields("pagination.data[]."), pageShape[1:]...)
	groupShape    = []drift.Field{{Path: "status", Is: drift.Text}, {Path: "group.id", Is: drift.Number}, {Path: "group.name", Is: drift.Text}}
	domainShape   = []drift.Field{{Path: "status", Is: drift.Text}, {Path: "domain.id", Is: drift.Number}, {Path: "domain.host", Is: drift.Text}}
	pixelShape    = []drift.Field{{Path: "status", Is: drift.Text}, {Path: "pixel.id", Is: drift.Number}, {Path: "pixel.type", Is: drift.Text}}
	reportShape   = []drift.Field{{Path: "status", Is: drift.Text}, {Path: "report.clicks", Is: drift.Object}}
)

// nullable writes null for an empty text, and the value by f, nil for as it is,
// for any other.
func nullable(f translate.Func) translate.Func {
	return func(p *translate.Pass, v gjson.Result) {
		switch {
		case v.Type == gjson.String && v.Str == "":
			p.Raw("null")
		case f == nil:
			p.Raw(v.Raw)
		default:
			f(p, v)
		}
	}
}

// nothing is for a field that reaches the site by another way than its own
// member.
func nothing(*translate.Pass, gjson.Result) {}

// namedUnlessEmpty refuses a field unless it asks for nothing.
func namedUnlessEmpty(p *translate.Pass, v gjson.Result) {
	if v.Type == gjson.String && v.Str == "" || v.Type == gjson.Number && v.Num == 0 {
		return
	}
	translate.Named(p, v)
}

var overlayNumber = regexp.MustCompile(`^` + overlay + `[1-9][0-9]*$`)

// linkType passes a type on. The site has no splash pages.
func linkType(p *translate.Pass, v gjson.Result) {
	switch s := v.String(); {
	case s == "direct", s == "frame", overlayNumber.MatchString(s):
		p.Raw(v.Raw)
	default:
		p.Refuse("", s)
	}
}

// pixelType names the provider as the site does; others have one name.
func pixelType(p *translate.Pass, v gjson.Result) {
	if name, ok := pixelTypes[v.String()]; ok {
		p.String(name)
		return
	}
	p.Raw(v.Raw)
}

// origin writes a domain with its scheme and without a slash at its end.
func origin(p *translate.Pass, v gjson.Result) {
	domain := strings.TrimRight(v.String(), "/")
	if !strings.Contains(domain, "://") {
		domain = "https://" + domain
	}
	p.String(domain)
}
