package dglnk

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// objectPages bounds how many of the site's pages are read in search of one
// object.
const objectPages = 10

// kind is a kind of object beside links.
type kind struct {
	path   string            // where the site has them
	other  string            // where older sites have them, empty for there too
	listed bool              // one alone cannot be read: it is looked for among all
	member string            // the name of one in replies
	shape  []drift.Field     // the reply with one
	fields map[string]string // the site's names to the contract's
	rows   string            // the contract's name of a list of them
	title  string            // begins messages
	row    func(b *version3, v gjson.Result) (row any, ok bool)
}

func (k *kind) missing() string { return k.title + " not found. Please try again." }

// ask sends a request about objects of the kind; e's path is what follows their
// own. Where a site has them elsewhere, it is asked there.
func (b *version3) ask(ctx context.Context, call *api.Call, k *kind, e exchange) (answer, error) {
	missing, rest := e.missing, e.Path
	paths := []string{k.path}
	if k.other != "" {
		paths = []string{k.path, k.other}
		if b.older.Load() {
			paths = []string{k.other, k.path}
		}
		e.missing = k.missing()
	}
	var got answer
	var err error
	for _, path := range paths {
		e.Path = path + rest
		if got, err = b.send(ctx, call, e); !is(err, api.NotFound) {
			if err == nil && k.other != "" {
				b.older.Store(path == k.other)
			}
			return got, err
		}
	}
	return got, b.misplaced(err, missing)
}

// object reads one object.
func (b *version3) object(ctx context.Context, call *api.Call, k *kind, id int64, fresh bool) (gjson.Result, answer, error) {
	if k.listed {
		var v gjson.Result
		got, _, err := b.walk(ctx, call, k.path, nil, pageShape, fresh, objectPages, func(row gjson.Result) bool {
			if n, ok := number(translate.Member(row, "id")); ok && n == id {
				v = row
			}
			return !v.Exists()
		})
		if err == nil && !v.Exists() {
			err = &api.Error{Code: api.NotFound, Message: k.missing()}
		}
		return v, got, err
	}
	got, err := b.ask(ctx, call, k, exchange{
		Request: upstream.Request{Method: http.MethodGet, Path: "/" + strconv.FormatInt(id, 10), Fresh: fresh},
		shape:   k.shape,
		missing: k.missing(),
	})
	if err != nil {
		return gjson.Result{}, got, err
	}
	v := translate.Member(got.root, k.member)
	if n, ok := number(translate.Member(v, "id")); !ok || n != id {
		return v, got, b.unexpected(call, k.member)
	}
	return v, got, nil
}

func (b *version3) listObjects(ctx context.Context, call *api.Call, k *kind) (*api.Reply, error) {
	warnings, err := adapters.Losses(b.cfg.Unsupported, b.cfg.Name, adapters.LostQuery(call.Query, "limit", "page"))
	if err != nil {
		return nil, err
	}
	page := adapters.PageOf(call.Query)
	found, err := b.page(ctx, call, page, nil, pageShape, func(ctx context.Context, call *api.Call, e exchange) (answer, error) {
		return b.ask(ctx, call, k, e)
	}, k.path)
	if err != nil {
		return nil, err
	}
	rows := make([]any, len(found.rows))
	for i, v := range found.rows {
		row, ok := k.row(b, v)
		if !ok {
			return nil, b.unexpected(call, k.rows)
		}
		rows[i] = row
	}
	r, err := page.List(found.total, k.rows, rows)
	if err != nil {
		return nil, err
	}
	r.Warnings = warnings
	return upstream.Aged(r, found.age), nil
}

func (b *version3) getObject(ctx context.Context, call *api.Call, k *kind) (*api.Reply, error) {
	v, got, err := b.object(ctx, call, k, call.Path.ID, false)
	if err != nil {
		return nil, err
	}
	row, ok := k.row(b, v)
	if !ok {
		return nil, b.unexpected(call, k.member)
	}
	r, err := reply(struct {
		Error int `json:"error"`
		Data  any `json:"data"`
	}{Data: row})
	if err != nil {
		return nil, err
	}
	return upstream.Aged(r, got.age), nil
}

