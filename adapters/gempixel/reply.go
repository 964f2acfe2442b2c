package gempixel

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/reconcile"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
)

// reader turns one reply of the site into one of the contract.
type reader struct {
	adapter *Adapter
	op      operation
	call    *api.Call
	src     string
	editor  editor
}

// newReader returns a reader of the response. White space around the document
// would make its last brace hard to find.
func (a *Adapter) newReader(op operation, call *api.Call, resp *upstream.Response) *reader {
	src := string(bytes.TrimSpace(resp.Document))
	return &reader{adapter: a, op: op, call: call, src: src, editor: editor{src: src}}
}

// read checks a reply against what the operation must answer, and puts the
// habits of the script right. Short says that listLinks was asked for one link.
func (r *reader) read(resp *upstream.Response, short bool) ([]byte, error) {
	if err := r.failure(resp); err != nil {
		if short {
			return missing(err)
		}
		return nil, err
	}
	root := gjson.Parse(r.src)
	if err := r.edit(root, short); err != nil {
		return nil, err
	}
	if len(r.editor.patches) == 0 {
		return resp.Document, nil
	}
	return []byte(r.editor.text()), nil
}

// edit is the part of read that knows the kinds of replies.
func (r *reader) edit(root gjson.Result, short bool) error {
	m := members(root, "error", "id", "data", "details", "message")
	failed, id, data, details, message := m[0], m[1], m[2], m[3], m[4]
	if !failed.Exists() {
		return r.unexpected("error", failed)
	}
	r.editor.replace(failed, "0")
	outer := rootShapes[r.op.reply]
	if short {
		outer = rootShapes[link]
	}
	if err := r.walk(&r.editor, root, outer); err != nil {
		return err
	}
	if short {
		return r.found(root, id, details, data)
	}
	switch r.op.reply {
	case done:
		if message.Type != gjson.String && message.Type != gjson.Number {
			r.editor.add(root, "message", `"Done."`)
		}
		return nil
	case paged:
		return r.page(data)
	case filed:
		return r.rows(root)
	case link:
		return r.link(details, data)
	case code:
		return r.code(details, data)
	case account:
		return r.part(data, "data", accountShape)
	}
	return r.saved(root, id)
}

// saved reads the reply to a create or an update.
func (r *reader) saved(root, id gjson.Result) error {
	n, ok := integer(id)
	switch {
	case ok && n > 0:
		r.editor.replace(id, strconv.FormatInt(n, 10))
	case !r.op.hasID():
		return r.unexpected("id", id)
	default:
		_ = r.unexpected("id", id)
		r.put(root, id, "id", strconv.FormatInt(r.call.Path.ID, 10))
	}
	switch r.op.reply {
	case linked:
		return r.address(root)
	case named:
		r.name(&r.editor, root)
	}
	return nil
}

// address gives the reply its short URL under both names: some sites chose one
// of them, some the other.
func (r *reader) address(root gjson.Result) error {
	m := members(root, "shorturl", "short")
	value := ""
	for _, v := range m {
		// It goes into clients' pages as a link.
		if v.Type == gjson.String && (strings.HasPrefix(v.Str, "https://") || strings.HasPrefix(v.Str, "http://")) {
			value = v.Raw
			break
		}
	}
	for i, name := range []string{"shorturl", "short"} {
		if m[i].Exists() && m[i].Raw != value {
			_ = r.unexpected(name, m[i])
		}
	}
	switch {
	case value == "" && !m[0].Exists() && !m[1].Exists():
		return r.unexpected("shorturl", m[0])
	case value == "":
		return r.unusable("shorturl")
	}
	r.put(root, m[0], "shorturl", value)
	r.put(root, m[1], "short", value)
	return nil
}

// name gives a campaign its name under all the names that sites have for it. One
// without a name has none under any.
func (r *reader) name(e *editor, object gjson.Result) {
	names := []string{"campaign", "domain", "name"}
	m := members(object, names...)
	value := ""
	for i, v := range m {
		switch {
		case v.Type == gjson.String && v.Str != "" && value == "":
			value = v.Raw
		case v.Type != gjson.String && v.Type != gjson.Null:
			r.note(names[i], drift.Type)
		}
	}
	if value == "" {
		r.note("name", drift.Missing)
	}
	for i, v := range m {
		switch {
		case value == "" && v.Exists() && v.Type != gjson.String:
			e.replace(v, "null")
		case value == "":
		case !v.Exists():
			e.add(object, names[i], value)
		case v.Type != gjson.String || v.Str == "":
			e.replace(v, value)
		}
	}
}

// note counts a place where the reply is not what is expected of the script.
func (r *reader) note(place string, kind drift.Kind) {
	r.adapter.cfg.Drift.Note(r.call.Operation, place, kind)
}

// unexpected counts a value that is missing or wrong, and is the error for a
// reply that is of no use without.
func (r *reader) unexpected(place string, v gjson.Result) *api.Error {
	kind := drift.Type
	switch {
	case !v.Exists():
		kind = drift.Missing
	case v.Type == gjson.Number || v.Type == gjson.String:
		kind = drift.Value
	}
	r.note(place, kind)
	return r.unusable(place)
}

// unusable is the error for a reply that lacks what it must have. It names the
// place and nothing of the reply.
func (r *reader) unusable(place string) *api.Error {
	e := api.Errorf(api.Unavailable, "The backend %q gave an unexpected reply.", r.adapter.cfg.Name)
	e.Err = fmt.Errorf("reading the reply to %s: no usable %q", r.call.Operation, place)
	if r.op.method != get {
		return reconcile.Doubtful(e)
	}
	return e
}

// integer reads a number that may be written as a text.
func integer(v gjson.Result) (int64, bool) {
	text := v.Raw
	if v.Type == gjson.String {
		text = v.Str
	} else if v.Type != gjson.Number {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	// Past 2^53 readers of JSON would make another number of it.
	return n, err == nil && n >= 0 && n < 1<<53
}
