package emulate

import (
	"context"
	"fmt"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// createLink has the backend make the link of all that it knows, and keeps the
// rest. Whatever can be wrong with that is found out before.
func (b *backend) createLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	p, rest, err := b.split(call.Document)
	if err != nil {
		return nil, err
	}
	if len(p.fields) == 0 {
		return b.inner.Do(ctx, call)
	}
	one := *call
	one.Document = rest
	if one.Tags, err = b.groups(call).of(ctx, &p); err != nil {
		return nil, err
	}
	reply, err := b.inner.Do(ctx, &one)
	if err != nil {
		return nil, err
	}
	return warned(reply, b.created(ctx, call, call.Document, reply.Document, &p)), nil
}

// created keeps the part of a document whose link was made.
func (b *backend) created(ctx context.Context, call *api.Call, document, reply []byte, p *part) []api.FieldError {
	r := &remote{id: gjson.GetBytes(reply, "id").Int()}
	r.follow(document, reply)
	return b.keep(ctx, b.owner(call), r, p)
}

// updateLink changes what is kept here, and at the backend what else was sent.
// Where the backend knows no updates the rest is refused by name.
func (b *backend) updateLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	p, rest, err := b.split(call.Document)
	if err != nil {
		return nil, err
	}
	if _, err := b.groups(call).of(ctx, &p); err != nil {
		return nil, err
	}
	if b.lacks(api.UpdateLink) {
		return b.updateHere(ctx, call, &p, rest)
	}
	if len(p.fields) == 0 {
		return b.updateThere(ctx, call)
	}
	r, err := b.find(ctx, call, call.Path.ID)
	if err != nil {
		return nil, err
	}
	if string(rest) == "{}" {
		if err := b.put(ctx, b.owner(call), r, &p); err != nil {
			return nil, err
		}
		return replyOf(r), nil
	}
	one := *call
	one.Document = rest
	reply, err := b.inner.Do(ctx, &one)
	if err != nil {
		return nil, err
	}
	r.follow(call.Document, reply.Document)
	return warned(reply, b.keep(ctx, b.owner(call), r, &p)), nil
}

// updateHere changes what is kept here, of a link that the backend cannot
// change.
func (b *backend) updateHere(ctx context.Context, call *api.Call, p *part, rest []byte) (*api.Reply, error) {
	outcome, err := b.unchanged.Apply(nil, rest)
	if err != nil {
		return nil, err
	}
	warnings, err := adapters.Losses(b.cfg.Unsupported, b.cfg.Name, outcome.Losses)
	if err != nil {
		return nil, err
	}
	r, err := b.find(ctx, call, call.Path.ID)
	if err != nil {
		return nil, err
	}
	if len(p.fields) > 0 {
		if err := b.put(ctx, b.owner(call), r, p); err != nil {
			return nil, err
		}
	}
	return warned(replyOf(r), warnings), nil
}

// updateThere has the backend change a link, and a record of it follow to its
// new short URL and title.
func (b *backend) updateThere(ctx context.Context, call *api.Call) (*api.Reply, error) {
	reply, err := b.inner.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	r := &remote{id: call.Path.ID}
	r.follow(call.Document, reply.Document)
	owner := b.owner(call)
	err = insist(ctx, func(ctx context.Context) error {
		known, err := b.cfg.Store.RemoteLinks(ctx, owner, []int64{r.id})
		if err != nil || len(known) == 0 || known[0].URL == r.shortURL && r.title == "" {
			return err
		}
		return b.cfg.Store.ChangeRemoteLink(ctx, owner, r.id, func(l *shortener.Link) error {
			r.apply(l)
			return nil
		})
	})
	if err != nil {
		b.cfg.Logger.Warn("a record of a link could not follow it", zap.String("backend", b.cfg.Name), zap.Int64("link", r.id), zap.Error(err))
	}
	return reply, nil
}

// replyOf answers an update that the backend has not heard of.
func replyOf(r *remote) *api.Reply {
	short := gjson.AppendJSONString(nil, r.shortURL)
	return &api.Reply{Document: fmt.Appendf(nil, `{"error":0,"id":%d,"shorturl":%s,"short":%s}`, r.id, short, short)}
}

// deleteLink has the backend delete the link, and what is kept of it goes too:
// also where the backend does not have it any more.
func (b *backend) deleteLink(ctx context.Context, call *api.Call) (*api.Reply, error) {
	reply, err := b.inner.Do(ctx, call)
	if err != nil && api.AsError(err).Code != api.NotFound {
		return nil, err
	}
	gone := insist(ctx, func(ctx context.Context) error {
		return b.cfg.Store.DeleteRemoteLink(ctx, b.owner(call), call.Path.ID)
	})
	if gone != nil {
		b.cfg.Logger.Warn("a record of a deleted link could not be removed", zap.String("backend", b.cfg.Name),
			zap.Int64("link", call.Path.ID), zap.Error(gone))
	}
	return reply, err
}
