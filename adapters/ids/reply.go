package ids

import (
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// Reply returns the document of a reply with other ids: its own, those in the
// details of one object, and those of the rows of a list. All else stays as it
// is.
func Reply(op api.Operation, document []byte, change Change) ([]byte, error) {
	s, ok := shapes[op]
	if !ok {
		return document, nil
	}
	w := writer{change}
	text, err := edit(gjson.ParseBytes(document), func(name string, v gjson.Result) (string, error) {
		switch {
		case name == "id":
			return w.id(s.kind, v)
		case name == "details" && v.IsObject():
			return w.object(s.kind, v)
		case name == "data" && v.IsObject() && s.whole:
			return w.object(s.kind, v)
		case name == "data" && v.IsObject():
			return w.data(op, s, v)
		case name == "list" && v.IsArray() && s.kind == File:
			return w.rows(s.kind, v)
		}
		return v.Raw, nil
	})
	if err != nil {
		return nil, err
	}
	return []byte(text), nil
}

// Object returns what a backend tells of one object of the kind, with other ids.
func Object(kind adapters.Kind, raw string, change Change) (string, error) {
	return writer{change}.object(kind, gjson.Parse(raw))
}

// writer writes the ids of replies anew.
type writer struct{ change Change }

// data writes the ids in what a list has beside its paging.
func (w writer) data(op api.Operation, s shape, data gjson.Result) (string, error) {
	return edit(data, func(name string, v gjson.Result) (string, error) {
		switch {
		case op == api.ListChannelItems && name == "channel" && v.IsObject():
			return w.object(adapters.KindChannel, v)
		case op == api.ListChannelItems && name == s.rows && v.IsArray():
			return each(v, func(_ int, row gjson.Result) (string, error) {
				if kind := kindOfItem(row.Get("type").String()); kind != "" {
					return w.object(kind, row)
				}
				return row.Raw, nil
			})
		case name == s.rows && v.IsArray():
			return w.rows(s.kind, v)
		}
		return v.Raw, nil
	})
}

func (w writer) rows(kind adapters.Kind, list gjson.Result) (string, error) {
	return each(list, func(_ int, row gjson.Result) (string, error) { return w.object(kind, row) })
}

func (w writer) object(kind adapters.Kind, v gjson.Result) (string, error) {
	if !v.IsObject() {
		return "", ErrNone
	}
	return edit(v, func(name string, v gjson.Result) (string, error) {
		switch {
		case name == "id":
			return w.id(kind, v)
		case kind != adapters.KindLink:
			return v.Raw, nil
		case references[name] != "":
			return w.references(references[name], v)
		case name == "type":
			return w.kind(v)
		}
		return v.Raw, nil
	})
}

// references writes an id, an object with one, or a list of them. What is none
// stays.
func (w writer) references(kind adapters.Kind, v gjson.Result) (string, error) {
	if v.IsObject() {
		return w.object(kind, v)
	}
	if v.IsArray() {
		return each(v, func(_ int, entry gjson.Result) (string, error) { return w.references(kind, entry) })
	}
	if n, err := strconv.ParseInt(v.String(), 10, 64); err != nil || n < 1 {
		return v.Raw, nil
	}
	return w.id(kind, v)
}

// kind writes the type of a link, which may number a splash page or an overlay.
func (w writer) kind(v gjson.Result) (string, error) {
	if v.Type != gjson.String {
		return v.Raw, nil
	}
	word, n, kind := kindOfType(v.Str)
	if n == 0 {
		return v.Raw, nil
	}
	id, err := w.change(kind, "type", n)
	return `"` + word + strconv.FormatInt(id, 10) + `"`, err
}

func (w writer) id(kind adapters.Kind, v gjson.Result) (string, error) {
	n, err := strconv.ParseInt(v.String(), 10, 64)
	if err != nil || n < 1 {
		return "", ErrNone
	}
	id, err := w.change(kind, "id", n)
	return strconv.FormatInt(id, 10), err
}
