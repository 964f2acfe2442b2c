package gempixel

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

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
		return r.unexpected("error")
	}
	r.editor.replace(failed, "0")
	if short {
		return r.found(root, id, details, data)
	}
	switch r.op.reply {
	case done:
		if message.Type != gjson.String {
			if message.Exists() {
				r.editor.replace(message, `"Done."`)
			} else {
				r.editor.add(root, "message", `"Done."`)
			}
		}
		return nil
	case paged:
		return r.page(data)
	case filed:
		return r.rows(root)
	case link:
		return r.link(id, details, data)
	case code:
		return r.code(id, details, data)
	case account:
		return r.account(data)
	}
	return r.saved(root, id)
}

// saved reads the reply to a create or an update.
func (r *reader) saved(root, id gjson.Result) error {
	switch {
	case id.Exists():
		if err := r.identity(&r.editor, id); err != nil {
			return err
		}
	case r.op.hasID():
		r.editor.add(root, "id", strconv.FormatInt(r.call.Path.ID, 10))
	default:
		return r.unexpected("id")
	}
	switch r.op.reply {
	case linked:
		if err := r.same(root, "shorturl", "short"); err != nil {
			return err
		}
		for _, v := range members(root, "shorturl", "short") {
			// It goes into clients' pages as a link.
			if v.Exists() && v.Str != "" && !strings.HasPrefix(v.Str, "https://") && !strings.HasPrefix(v.Str, "http://") {
				return r.unexpected("shorturl")
			}
		}
	case named:
		// A campaign without a name has none under any.
		_ = r.same(root, "campaign", "domain", "name")
		if list := members(root, "list")[0]; list.Exists() && list.Type != gjson.String {
			r.editor.replace(list, "null")
		}
		flags(&r.editor, root)
	case drawn:
		if v := members(root, "link")[0]; v.Type != gjson.String || v.Str == "" {
			return r.unexpected("link")
		}
	case saved:
		flags(&r.editor, root)
	}
	return nil
}

// same gives the object a value under all of the names where it has it under
// one of them. Different sites chose different names.
func (r *reader) same(object gjson.Result, names ...string) error {
	return same(r, &r.editor, object, names...)
}

func same(r *reader, e *editor, object gjson.Result, names ...string) error {
	values := members(object, names...)
	value := ""
	for _, v := range values {
		if v.Type == gjson.String && v.Str != "" {
			value = v.Raw
			break
		}
	}
	if value == "" {
		return r.unexpected(names[0])
	}
	for i, v := range values {
		switch {
		case !v.Exists():
			e.add(object, names[i], value)
		case v.Type != gjson.String || v.Str == "":
			e.replace(v, value)
		}
	}
	return nil
}

// identity checks an id and writes it as a number.
func (r *reader) identity(e *editor, id gjson.Result) error {
	n, ok := integer(id)
	if !ok || n < 1 {
		return r.unexpected("id")
	}
	e.replace(id, strconv.FormatInt(n, 10))
	return nil
}

// unexpected is the error for a reply that lacks what it must have. It names
// the place and nothing of the reply.
func (r *reader) unexpected(place string) *api.Error {
	e := api.Errorf(api.Unavailable, "The backend %q gave an unexpected reply.", r.adapter.cfg.Name)
	e.Err = fmt.Errorf("reading the reply to %s: no usable %q", r.call.Operation, place)
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
