package dglnk

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Link is a link as the site keeps it. Zero times and empty strings are what the
// API spells null.
type Link struct {
	ID          int64
	Type        string // direct, frame or overlay
	TypeID      int64  // of the overlay
	Hash        string // the random name
	Alias       string // the chosen name
	LongURL     string
	Title       string
	Description string
	Image       string
	Password    string
	UTM         string // a query that targets are given
	Disabled    bool
	DomainID    *int64 // nil: any domain of the user's; 0: the site's alone
	Rules       []Rule
	Tags        []string
	Pixels      []int64
	Groups      []int64
	Clicks      int
	ClickedAt   time.Time
	ExpiresAt   time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
	DeletedAt   time.Time // when it was put into the bin
}

func (l *Link) clone() Link {
	c := *l
	if l.DomainID != nil {
		id := *l.DomainID
		c.DomainID = &id
	}
	c.Rules, c.Tags = slices.Clone(l.Rules), slices.Clone(l.Tags)
	c.Pixels, c.Groups = slices.Clone(l.Pixels), slices.Clone(l.Groups)
	return c
}

// name is what short URLs end in.
func (l *Link) name() string {
	if l.Alias != "" {
		return l.Alias
	}
	return l.Hash
}

// named finds a link by either of its names; nil where there is none.
func (s *Site) named(name string) *Link {
	for _, l := range s.links {
		if l.Alias == name || l.Hash == name {
			return l
		}
	}
	return nil
}

// add stores a new link under the next id, with what every new link is given.
func (s *Site) add(l Link) *Link {
	for l.Hash == "" || s.named(l.Hash) != nil {
		l.Hash = rand.Text()[:5]
	}
	title, description := s.o.Describe(l.LongURL)
	if l.Title == "" {
		l.Title = title
	}
	if l.Description == "" {
		l.Description = description
	}
	s.last++
	l.ID, l.CreatedAt, l.UpdatedAt = s.last, s.now(), s.now()
	s.links[l.ID] = &l
	s.keepTags(&l)
	return &l
}

// render is a link as version 1 answers it.
func (s *Site) render(r *http.Request, l *Link) map[string]any {
	return map[string]any{
		"type": l.Type, "title": null(l.Title), "description": null(l.Description), "hash": l.Hash,
		"long_url": l.LongURL, "expires_at": s.stamp(l.ExpiresAt), "disabled": l.Disabled, "user_id": 1,
		"domain_id": l.DomainID, "alias": null(l.Alias), "has_password": l.Password != "",
		"updated_at": s.stamp(l.UpdatedAt), "created_at": s.stamp(l.CreatedAt), "id": l.ID,
		"short_url": s.shortURL(r, l),
	}
}

// render3 is a link as version 3 answers it.
func (s *Site) render3(r *http.Request, l *Link) map[string]any {
	reply := s.render(r, l)
	if s.o.Spelling == SpellingNew {
		delete(reply, "title")
		delete(reply, "disabled")
		reply["name"], reply["active"] = null(l.Title), !l.Disabled
	}
	reply["type_id"] = null(l.TypeID)
	reply["image"], reply["utm"] = null(l.Image), null(l.UTM)
	reply["deleted_at"], reply["clicked_at"] = s.stamp(l.DeletedAt), s.stamp(l.ClickedAt)
	reply["clicks_count"] = l.Clicks
	rules := []any{}
	for i, rule := range l.Rules {
		rules = append(rules, map[string]any{
			"id": l.ID*100 + int64(i), "link_id": l.ID, "type": rule.Type, "key": rule.Key, "value": null(rule.Value),
		})
	}
	reply["rules"] = rules
	reply["tags"] = s.some(Tags, s.tagIDs(l))
	reply["pixels"] = s.some(Pixels, l.Pixels)
	reply["groups"] = s.some(Groups, l.Groups)
	return reply
}

// stamp is a time as replies spell it.
func (s *Site) stamp(t time.Time) any {
	switch {
	case t.IsZero():
		return nil
	case s.o.APIVersion == 3 && s.o.ISOTimes:
		return t.UTC().Format("2006-01-02T15:04:05.000000Z")
	}
	return t.In(s.o.Zone).Format(time.DateTime)
}

// null is what an unset value is in a reply.
func null[T comparable](v T) any {
	var unset T
	if v == unset {
		return nil
	}
	return v
}

// normalised is an address as version 3 gives it back.
func normalised(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	u.Host = strings.ToLower(u.Host)
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

func describe(target string) (title, description string) {
	u, err := url.Parse(target)
	if err != nil || u.Hostname() == "" {
		return target, ""
	}
	label, _, _ := strings.Cut(strings.TrimPrefix(u.Hostname(), "www."), ".")
	_, first := utf8.DecodeRuneInString(label)
	return strings.ToUpper(label[:first]) + label[first:], ""
}
