package migrate

import (
	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// resource is how the contract has one kind of object.
type resource struct {
	list   api.Operation
	get    api.Operation // empty where the contract has none
	create api.Operation
	update api.Operation

	// rows is the name of the rows in a list, holder that of the object where it
	// is asked for alone.
	rows   string
	holder string

	// partial says that a list tells less of an object than get does.
	partial bool

	fields []field
}

// field is what a create takes, and where replies tell of it.
type field struct {
	// name is that of the create, and of replies that use it too.
	name string

	// others are further names in replies, by rank.
	others []string

	// read returns a value of a reply as a create takes it, in JSON; empty for
	// one that asks for nothing.
	read reader
}

// resources are the kinds of objects. Of a link what follows from its address
// ("custom", "domain") and what is in channels stands elsewhere, as does the
// password.
var resources = map[adapters.Kind]*resource{
	adapters.KindDomain: {
		list: api.ListDomains, get: api.GetDomain, create: api.CreateDomain, update: api.UpdateDomain, rows: "domains", holder: "data",
		fields: []field{{name: "domain", read: readDomain}, {name: "redirectroot", read: readText}, {name: "redirect404", read: readText}},
	},
	adapters.KindPixel: {
		list: api.ListPixels, get: api.GetPixel, create: api.CreatePixel, update: api.UpdatePixel, rows: "pixels", holder: "data",
		fields: []field{{name: "type", read: readText}, {name: "name", read: readText}, {name: "tag", read: readText}},
	},
	adapters.KindSplash: {
		list: api.ListSplashPages, create: api.CreateSplashPage, update: api.UpdateSplashPage, rows: "splash",
		fields: []field{
			{name: "name", read: readText},
			{name: "title", read: readText},
			{name: "message", read: readText},
			{name: "counter", read: readNumber},
			{name: "image", read: readText},
			{name: "button", read: readText},
		},
	},
	adapters.KindOverlay: {
		list: api.ListOverlays, create: api.CreateOverlay, update: api.UpdateOverlay, rows: "cta",
		fields: []field{
			{name: "name", read: readText},
			{name: "type", read: readText},
			{name: "message", read: readText},
			{name: "label", read: readText},
			{name: "link", read: readText},
			{name: "button", read: readText},
			{name: "email", read: readText},
			{name: "position", read: readText},
			{name: "background", read: readText},
			{name: "foreground", read: readText},
		},
	},
	adapters.KindCampaign: {
		list: api.ListCampaigns, get: api.GetCampaign, create: api.CreateCampaign, update: api.UpdateCampaign, rows: "campaigns", holder: "data",
		fields: []field{
			{name: "name", others: []string{"campaign", "domain"}, read: readText},
			{name: "slug", others: []string{"rotator"}, read: readSlug},
			{name: "public", read: readFlag},
		},
	},
	adapters.KindChannel: {
		list: api.ListChannels, create: api.CreateChannel, update: api.UpdateChannel, rows: "channels",
		fields: []field{
			{name: "name", read: readText},
			{name: "description", read: readText},
			{name: "color", read: readText},
			{name: "starred", read: readFlag},
		},
	},
	adapters.KindLink: {
		list: api.ListLinks, get: api.GetLink, create: api.CreateLink, update: api.UpdateLink, rows: "urls", holder: "details", partial: true,
		fields: []field{
			{name: "url", others: []string{"longurl"}, read: readText},
			{name: "type", read: readBut("direct")},
			{name: "expiry", read: readEnd},
			{name: "geotarget", others: []string{"location"}, read: readRules("location")},
			{name: "devicetarget", others: []string{"device"}, read: readRules("device")},
			{name: "languagetarget", others: []string{"language"}, read: readRules("language")},
			{name: "metatitle", others: []string{"title"}, read: readText},
			{name: "metadescription", read: readText},
			{name: "metaimage", read: readText},
			{name: "description", read: readText},
			{name: "pixels", read: readIDs},
			{name: "campaign", read: readID},
			{name: "deeplink", read: readDeepLink},
			{name: "status", read: readBut("private")},
			{name: "parameters", read: readParameters},
			{name: "redirectcode", read: readBut("302")},
			{name: "clicklimit", read: readID},
			{name: "startdate", read: readBeginning},
			{name: "expiredurl", read: readText},
			{name: "externalid", read: readText},
			{name: "forwardquery", read: readFlag},
			{name: "disabled", read: readFlag},
		},
	},
	adapters.KindQR: {
		list: api.ListQRCodes, get: api.GetQRCode, create: api.CreateQRCode, update: api.UpdateQRCode, rows: "qrs", holder: "details", partial: true,
		fields: []field{
			{name: "name", read: readText},
			{name: "type", read: readText},
			{name: "data", read: readAny},
			{name: "background", read: readText},
			{name: "foreground", read: readText},
			{name: "logo", read: readText},
		},
	},
}