// saveObject sends a body that makes an object, or with an id changes one, and
// returns the object.
func (b *version3) saveObject(ctx context.Context, call *api.Call, k *kind, id int64, body []byte) (gjson.Result, int64, error) {
	e := exchange{
		Request: upstream.Request{Method: http.MethodPost, Body: body},
		shape:   k.shape,
		field:   fieldsOf(k.fields, call.Document),
	}
	if id > 0 {
		e.Method, e.Path, e.missing = http.MethodPut, "/"+strconv.FormatInt(id, 10), k.missing()
	}
	got, err := b.ask(ctx, call, k, e)
	if err != nil {
		return gjson.Result{}, 0, err
	}
	v := translate.Member(got.root, k.member)
	n, ok := number(translate.Member(v, "id"))
	if !ok || n < 1 || id > 0 && n != id {
		return v, 0, b.unexpected(call, k.member)
	}
	return v, n, nil
}

// changeObject reads an object, puts a document's changes in, and writes it.
func (b *version3) changeObject(ctx context.Context, call *api.Call, k *kind) (v gjson.Result, warnings []api.FieldError, err error) {
	body, warnings, err := b.apply(call.Operation, call.Document)
	if err != nil {
		return v, nil, err
	}
	end, err := b.turns.take(ctx, k.path+"/"+strconv.FormatInt(call.Path.ID, 10))
	if err != nil {
		return v, nil, err
	}
	defer end()
	if v, _, err = b.object(ctx, call, k, call.Path.ID, true); err != nil {
		return v, nil, err
	}
	whole := editor{document: []byte("{}")}
	v.ForEach(func(key, v gjson.Result) bool {
		if slices.Contains(writable, key.Str) && v.Type != gjson.Null {
			whole.raw(key.Str, v.Raw)
		}
		return true
	})
	gjson.ParseBytes(body).ForEach(func(key, v gjson.Result) bool {
		whole.raw(key.Str, v.Raw)
		return true
	})
	if whole.err != nil {
		return v, nil, whole.err
	}
	v, _, err = b.saveObject(ctx, call, k, call.Path.ID, whole.document)
	return v, warnings, err
}

// writable are the names that sites have for what the owner of an object sets,
// and which a write may clear where it does not repeat them.
var writable = []string{
	"name", "description", "active", "public", "rotator", "type", "pixel_id", "head_code", "body_code",
}

// deleteObject deletes an object for good. The site may take a delete of
// anything for a success, so the object is looked at first.
func (b *version3) deleteObject(ctx context.Context, call *api.Call, k *kind) (*api.Reply, error) {
	if _, _, err := b.object(ctx, call, k, call.Path.ID, true); err != nil {
		return nil, err
	}
	_, err := b.ask(ctx, call, k, exchange{
		Request: upstream.Request{Method: http.MethodDelete, Path: "/" + strconv.FormatInt(call.Path.ID, 10)},
		shape:   doneShape,
		missing: k.missing(),
	})
	if err != nil {
		return nil, err
	}
	return done(k.title + " has been deleted successfully.")
}

// createObject makes an object of a document.
func (b *version3) createObject(ctx context.Context, call *api.Call, k *kind) (*api.Reply, error) {
	body, warnings, err := b.apply(call.Operation, call.Document)
	if err != nil {
		return nil, err
	}
	_, id, err := b.saveObject(ctx, call, k, 0, body)
	if err != nil {
		return nil, err
	}
	r, err := reply(struct {
		Error int   `json:"error"`
		ID    int64 `json:"id"`
	}{ID: id})
	if err != nil {
		return nil, err
	}
	r.Warnings = warnings
	return r, nil
}
