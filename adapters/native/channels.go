package native

import (
	"context"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

type channelRow struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Color       string `json:"color"`
	Starred     bool   `json:"starred"`
}

type channelDocument struct {
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	Color       string `json:"color,omitempty"`
	Starred     bool   `json:"starred,omitempty"`
}

type channelSaved struct {
	Error int `json:"error"`
	channelRow
}

func newChannelRow(c *shortener.Channel) channelRow {
	return channelRow{ID: c.ID, Name: c.Name, Description: c.Description, Color: c.Color, Starred: c.Starred}
}

func (a *Adapter) channels() *kind[shortener.Channel] {
	return &kind[shortener.Channel]{
		title:   "Channel",
		rows:    "channels",
		objects: a.cfg.Shortener.Store().Channels(),
		blank:   func(account string) *shortener.Channel { return &shortener.Channel{Account: account} },
		read: func(call *api.Call) (func(*shortener.Channel), error) {
			var in struct {
				Name, Description, Color *string
				Starred                  *bool
			}
			err := decode(call, &in)
			return func(c *shortener.Channel) {
				set(&c.Name, in.Name)
				set(&c.Description, in.Description)
				set(&c.Color, in.Color)
				set(&c.Starred, in.Starred)
			}, err
		},
		row: func(_ *api.Call, c *shortener.Channel) any { return newChannelRow(c) },
		document: func(o *shortener.Channel) any {
			return channelDocument{o.Name, o.Description, o.Color, o.Starred}
		},
		made:     func(o *shortener.Channel) (*int64, *time.Time) { return &o.ID, &o.Created },
		carries:  adapters.KindChannel,
		creation: api.CreateChannel,
		contract: a.cfg.Contract,
		created:  func(_ *api.Call, c *shortener.Channel) any { return channelSaved{channelRow: newChannelRow(c)} },
	}
}

type itemRow struct {
	Type    string `json:"type"`
	ID      int64  `json:"id"`
	Title   string `json:"title"`
	Preview string `json:"preview"`
	Link    string `json:"link"`
	Date    string `json:"date"`
}

func (a *Adapter) listChannelItems(ctx context.Context, call *api.Call) (*api.Reply, error) {
	channel, err := a.cfg.Shortener.Store().Channels().Get(ctx, call.Key.Account, call.Path.ID)
	if err != nil {
		return nil, err
	}
	page := adapters.PageOf(call.Query)
	items, total, err := a.cfg.Shortener.Store().ChannelItems(ctx, call.Key.Account, call.Path.ID, page.Limit, page.Offset())
	if err != nil {
		return nil, err
	}
	rows := make([]itemRow, len(items))
	for i := range items {
		rows[i] = a.itemRow(call, &items[i])
	}
	return reply(struct {
		Error int `json:"error"`
		Data  any `json:"data"`
	}{Data: struct {
		adapters.Paging
		Items   []itemRow  `json:"items"`
		Channel channelRow `json:"channel"`
	}{page.Of(total), rows, newChannelRow(channel)}})
}

// itemRow shows a link by its destination, and a QR code by its picture.
func (a *Adapter) itemRow(call *api.Call, item *shortener.Item) itemRow {
	l := &item.Link
	r := itemRow{
		Type: item.Type,
		ID:   item.ID,
		// The pages print the day alone here, and nowhere else.
		Date: l.Created.In(a.cfg.Zone).Format(time.DateOnly),
	}
	if q := l.Options.QR; q != nil {
		r.Title, r.Link = q.Name, pictureURL(call, l)
		r.Preview = r.Link
		return r
	}
	r.Title, r.Preview, r.Link = l.MetaTitle, l.URL, a.shortURL(call, l)
	if r.Title == "" {
		r.Title = l.Alias
	}
	return r
}

func (a *Adapter) assignItemToChannel(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if call.Path.ItemType == "bio" {
		return nil, &api.Error{
			Code:    api.Unsupported,
			Message: "The native backend has no bio pages.",
			Fields:  []api.FieldError{{Field: "type", Message: "must be links or qr: the native backend has no bio pages"}},
		}
	}
	err := a.cfg.Shortener.Store().AssignToChannel(ctx, call.Key.Account, call.Path.ID, call.Path.ItemType, call.Path.ItemID)
	if err != nil {
		return nil, err
	}
	return message("Item successfully added to the channel.")
}
