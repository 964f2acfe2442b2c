package gempixel

import (
	"errors"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// part reads one part of a reply about one object.
func (r *reader) part(v gjson.Result, name string, s *shape) error {
	if !v.IsObject() {
		return r.unexpected(name, v)
	}
	return r.walk(&r.editor, v, s)
}

// link reads the details and statistics of a link.
func (r *reader) link(details, data gjson.Result) error {
	if err := r.part(details, "details", linkShape); err != nil {
		return err
	}
	return r.part(data, "data", visitShape)
}

// code reads the details and statistics of a QR code.
func (r *reader) code(details, data gjson.Result) error {
	if err := r.part(details, "details", codeShape); err != nil {
		return err
	}
	return r.part(data, "data", visitShape)
}

// found reads the one link that a search by short URL finds. Clients read it
// as one link or as a list of one, so it is both.
func (r *reader) found(root, id, details, data gjson.Result) error {
	if err := r.link(details, data); err != nil {
		return err
	}
	if !id.Exists() {
		r.editor.add(root, "id", number(members(details, "id")[0]))
	}
	m := members(details, "id", "alias", "shorturl", "longurl", "title", "description", "date")
	// They are what the details are by now.
	now := func(i int, name string) string {
		if !m[i].Exists() {
			return ""
		}
		raw, _ := r.mend(linkShape.field(name), m[i])
		return raw
	}
	shortURL := gjson.Parse(now(2, "shorturl")).Str
	alias := m[1].Raw
	if m[1].Type != gjson.String {
		alias = string(gjson.AppendJSONString(nil, shortURL[strings.LastIndexByte(shortURL, '/')+1:]))
	}
	row := &editor{src: "{}"}
	object := gjson.Parse(row.src)
	row.add(object, "id", number(m[0]))
	row.add(object, "alias", alias)
	for i, name := range []string{"shorturl", "longurl", "title", "description", "date"} {
		if raw := now(2+i, name); raw != "" && raw != "null" {
			row.add(object, name, raw)
		}
	}
	// A site's own rows, or pages, would make it a list as well.
	v := members(data, "clicks", "urls", "result")
	row.add(object, "clicks", number(v[0]))
	r.put(data, v[1], "urls", "["+row.text()+"]")
	if v[2].Exists() {
		r.editor.replace(v[2], "null")
	}
	return nil
}

// number writes a number that was checked before.
func number(v gjson.Result) string {
	n, _ := integer(v)
	return strconv.FormatInt(n, 10)
}

// missing is the answer where no link has the short URL: a success with an
// error in it. Other failures stay failures.
func missing(err error) ([]byte, error) {
	coded, ok := errors.AsType[*api.Error](err)
	if !ok || coded.Code != api.NotFound && coded.Code != api.Invalid {
		return nil, err
	}
	return adapters.Missed(coded.Message).Document, nil
}
