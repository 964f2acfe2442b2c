package dglnk

import (
	"fmt"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"
)

var aliasCharacters = regexp.MustCompile(`^[\pL\pM\pN_-]+$`)

// fill takes the members of a link from a request, all but its target. What the
// request does not give is reset; the password, which no reply tells, stays
// until it is given as null. What the plan does not include is neither read nor
// reset.
func (s *Site) fill(l *Link, in input, p problems) {
	if s.o.Spelling == SpellingNew {
		l.Title, l.Disabled = in.text("name", p), !in.flag("active", true, p)
	} else {
		l.Title, l.Disabled = in.text("title", p), in.flag("disabled", false, p)
	}
	l.Description = in.text("description", p)
	for _, feature := range planned {
		if s.includes(feature) {
			fillers[feature](s, l, in, p)
		}
	}
	if s.o.APIVersion == 3 {
		l.Image, l.UTM = in.text("image", p), in.text("utm", p)
	}
}

// fillers take what a plan may include.
var fillers = map[string]func(s *Site, l *Link, in input, p problems){
	PlanAliases: (*Site).fillAlias,
	PlanPasswords: func(_ *Site, l *Link, in input, p problems) {
		if in.has("password") || in.clears("password") {
			l.Password = in.text("password", p)
		}
	},
	PlanExpiry: (*Site).fillExpiry,
	PlanRules:  (*Site).fillRules,
	PlanPixels: func(s *Site, l *Link, in input, p problems) {
		l.Pixels = s.existing(Pixels, "pixels", in, p)
	},
	PlanDomains: (*Site).fillDomain,
	PlanTags: func(_ *Site, l *Link, in input, p problems) {
		l.Tags = nil
		for i, v := range in.list("tags", p) {
			tag, ok := v.(string)
			if !ok {
				p.add(fmt.Sprintf("tags.%d", i), "The tags.%d must be a string.", i)
			} else if !slices.Contains(l.Tags, tag) {
				l.Tags = append(l.Tags, tag)
			}
		}
	},
	PlanTypes: (*Site).fillType,
}

func (s *Site) fillAlias(l *Link, in input, p problems) {
	alias := in.text("alias", p)
	length := utf8.RuneCountInString(alias)
	other := s.named(alias)
	switch {
	case alias == "":
	case length < s.o.AliasMin:
		p.add("alias", "The alias must be at least %d characters.", s.o.AliasMin)
	case length > s.o.AliasMax:
		p.add("alias", "The alias may not be greater than %d characters.", s.o.AliasMax)
	case !aliasCharacters.MatchString(alias):
		p.add("alias", "The alias may only contain letters, numbers, dashes and underscores.")
	case other != nil && other.ID != l.ID:
		p.add("alias", "The alias has already been taken.")
	}
	l.Alias = alias
}

func (s *Site) fillExpiry(l *Link, in input, p problems) {
	l.ExpiresAt = time.Time{}
	text := in.text("expires_at", p)
	if text == "" {
		return
	}
	layouts := []string{time.DateTime}
	if s.o.APIVersion == 3 {
		layouts = append(layouts, time.RFC3339, time.DateOnly)
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, s.o.Zone); err == nil {
			l.ExpiresAt = t
			return
		}
	}
	p.add("expires_at", "The expires at does not match the format Y-m-d H:i:s.")
}

func (s *Site) fillDomain(l *Link, in input, p problems) {
	l.DomainID = nil
	if !in.has("domain_id") {
		return
	}
	id := in.integer("domain_id", p)
	if _, ok := s.objects[Domains].rows[id]; !ok && id != 0 {
		p.add("domain_id", "The selected domain id is invalid.")
	}
	l.DomainID = &id
}

// fillType takes the type of version 3; version 1 makes direct links alone.
func (s *Site) fillType(l *Link, in input, p problems) {
	if s.o.APIVersion != 3 || !in.has("type") {
		l.Type, l.TypeID = "direct", 0
		return
	}
	l.Type, l.TypeID = in.text("type", p), in.integer("type_id", p)
	if !slices.Contains([]string{"direct", "frame", "overlay"}, l.Type) {
		p.add("type", "The selected type is invalid.")
	}
	if l.Type == "overlay" && l.TypeID == 0 {
		p.add("type_id", "The type id field is required.")
	}
}

// existing are the ids that a field lists; each must exist.
func (s *Site) existing(kind, field string, in input, p problems) []int64 {
	var ids []int64
	for i, v := range in.list(field, p) {
		id, ok := whole(v)
		if _, exists := s.objects[kind].rows[id]; !ok || !exists {
			p.add(fmt.Sprintf("%s.%d", field, i), "The selected %s.%d is invalid.", field, i)
		} else if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
