package gempixel

import (
	"slices"
	"time"
)

const itemNotFound = refusal("Item does not exist.")

func (c *call) assignLink() (reply, error) {
	o, err := c.pathObject(campaigns)
	if err != nil {
		return nil, err
	}
	l, err := c.link(number(c.r.PathValue("item")))
	if err != nil {
		return nil, err
	}
	l.campaign = o.id
	return reply{"message": "Link successfully added to the campaign."}, nil
}

// assignItem puts a link or a QR code into a channel. Bio pages are a type,
// but there are none: the API cannot make them.
func (c *call) assignItem() (reply, error) {
	o, err := c.pathObject(channels)
	if err != nil {
		return nil, err
	}
	kind, id := c.r.PathValue("type"), number(c.r.PathValue("item"))
	switch kind {
	case "links":
		if _, err := c.link(id); err != nil {
			return nil, err
		}
	case "qr":
		if _, err := c.object(qrCodes, id); err != nil {
			return nil, err
		}
	default:
		return nil, itemNotFound
	}
	c.enter(o, kind, id)
	return reply{"message": "Item successfully added to the channel."}, nil
}

// enter puts an item into a channel once.
func (c *call) enter(channel *object, kind string, id int) {
	if !slices.ContainsFunc(channel.items, func(i item) bool { return i.kind == kind && i.id == id }) {
		channel.items = append(channel.items, item{kind: kind, id: id, date: c.now})
	}
}

// listItems lists what is in a channel and still exists.
func (c *call) listItems() (reply, error) {
	o, err := c.pathObject(channels)
	if err != nil {
		return nil, err
	}
	rows := []reply{}
	for _, i := range o.items {
		row := reply{"type": i.kind, "id": i.id, "date": i.date.In(c.site.o.Zone).Format(time.DateOnly)}
		if l, err := c.link(i.id); i.kind == "links" && err == nil {
			row["title"], row["preview"], row["link"] = text(l.sent["metatitle"]), text(l.sent["url"]), l.shortURL()
		} else if code, err := c.object(qrCodes, i.id); i.kind == "qr" && err == nil {
			address := qrRow(c, code)["link"]
			row["title"], row["preview"], row["link"] = text(code.fields["name"]), address, address
		} else {
			continue
		}
		rows = append(rows, row)
	}
	return reply{"data": page(c, "items", rows, func(row reply) reply { return row })}, nil
}

// channelsOf returns the ids of the channels that a link is in.
func (s *Site) channelsOf(l *link) []int {
	ids := []int{}
	for _, o := range s.objects[channels.base] {
		if slices.ContainsFunc(o.items, func(i item) bool { return i.kind == "links" && i.id == l.id }) {
			ids = append(ids, o.id)
		}
	}
	return ids
}
