package gempixel

import (
	"net/http"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// operation is how the script does one operation of the contract. Its fields
// have the contract's names on both sides.
type operation struct {
	method string

	// path is a template: {id}, {item}, {type} and {file} stand for the call's
	// path values.
	path string

	// query names the parameters that are passed on.
	query []string

	// fields names the fields of the document that are passed on. The page
	// names no others, and the script drops what it does not know in silence:
	// so the rest is refused.
	fields []string

	// sticky are those of them that the script keeps as they are where it is sent
	// nothing for them, and says that it is done.
	sticky []string

	// moot are fields that the script does not have, with the values that ask
	// for nothing but what it does anyway.
	moot []translate.Row

	// reply is what comes back.
	reply kind

	// rows is the name of a list's rows.
	rows string
}

// kind is a shape of reply.
type kind uint8

const (
	done      kind = iota // error and message
	saved                 // error and id
	linked                // saved, with the short URL under both its names
	named                 // saved, with the name of a campaign under its three names
	drawn                 // saved, with the link of a QR code
	described             // saved, with the fields of a channel
	paged                 // data with pages of rows
	filed                 // a page without data around it
	link                  // details and statistics of a link
	code                  // details and statistics of a QR code
	account
)

var (
	page       = []string{"limit", "page"}
	linkUpdate = []string{
		"url", "custom", "type", "password", "domain", "expiry", "geotarget", "devicetarget", "languagetarget",
		"metatitle", "metadescription", "metaimage", "pixels", "channel", "campaign", "deeplink", "parameters",
	}
	linkCreate = append([]string{"description", "status"}, linkUpdate...)
	createMoot = []translate.Row{
		{From: "redirectcode", Values: []string{"302"}},
		{From: "forwardquery", Values: []string{"false"}},
		{From: "disabled", Values: []string{"false"}},
	}
	// What a link of the script never has can be taken off it.
	updateMoot = append([]translate.Row{
		{From: "clicklimit", Values: []string{"0"}},
		{From: "startdate", Values: []string{""}},
		{From: "expiredurl", Values: []string{""}},
		{From: "externalid", Values: []string{""}},
	}, createMoot...)
	qrUpdate  = []string{"type", "data", "background", "foreground", "logo"}
	qrCreate  = append([]string{"name"}, qrUpdate...)
	campaigns = []string{"name", "slug", "public"}
	channels  = []string{"name", "description", "color", "starred"}
)

const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	remove = http.MethodDelete
)

var operations = map[api.Operation]operation{
	api.GetAccount:    {method: get, path: "/api/account", reply: account},
	api.UpdateAccount: {method: put, path: "/api/account/update", fields: []string{"email", "password"}},

	api.ListLinks:  {method: get, path: "/api/urls", query: []string{"limit", "page", "order", "short", "q"}, reply: paged, rows: "urls"},
	api.GetLink:    {method: get, path: "/api/url/{id}", reply: link},
	api.CreateLink: {method: post, path: "/api/url/add", fields: linkCreate, moot: createMoot, reply: linked},
	api.UpdateLink: {
		method: put, path: "/api/url/{id}/update", fields: linkUpdate, moot: updateMoot, reply: linked,
		sticky: []string{"password", "expiry", "metatitle", "metadescription", "metaimage", "campaign", "channel"},
	},
	api.DeleteLink: {method: remove, path: "/api/url/{id}/delete"},

	api.ListQRCodes:  {method: get, path: "/api/qr", query: page, reply: paged, rows: "qrs"},
	api.GetQRCode:    {method: get, path: "/api/qr/{id}", reply: code},
	api.CreateQRCode: {method: post, path: "/api/qr/add", fields: qrCreate, reply: drawn},
	api.UpdateQRCode: {method: put, path: "/api/qr/{id}/update", fields: qrUpdate, sticky: []string{"logo"}},
	api.DeleteQRCode: {method: remove, path: "/api/qr/{id}/delete"},

	api.ListCampaigns:        {method: get, path: "/api/campaigns", query: page, reply: paged, rows: "campaigns"},
	api.CreateCampaign:       {method: post, path: "/api/campaign/add", fields: campaigns, reply: named},
	api.AssignLinkToCampaign: {method: post, path: "/api/campaign/{id}/assign/{item}"},
	api.UpdateCampaign:       {method: put, path: "/api/campaign/{id}/update", fields: campaigns, reply: named},
	api.DeleteCampaign:       {method: remove, path: "/api/campaign/{id}/delete"},

	api.ListChannels:        {method: get, path: "/api/channels", query: page, reply: paged, rows: "channels"},
	api.ListChannelItems:    {method: get, path: "/api/channel/{id}", query: page, reply: paged, rows: "items"},
	api.CreateChannel:       {method: post, path: "/api/channel/add", fields: channels, reply: described},
	api.AssignItemToChannel: {method: post, path: "/api/channel/{id}/assign/{type}/{item}"},
	api.UpdateChannel:       {method: put, path: "/api/channel/{id}/update", fields: channels, sticky: []string{"description"}},
	api.DeleteChannel:       {method: remove, path: "/api/channel/{id}/delete"},

	api.ListDomains:  {method: get, path: "/api/domains", query: page, reply: paged, rows: "domains"},
	api.CreateDomain: {method: post, path: "/api/domain/add", fields: []string{"domain", "redirectroot", "redirect404"}, reply: saved},
	api.UpdateDomain: {method: put, path: "/api/domain/{id}/update", fields: []string{"redirectroot", "redirect404"}, sticky: []string{"redirectroot", "redirect404"}},
	api.DeleteDomain: {method: remove, path: "/api/domain/{id}/delete"},

	api.ListFiles: {method: get, path: "/api/files", query: []string{"name", "limit", "page"}, reply: filed, rows: "list"},
	api.UploadFile: {
		method: post, path: "/api/files/upload/{file}",
		query: []string{"name", "custom", "domain", "password", "expiry", "maxdownloads"}, reply: linked,
	},

	api.ListPixels:  {method: get, path: "/api/pixels", query: page, reply: paged, rows: "pixels"},
	api.CreatePixel: {method: post, path: "/api/pixel/add", fields: []string{"type", "name", "tag"}, reply: saved},
	api.UpdatePixel: {method: put, path: "/api/pixel/{id}/update", fields: []string{"name", "tag"}},
	api.DeletePixel: {method: remove, path: "/api/pixel/{id}/delete"},

	api.ListSplashPages: {method: get, path: "/api/splash", query: page, reply: paged, rows: "splash"},
	api.ListOverlays:    {method: get, path: "/api/overlay", query: page, reply: paged, rows: "cta"},
}
