package gempixel

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/reconcile"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
)

// failure returns the error that a reply tells of, nil where it tells of none.
// The script tells most of its failures with status 200.
func (r *reader) failure(resp *upstream.Response) error {
	root := gjson.Parse(r.src)
	if resp.Status < 300 && !root.IsObject() {
		return r.unexpected("error", root)
	}
	m := members(root, "error", "message", "msg", "Retry-After")
	failed, message := m[0], m[1]
	if message.Type != gjson.String {
		message = m[2]
	}
	if resp.Status < 300 && succeeded(failed) {
		return nil
	}
	if failed.Type != gjson.Number && strings.Trim(failed.Str, "0123456789") != "" || failed.IsObject() || failed.IsArray() || failed.IsBool() {
		r.note("error", drift.Type)
	}
	if resp.Status < 300 && message.Type != gjson.String {
		r.note("message", drift.Missing)
	}
	text := r.adapter.client.Message(message.Str, r.call.Key.Forwarded)
	e := r.meaning(text)
	switch {
	case resp.Status == http.StatusForbidden:
		e = &api.Error{Code: api.Forbidden, Message: text}
	case resp.Status == http.StatusNotFound:
		e = &api.Error{Code: api.NotFound, Message: text}
	case resp.Status == http.StatusConflict:
		e.Code = api.Conflict
	case resp.Status == http.StatusRequestEntityTooLarge:
		e.Code = api.TooLarge
	case failed.Raw == "429" || failed.Str == "429":
		wait := resp.RetryAfter
		if n, ok := integer(m[3]); ok && wait == 0 {
			wait = min(max(time.Duration(min(n, 300))*time.Second, time.Second), 5*time.Minute)
		}
		e = &api.Error{Code: api.RateLimited, Message: text, RetryAfter: wait}
	}
	if e.Message == "" {
		e.Message = "The backend " + strconv.Quote(r.adapter.cfg.Name) + " refused this without saying why."
	}
	return e
}

// succeeded reports whether the value of "error" means that there is none.
func succeeded(v gjson.Result) bool {
	switch v.Type {
	case gjson.Null, gjson.False:
		return true
	case gjson.Number:
		return v.Num == 0
	case gjson.String:
		return v.Str == "0" || v.Str == ""
	}
	return false
}

// subjects are the words by which messages name a field of the document.
var subjects = []struct{ word, field string }{
	{"alias", "custom"},
	{"slug", "slug"},
	{"campaign", "campaign"},
	{"channel", "channel"},
	{"pixel provider", "type"},
	{"pixel", "pixels"},
	{"domain", "domain"},
	{"expir", "expiry"},
	{"blacklist", "url"},
	{"url", "url"},
	{"qr", "data"},
}

// meaning finds the code, and the field where there is one, of a message.
func (r *reader) meaning(message string) *api.Error {
	lower := strings.ToLower(message)
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(lower, w) })
	}
	field := ""
	for _, s := range subjects {
		if strings.Contains(lower, s.word) && slices.Contains(r.op.fields, s.field) {
			field = s.field
			break
		}
	}
	e := &api.Error{Code: api.Invalid, Message: message}
	switch {
	case says("api key", "unauthorized", "unauthenticated"):
		e.Code, field = api.Unauthorized, ""
	case says("permission"):
		e.Code, field = api.Forbidden, ""
	case says("not found", "does not exist"):
		// What a field names is the request's fault; what the path names is not
		// there.
		if field == "" {
			e.Code = api.NotFound
		}
	case says("taken", "already", "reserved"):
		e.Code = api.Conflict
	}
	if field != "" {
		e.Fields = []api.FieldError{{Field: field, Message: message}}
	}
	return e
}

// placed makes a NotFound of an operation that is about no object of the site
// what it is: a site that does not have the operation.
func (a *Adapter) placed(op operation, err error) error {
	coded, ok := errors.AsType[*api.Error](err)
	if !ok || coded.Code != api.NotFound || op.hasID() {
		return err
	}
	e := api.Errorf(api.Unavailable, "The backend %q does not know this operation.", a.cfg.Name)
	e.Err = coded
	return e
}

// things are what the creates make that no journal looks for.
var things = map[api.Operation]string{
	api.UploadFile:     "file",
	api.CreateQRCode:   "QR code",
	api.CreateCampaign: "campaign",
	api.CreateChannel:  "channel",
	api.CreateDomain:   "domain",
	api.CreatePixel:    "pixel",
}

// doubted makes the error of a create of which nobody knows what came say so.
// Nothing but the site's list tells: these have neither an alias nor a time by
// which one could be told from another.
func doubted(id api.Operation, err error) error {
	thing := things[id]
	if thing == "" || !reconcile.InDoubt(err) {
		return err
	}
	e := *api.AsError(err)
	e.Message += " The " + thing + " may have been created all the same: please look at the list before you send it again."
	return &e
}
