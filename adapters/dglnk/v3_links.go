package dglnk

import (
	"context"
	"net/http"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/reconcile"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// createLink makes a link and puts it into its campaign.
func (b *version3) createLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	order, err := b.order(ctx, call, func(id int64) error { return b.checkCampaign(ctx, call, id) })
	if err != nil {
		return nil, err
	}
	reply, err := b.journal.Create(ctx, call, reconcile.Create{
		Document: call.Document,
		Send:     func(ctx context.Context) (*api.Reply, error) { return b.place(ctx, call, order) },
		Find:     b.finder(call, order),
	})
	if err != nil {
		return nil, err
	}
	reply.Warnings = append(order.warnings, reply.Warnings...)
	if order.campaign > 0 {
		// The link is there, so that it is filed even if the caller has gone.
		id := gjson.GetBytes(reply.Document, "id").Int()
		reply.Warnings = append(reply.Warnings, b.file(context.WithoutCancel(ctx), call, order.campaign, id)...)
	}
	return reply, nil
}

// place sends a create.
func (b *version3) place(ctx context.Context, call *api.Call, o *order) (*api.Reply, error) {
	got, err := b.send(ctx, call, exchange{
		Request: upstream.Request{Method: http.MethodPost, Path: "/link", Body: o.body},
		shape:   linkShape,
		field:   linkField(o.document, o.rules),
	})
	if err != nil {
		return nil, err
	}
	l, ok := readLink(translate.Member(got.root, "link"))
	if !ok {
		return nil, reconcile.Doubtful(b.unexpected(call, "link"))
	}
	return saved(l, b.dropped(o.body, l, o.rules)), nil
}

// fetch reads the call's link. One in the bin is not there.
func (b *version3) fetch(ctx context.Context, call *api.Call, id int64, fresh bool) (remoteLink, answer, error) {
	got, err := b.send(ctx, call, exchange{
		Request: upstream.Request{Method: http.MethodGet, Path: linkPath(id), Fresh: fresh},
		shape:   linkShape,
		missing: adapters.LinkNotFound,
	})
	if err != nil {
		return remoteLink{}, got, err
	}
	l, ok := readLink(translate.Member(got.root, "link"))
	switch {
	case !ok, l.id != id:
		return remoteLink{}, got, b.unexpected(call, "link")
	case deleted(l.Result):
		return remoteLink{}, got, &api.Error{Code: api.NotFound, Message: adapters.LinkNotFound}
	}
	return l, got, nil
}

// getLink answers a link with its visits.
func (b *version3) getLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	l, got, err := b.fetch(ctx, call, call.Path.ID, false)
	if err != nil {
		return nil, err
	}
	return b.single(ctx, call, l, got.age, false)
}

// single answers one link with its visits; with a row of a list in it where a
// search found it.
func (b *version3) single(ctx context.Context, call *api.Call, l remoteLink, age time.Duration, row bool) (*api.Reply, error) {
	visits, visitsAge, err := b.visits(ctx, call, l, age)
	if err != nil {
		return nil, err
	}
	data := linkVisits{visits: visits}
	if row {
		data.Links = []linkRow{b.row(l)}
	}
	r, err := reply(single{ID: l.id, Details: b.details(l), Data: data})
	if err != nil {
		return nil, err
	}
	return upstream.Aged(r, max(age, visitsAge)), nil
}

// deleteLink deletes a link for good. The site takes a delete of anything for a
// success, so the link is looked at first.
func (b *version3) deleteLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if _, _, err := b.fetch(ctx, call, call.Path.ID, true); err != nil {
		return nil, err
	}
	_, err := b.send(ctx, call, exchange{
		Request: upstream.Request{Method: http.MethodDelete, Path: linkPath(call.Path.ID)},
		shape:   doneShape,
		missing: adapters.LinkNotFound,
	})
	if err != nil {
		return nil, err
	}
	return done("Link has been deleted successfully")
}
