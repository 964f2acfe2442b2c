// Package qr writes what QR codes hold and draws them.
//
// [Payload] turns a type and its data, as API clients send them, into the text
// that readers understand; [New] makes a code of it, which is drawn as PNG or
// SVG. All errors that clients cause are *api.Error of code Invalid and name
// the field as the API's create operation has it: type, data, data.ssid,
// foreground, background, logo. Nothing here touches disk or network.
package qr

import (
	"net/url"
	"slices"
	"strings"

	"github.com/linkquay/linkquay/api"
)

// kind is how one type of code is written.
type kind struct {
	name string

	// fields are the parts that an object may have.
	fields []field

	// list names the parts of a list of plain values, in their order. Where it
	// is empty, only a list of one value is understood, as that value.
	list []string

	// text writes a single value, object the parts. What they return beside an
	// error is not used.
	text   func(string) (string, error)
	object func(*parts) (string, error)
}

var kinds = []kind{
	{name: "text", fields: textFields, text: text, object: only("text", text)},
	{name: "vcard", fields: vcardFields, text: vcardText, object: vcard},
	{name: "link", fields: linkFields, text: link, object: only("link", link)},
	{name: "email", fields: emailFields, list: []string{"email", "subject", "body"}, text: emailText, object: email},
	{name: "phone", fields: phoneFields, text: phone, object: only("phone", phone)},
	{name: "sms", fields: smsFields, list: []string{"phone", "message"}, text: smsText, object: sms},
	{name: "wifi", fields: wifiFields, text: wifiText, object: wifi},
}

// Kinds returns the names of the types: text, vcard, link, email, phone, sms,
// wifi.
func Kinds() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// Payload returns the text that a code of the type holds. data is JSON: a text
// (or number), an object of named parts, a list of such objects, or, where the
// order is plain (email: address, subject, body; sms: number, message), a list
// of texts. Names of parts are compared without case, "_", "-" and spaces;
// parts that are null or empty count as not given, and unknown ones are
// refused, since a code that lacks what was asked for cannot be called back.
//
//   - text: the text itself.
//   - link: an absolute URL, unchanged. Which schemes may be used is checked
//     elsewhere.
//   - email: "mailto:" with subject and body (RFC 6068).
//   - phone: "tel:" (RFC 3966) without separators.
//   - sms: "SMSTO:<number>:<message>", which readers agree on; RFC 5724's
//     "sms:" URI loses the message on some.
//   - wifi: "WIFI:T:WPA;S:<ssid>;P:<password>;H:true;;".
//   - vcard: a vCard 3.0 (RFC 2426).
//
// A text for wifi or vcard must be a complete code of that form. Whether the
// payload fits into a code is for [New] to say.
func Payload(kindName string, data []byte) (string, error) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == kindName })
	if i < 0 {
		return "", api.InvalidField("type", "must be one of "+strings.Join(Kinds(), ", "))
	}
	k := &kinds[i]
	payload, err := k.write(data)
	if err != nil {
		return "", err
	}
	return payload, nil
}

func (k *kind) write(data []byte) (string, error) {
	value, p, err := k.read(data)
	switch {
	case err != nil:
		return "", err
	case p != nil:
		return k.object(p)
	}
	if err := printable("data", value); err != nil {
		return "", err
	}
	return k.text(value)
}

var (
	textFields = []field{{name: "text", also: []string{"content", "message", "body", "value"}, raw: true}}
	linkFields = []field{{name: "link", also: []string{"url", "website", "href", "value"}}}
)

func text(s string) (string, error) { return s, nil }

func link(s string) (string, error) {
	s = strings.TrimSpace(s)
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" && u.Opaque == "" && u.Path == "" {
		return "", api.InvalidField("data", "Please enter a valid URL.")
	}
	return s, nil
}

// only writes an object whose one part is what a text would be.
func only(name string, write func(string) (string, error)) func(*parts) (string, error) {
	return func(p *parts) (string, error) {
		s, err := p.required(name)
		if err != nil {
			return "", err
		}
		s, err = write(s)
		return s, p.rename(err, name)
	}
}
