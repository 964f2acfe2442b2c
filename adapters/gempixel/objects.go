package gempixel

import (
	"errors"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// link reads the details and statistics of a link.
func (r *reader) link(id, details, data gjson.Result) error {
	m := members(details, "id", "shorturl", "longurl", "date", "expiry")
	for i, place := range []string{"details.id", "details.shorturl", "details.longurl"} {
		if !m[i].Exists() || i > 0 && m[i].Type != gjson.String {
			return r.unexpected(place)
		}
	}
	return r.details(id, m[0], data, m[3], m[4])
}

// code reads the details and statistics of a QR code.
func (r *reader) code(id, details, data gjson.Result) error {
	m := members(details, "id", "link", "date", "scans")
	if m[1].Type != gjson.String || m[1].Str == "" {
		return r.unexpected("details.link")
	}
	if n, ok := integer(m[3]); ok {
		r.editor.replace(m[3], strconv.FormatInt(n, 10))
	}
	return r.details(id, m[0], data, m[2])
}

// details reads what links and QR codes have in common.
func (r *reader) details(id, own, data gjson.Result, times ...gjson.Result) error {
	if err := r.identity(&r.editor, own); err != nil {
		return err
	}
	if id.Exists() {
		if err := r.identity(&r.editor, id); err != nil {
			return err
		}
	}
	clicks := members(data, "clicks", "uniqueClicks")
	if _, ok := integer(clicks[0]); !ok {
		return r.unexpected("data.clicks")
	}
	for _, v := range clicks {
		if n, ok := integer(v); ok {
			r.editor.replace(v, strconv.FormatInt(n, 10))
		}
	}
	for _, v := range times {
		r.time(&r.editor, v)
	}
	return nil
}

// account reads the account.
func (r *reader) account(data gjson.Result) error {
	m := members(data, "id", "email", "expires", "registered")
	if m[1].Type != gjson.String {
		return r.unexpected("data.email")
	}
	r.time(&r.editor, m[2])
	r.time(&r.editor, m[3])
	return r.identity(&r.editor, m[0])
}

// found reads the one link that a search by short URL finds. Clients read it
// as one link or as a list of one, so it is both.
func (r *reader) found(root, id, details, data gjson.Result) error {
	if err := r.link(id, details, data); err != nil {
		return err
	}
	if !id.Exists() {
		r.editor.add(root, "id", number(members(details, "id")[0]))
	}
	urls := members(data, "urls")[0]
	if urls.IsArray() {
		return nil
	}
	m := members(details, "id", "alias", "shorturl", "longurl", "title", "description", "date")
	alias := m[1].Raw
	if m[1].Type != gjson.String {
		alias = string(gjson.AppendJSONString(nil, m[2].Str[strings.LastIndexByte(m[2].Str, '/')+1:]))
	}
	row := &editor{src: "{}"}
	object := gjson.Parse(row.src)
	row.add(object, "id", number(m[0]))
	row.add(object, "alias", alias)
	for i, name := range []string{"shorturl", "longurl", "title", "description", "date"} {
		v := m[2+i]
		if v.Type != gjson.String {
			continue
		}
		sub := &editor{src: v.Raw}
		if name == "date" {
			v.Index = 0
			r.time(sub, v)
		}
		row.add(object, name, sub.text())
	}
	row.add(object, "clicks", number(members(data, "clicks")[0]))
	r.put(data, urls, "urls", "["+row.text()+"]")
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
