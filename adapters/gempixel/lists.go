package gempixel

import (
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/translate"
)

// defaultLimit is how many rows a page has where nobody asked for a number.
const defaultLimit = 15

// page reads a list that has its pages and rows in data.
func (r *reader) page(data gjson.Result) error {
	if data.IsObject() {
		return r.rows(data)
	}
	// PHP writes an object without members as an empty array.
	if data.Type != gjson.Null && (!data.IsArray() || len(data.Array()) > 0) || !data.Exists() {
		return r.unexpected("data")
	}
	r.editor.replace(data, `{"result":0,"perpage":`+strconv.FormatInt(r.asked("limit", defaultLimit), 10)+
		`,"currentpage":`+strconv.FormatInt(r.asked("page", 1), 10)+`,"nextpage":null,"maxpage":0,"`+r.op.rows+`":[]}`)
	return nil
}

// rows reads the pages and rows in holder, which is data or the root itself.
func (r *reader) rows(holder gjson.Result) error {
	names := []string{"result", "perpage", "currentpage", "maxpage", "nextpage", r.op.rows, "overlay"}
	m := members(holder, names...)
	list := m[5]
	if r.op.rows == "cta" && !list.Exists() {
		list = m[6]
	}
	if !list.Exists() && !m[0].Exists() {
		return r.unexpected(r.op.rows)
	}
	text, count, err := r.list(list)
	if err != nil {
		return err
	}
	if err := r.paging(holder, m, count); err != nil {
		return err
	}
	for i, name := range names[5:] {
		switch v := m[5+i]; {
		case name == "overlay" && r.op.rows != "cta":
		case v.Exists():
			r.editor.replace(v, text)
		default:
			r.editor.add(holder, name, text)
		}
	}
	return nil
}

// paging writes the numbers of the pages as numbers, and the next page as the
// script should: its own says 1 on every page of some sites.
func (r *reader) paging(holder gjson.Result, m []gjson.Result, count int) error {
	numbers := [4]int64{int64(count), r.asked("limit", defaultLimit), r.asked("page", 1), -1}
	for i, name := range []string{"result", "perpage", "currentpage", "maxpage"} {
		if m[i].Exists() && m[i].Type != gjson.Null {
			n, ok := integer(m[i])
			if !ok || n == 0 && name == "perpage" {
				return r.unexpected(name)
			}
			numbers[i] = n
		} else if i == 3 {
			numbers[3] = (numbers[0] + max(numbers[1], 1) - 1) / max(numbers[1], 1)
		}
		r.put(holder, m[i], name, strconv.FormatInt(numbers[i], 10))
	}
	next := "null"
	if current, last := numbers[2], numbers[3]; current < last {
		next = strconv.FormatInt(current+1, 10)
	}
	r.put(holder, m[4], "nextpage", next)
	return nil
}

// put replaces the member v of the object, or adds it where it is missing.
func (r *reader) put(object, v gjson.Result, name, raw string) {
	if v.Exists() {
		r.editor.replace(v, raw)
	} else {
		r.editor.add(object, name, raw)
	}
}

// asked returns a number of the call's query.
func (r *reader) asked(name string, otherwise int64) int64 {
	n, err := strconv.ParseInt(r.call.Query.Get(name), 10, 64)
	if err != nil || n < 1 {
		return otherwise
	}
	return n
}

// list returns the rows as an array, and their number.
func (r *reader) list(v gjson.Result) (text string, count int, err error) {
	switch {
	case !v.Exists(), v.Type == gjson.Null, v.Type == gjson.False, v.Raw == "0", v.Raw == `""`:
		return "[]", 0, nil
	case !v.IsArray() && !v.IsObject():
		return "", 0, r.unexpected(r.op.rows)
	}
	var b strings.Builder
	b.Grow(len(v.Raw) + len(v.Raw)/8)
	b.WriteByte('[')
	// PHP writes an array with a gap in its indexes as an object: the rows are
	// its values.
	v.ForEach(func(_, row gjson.Result) bool {
		if !row.IsObject() {
			err = r.unexpected(r.op.rows)
			return false
		}
		if count++; count > 1 {
			b.WriteByte(',')
		}
		var one string
		if one, err = r.row(row.Raw); err != nil {
			return false
		}
		b.WriteString(one)
		return true
	})
	b.WriteByte(']')
	return b.String(), count, err
}

// row puts one row right.
func (r *reader) row(raw string) (string, error) {
	e := &editor{src: raw}
	row := gjson.Parse(raw)
	id := members(row, "id")[0]
	if err := r.identity(e, id); err != nil {
		return "", err
	}
	if r.op.rows == "campaigns" {
		// A campaign without a name has none under any.
		_ = same(r, e, row, "campaign", "domain", "name")
	}
	row.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "clicks", "uniqueclicks", "scans", "downloads":
			if n, ok := integer(v); ok {
				e.replace(v, strconv.FormatInt(n, 10))
			}
		case "date", "expiry":
			r.time(e, v)
		}
		return true
	})
	flags(e, row)
	return e.text(), nil
}

// flags writes 0 and 1 as the booleans that they stand for.
func flags(e *editor, object gjson.Result) {
	for _, v := range members(object, "public", "starred") {
		switch v.Raw {
		case "1", `"1"`:
			e.replace(v, "true")
		case "0", `"0"`, `""`:
			e.replace(v, "false")
		}
	}
}

// time moves a time of the site into the zone of the clients. A date alone is
// no moment and stays.
func (r *reader) time(e *editor, v gjson.Result) {
	if !r.adapter.shift || v.Type != gjson.String {
		return
	}
	t, err := time.ParseInLocation(translate.DateTimeLayout, v.Str, r.adapter.cfg.RemoteZone)
	if err != nil {
		return
	}
	e.replace(v, `"`+t.In(r.adapter.cfg.Zone).Format(translate.DateTimeLayout)+`"`)
}
