package gempixel

import (
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/drift"
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
	if !data.Exists() || data.Type != gjson.Null && !isEmptyArray(data) {
		return r.unexpected("data", data)
	}
	r.editor.replace(data, `{"result":0,"perpage":`+strconv.FormatInt(r.asked("limit", defaultLimit), 10)+
		`,"currentpage":`+strconv.FormatInt(r.asked("page", 1), 10)+`,"nextpage":null,"maxpage":0,"`+r.op.rows+`":[]}`)
	return nil
}

// rows reads the pages and rows in holder, which is data or the root itself.
func (r *reader) rows(holder gjson.Result) error {
	m := members(holder, "result", "perpage", "currentpage", "maxpage", "nextpage", r.op.rows, "overlay")
	count, err := r.lists(holder, m[5], m[6])
	if err != nil {
		return err
	}
	if r.op.rows == "items" {
		if err := r.walk(&r.editor, holder, channelShape); err != nil {
			return err
		}
	}
	return r.paging(holder, m, count)
}

// lists reads the rows, which overlays have under two names, and returns their
// number.
func (r *reader) lists(holder, list, other gjson.Result) (count int, err error) {
	if r.op.rows != "cta" {
		text, count, err := r.list(list)
		if err == nil && text != list.Raw {
			r.put(holder, list, r.op.rows, text)
		}
		return count, err
	}
	if !list.Exists() {
		list = other
	}
	copied, count, err := r.copied(list)
	if err != nil {
		return 0, err
	}
	for i, v := range members(holder, "cta", "overlay") {
		r.put(holder, v, []string{"cta", "overlay"}[i], copied)
	}
	return count, nil
}

// paging writes the numbers of the pages as numbers, and the next page as the
// script should: its own says 1 on every page of some sites.
func (r *reader) paging(holder gjson.Result, m []gjson.Result, count int) error {
	numbers := [4]int64{int64(count), r.asked("limit", defaultLimit), r.asked("page", 1), -1}
	for i, name := range []string{"result", "perpage", "currentpage", "maxpage"} {
		n, ok := integer(m[i])
		switch {
		case ok && (n > 0 || name != "perpage"):
			numbers[i] = n
		case m[i].Type != gjson.Null && (name == "result" || name == "maxpage"):
			// Whoever does not know how many there are would not ask for the rest.
			return r.unexpected(r.place(name), m[i])
		default:
			_ = r.unexpected(r.place(name), m[i])
		}
		if name == "maxpage" && numbers[i] < 0 {
			numbers[3] = (numbers[0] + numbers[1] - 1) / numbers[1]
		}
		r.put(holder, m[i], name, strconv.FormatInt(numbers[i], 10))
	}
	next := "null"
	if current, last := numbers[2], numbers[3]; current < last {
		next = strconv.FormatInt(current+1, 10)
	}
	if !m[4].Exists() || m[4].Type != gjson.Null && m[4].Type != gjson.Number {
		_ = r.unexpected(r.place("nextpage"), m[4])
	}
	r.put(holder, m[4], "nextpage", next)
	return nil
}

// place is the path of a member beside the rows.
func (r *reader) place(name string) string {
	if r.op.reply == filed {
		return name
	}
	return "data." + name
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

// list puts the rows right where they stand, and returns their number. The text
// is that of the source, or what is to stand in its place.
func (r *reader) list(v gjson.Result) (text string, count int, err error) {
	if !v.IsArray() {
		return r.copied(v)
	}
	rows := rowShapes[r.op.rows]
	v.ForEach(func(_, row gjson.Result) bool {
		count++
		err = r.row(&r.editor, row, rows)
		return err == nil
	})
	return v.Raw, count, err
}

// copied returns the rows as an array of its own, and their number.
func (r *reader) copied(v gjson.Result) (text string, count int, err error) {
	switch {
	case v.Type == gjson.Null, v.Type == gjson.False, v.Raw == "0", v.Raw == `""`:
		if !v.Exists() {
			r.note(r.place(r.op.rows), drift.Missing)
		}
		return "[]", 0, nil
	case !v.IsArray() && !v.IsObject():
		return "", 0, r.unexpected(r.place(r.op.rows), v)
	}
	rows := rowShapes[r.op.rows]
	list := []byte("[")
	// PHP writes an array with a gap in its indexes as an object: the rows are
	// its values.
	v.ForEach(func(_, row gjson.Result) bool {
		if count++; count > 1 {
			list = append(list, ',')
		}
		e := &editor{src: row.Raw}
		row.Index = 0
		if err = r.row(e, row, rows); err != nil {
			return false
		}
		list = append(list, e.text()...)
		return true
	})
	return string(append(list, ']')), count, err
}

// row puts one row right.
func (r *reader) row(e *editor, row gjson.Result, s *shape) error {
	if !row.IsObject() {
		r.note(r.place(r.op.rows), drift.Type)
		return r.unusable(r.place(r.op.rows))
	}
	if r.op.rows == "campaigns" {
		r.name(e, row)
	}
	return r.walk(e, row, s)
}

// moment moves a time of the site into the zone of the clients. A date alone is
// no moment and stays.
func (r *reader) moment(v gjson.Result) string {
	if !r.adapter.shift {
		return v.Raw
	}
	t, err := time.ParseInLocation(translate.DateTimeLayout, v.Str, r.adapter.cfg.RemoteZone)
	if err != nil {
		return v.Raw
	}
	return `"` + t.In(r.adapter.cfg.Zone).Format(translate.DateTimeLayout) + `"`
}
