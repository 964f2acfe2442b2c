package native

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/qr"
	"github.com/linkquay/linkquay/shortener"
)

// qrFields are those of a create or an update of a QR code. A nil field was not
// given.
type qrFields struct {
	Type       *string         `json:"type"`
	Data       json.RawMessage `json:"data"`
	Background *string         `json:"background"`
	Foreground *string         `json:"foreground"`
	Logo       *string         `json:"logo"`
	Name       *string         `json:"name"`

	// logoFile is our copy of the logo, where Logo names one.
	logoFile string
}

func decodeQR(call *api.Call) (*qrFields, error) {
	var in qrFields
	return &in, decode(call, &in)
}

// draw writes the fields into the link of a QR code, makes sure that the code
// can be drawn and read, and then fetches and keeps the logo.
func (a *Adapter) draw(ctx context.Context, call *api.Call, in *qrFields, l *shortener.Link) error {
	payload, err := in.apply(l)
	if err != nil {
		return err
	}
	if err := a.drawable(call, l, payload); err != nil {
		return err
	}
	if in.Logo == nil || *in.Logo == "" {
		return nil
	}
	file, err := a.keepLogo(ctx, *in.Logo)
	if err != nil {
		return err
	}
	in.logoFile, l.Options.QR.LogoFile = file, file
	return nil
}

// apply writes the fields into the link of a QR code, and returns what such a
// code says.
func (in *qrFields) apply(l *shortener.Link) (payload string, err error) {
	look := *l.Options.QR
	set(&look.Type, in.Type)
	set(&look.Background, in.Background)
	set(&look.Foreground, in.Foreground)
	set(&look.Name, in.Name)
	if in.Data != nil {
		look.Data = in.Data
	}
	if in.Logo != nil {
		look.Logo, look.LogoFile = *in.Logo, in.logoFile
	}
	if payload, err = qr.Payload(look.Type, look.Data); err != nil {
		return "", err
	}
	if look.Type == "link" {
		// However it was sent, it is kept as the address alone.
		look.Data = gjson.AppendJSONString(nil, payload)
	}
	l.Options.QR = &look
	return payload, nil
}

// drawable makes sure that a code that says the payload can be read. It takes
// milliseconds.
func (a *Adapter) drawable(call *api.Call, l *shortener.Link, payload string) error {
	look := l.Options.QR
	if look.Type == "link" {
		// What the code holds is where it leads through.
		payload = a.shortURL(call, l)
	}
	var o qr.Options
	for _, c := range []struct {
		field, value string
		to           *color.RGBA
	}{{"foreground", look.Foreground, &o.Foreground}, {"background", look.Background, &o.Background}} {
		if c.value == "" {
			continue
		}
		var err error
		if *c.to, err = qr.ParseColour(c.field, c.value); err != nil {
			return err
		}
	}
	if look.Logo != "" {
		// What a logo takes up does not depend on the picture.
		o.Logo = image.NewRGBA(image.Rect(0, 0, 1, 1))
	}
	_, err := qr.New(payload, o)
	return err
}

// keepLogo fetches a logo and keeps a copy of it, so that drawing the code
// depends on nobody. The copy is no larger than codes show it.
func (a *Adapter) keepLogo(ctx context.Context, url string) (file string, err error) {
	body, _, err := a.cfg.Logos.Get(ctx, url, qr.MaxLogo)
	if err != nil {
		return "", logoError(ctx, err)
	}
	logo, err := qr.DecodeLogo(bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	var copied bytes.Buffer
	if err := png.Encode(&copied, logo); err != nil {
		return "", err
	}
	stored, err := a.cfg.Files.Put(ctx, &copied, uploadLimit)
	return stored.Name, err
}

// logoError is what the client is told of a logo that does not come. Whether a
// name leads inside or nowhere is told alike: the difference would be a way to
// ask our DNS.
func logoError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	reason := "cannot be fetched: it must be a picture at a public http or https address"
	if status, ok := errors.AsType[*guard.StatusError](err); ok {
		reason = fmt.Sprintf("cannot be fetched: its server answers with status %d", status.Status)
	}
	if errors.Is(err, guard.ErrTooLarge) {
		reason = "must be at most 2 MiB"
	}
	failure := api.InvalidField("logo", reason)
	failure.Err = err
	return failure
}

// defaultQRName is what a code is called whose maker did not say: where it
// leads, or what it is. What else it holds may be private.
func defaultQRName(look *shortener.QR) string {
	if look.Type == "link" {
		if s := gjson.ParseBytes(look.Data); s.Type == gjson.String {
			_, name, _ := strings.Cut(s.Str, "://")
			return cut(strings.TrimSuffix(name, "/"), 255)
		}
	}
	return map[string]string{
		"text": "Text", "vcard": "Contact", "link": "Link", "email": "E-mail", "phone": "Telephone", "sms": "SMS", "wifi": "Wi-Fi",
	}[look.Type]
}
