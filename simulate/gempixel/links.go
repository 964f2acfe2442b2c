package gempixel

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// linkFields are what the pages name for a create. An update has all but those
// that it does not know.
var (
	linkFields = []string{
		"url", "custom", "type", "password", "domain", "expiry", "geotarget", "devicetarget", "languagetarget", "metatitle",
		"metadescription", "metaimage", "description", "pixels", "channel", "campaign", "deeplink", "status", "parameters",
	}
	notInUpdates = []string{"description", "status"}
)

const linkNotFound = refusal("Link not found. Please try again.")

type link struct {
	id      int
	account *account
	address
	expiry   time.Time
	date     time.Time
	sent     map[string]any // linkFields as they were last sent
	campaign int
	clicks   int
	unique   map[string]bool
}

// Link is what a site knows of a link.
type Link struct {
	ID       int
	Account  string
	Alias    string
	ShortURL string
	URL      string
	Expiry   time.Time // zero for none
	Created  time.Time
	Channels []int
	Campaign int // 0 for none
	Clicks   int

	// Sent holds the fields of the requests that made it what it is, by their
	// names in the API and without those that no page names.
	Sent map[string]any
}

// Links returns all links of all accounts, oldest first.
func (s *Site) Links() []Link {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Link, len(s.links))
	for i, l := range s.links {
		out[i] = Link{
			ID: l.id, Account: l.account.name, Alias: l.alias, ShortURL: l.shortURL(), URL: text(l.sent["url"]),
			Expiry: l.expiry, Created: l.date, Channels: s.channelsOf(l), Campaign: l.campaign,
			Clicks: l.clicks, Sent: maps.Clone(l.sent),
		}
	}
	return out
}

func (c *call) createLink() (reply, error) {
	l := &link{account: c.account, date: c.now, sent: map[string]any{}, unique: map[string]bool{}}
	if err := c.write(l, linkFields); err != nil {
		return nil, err
	}
	if c.site.o.Reuse && text(c.sent["custom"]) == "" {
		for _, old := range c.site.links {
			if old.account == c.account && old.sent["url"] == l.sent["url"] {
				return reply{"id": old.id, "shorturl": old.shortURL()}, nil
			}
		}
	}
	l.id = c.site.next("link")
	c.site.links = append(c.site.links, l)
	c.enterSent(l)
	return reply{"id": l.id, "shorturl": l.shortURL()}, nil
}

func (c *call) updateLink() (reply, error) {
	old, err := c.link(number(c.r.PathValue("id")))
	if err != nil {
		return nil, err
	}
	fields := slices.DeleteFunc(slices.Clone(linkFields), func(f string) bool { return slices.Contains(notInUpdates, f) })
	l := *old
	l.sent = maps.Clone(old.sent)
	if err := c.write(&l, fields); err != nil {
		return nil, err
	}
	*old = l
	c.enterSent(old)
	return reply{"id": l.id, "short": l.shortURL()}, nil
}

// enterSent puts a link into the channel that was sent with it.
func (c *call) enterSent(l *link) {
	if o, err := c.object(channels, number(c.sent["channel"])); err == nil {
		c.enter(o, "links", l.id)
	}
}

// write puts what was sent into a link, or says what is wrong with it.
func (c *call) write(l *link, fields []string) error {
	target, err := url.Parse(text(c.sent["url"]))
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return refusal("Please enter a valid URL.")
	}
	if err := c.place(&l.address, l.id); err != nil {
		return err
	}
	if expiry := text(c.sent["expiry"]); expiry != "" {
		if l.expiry, err = c.time(expiry); err != nil {
			return err
		}
	}
	if id := number(c.sent["campaign"]); id != 0 {
		if _, err := c.object(campaigns, id); err != nil {
			return err
		}
		l.campaign = id
	}
	if id := number(c.sent["channel"]); id != 0 {
		if _, err := c.object(channels, id); err != nil {
			return err
		}
	}
	ids, _ := c.sent["pixels"].([]any)
	for _, id := range ids {
		if _, err := c.object(pixels, number(id)); err != nil {
			return err
		}
	}
	for _, name := range fields {
		if v, ok := c.sent[name]; ok && v != false {
			l.sent[name] = v
		}
	}
	return nil
}

// time reads a time that must be to come.
func (c *call) time(sent string) (time.Time, error) {
	for _, layout := range []string{timeLayout, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, sent, c.now.Location()); err == nil && t.After(c.now) {
			return t, nil
		}
	}
	return time.Time{}, refusal("The expiry date must be later than today.")
}

// link returns one of the account's links.
func (c *call) link(id int) (*link, error) {
	for _, l := range c.site.links {
		if l.id == id && l.account == c.account {
			return l, nil
		}
	}
	return nil, linkNotFound
}

func (c *call) getLink() (reply, error) {
	l, err := c.link(number(c.r.PathValue("id")))
	if err != nil {
		return nil, err
	}
	return c.single(l), nil
}

func (c *call) deleteLink() (reply, error) {
	l, err := c.link(number(c.r.PathValue("id")))
	if err != nil {
		return nil, err
	}
	c.site.links = slices.DeleteFunc(c.site.links, func(other *link) bool { return other == l })
	return reply{"message": "Link has been deleted successfully"}, nil
}

func (c *call) listLinks() (reply, error) {
	if short := c.query.Get("short"); short != "" {
		return c.find(short), nil
	}
	var found []*link
	q := strings.ToLower(c.query.Get("q"))
	for _, l := range slices.Backward(c.site.links) {
		searched := strings.ToLower(text(l.sent["url"]) + "\n" + l.alias + "\n" + text(l.sent["metatitle"]))
		if l.account == c.account && strings.Contains(searched, q) {
			found = append(found, l)
		}
	}
	if c.query.Get("order") == "click" {
		slices.SortStableFunc(found, func(a, b *link) int { return b.clicks - a.clicks })
	}
	return reply{"data": page(c, "urls", found, c.linkRow)}, nil
}

// find answers the search for a short URL, which may lack scheme or host.
func (c *call) find(short string) reply {
	host, alias := "", short
	if i := strings.LastIndex(short, "/"); i >= 0 {
		host, alias = hostOf(short[:i]), short[i+1:]
	}
	for _, l := range c.site.links {
		if l.account == c.account && l.alias == alias && (host == "" || host == hostOf(l.base)) {
			return c.single(l)
		}
	}
	return reply{"error": 1, "message": linkNotFound}
}
