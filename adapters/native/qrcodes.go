package native

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

type qrRow struct {
	ID    int64  `json:"id"`
	Link  string `json:"link"`
	Scans int64  `json:"scans"`
	Name  string `json:"name"`
	Date  string `json:"date"`
}

// qrDetails are a QR code's documented keys, and every field that a create
// accepts by its request name.
type qrDetails struct {
	qrRow
	Type       string          `json:"type"`
	Data       json.RawMessage `json:"data"`
	Background string          `json:"background"`
	Foreground string          `json:"foreground"`
	Logo       string          `json:"logo"`
}

func (a *Adapter) qrRow(call *api.Call, q *shortener.QRCode) qrRow {
	return qrRow{
		ID:    q.ID,
		Link:  pictureURL(call, &q.Link),
		Scans: q.Link.AllClicks(),
		Name:  q.Link.Options.QR.Name,
		Date:  a.date(q.Link.Created),
	}
}

// pictureURL is where the picture of a QR code stands. Clients use it as the
// source of an image.
func pictureURL(call *api.Call, l *shortener.Link) string {
	return call.Origin + "/qr/" + l.Alias
}

func (a *Adapter) listQRCodes(ctx context.Context, call *api.Call) (*api.Reply, error) {
	page := adapters.PageOf(call.Query)
	codes, total, err := a.cfg.Shortener.Store().QRCodes().List(ctx, call.Key.Account, "", page.Limit, page.Offset())
	if err != nil {
		return nil, err
	}
	return page.List(total, "qrs", rowsOf(codes, func(q *shortener.QRCode) any { return a.qrRow(call, q) }))
}

func (a *Adapter) getQRCode(ctx context.Context, call *api.Call) (*api.Reply, error) {
	q, err := a.cfg.Shortener.Store().QRCodes().Get(ctx, call.Key.Account, call.Path.ID)
	if err != nil {
		return nil, err
	}
	visits, err := a.visits(ctx, &q.Link)
	if err != nil {
		return nil, err
	}
	look := q.Link.Options.QR
	return reply(struct {
		Error   int       `json:"error"`
		ID      int64     `json:"id"`
		Details qrDetails `json:"details"`
		Data    any       `json:"data"`
	}{ID: q.ID, Data: visits, Details: qrDetails{
		qrRow:      a.qrRow(call, q),
		Type:       look.Type,
		Data:       look.Data,
		Background: look.Background,
		Foreground: look.Foreground,
		Logo:       look.Logo,
	}})
}

func (a *Adapter) createQRCode(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if q, found, err := earlier(ctx, call, a.cfg.Shortener.Store().QRCodes().Repeated); found || err != nil {
		return a.qrCreated(call, q, true, err)
	}
	in, err := decodeQR(call)
	if err != nil {
		return nil, err
	}
	q := &shortener.QRCode{Link: shortener.Link{
		Account: call.Key.Account,
		Kind:    shortener.KindQR,
		Type:    shortener.TypeDirect,
		Options: shortener.Options{QR: &shortener.QR{}},
	}}
	if err := a.draw(ctx, call, in, &q.Link); err != nil {
		return nil, err
	}
	if look := q.Link.Options.QR; look.Name == "" {
		look.Name = defaultQRName(look)
	}
	mine := q.Link.Options.QR.LogoFile
	repeated, err := a.cfg.Shortener.CreateQRCode(ctx, q, api.HostOf(call.Origin), once(call))
	if repeated || isUndone(err) {
		a.discard(mine)
	}
	return a.qrCreated(call, q, repeated, err)
}

func (a *Adapter) qrCreated(call *api.Call, q *shortener.QRCode, repeated bool, err error) (*api.Reply, error) {
	if err != nil {
		return nil, err
	}
	return replayed(repeated)(reply(struct {
		Error int    `json:"error"`
		ID    int64  `json:"id"`
		Link  string `json:"link"`
	}{ID: q.ID, Link: pictureURL(call, &q.Link)}))
}

func (a *Adapter) updateQRCode(ctx context.Context, call *api.Call) (*api.Reply, error) {
	in, err := decodeQR(call)
	if err != nil {
		return nil, err
	}
	// Nothing is fetched for a code that is not there, or for data that does
	// not fit: both are found out on a copy.
	seen, err := a.cfg.Shortener.Store().QRCodes().Get(ctx, call.Key.Account, call.Path.ID)
	if err != nil {
		return nil, err
	}
	before := *seen.Link.Options.QR
	if err := a.draw(ctx, call, in, &seen.Link); err != nil {
		return nil, err
	}
	old := ""
	_, err = a.cfg.Shortener.UpdateQRCode(ctx, call.Key.Account, call.Path.ID, api.HostOf(call.Origin), func(q *shortener.QRCode) error {
		now := *q.Link.Options.QR
		old = now.LogoFile
		payload, err := in.apply(&q.Link)
		if err != nil || reflect.DeepEqual(now, before) {
			return err
		}
		// Another request has changed the code since it was seen.
		return a.drawable(call, &q.Link, payload)
	})
	switch {
	case in.Logo == nil:
	case err == nil:
		a.discard(old)
	case isUndone(err):
		a.discard(in.logoFile)
	}
	if err != nil {
		return nil, err
	}
	return message("QR has been updated successfully.")
}

func (a *Adapter) deleteQRCode(ctx context.Context, call *api.Call) (*api.Reply, error) {
	q, err := a.cfg.Shortener.DeleteQRCode(ctx, call.Key.Account, call.Path.ID)
	if err != nil {
		return nil, err
	}
	if q.Link.Options.QR != nil {
		a.discard(q.Link.Options.QR.LogoFile)
	}
	return message("QR Code has been deleted successfully.")
}
