package qr

import (
	"errors"
	"strings"
	"unicode"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// field is one part of an object.
type field struct {
	// name is the part's own name, also the others that clients use, all in
	// lower case without separators.
	name string
	also []string

	// raw keeps spaces at both ends, where they belong to the value.
	raw bool
}

// parts are the values of an object under the fields' own names. None is empty.
type parts struct {
	values map[string]string

	// sent has the names that the client used, for errors.
	sent map[string]string
}

func missing() error {
	return api.InvalidField("data", "Invalid QR format or missing data.")
}

// read returns data as one value, or as parts.
func (k *kind) read(data []byte) (string, *parts, error) {
	if !gjson.ValidBytes(data) {
		if len(data) == 0 {
			return "", nil, missing()
		}
		return "", nil, api.InvalidField("data", "must be JSON")
	}
	v := gjson.ParseBytes(data)
	switch {
	case v.IsObject():
		p := newParts()
		if err := p.add(k, v); err != nil {
			return "", nil, err
		}
		return "", p, p.empty()
	case v.IsArray():
		return k.readList(v.Array())
	case strings.TrimSpace(scalar(v)) == "":
		return "", nil, missing()
	}
	return scalar(v), nil, nil
}

// readList reads a list, which PHP clients send in place of an object: objects
// are laid together, plain values have the kind's order.
func (k *kind) readList(list []gjson.Result) (string, *parts, error) {
	if len(list) == 1 && !list[0].IsObject() && !list[0].IsArray() {
		return k.read([]byte(list[0].Raw))
	}
	p := newParts()
	for i, v := range list {
		switch {
		case v.IsObject():
			if err := p.add(k, v); err != nil {
				return "", nil, err
			}
		case len(k.list) == 0:
			return "", nil, api.InvalidField("data", "must be a text or an object with "+k.names())
		case i >= len(k.list) || v.IsArray():
			return "", nil, api.InvalidField("data", "may list "+strings.Join(k.list, ", ")+" and nothing else")
		default:
			if err := p.set(k.field(k.list[i]), k.list[i], v); err != nil {
				return "", nil, err
			}
		}
	}
	return "", p, p.empty()
}

func newParts() *parts {
	return &parts{values: map[string]string{}, sent: map[string]string{}}
}

func (p *parts) empty() error {
	if len(p.values) == 0 {
		return missing()
	}
	return nil
}

func (p *parts) add(k *kind, object gjson.Result) (err error) {
	object.ForEach(func(key, v gjson.Result) bool {
		f := k.field(key.String())
		switch {
		case f != nil:
			err = p.set(f, key.String(), v)
		case v.IsObject() || v.IsArray() || strings.TrimSpace(scalar(v)) != "":
			err = api.InvalidField("data", "may have "+k.names()+" only")
		}
		return err == nil
	})
	return err
}

func (p *parts) set(f *field, name string, v gjson.Result) error {
	if v.IsObject() || v.IsArray() {
		return api.InvalidField("data."+name, "must be a text")
	}
	s := scalar(v)
	if !f.raw {
		s = strings.TrimSpace(s)
	}
	if strings.TrimSpace(s) == "" {
		return nil
	}
	if err := printable("data."+name, s); err != nil {
		return err
	}
	if old, ok := p.values[f.name]; ok && old != s {
		return api.InvalidField("data."+name, "says something else than data."+p.sent[f.name])
	}
	p.values[f.name], p.sent[f.name] = s, name
	return nil
}

// required returns a part that must be there.
func (p *parts) required(name string) (string, error) {
	if s := p.values[name]; s != "" {
		return s, nil
	}
	return "", api.InvalidField("data."+name, "is required")
}

// path is the field of a part as the client sent it.
func (p *parts) path(name string) string {
	if sent, ok := p.sent[name]; ok {
		name = sent
	}
	return "data." + name
}

// rename lays an error about "data" on one of its parts.
func (p *parts) rename(err error, name string) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*api.Error](err)
	if !ok || len(e.Fields) == 0 {
		return err
	}
	return api.InvalidField(p.path(name), e.Fields[0].Message)
}

// field returns the field that a client's name means, nil where none does.
func (k *kind) field(name string) *field {
	name = strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
	for i := range k.fields {
		f := &k.fields[i]
		if f.name == name {
			return f
		}
		for _, also := range f.also {
			if also == name {
				return f
			}
		}
	}
	return nil
}

func (k *kind) names() string {
	names := make([]string, len(k.fields))
	for i, f := range k.fields {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}

// scalar is the text of a plain value; a number keeps its digits, so that a
// telephone number that was sent as one survives.
func scalar(v gjson.Result) string {
	switch v.Type {
	case gjson.Null:
		return ""
	case gjson.String:
		return v.Str
	default:
		return v.Raw
	}
}

// printable refuses control characters other than line ends and tabs: no
// reader shows them, and some end the text there.
func printable(name, s string) error {
	bad := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }
	if strings.ContainsFunc(s, bad) {
		return api.InvalidField(name, "must not hold control characters")
	}
	return nil
}
