package emulate_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// inner is a backend that knows links and nothing of what is done for it.
type inner struct {
	t *testing.T

	// also are operations that it does beside creating, getting and listing.
	also []api.Operation

	// more are changes of what it says that it can.
	more func(api.Capabilities)

	// fail answers a call in its stead, unless it returns nil.
	fail func(call *api.Call) error

	// warn is a field that createLinks does without, and says so.
	warn string

	// changed is told of each call that changes something, before it happens.
	changed func(call *api.Call)

	mu    sync.Mutex
	links []*innerLink
	calls []api.Call
}

type innerLink struct{ account, alias, url, title, note string }

func (l *innerLink) short() string { return "https://sho.rt/" + l.alias }

func (b *inner) Capabilities() api.Capabilities {
	native := api.FieldCapability{Support: api.Native}
	fields := map[string]api.FieldCapability{"url": native, "custom": native, "metatitle": native, "password": native}
	c := api.Capabilities{
		api.CreateLink: {Support: api.Native, Fields: fields},
		api.GetLink:    {Support: api.Native},
		api.ListLinks:  {Support: api.Native},
	}
	for _, op := range b.also {
		c[op] = api.Capability{Support: api.Native, Fields: fields}
	}
	if b.more != nil {
		b.more(c)
	}
	return c
}

// sent returns the calls of the operation so far.
func (b *inner) sent(op api.Operation) (calls []api.Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.calls {
		if c.Operation == op {
			calls = append(calls, c)
		}
	}
	return calls
}

func (b *inner) Do(_ context.Context, call *api.Call) (*api.Reply, error) {
	if b.changed != nil && call.Operation != api.GetLink && call.Operation != api.ListLinks {
		b.changed(call)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, *call)
	if !b.Capabilities().Supports(call.Operation) {
		b.t.Errorf("the backend was asked to %s, which it cannot do", call.Operation)
	}
	if b.fail != nil {
		if err := b.fail(call); err != nil {
			return nil, err
		}
	}
	switch call.Operation {
	case api.CreateLink:
		return b.create(call, call.Document)
	case api.CreateLinks:
		var results adapters.Results
		var warnings []api.FieldError
		for i, item := range call.Items {
			if b.warn != "" && gjson.GetBytes(item.Document, b.warn).Exists() {
				warnings = append(warnings, api.FieldError{Field: fmt.Sprintf("urls[%d].%s", i, b.warn), Message: "was dropped"})
			}
			reply, err := b.create(call, item.Document)
			if err != nil {
				results.Failed(err)
				continue
			}
			results.Answered(reply.Document)
		}
		reply := results.Reply()
		reply.Warnings = warnings
		return reply, nil
	case api.ListLinks:
		return b.list(call)
	}
	l := b.find(call)
	if l == nil {
		return nil, &api.Error{Code: api.NotFound, Message: adapters.LinkNotFound}
	}
	switch call.Operation {
	case api.UpdateLink:
		b.write(l, call.Document)
		return b.saved(call.Path.ID, l), nil
	case api.DeleteLink:
		b.links[call.Path.ID-1] = nil
		return &api.Reply{Document: []byte(`{"error":0,"message":"gone"}`)}, nil
	}
	return &api.Reply{Document: fmt.Appendf(nil, `{"error":0,"id":%d,"details":%s,"data":{"clicks":3}}`, call.Path.ID, b.row(call.Path.ID, l))}, nil
}

func (b *inner) create(call *api.Call, document []byte) (*api.Reply, error) {
	if alias := gjson.GetBytes(document, "custom").Str; slices.ContainsFunc(b.links, func(l *innerLink) bool { return l != nil && l.alias == alias }) {
		return nil, &api.Error{Code: api.Conflict, Message: "That alias is taken. Please choose another one."}
	}
	l := &innerLink{account: call.Key.Account, alias: fmt.Sprintf("a%d", len(b.links)+1)}
	b.write(l, document)
	b.links = append(b.links, l)
	return b.saved(int64(len(b.links)), l), nil
}

// write takes what it knows, and wants nothing else.
func (b *inner) write(l *innerLink, document []byte) {
	gjson.ParseBytes(document).ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "url":
			l.url = v.Str
		case "custom":
			l.alias = v.Str
		case "metatitle":
			l.title = v.Str
		case "password":
		default:
			b.t.Errorf("the backend was sent %s", document)
		}
		return true
	})
}

func (b *inner) saved(id int64, l *innerLink) *api.Reply {
	return &api.Reply{Document: fmt.Appendf(nil, `{"error":0,"id":%d,"shorturl":%q,"short":%q}`, id, l.short(), l.short())}
}

func (b *inner) find(call *api.Call) *innerLink {
	i := call.Path.ID - 1
	if i < 0 || i >= int64(len(b.links)) || b.links[i] == nil || b.links[i].account != call.Key.Account {
		return nil
	}
	return b.links[i]
}

func (b *inner) row(id int64, l *innerLink) string {
	return fmt.Sprintf(`{"id":%d,"shorturl":%q,"longurl":%q,"title":%q,"description":%q,"campaign":null}`, id, l.short(), l.url, l.title, l.note)
}

func (b *inner) list(call *api.Call) (*api.Reply, error) {
	var rows []string
	for i := len(b.links) - 1; i >= 0; i-- {
		l := b.links[i]
		if l == nil || l.account != call.Key.Account {
			continue
		}
		row := b.row(int64(i+1), l)
		if call.Query.Has("short") {
			if call.Query.Get("short") == l.short() {
				return &api.Reply{Document: fmt.Appendf(nil, `{"error":0,"id":%d,"details":%s,"data":{"clicks":0,"urls":[%s]}}`, i+1, row, row)}, nil
			}
			continue
		}
		rows = append(rows, row)
	}
	if call.Query.Has("short") {
		return adapters.Missed(adapters.LinkNotFound), nil
	}
	return &api.Reply{Document: fmt.Appendf(nil,
		`{"error":0,"data":{"result":%d,"perpage":15,"currentpage":1,"nextpage":null,"maxpage":1,"urls":[%s]}}`, len(rows), strings.Join(rows, ","))}, nil
}
