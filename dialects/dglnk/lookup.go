package dglnk

import (
	"context"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
)

// findDomain finds the host of the domain's number. No number and 0, which is
// the site's own domain, need none.
func (m *maker) findDomain(ctx context.Context) error {
	id := m.request.domain
	if id == nil || *id == 0 {
		return nil
	}
	err := dialects.Rows(ctx, m.do, api.ListDomains, "domains", func(_ *api.Reply, row gjson.Result) bool {
		if row.Get("id").Int() == *id {
			m.request.host = row.Get("domain").String()
		}
		return m.request.host == ""
	})
	if err != nil {
		return about("domain", err)
	}
	if m.request.host == "" {
		return api.InvalidField("domain", "Domain not found. Please try again.")
	}
	return nil
}

// findChannels finds a channel for each tag, and makes those that are missing.
func (m *maker) findChannels(ctx context.Context) error {
	in := m.request
	if len(in.tags) == 0 {
		return nil
	}
	found := make(map[string]int64, len(in.tags))
	for _, tag := range in.tags {
		found[tag] = 0
	}
	missing := len(in.tags)
	err := dialects.Rows(ctx, m.do, api.ListChannels, "channels", func(_ *api.Reply, row gjson.Result) bool {
		name := row.Get("name").String()
		if id, ok := found[name]; ok && id == 0 {
			found[name] = row.Get("id").Int()
			missing--
		}
		return missing > 0
	})
	if err != nil {
		return about("channel", err)
	}
	if missing > 0 && m.hopeless() {
		return nil
	}
	for i, tag := range in.tags {
		id := found[tag]
		if id == 0 {
			if id, err = m.createChannel(ctx, tag); err != nil {
				return err
			}
		}
		if i == 0 {
			in.channel = id
		} else {
			m.others = append(m.others, id)
		}
	}
	return nil
}

// hopeless reports whether the contract refuses all that is to be made: that must
// not leave channels behind.
func (m *maker) hopeless() bool {
	call := &api.Call{Operation: api.CreateLink, Document: m.request.document("")}
	if m.request.addresses != nil {
		call = &api.Call{Operation: api.CreateLinks, Document: m.request.documents()}
	}
	op := m.dialect.contract.Operation(call.Operation)
	if op.Validate(call) != nil {
		return true
	}
	items := op.Items(call)
	return items != nil && !slices.ContainsFunc(items, func(i api.Item) bool { return i.Err == nil })
}

func (m *maker) createChannel(ctx context.Context, name string) (int64, error) {
	document := append(gjson.AppendJSONString([]byte(`{"name":`), name), '}')
	reply, err := m.do(ctx, &api.Call{Operation: api.CreateChannel, Document: document})
	if err != nil {
		return 0, about("channel", err)
	}
	return gjson.GetBytes(reply.Document, "id").Int(), nil
}

// tag puts a link into the channels of the tags behind the first. The link is
// there, so that a failure is a warning.
func (m *maker) tag(ctx context.Context, l *link) {
	for i, id := range m.others {
		_, err := m.do(ctx, &api.Call{Operation: api.AssignItemToChannel, Path: api.Path{ID: id, ItemType: "links", ItemID: l.ID}})
		if err != nil {
			tag := strconv.Quote(m.request.tags[i+1])
			m.warnings = append(m.warnings, api.FieldError{Field: tags, Message: tag + " was not attached: " + api.AsError(err).Message})
		}
	}
}

// about says which field of a link a failed call was for, where the backend
// cannot do what it takes, or refuses it.
func about(field string, err error) error {
	failure := api.AsError(err)
	switch failure.Code {
	case api.Unsupported, api.Invalid, api.Conflict:
		own := *failure
		own.Fields = []api.FieldError{{Field: field, Message: failure.Message}}
		return &own
	}
	return err
}
