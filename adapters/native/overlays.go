package native

import (
	"context"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

type overlayRow struct {
	ID         int64  `json:"id"`
	Type       string `json:"type"`
	Name       string `json:"name"`
	Date       string `json:"date"`
	Message    string `json:"message"`
	Label      string `json:"label"`
	Link       string `json:"link"`
	Button     string `json:"button"`
	Email      string `json:"email"`
	Position   string `json:"position"`
	Background string `json:"background"`
	Foreground string `json:"foreground"`
}

type overlayDocument struct {
	Name       string `json:"name,omitempty"`
	Type       string `json:"type"`
	Message    string `json:"message,omitempty"`
	Label      string `json:"label,omitempty"`
	Link       string `json:"link,omitempty"`
	Button     string `json:"button,omitempty"`
	Email      string `json:"email,omitempty"`
	Position   string `json:"position"`
	Background string `json:"background,omitempty"`
	Foreground string `json:"foreground,omitempty"`
}

// overlayKind differs in its list, which has the rows twice.
type overlayKind struct {
	kind[shortener.Overlay]
}

func (k *overlayKind) list(ctx context.Context, call *api.Call) (*api.Reply, error) {
	page := adapters.PageOf(call.Query)
	overlays, total, err := k.objects.List(ctx, call.Key.Account, "", page.Limit, page.Offset())
	if err != nil {
		return nil, err
	}
	rows := rowsOf(overlays, func(o *shortener.Overlay) any { return k.row(call, o) })
	return reply(struct {
		Error int `json:"error"`
		Data  any `json:"data"`
	}{Data: struct {
		adapters.Paging
		CTA     []any `json:"cta"`
		Overlay []any `json:"overlay"`
	}{page.Of(total), rows, rows}})
}

func (a *Adapter) overlays() *overlayKind {
	return &overlayKind{kind[shortener.Overlay]{
		title:   "Overlay",
		objects: a.cfg.Shortener.Store().Overlays(),
		blank: func(account string) *shortener.Overlay {
			return &shortener.Overlay{Account: account, Type: "message", Position: "bottomright"}
		},
		read: func(call *api.Call) (func(*shortener.Overlay), error) {
			var in struct {
				Name, Type, Message, Label, Link, Button, Email, Position, Background, Foreground *string
			}
			if err := decode(call, &in); err != nil {
				return nil, err
			}
			if err := a.checkTarget(call, "link", in.Link); err != nil {
				return nil, err
			}
			return func(o *shortener.Overlay) {
				set(&o.Name, in.Name)
				set(&o.Type, in.Type)
				set(&o.Message, in.Message)
				set(&o.Label, in.Label)
				set(&o.Link, in.Link)
				set(&o.Button, in.Button)
				set(&o.Email, in.Email)
				set(&o.Position, in.Position)
				set(&o.Background, in.Background)
				set(&o.Foreground, in.Foreground)
			}, nil
		},
		check: func(o *shortener.Overlay) error {
			if o.Type == "contact" && o.Email == "" {
				return api.InvalidField("email", "is required for an overlay of type contact")
			}
			return nil
		},
		row: func(_ *api.Call, o *shortener.Overlay) any {
			return overlayRow{
				ID: o.ID, Type: o.Type, Name: o.Name, Date: a.date(o.Created), Message: o.Message, Label: o.Label,
				Link: o.Link, Button: o.Button, Email: o.Email, Position: o.Position,
				Background: o.Background, Foreground: o.Foreground,
			}
		},
		document: func(o *shortener.Overlay) any {
			return overlayDocument{
				o.Name, o.Type, o.Message, o.Label, o.Link, o.Button, o.Email, o.Position, o.Background, o.Foreground,
			}
		},
		made:     func(o *shortener.Overlay) (*int64, *time.Time) { return &o.ID, &o.Created },
		carries:  adapters.KindOverlay,
		creation: api.CreateOverlay,
		contract: a.cfg.Contract,
		created:  func(_ *api.Call, o *shortener.Overlay) any { return identified{ID: o.ID} },
	}}
}
