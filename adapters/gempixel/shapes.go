package gempixel

import "slices"

// The shapes of what the pages show. Beyond what they name, each holds the
// fields that the contract gives a type: whatever a newer site makes of those,
// clients get what they are promised.

// fields returns fields of one type.
func fields(is is, names ...string) []field {
	list := make([]field, len(names))
	for i, name := range names {
		list[i] = field{name: name, is: is}
	}
	return list
}

// need marks fields without which a reply is of no use, due those that every
// site sends.
func need(list []field) []field { return marked(list, func(f *field) { f.need = true }) }
func due(list []field) []field  { return marked(list, func(f *field) { f.due = true }) }

func marked(list []field, mark func(f *field)) []field {
	for i := range list {
		mark(&list[i])
	}
	return list
}

var id = need(fields(identity, "id"))

// rowShapes are the rows of lists, by the name of the list.
var rowShapes = map[string]*shape{
	"urls": newShape("data.urls[]", linkRow()...),
	"qrs": newShape("data.qrs[]", slices.Concat(id, need(fields(text, "link")),
		due(fields(count, "scans")), due(fields(textOrNull, "name")), due(fields(moment, "date")))...),
	"campaigns": newShape("data.campaigns[]", slices.Concat(id,
		due(fields(flag, "public")), due(fields(textOrFlag, "rotator")), due(fields(textOrNull, "list")),
		fields(textOrNull, "slug"), fields(momentOrNull, "date"))...),
	"channels": newShape("data.channels[]", slices.Concat(id, need(fields(text, "name")),
		due(fields(textOrNull, "description", "color")), due(fields(flag, "starred")))...),
	"items": newShape("data.items[]", slices.Concat(id, need(fields(text, "type")),
		due(fields(textOrNull, "title", "preview", "link")), due(fields(moment, "date")))...),
	"domains": newShape("data.domains[]", slices.Concat(id, need(fields(text, "domain")),
		due(fields(textOrNull, "redirectroot", "redirect404")))...),
	"list": newShape("list[]", slices.Concat(id, need(fields(text, "shorturl")),
		due(fields(textOrNull, "name")), due(fields(count, "downloads")), due(fields(moment, "date")),
		fields(textOrNull, "filename"), fields(countOrNull, "size"))...),
	"pixels": newShape("data.pixels[]", slices.Concat(id, need(fields(text, "type")),
		due(fields(text, "name", "tag")), due(fields(moment, "date")))...),
	"splash": newShape("data.splash[]", slices.Concat(id,
		due(fields(textOrNull, "name")), due(fields(moment, "date")),
		fields(textOrNull, "title", "message", "image", "button"), fields(numberOrNull, "counter"))...),
	"cta": newShape("data.cta[]", slices.Concat(id,
		due(fields(text, "type")), due(fields(textOrNull, "name")), due(fields(moment, "date")),
		fields(textOrNull, "message", "label", "link", "button", "email", "position", "background", "foreground"))...),
}

// linkRow is a row of the list of links. Clients read the alias from its short
// URL where a site leaves it out.
func linkRow() []field {
	return slices.Concat(id, need(fields(text, "shorturl", "longurl")),
		due(fields(text, "alias")), due(fields(count, "clicks")), due(fields(textOrNull, "title", "description")), due(fields(moment, "date")),
		fields(count, "uniqueclicks"), fields(textOrNull, "domain", "externalid"), fields(numberOrNull, "campaign"), fields(arrayOrNull, "channel"))
}

// The parts of replies about one object.
var (
	linkShape = newShape("details", slices.Concat(id, need(fields(text, "shorturl", "longurl")),
		due(fields(textOrNull, "title", "description")), due(fields(texts, "location", "device")), due(fields(momentOrNull, "expiry")), due(fields(moment, "date")),
		fields(texts, "language"), fields(text, "url", "custom"), fields(flag, "has_password"),
		fields(textOrNull, "type", "domain", "metatitle", "metadescription", "metaimage", "status", "startdate", "expiredurl", "externalid"),
		fields(objectsOrNull, "geotarget", "devicetarget", "languagetarget", "parameters"), fields(arrayOrNull, "pixels"),
		fields(numberOrArray, "channel"), fields(numbersOrNull, "channels"), fields(objectOrNull, "deeplink"),
		fields(numberOrNull, "campaign", "redirectcode", "clicklimit"), fields(flag, "forwardquery"))...)

	codeShape = newShape("details", slices.Concat(id, need(fields(text, "link")),
		due(fields(count, "scans")), due(fields(textOrNull, "name")), due(fields(moment, "date")),
		fields(textOrNull, "type", "background", "foreground", "logo"))...)

	visitShape = newShape("data", slices.Concat(need(fields(count, "clicks")), due(fields(count, "uniqueClicks")),
		due(fields(counts, "topCountries", "topReferrers", "topBrowsers", "topOs", "socialCount")))...)

	accountShape = newShape("data", slices.Concat(id, need(fields(text, "email")),
		due(fields(textOrNull, "username", "avatar", "status")), due(fields(momentOrNull, "expires", "registered")),
		fields(numberOrNull, "planid"))...)
)

// channelShape is what stands beside the items of a channel, on newer sites.
var channelShape = newShape("data", fields(channel, "channel")...)

// rootShapes are the outermost members beside the error, by kind of reply.
var rootShapes = map[kind]*shape{
	done:      newShape("", slices.Concat(remarked(), due(fields(text, "message")))...),
	saved:     newShape("", remarked()...),
	described: newShape("", slices.Concat(remarked(), due(fields(text, "name")), due(fields(textOrNull, "description", "color")), due(fields(flag, "starred")))...),
	linked:    newShape("", remarked()...),
	named:     newShape("", slices.Concat(remarked(), due(fields(flag, "public")), due(fields(textOrFlag, "rotator")), due(fields(textOrNull, "list")), fields(textOrNull, "slug"), fields(momentOrNull, "date"))...),
	drawn:     newShape("", slices.Concat(remarked(), need(fields(text, "link")))...),
	paged:     newShape("", slices.Concat(remarked(), fields(never, "details"))...),
	filed:     newShape("", remarked()...),
	link:      newShape("", slices.Concat(remarked(), due(fields(identity, "id")))...),
	code:      newShape("", slices.Concat(remarked(), fields(identity, "id"))...),
	account:   newShape("", remarked()...),
}

func remarked() []field { return fields(remarks, "warnings") }
