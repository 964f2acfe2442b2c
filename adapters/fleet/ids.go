package fleet

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// Ids end at 1<<53 in the contract, so that no client loses digits: a backend's
// own have the lower 40 bits, and its number the 13 above.
const (
	idBits    = 40
	idLimit   = 1 << idBits
	maxNumber = 1<<(53-idBits) - 1
)

// locate returns the backend of an id that a client sent, and the id there. An
// id that nobody was given, or in another account alone, has none.
func (r *router) locate(id int64) (m *member, local int64, ok bool) {
	if id < idLimit {
		return r.own, id, true
	}
	m, ok = r.numbers[id>>idBits]
	local = id & (idLimit - 1)
	return m, local, ok && local > 0 && (m == r.own || r.routes(m))
}

// scribe writes the ids of one backend for clients.
type scribe struct {
	backend string
	prefix  int64 // 0 for the key's own
}

func (r *router) scribe(m *member) scribe {
	if m == r.own {
		return scribe{backend: m.name}
	}
	return scribe{m.name, m.number << idBits}
}

// reply writes the ids of a reply: its own, those in the details of one link,
// and those of the rows of a list.
func (s scribe) reply(document []byte) ([]byte, error) {
	text, err := edit(gjson.ParseBytes(document), func(name string, v gjson.Result) (string, error) {
		switch {
		case name == "id":
			return s.id(v)
		case name == "details" && v.IsObject():
			return s.object(v)
		case name == "data" && v.IsObject():
			return edit(v, func(name string, v gjson.Result) (string, error) {
				if name == "urls" && v.IsArray() {
					return s.rows(v)
				}
				return v.Raw, nil
			})
		case name == "list" && v.IsArray():
			return s.rows(v)
		}
		return v.Raw, nil
	})
	if err != nil || s.prefix == 0 {
		// Their own ids are only looked at.
		return document, err
	}
	return []byte(text), nil
}

func (s scribe) rows(list gjson.Result) (string, error) {
	var b strings.Builder
	b.Grow(len(list.Raw) + len(list.Raw)/8)
	var failure error
	list.ForEach(func(_, row gjson.Result) bool {
		var text string
		if text, failure = s.object(row); failure != nil {
			return false
		}
		b.WriteByte(separator(b.Len() == 0, '['))
		b.WriteString(text)
		return true
	})
	if b.Len() == 0 {
		return "[]", failure
	}
	return b.String() + "]", failure
}

// object writes the ids in what a backend tells of one link or file.
func (s scribe) object(v gjson.Result) (string, error) {
	if !v.IsObject() {
		return "", s.unexpected()
	}
	return edit(v, func(name string, v gjson.Result) (string, error) {
		switch name {
		case "id":
			return s.id(v)
		case "campaign", "channel", "channels", "pixels":
			return s.references(v)
		case "type":
			return s.kind(v)
		}
		return v.Raw, nil
	})
}

// references writes an id, an object with one, or a list of them. What is none
// stays.
func (s scribe) references(v gjson.Result) (string, error) {
	if v.IsObject() {
		return s.object(v)
	}
	if v.IsArray() {
		var b strings.Builder
		for i, entry := range v.Array() {
			text, err := s.references(entry)
			if err != nil {
				return "", err
			}
			b.WriteByte(separator(i == 0, '['))
			b.WriteString(text)
		}
		if b.Len() == 0 {
			return "[]", nil
		}
		return b.String() + "]", nil
	}
	if n, err := strconv.ParseInt(v.String(), 10, 64); err != nil || n < 1 {
		return v.Raw, nil
	}
	return s.id(v)
}

// kind writes the type of a link, which may be the number of a splash page, or
// overlay- and that of an overlay.
func (s scribe) kind(v gjson.Result) (string, error) {
	if v.Type != gjson.String {
		return v.Raw, nil
	}
	word, number := splitKind(v.Str)
	if number == "" {
		return v.Raw, nil
	}
	id, err := s.id(gjson.Result{Type: gjson.String, Str: number})
	return `"` + word + id + `"`, err
}

// splitKind splits a link's type into the word and the number that it is made
// of, where it has one.
func splitKind(kind string) (word, number string) {
	number = kind
	if rest, ok := strings.CutPrefix(kind, "overlay-"); ok {
		word, number = "overlay-", rest
	}
	if n, err := strconv.ParseInt(number, 10, 64); err != nil || n < 1 {
		return kind, ""
	}
	return word, number
}

func (s scribe) id(v gjson.Result) (string, error) {
	n, err := strconv.ParseInt(v.String(), 10, 64)
	switch {
	case err != nil || n < 1:
		return "", s.unexpected()
	case n >= idLimit:
		failure := api.Errorf(api.Unavailable, "The backend %q gave an id that is too large to be told from those of other backends.", s.backend)
		failure.Err = fmt.Errorf("the id is %d", n)
		return "", failure
	}
	return strconv.FormatInt(s.prefix|n, 10), nil
}

func (s scribe) unexpected() *api.Error {
	return api.Errorf(api.Unavailable, "The backend %q gave an unexpected reply.", s.backend)
}

// edit returns an object whose values are what change makes of them.
func edit(object gjson.Result, change func(name string, v gjson.Result) (string, error)) (string, error) {
	var b strings.Builder
	b.Grow(len(object.Raw) + 64)
	var failure error
	object.ForEach(func(key, v gjson.Result) bool {
		var text string
		if text, failure = change(key.Str, v); failure != nil {
			return false
		}
		b.WriteByte(separator(b.Len() == 0, '{'))
		b.WriteString(key.Raw)
		b.WriteByte(':')
		b.WriteString(text)
		return true
	})
	if b.Len() == 0 {
		return "{}", failure
	}
	return b.String() + "}", failure
}

func separator(first bool, opening byte) byte {
	if first {
		return opening
	}
	return ','
}
