package dglnk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/reconcile"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// exchange is one request to the site and what is expected of its reply.
type exchange struct {
	upstream.Request

	// shape is what the reply is made of.
	shape []drift.Field

	// missing is what clients are told where what the path names is not there;
	// empty where the path names nothing.
	missing string

	// field maps a name of the site's to the contract's field, empty where it
	// stands for none; nil where the request has no fields.
	field func(name string) string
}

// answer is a reply that reports success.
type answer struct {
	root gjson.Result
	age  time.Duration
	date time.Time
}

// send sends a request for a call.
func (b *version3) send(ctx context.Context, call *api.Call, e exchange) (answer, error) {
	e.Path = base + e.Path
	if call.Key.Forwarded != "" {
		e.Key = call.Key.Forwarded
	}
	resp, err := b.client.Do(ctx, &e.Request)
	if err != nil {
		if upstream.NotJSON(err) {
			b.cfg.Drift.Note(call.Operation, "", drift.NotJSON)
		}
		return answer{}, b.misplaced(err, e.missing)
	}
	root := gjson.ParseBytes(resp.Document)
	status := strings.ToLower(translate.Member(root, "status").String())
	told := translate.Member(root, "errors").IsObject() || translate.Member(root, "messages").IsObject()
	if resp.Status >= http.StatusMultipleChoices || status == "error" || told {
		return answer{}, b.misplaced(b.refused(call, resp.Status, root, e.field), e.missing)
	}
	b.cfg.Drift.Check(call.Operation, root, e.shape)
	if status != "success" {
		unexpected := b.unexpected(call, "status")
		if e.Method == http.MethodPost {
			unexpected = reconcile.Doubtful(unexpected)
		}
		return answer{}, unexpected
	}
	return answer{root: root, age: resp.Age, date: resp.Date}, nil
}

// unexpected is the error for a reply that lacks what it must have. It names
// the place and nothing of the reply.
func (b *version3) unexpected(call *api.Call, place string) *api.Error {
	e := api.Errorf(api.Unavailable, "The backend %q gave an unexpected reply.", b.cfg.Name)
	e.Err = fmt.Errorf("reading the reply to %s: no usable %q", call.Operation, place)
	return e
}

// either is the value of a member that goes by several names, by the first that
// has one; null where there is none but a name.
func either(object gjson.Result, names ...string) gjson.Result {
	var none gjson.Result
	for _, name := range names {
		v := translate.Member(object, name)
		if v.Type != gjson.Null {
			return v
		}
		if v.Exists() {
			none = v
		}
	}
	return none
}

// number reads an integer from 0 that may be written as a text. Past 2^53
// readers of JSON would make another number of it.
func number(v gjson.Result) (int64, bool) {
	s := v.Raw
	if v.Type == gjson.String {
		s = v.Str
	} else if v.Type != gjson.Number {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && n < 1<<53
}

// time reads a time of the site's; zero where there is none.
func (b *version3) time(v gjson.Result) time.Time {
	if v.Type != gjson.String {
		return time.Time{}
	}
	t, err := translate.ParseDateTime(v.Str, b.cfg.RemoteZone)
	if err != nil {
		return time.Time{}
	}
	return t
}

// date is a time of the site's as clients read it; null where there is none.
func (b *version3) date(v gjson.Result) *string {
	t := b.time(v)
	if t.IsZero() {
		return nil
	}
	s := t.In(b.cfg.Zone).Format(translate.DateTimeLayout)
	return &s
}

// saved answers a create or an update of a link.
func saved(l remoteLink, warnings []api.FieldError) *api.Reply {
	short := gjson.AppendJSONString(nil, l.shortURL)
	return &api.Reply{
		Document: fmt.Appendf(nil, `{"error":0,"id":%d,"shorturl":%s,"short":%s}`, l.id, short, short),
		Warnings: warnings,
	}
}

// reply answers a document.
func reply(v any) (*api.Reply, error) {
	document, err := adapters.Encode(v)
	if err != nil {
		return nil, err
	}
	return &api.Reply{Document: document}, nil
}

// done answers a message.
func done(message string) (*api.Reply, error) {
	return reply(struct {
		Error   int    `json:"error"`
		Message string `json:"message"`
	}{Message: message})
}

// is reports whether err has the code.
func is(err error, code api.Code) bool {
	coded, ok := errors.AsType[*api.Error](err)
	return ok && coded.Code == code
}
