package emulate

import (
	"context"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// readLinks answers getLink and listLinks by the backend, and adds to each link
// what is kept of it here.
func (b *backend) readLinks(ctx context.Context, call *api.Call) (*api.Reply, error) {
	reply, err := b.inner.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	root := gjson.ParseBytes(reply.Document)
	var ids []int64
	if id := root.Get("details.id"); id.Exists() {
		ids = append(ids, id.Int())
	}
	root.Get("data.urls.#.id").ForEach(func(_, id gjson.Result) bool {
		ids = append(ids, id.Int())
		return true
	})
	known, err := b.cfg.Store.RemoteLinks(ctx, b.owner(call), ids)
	if err != nil {
		return nil, err
	}
	m := &merge{ours: b.ours, known: map[int64]*shortener.Link{}}
	for i := range known {
		m.known[shortener.RemoteID(&known[i])] = &known[i]
	}
	data := root.Get("data")
	// A reply may be the backend's own memory: it is not written into.
	one := *reply
	one.Document = edit(root,
		member{"details", m.details(root.Get("details"))},
		member{"data", edit(data, member{"urls", m.rows(data.Get("urls"))})},
	)
	return &one, nil
}

// merge adds to links what is kept of them.
type merge struct {
	ours  ours
	known map[int64]*shortener.Link
}

// rows edits the rows of a list.
func (m *merge) rows(rows gjson.Result) []byte {
	if !rows.IsArray() {
		return []byte(rows.Raw)
	}
	b := []byte{'['}
	rows.ForEach(func(_, row gjson.Result) bool {
		if len(b) > 1 {
			b = append(b, ',')
		}
		l := m.link(row)
		members := m.common(l)
		if m.ours.channel {
			members = append(members, member{channel, listOf(l.Channels)})
		}
		b = append(b, edit(row, members...)...)
		return true
	})
	return append(b, ']')
}

// details edits the details of one link.
func (m *merge) details(details gjson.Result) []byte {
	l := m.link(details)
	members := m.common(l)
	if m.ours.channel {
		first := int64(0)
		if len(l.Channels) > 0 {
			first = l.Channels[0]
		}
		members = append(members, member{channel, idOrNull(first)}, member{"channels", listOf(l.Channels)})
	}
	return edit(details, members...)
}

// common is what rows and details have in common.
func (m *merge) common(l *shortener.Link) (members []member) {
	// Of a link without a record the backend's own description counts.
	if m.ours.description && l.ID != 0 {
		members = append(members, member{description, gjson.AppendJSONString(nil, l.Description)})
	}
	if m.ours.campaign {
		members = append(members, member{campaign, idOrNull(l.Campaign)})
	}
	return members
}

// link is what is kept of an object's link, empty where that is nothing.
func (m *merge) link(object gjson.Result) *shortener.Link {
	if l, ok := m.known[object.Get("id").Int()]; ok {
		return l
	}
	return &shortener.Link{}
}

// member is a member of an object; one without a value is none.
type member struct {
	name  string
	value []byte
}

// edit returns an object with the members, which stand last, instead of those
// of the same names. What is no object is returned as it is.
func edit(object gjson.Result, members ...member) []byte {
	if !object.IsObject() {
		return []byte(object.Raw)
	}
	b := append(make([]byte, 0, len(object.Raw)+64), '{')
	add := func(name, value string) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	object.ForEach(func(key, value gjson.Result) bool {
		if !slices.ContainsFunc(members, func(m member) bool { return m.name == key.Str }) {
			add(key.Raw, value.Raw)
		}
		return true
	})
	for _, m := range members {
		if len(m.value) > 0 {
			add(`"`+m.name+`"`, string(m.value))
		}
	}
	return append(b, '}')
}

func idOrNull(id int64) []byte {
	if id == 0 {
		return []byte("null")
	}
	return strconv.AppendInt(nil, id, 10)
}

func listOf(ids []int64) []byte {
	b := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return append(b, ']')
}
