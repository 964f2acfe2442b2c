package emulate

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// part is the part of a document that is kept here. A nil member was not sent.
type part struct {
	Description *string
	Campaign    *int64
	Channel     *int64

	// fields names what was sent, in the order of the document.
	fields []string
}

// split parts a valid document from what is kept here of it. The rest is the
// document itself where that has none of it.
func (b *backend) split(document []byte) (p part, rest []byte, err error) {
	kept := []byte{'{'}
	rest = []byte{'{'}
	gjson.ParseBytes(document).ForEach(func(key, value gjson.Result) bool {
		to := &rest
		if b.ours.has(key.Str) {
			p.fields = append(p.fields, key.Str)
			to = &kept
		}
		if len(*to) > 1 {
			*to = append(*to, ',')
		}
		*to = append(append(append(*to, key.Raw...), ':'), value.Raw...)
		return true
	})
	if len(p.fields) == 0 {
		return p, document, nil
	}
	if err := json.Unmarshal(append(kept, '}'), &p); err != nil {
		return p, nil, fmt.Errorf("decoding what is kept of a link: %w", err)
	}
	return p, append(rest, '}'), nil
}

// apply writes the part into a record.
func (p *part) apply(l *shortener.Link) {
	if p.Description != nil {
		l.Description = *p.Description
	}
	if p.Campaign != nil {
		l.Campaign = *p.Campaign
	}
	if p.Channel != nil {
		// A request knows one channel: the link is in that one, or in none.
		if l.Channels = nil; *p.Channel != 0 {
			l.Channels = []int64{*p.Channel}
		}
	}
}

// groups finds the names of campaigns and channels of one owner. It is used by
// one call, and asks for each once.
type groups struct {
	store Store
	owner string
	names map[group]string
}

type group struct {
	field string
	id    int64
}

func (b *backend) groups(call *api.Call) *groups {
	return &groups{store: b.cfg.Store, owner: b.owner(call), names: map[group]string{}}
}

// of returns the names of the groups that the part puts a link in. What does
// not exist is Invalid, by its field.
func (g *groups) of(ctx context.Context, p *part) (names []string, err error) {
	var missing []api.FieldError
	for _, s := range []struct {
		field string
		id    *int64
	}{{campaign, p.Campaign}, {channel, p.Channel}} {
		if s.id == nil || *s.id == 0 {
			continue
		}
		name, err := g.name(ctx, group{s.field, *s.id})
		switch e := api.AsError(err); {
		case err == nil:
			names = append(names, name)
		case e.Code == api.NotFound:
			missing = append(missing, api.FieldError{Field: s.field, Message: e.Message})
		default:
			return nil, err
		}
	}
	if len(missing) > 0 {
		return nil, api.InvalidFields(missing...)
	}
	return names, nil
}

func (g *groups) name(ctx context.Context, of group) (string, error) {
	if name, ok := g.names[of]; ok {
		return name, nil
	}
	var name string
	if of.field == campaign {
		c, err := g.store.Campaigns().Get(ctx, g.owner, of.id)
		if err != nil {
			return "", err
		}
		name = c.Name
	} else {
		c, err := g.store.Channels().Get(ctx, g.owner, of.id)
		if err != nil {
			return "", err
		}
		name = c.Name
	}
	g.names[of] = name
	return name, nil
}
