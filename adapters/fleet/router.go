package fleet

import (
	"context"
	"fmt"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// router answers the keys of one backend of a fleet, by that backend or by
// another one. It refuses by itself what the backend of a call does not support.
type router struct {
	*fleet
	own *member
}

// idempotent is a router whose own backend heeds a call's Idempotency.
type idempotent struct{ *router }

// Idempotent implements adapters.Idempotent.
func (idempotent) Idempotent() {}

func newRouter(f *fleet, own *member) adapters.Backend {
	return (&router{fleet: f, own: own}).Current(f.account)
}

// Current implements adapters.Switched: the key's own backend may be one that
// another answers for.
func (r *router) Current(string) adapters.Backend {
	if _, ok := adapters.Answering(r.own.backend, r.account).(adapters.Idempotent); ok {
		return idempotent{r}
	}
	return r
}

// Home implements adapters.Switched.
func (r *router) Home(string) (name, owner string) { return r.homeOf(r.own) }

// Do implements adapters.Backend.
func (r *router) Do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	switch call.Operation {
	case api.CreateLink:
		return r.placed(ctx, domainOf(call.Document), call)
	case api.UploadFile:
		return r.placed(ctx, call.Query.Get("domain"), call)
	case api.CreateLinks:
		return r.createLinks(ctx, call)
	case api.UpdateLink:
		return r.updateLink(ctx, call)
	case api.GetLink, api.GetLinkStatistics, api.DeleteLink, api.DeleteFile:
		return r.byID(ctx, call)
	case api.ListLinks:
		if call.Query.Has("short") {
			return r.search(ctx, call)
		}
		return r.list(ctx, call)
	case api.ListFiles:
		return r.list(ctx, call)
	case api.AssignLinkToCampaign:
		return r.assign(ctx, call, "linkid")
	case api.AssignItemToChannel:
		if call.Path.ItemType == "links" {
			return r.assign(ctx, call, "itemid")
		}
	}
	return r.own.do(ctx, call)
}

// domainOf returns the branded domain that a document of a link asks for, empty
// for none.
func domainOf(document []byte) string {
	return gjson.GetBytes(document, "domain").String()
}

// place returns the backend where a new link goes. A domain that is none of the
// account's is for the key's own to judge: it may be that backend's main one.
func (r *router) place(ctx context.Context, domain string) (*member, error) {
	if domain != "" {
		if m, err := r.home(ctx, api.HostOf(domain)); m != nil || err != nil {
			return m, err
		}
	}
	return r.own, nil
}

// placed passes a call to the backend where a new link on the domain goes.
func (r *router) placed(ctx context.Context, domain string, call *api.Call) (*api.Reply, error) {
	m, err := r.place(ctx, domain)
	if err != nil {
		return nil, err
	}
	return r.pass(ctx, m, call)
}

// pass hands a call about links or files to a backend, and writes the ids of
// its reply.
func (r *router) pass(ctx context.Context, m *member, call *api.Call) (*api.Reply, error) {
	if call.Document != nil {
		document, err := r.inward(m, call.Document)
		if err != nil {
			return nil, err
		}
		there := *call
		there.Document = document
		call = &there
	}
	reply, err := m.do(ctx, call)
	if err != nil {
		return nil, err
	}
	reply.Document, err = r.scribe(m).reply(call.Operation, reply.Document)
	return reply, err
}

// byID hands a call to the backend that its id is of.
func (r *router) byID(ctx context.Context, call *api.Call) (*api.Reply, error) {
	m, id, ok := r.locate(call.Path.ID)
	if !ok {
		return nil, missing(call.Operation)
	}
	there := *call
	there.Path.ID = id
	return r.pass(ctx, m, &there)
}

func missing(op api.Operation) error {
	if op == api.DeleteFile {
		return api.Errorf(api.NotFound, "File not found. Please try again.")
	}
	return api.Errorf(api.NotFound, "%s", adapters.LinkNotFound)
}

func (r *router) updateLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if domain := domainOf(call.Document); domain != "" {
		m, _, ok := r.locate(call.Path.ID)
		home, err := r.home(ctx, api.HostOf(domain))
		if err != nil {
			return nil, err
		}
		if ok && home != nil && home != m {
			return nil, api.InvalidField("domain", fmt.Sprintf("is that of links on the backend %q, and this one is on %q: a link does not move by an update", home.name, m.name))
		}
	}
	return r.byID(ctx, call)
}

// assign puts a link of the key's own backend into a campaign or a channel,
// which are all of that backend.
func (r *router) assign(ctx context.Context, call *api.Call, field string) (*api.Reply, error) {
	m, id, ok := r.locate(call.Path.ItemID)
	switch {
	case !ok:
		return nil, missing(call.Operation)
	case m != r.own:
		return nil, api.InvalidField(field, fmt.Sprintf("is a link on the backend %q, and must be one on %q", m.name, r.own.name))
	}
	here := *call
	here.Path.ItemID = id
	return m.do(ctx, &here)
}

// do hands a call to the backend, unless that does not support what it asks
// for.
func (m *member) do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if err := m.accepts(call); err != nil {
		return nil, err
	}
	reply, err := m.backend.Do(ctx, call)
	if failure := api.AsError(err); err != nil && failure.Code == api.Unauthorized {
		// No caller's own credential gets here: it is ours that is refused.
		return nil, &api.Error{
			Code:    api.Unavailable,
			Message: fmt.Sprintf("The backend %q does not accept the API key that it is configured with.", m.name),
			Err:     err,
		}
	}
	return reply, err
}

// accepts refuses what the backend does not support.
func (m *member) accepts(call *api.Call) error {
	if !m.backend.Capabilities().Supports(call.Operation) {
		return api.Errorf(api.Unsupported, "The backend %q does not support this operation.", m.name)
	}
	if _, ok := adapters.Answering(m.backend, m.account).(adapters.Idempotent); call.Idempotency != nil && !ok {
		field := api.FieldError{Field: adapters.IdempotencyKey, Message: "is not supported by the backend " + strconv.Quote(m.name)}
		return &api.Error{Code: api.Unsupported, Message: api.Sentence(field), Fields: []api.FieldError{field}}
	}
	return nil
}

var (
	_ adapters.Switched   = (*router)(nil)
	_ adapters.Idempotent = idempotent{}
)
