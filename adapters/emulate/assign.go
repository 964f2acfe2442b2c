package emulate

import (
	"context"
	"fmt"
	"slices"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// assignLinkToCampaign moves a link of the backend into a campaign.
func (b *backend) assignLinkToCampaign(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if _, err := b.cfg.Store.Campaigns().Get(ctx, b.owner(call), call.Path.ID); err != nil {
		return nil, err
	}
	err := b.assign(ctx, call, func(l *shortener.Link) { l.Campaign = call.Path.ID })
	if err != nil {
		return nil, err
	}
	return message("Link successfully added to the campaign.")
}

// assignItemToChannel adds a link of the backend, or an emulated QR code, to a
// channel.
func (b *backend) assignItemToChannel(ctx context.Context, call *api.Call) (*api.Reply, error) {
	switch {
	case call.Path.ItemType == "qr" && b.handlers[api.GetQRCode] != nil:
		return b.native(ctx, call)
	case call.Path.ItemType != "links":
		message := fmt.Sprintf("must be links: channels of the backend %q hold no others", b.cfg.Name)
		if b.handlers[api.GetQRCode] != nil {
			message = fmt.Sprintf("must be links or qr: the backend %q has no bio pages", b.cfg.Name)
		}
		field := api.FieldError{Field: "type", Message: message}
		return nil, &api.Error{Code: api.Unsupported, Message: api.Sentence(field), Fields: []api.FieldError{field}}
	}
	if _, err := b.cfg.Store.Channels().Get(ctx, b.owner(call), call.Path.ID); err != nil {
		return nil, err
	}
	err := b.assign(ctx, call, func(l *shortener.Link) {
		if !slices.Contains(l.Channels, call.Path.ID) {
			l.Channels = append(l.Channels, call.Path.ID)
		}
	})
	if err != nil {
		return nil, err
	}
	return message("Item successfully added to the channel.")
}

// assign changes the record of the call's item, a link that the backend has.
func (b *backend) assign(ctx context.Context, call *api.Call, change func(l *shortener.Link)) error {
	r, err := b.find(ctx, call, call.Path.ItemID)
	if err != nil {
		return err
	}
	return b.cfg.Store.ChangeRemoteLink(ctx, b.owner(call), r.id, func(l *shortener.Link) error {
		r.apply(l)
		change(l)
		return nil
	})
}
