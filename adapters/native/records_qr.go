package native

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// qrDocument is a QR code by the names that a create has.
type qrDocument struct {
	Type       string          `json:"type"`
	Data       json.RawMessage `json:"data"`
	Background string          `json:"background,omitempty"`
	Foreground string          `json:"foreground,omitempty"`
	Logo       string          `json:"logo,omitempty"`
	Name       string          `json:"name,omitempty"`
}

// qrCarrier carries QR codes.
type qrCarrier struct{ a *Adapter }

func (c qrCarrier) give(ctx context.Context, account string, after int64, limit int) ([]adapters.Record, error) {
	codes, err := c.a.cfg.Shortener.Store().QRCodes().After(ctx, account, after, limit)
	if err != nil {
		return nil, err
	}
	records := make([]adapters.Record, len(codes))
	for i := range codes {
		if records[i], err = c.record(&codes[i]); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// record is the QR code as a record.
func (c qrCarrier) record(q *shortener.QRCode) (adapters.Record, error) {
	l := &q.Link
	var d qrDocument
	if look := l.Options.QR; look != nil {
		d = qrDocument{look.Type, look.Data, look.Background, look.Foreground, look.Logo, look.Name}
	}
	doc, err := adapters.Encode(d)
	return adapters.Record{
		Kind:         adapters.KindQR,
		ID:           q.ID,
		Document:     doc,
		ShortURL:     pictureURL(&api.Call{Origin: c.a.cfg.Origin}, l),
		Channels:     l.Channels,
		Clicks:       l.AllClicks(),
		UniqueClicks: l.AllUniques(),
		Created:      l.Created,
	}, err
}

func (c qrCarrier) take(ctx context.Context, account string, records []adapters.Record) ([]adapters.Imported, error) {
	return takeEach(records, func(r *adapters.Record) (adapters.Imported, error) {
		q, existing, err := c.takeOne(ctx, account, r)
		if err != nil {
			return adapters.Imported{}, err
		}
		stored, err := c.record(q)
		return adapters.Imported{ID: q.ID, Existing: existing, Stored: stored}, err
	}), nil
}

func (c qrCarrier) takeOne(ctx context.Context, account string, r *adapters.Record) (q *shortener.QRCode, existing bool, err error) {
	call, err := recordCall(c.a.cfg.Contract, api.CreateQRCode, account, c.a.cfg.Origin, r)
	if err != nil {
		return nil, false, err
	}
	if r.ID != 0 {
		q, err = c.replace(ctx, call, r, r.ID)
		return q, true, err
	}
	q = &shortener.QRCode{Link: *blankQR(account)}
	q.Link.Alias, q.Link.Created = pictureAlias(r.ShortURL), r.Created
	belong(&q.Link, r)
	q.Link.PasswordHash = ""
	if q.Link.Alias != "" {
		there, err := c.same(ctx, call, q.Link.Alias)
		if err != nil {
			return nil, false, err
		}
		if there != nil {
			q, err = c.replace(ctx, call, r, there.ID)
			return q, true, err
		}
	}
	in, err := decodeQR(call)
	if err != nil {
		return nil, false, err
	}
	if err := c.draw(ctx, call, in, &q.Link); err != nil {
		return nil, false, err
	}
	host := api.HostOf(c.a.cfg.Origin)
	_, err = c.a.cfg.Shortener.CreateQRCode(ctx, q, host, nil)
	if isAbout(err, "custom") {
		// The picture is the same at another address.
		q.Link.Alias = ""
		_, err = c.a.cfg.Shortener.CreateQRCode(ctx, q, host, nil)
	}
	if isUndone(err) {
		c.a.discard(in.logoFile)
	}
	return q, false, err
}

func blankQR(account string) *shortener.Link {
	return &shortener.Link{
		Account: account,
		Kind:    shortener.KindQR,
		Type:    shortener.TypeDirect,
		Options: shortener.Options{QR: &shortener.QR{}},
	}
}

// pictureAlias is the alias that a picture's address ends in, empty where it is
// none of ours: printed codes lead there.
func pictureAlias(picture string) string {
	u, err := url.Parse(picture)
	if err != nil {
		return ""
	}
	alias, ok := strings.CutPrefix(u.Path, "/qr/")
	if !ok || !shortener.IsAlias(alias) {
		return ""
	}
	return alias
}

// same returns the QR code at the alias where it is the account's and holds what
// the call's would, nil for none.
func (c qrCarrier) same(ctx context.Context, call *api.Call, alias string) (*shortener.QRCode, error) {
	l, err := c.a.cfg.Shortener.Store().LinkByAlias(ctx, "", alias)
	if err == nil && l.Kind == shortener.KindQR && l.Account == call.Key.Account && l.Options.QR != nil {
		want := blankQR(call.Key.Account)
		in, err := decodeQR(call)
		if err != nil {
			return nil, err
		}
		in.Logo = nil
		if _, err := in.apply(want); err != nil {
			return nil, err
		}
		if want.Options.QR.Type == l.Options.QR.Type && jsonEqual(want.Options.QR.Data, l.Options.QR.Data) {
			return c.a.cfg.Shortener.Store().QRCodeOfLink(ctx, call.Key.Account, l.ID)
		}
	}
	if err != nil && api.AsError(err).Code != api.NotFound {
		return nil, err
	}
	return nil, nil //nolint:nilnil // None is an answer.
}

// draw is Adapter.draw for a code that nobody waits for: one whose logo does not
// come is drawn without it, and one without a name gets one.
func (c qrCarrier) draw(ctx context.Context, call *api.Call, in *qrFields, l *shortener.Link) error {
	err := c.a.draw(ctx, call, in, l)
	if isAbout(err, "logo") {
		in.Logo, in.logoFile = nil, ""
		l.Options.QR.Logo, l.Options.QR.LogoFile = "", ""
		err = c.a.draw(ctx, call, in, l)
	}
	if look := l.Options.QR; err == nil && look.Name == "" {
		look.Name = defaultQRName(look)
	}
	return err
}

// replace makes of a QR code what the record holds.
func (c qrCarrier) replace(ctx context.Context, call *api.Call, r *adapters.Record, id int64) (*shortener.QRCode, error) {
	account := call.Key.Account
	seen, err := c.a.cfg.Shortener.Store().QRCodes().Get(ctx, account, id)
	if err != nil {
		return nil, err
	}
	kept := seen.Link.Options.QR
	if kept == nil {
		kept = &shortener.QR{}
	}
	in, err := c.fields(call, r, kept)
	if err != nil {
		return nil, err
	}
	drawn := blankQR(account)
	drawn.ID, drawn.Alias = seen.Link.ID, seen.Link.Alias
	if in.Logo == nil {
		drawn.Options.QR.Logo, drawn.Options.QR.LogoFile = kept.Logo, kept.LogoFile
	}
	if err := c.draw(ctx, call, in, drawn); err != nil {
		return nil, err
	}
	old := ""
	q, err := c.a.cfg.Shortener.UpdateQRCode(ctx, account, id, api.HostOf(c.a.cfg.Origin), func(q *shortener.QRCode) error {
		if now := q.Link.Options.QR; now != nil {
			old = now.LogoFile
		}
		look := *drawn.Options.QR
		q.Link.Options.QR = &look
		was := q.Link
		belong(&q.Link, r)
		q.Link.PasswordHash = was.PasswordHash
		if len(r.Channels) == 0 {
			q.Link.Channels = was.Channels
		}
		keepCounts(&q.Link, &was, untoldOf(r))
		return nil
	})
	switch mine := drawn.Options.QR.LogoFile; {
	case err == nil && old != mine:
		c.a.discard(old)
	case isUndone(err) && in.logoFile != "":
		c.a.discard(in.logoFile)
	}
	return q, err
}

// fields are those of the call, and of a code that is there those that the record
// does not tell. A logo that is there already is not fetched again: it is nil.
func (c qrCarrier) fields(call *api.Call, r *adapters.Record, kept *shortener.QR) (*qrFields, error) {
	doc, err := adapters.Encode(qrDocument{kept.Type, kept.Data, kept.Background, kept.Foreground, kept.Logo, kept.Name})
	if err != nil {
		return nil, err
	}
	in := &qrFields{}
	if err := json.Unmarshal(only(doc, r.Untold), in); err != nil {
		return nil, err
	}
	if err := decode(call, in); err != nil {
		return nil, err
	}
	switch {
	case in.Logo == nil:
		none := ""
		in.Logo = &none
	case *in.Logo == kept.Logo:
		in.Logo = nil
	}
	return in, nil
}

// isAbout reports whether the error names the field.
func isAbout(err error, field string) bool {
	if err == nil {
		return false
	}
	e := api.AsError(err)
	return len(e.Fields) == 1 && e.Fields[0].Field == field
}

// jsonEqual reports whether two documents are written alike, spaces aside.
func jsonEqual(a, b json.RawMessage) bool {
	var first, second bytes.Buffer
	return json.Compact(&first, a) == nil && json.Compact(&second, b) == nil && bytes.Equal(first.Bytes(), second.Bytes())
}
