package gempixel

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// resource is a kind of object that the API makes, lists, updates and deletes
// in the same way.
type resource struct {
	list string // path of the list
	base string // path of everything else
	rows string // name of the rows in the list

	// fields are what the pages name for a create; none means that the API can
	// only list. fixed are those that an update leaves as they are.
	fields, fixed []string

	// check says what is wrong with an object that is about to be kept.
	check func(*call, *resource, *object) error
	// row is the object in a list; made is what a create answers beside its
	// id, and renewed what an update does, nil where it says updated.
	row, made, renewed func(*call, *object) reply

	missing          refusal
	updated, deleted string
}

var (
	campaigns = &resource{
		list: "/api/campaigns", base: "/api/campaign", rows: "campaigns",
		fields: []string{"name", "slug", "public"},
		check:  checkCampaign, row: campaignRow,
		made:    func(c *call, o *object) reply { return campaignAs(c, o, "campaign") },
		renewed: func(c *call, o *object) reply { return campaignAs(c, o, "domain") },
		missing: "Campaign not found. Please try again.", deleted: "Campaign has been deleted successfully.",
	}
	channels = &resource{
		list: "/api/channels", base: "/api/channel", rows: "channels",
		fields: []string{"name", "description", "color", "starred"},
		check:  needs("name", "Channel name cannot be empty."), row: channelRow, made: channelRow,
		missing: "Channel does not exist", updated: "Channel has been updated successfully.",
		deleted: "Channel has been deleted successfully.",
	}
	domains = &resource{
		list: "/api/domains", base: "/api/domain", rows: "domains",
		fields: []string{"domain", "redirectroot", "redirect404"}, fixed: []string{"domain"},
		check: checkDomain, row: texts("domain", "redirectroot", "redirect404"),
		missing: "Domain not found. Please try again.", updated: "Domain has been updated successfully.",
		deleted: "Domain has been deleted successfully.",
	}
	pixels = &resource{
		list: "/api/pixels", base: "/api/pixel", rows: "pixels",
		fields: []string{"type", "name", "tag"}, fixed: []string{"type"},
		check: checkPixel, row: dated("type", "name", "tag"),
		missing: "Pixel not found. Please try again.", updated: "Pixel has been updated successfully.",
		deleted: "Pixel has been deleted successfully.",
	}
	qrCodes = &resource{
		list: "/api/qr", base: "/api/qr", rows: "qrs",
		fields: []string{"type", "data", "background", "foreground", "logo", "name"}, fixed: []string{"type", "name"},
		check: checkQRCode, row: qrRow,
		made:    func(c *call, o *object) reply { return reply{"link": qrRow(c, o)["link"]} },
		missing: "QR not found. Please try again.", updated: "QR has been updated successfully.",
		deleted: "QR Code has been deleted successfully.",
	}
	splashPages = &resource{list: "/api/splash", base: "/api/splash", rows: "splash", row: dated("name")}
	overlays    = &resource{list: "/api/overlay", base: "/api/overlay", rows: "cta", row: dated("type", "name")}

	// files have operations of their own.
	files = &resource{base: "/api/files"}

	resources = []*resource{campaigns, channels, domains, pixels, qrCodes, splashPages, overlays}
)

type object struct {
	id      int
	account *account
	fields  map[string]any
	date    time.Time
	code    string // of a QR code: the end of its picture's URL
	file    *file  // of a file
	visits  int    // scans of a QR code, downloads of a file
	items   []item // of a channel
}

// item is something in a channel.
type item struct {
	kind string // "links" or "qr"
	id   int
	date time.Time
}

// Object is what a site knows of a campaign, channel, domain, pixel, QR code,
// file, splash page or overlay.
type Object struct {
	ID      int
	Account string
	Created time.Time
	// Sent holds the fields of the requests that made it what it is.
	Sent map[string]any
}

// Objects returns all objects of a kind, oldest first. The kind is the name in
// the API's paths: "campaign", "channel", "domain", "pixel", "qr", "files",
// "splash" or "overlay".
func (s *Site) Objects(kind string) []Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Object
	for _, o := range s.objects["/api/"+kind] {
		out = append(out, Object{ID: o.id, Account: o.account.name, Created: o.date, Sent: maps.Clone(o.fields)})
	}
	return out
}

// furnish gives an account what no API can make.
func (s *Site) furnish(a *account) {
	registered := time.Date(2020, 11, 10, 18, 1, 43, 0, s.o.Zone)
	for res, fields := range map[*resource]map[string]any{
		splashPages: {"name": "Promotion"},
		overlays:    {"name": "Newsletter", "type": "message"},
	} {
		o := &object{id: s.next(res.base), account: a, date: registered, fields: fields}
		s.objects[res.base] = append(s.objects[res.base], o)
	}
}

func anyCode() string {
	return fmt.Sprintf("%06x", rand.IntN(1<<24)) //nolint:gosec // a picture of a QR code is no secret
}

// mine returns the account's objects of a kind.
func (c *call) mine(res *resource) []*object {
	var out []*object
	for _, o := range c.site.objects[res.base] {
		if o.account == c.account {
			out = append(out, o)
		}
	}
	return out
}

func (c *call) object(res *resource, id int) (*object, error) {
	for _, o := range c.mine(res) {
		if o.id == id {
			return o, nil
		}
	}
	return nil, res.missing
}

func (c *call) pathObject(res *resource) (*object, error) {
	return c.object(res, number(c.r.PathValue("id")))
}

func (c *call) listObjects(res *resource) (reply, error) {
	return reply{"data": page(c, res.rows, c.mine(res), func(o *object) reply { return res.row(c, o) })}, nil
}

func (c *call) createObject(res *resource) (reply, error) {
	o := &object{account: c.account, date: c.now, fields: map[string]any{}, code: anyCode()}
	if err := c.writeObject(res, o, nil); err != nil {
		return nil, err
	}
	o.id = c.site.next(res.base)
	c.site.objects[res.base] = append(c.site.objects[res.base], o)
	out := reply{}
	if res.made != nil {
		out = res.made(c, o)
	}
	out["id"] = o.id
	return out, nil
}

func (c *call) updateObject(res *resource) (reply, error) {
	old, err := c.pathObject(res)
	if err != nil {
		return nil, err
	}
	o := *old
	o.fields = maps.Clone(old.fields)
	if err := c.writeObject(res, &o, res.fixed); err != nil {
		return nil, err
	}
	*old = o
	if res.renewed != nil {
		out := res.renewed(c, old)
		out["id"] = o.id
		return out, nil
	}
	return reply{"message": res.updated}, nil
}

func (c *call) writeObject(res *resource, o *object, fixed []string) error {
	for _, name := range res.fields {
		if v, ok := c.sent[name]; ok && !slices.Contains(fixed, name) {
			o.fields[name] = v
		}
	}
	return res.check(c, res, o)
}

func (c *call) deleteObject(res *resource) (reply, error) {
	o, err := c.pathObject(res)
	if err != nil {
		return nil, err
	}
	c.site.objects[res.base] = slices.DeleteFunc(c.site.objects[res.base], func(other *object) bool { return other == o })
	for _, l := range c.site.links {
		if res == campaigns && l.campaign == o.id {
			l.campaign = 0
		}
	}
	return reply{"message": res.deleted}, nil
}

// other reports whether the account has another object of the kind, alike.
func (c *call) other(res *resource, o *object, alike func(*object) bool) bool {
	return slices.ContainsFunc(c.mine(res), func(other *object) bool { return other.id != o.id && alike(other) })
}
