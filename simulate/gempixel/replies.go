package gempixel

import (
	"strconv"
	"strings"
	"time"
)

const defaultLimit = 15

// page returns the part of a list that was asked for.
func page[T any](c *call, name string, all []T, row func(T) reply) reply {
	limit, current := number(c.query.Get("limit")), number(c.query.Get("page"))
	if limit < 1 {
		limit = defaultLimit
	}
	current = max(current, 1)
	last := (len(all) + limit - 1) / limit
	rows := []reply{}
	for i := (current - 1) * limit; current <= last && i < min(current*limit, len(all)); i++ {
		rows = append(rows, row(all[i]))
	}
	out := reply{"result": len(all), "perpage": limit, "currentpage": current, "nextpage": 1, "maxpage": last, name: rows}
	if current >= last {
		out["nextpage"] = nil
	}
	return out
}

// linkRow is a link in a list, with the columns of newer sites.
func (c *call) linkRow(l *link) reply {
	row := reply{
		"id": l.id, "alias": l.alias, "shorturl": l.shortURL(), "longurl": text(l.sent["url"]), "clicks": l.clicks,
		"title": text(l.sent["metatitle"]), "description": text(l.sent["description"]), "date": c.date(l.date),
		"uniqueclicks": len(l.unique), "domain": l.base, "campaign": nil, "channel": c.site.channelsOf(l),
	}
	if l.campaign != 0 {
		row["campaign"] = l.campaign
	}
	return row
}

// single is a link by itself: what the pages show of it, and no more.
func (c *call) single(l *link) reply {
	details := reply{
		"id": l.id, "shorturl": l.shortURL(), "longurl": text(l.sent["url"]),
		"title": text(l.sent["metatitle"]), "description": text(l.sent["description"]),
		"location": targets(l.sent["geotarget"], "location"), "device": targets(l.sent["devicetarget"], "device"),
		"expiry": nil, "date": c.date(l.date),
	}
	if !l.expiry.IsZero() {
		details["expiry"] = c.date(l.expiry)
	}
	return reply{"id": l.id, "details": details, "data": statistics(l.clicks, len(l.unique), "google")}
}

func (c *call) date(t time.Time) string { return t.In(c.site.o.Zone).Format(timeLayout) }

// targets turns rows into an object by lower-case name, and none into 0.
func targets(sent any, name string) any {
	rows, _ := sent.([]any)
	out := reply{}
	for _, row := range rows {
		row, _ := row.(map[string]any)
		if key, link := text(row[name]), text(row["link"]); key != "" && link != "" {
			out[strings.ToLower(key)] = link
		}
	}
	if len(out) == 0 {
		return 0
	}
	return out
}

// statistics are what is told about visits. The site does not look at who
// comes, so that each aggregate has one row.
func statistics(clicks, unique int, third string) reply {
	aggregate := func(name string) any {
		if clicks == 0 {
			return 0
		}
		return reply{name: strconv.Itoa(clicks)}
	}
	return reply{
		"clicks": clicks, "uniqueClicks": unique,
		"topCountries": aggregate("Unknown"), "topReferrers": aggregate("Direct, email and other"),
		"topBrowsers": aggregate("Unknown"), "topOs": aggregate("Unknown"),
		"socialCount": reply{"facebook": 0, "twitter": 0, third: 0},
	}
}
