package gempixel

import (
	"strconv"
	"strings"
)

// texts returns a row of the id and some fields.
func texts(names ...string) func(*call, *object) reply {
	return func(_ *call, o *object) reply {
		row := reply{"id": o.id}
		for _, name := range names {
			row[name] = text(o.fields[name])
		}
		return row
	}
}

// dated returns a row with the date beside.
func dated(names ...string) func(*call, *object) reply {
	return func(c *call, o *object) reply {
		row := texts(names...)(c, o)
		row["date"] = c.date(o.date)
		return row
	}
}

// campaignRow has the name under one of two keys, as the pages' own sample.
func campaignRow(c *call, o *object) reply {
	name := "name"
	if on(o.fields["public"]) {
		name = "domain"
	}
	row := campaignAs(c, o, name)
	row["id"] = o.id
	return row
}

func campaignAs(c *call, o *object, name string) reply {
	slug := text(o.fields["slug"])
	out := reply{name: text(o.fields["name"]), "public": on(o.fields["public"]), "rotator": false}
	if slug != "" {
		out["rotator"] = c.base + "/r/" + slug
	} else {
		slug = strings.ToLower(strings.Join(strings.Fields(text(o.fields["name"])), "-"))
	}
	out["list"] = c.base + "/u/" + c.account.name + "/" + slug + "-" + strconv.Itoa(o.id)
	return out
}

func channelRow(c *call, o *object) reply {
	row := texts("name", "description", "color")(c, o)
	row["starred"] = on(o.fields["starred"])
	return row
}

func qrRow(c *call, o *object) reply {
	row := dated("name")(c, o)
	row["link"], row["scans"] = c.base+"/qr/"+o.code, o.visits
	return row
}

func (c *call) getQRCode() (reply, error) {
	o, err := c.pathObject(qrCodes)
	if err != nil {
		return nil, err
	}
	return reply{"details": qrRow(c, o), "data": statistics(o.visits, o.visits, "instagram")}, nil
}
