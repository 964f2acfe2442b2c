package dglnk

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// created is what dgLnk says of the link that it made.
type created struct {
	id          string
	alias       string
	shortURL    string
	longURL     string
	title       string
	hasPassword bool
	link        gjson.Result
}

// read returns the created link, or the error that the reply tells of.
func (a *Adapter) read(call *api.Call, resp *upstream.Response) (*created, error) {
	root := gjson.ParseBytes(resp.Document)
	status := strings.ToLower(translate.Member(root, "status").String())
	link := translate.Member(root, "link")
	told := translate.Member(root, "messages").IsObject() || translate.Member(root, "errors").IsObject()
	if resp.Status >= 300 || status == "error" || told && !link.IsObject() {
		return nil, a.refused(call, resp.Status, root)
	}
	c := &created{
		id:          translate.Member(link, "id").String(),
		alias:       text(link, "alias"),
		shortURL:    text(link, "short_url"),
		longURL:     text(link, "long_url"),
		title:       text(link, "title"),
		hasPassword: translate.Member(link, "has_password").Bool(),
		link:        link,
	}
	if c.alias == "" {
		c.alias = text(link, "hash")
	}
	id, err := strconv.ParseInt(c.id, 10, 64)
	web := strings.HasPrefix(c.shortURL, "https://") || strings.HasPrefix(c.shortURL, "http://")
	if !link.IsObject() || err != nil || id < 1 || !web || c.alias == "" {
		return nil, &api.Error{
			Code:    api.Unavailable,
			Message: fmt.Sprintf("The backend %q gave an unexpected reply.", a.cfg.Name),
			Err:     fmt.Errorf("reading the created link: it lacks an id, a short URL or an alias"),
		}
	}
	return c, nil
}

// dropped compares the link with what was sent: a site leaves out, without a
// word, what its owner's plan does not include. Rules and pixels are not in
// its answer.
func (c *created) dropped(sent []byte, backend string) []api.FieldError {
	var lost []api.FieldError
	request := gjson.ParseBytes(sent)
	for _, check := range []struct {
		name string
		kept func(was, is gjson.Result) bool
	}{
		{"alias", func(was, is gjson.Result) bool { return is.Type == gjson.String && is.Str == was.Str }},
		{"password", func(_, _ gjson.Result) bool { return c.hasPassword }},
		{"expires_at", func(_, is gjson.Result) bool { return is.Type == gjson.String && is.Str != "" }},
		{"domain_id", func(was, is gjson.Result) bool {
			return !is.Exists() || is.String() == was.String() || was.String() == "0" && is.Type == gjson.Null
		}},
		{"title", func(_, is gjson.Result) bool { return !is.Exists() || is.String() != "" }},
		{"description", func(_, is gjson.Result) bool { return !is.Exists() || is.String() != "" }},
	} {
		was := translate.Member(request, check.name)
		if was.Exists() && was.String() != "" && !check.kept(was, translate.Member(c.link, check.name)) {
			lost = append(lost, api.FieldError{Field: fields[check.name], Message: fmt.Sprintf("was dropped by the backend %q", backend)})
		}
	}
	return lost
}

// refused reads why the backend made no link.
func (a *Adapter) refused(call *api.Call, status int, root gjson.Result) *api.Error {
	e := &api.Error{Code: api.Invalid, Err: fmt.Errorf("the backend answered %d", status)}
	messages := translate.Member(root, "messages")
	if !messages.IsObject() {
		messages = translate.Member(root, "errors")
	}
	if messages.IsObject() {
		messages.ForEach(func(key, v gjson.Result) bool {
			if v.IsArray() {
				v = v.Get("0")
			}
			field, message := a.field(call, key.String()), a.client.Message(v.Str, call.Key.Forwarded)
			if field == "custom" && strings.Contains(message, "taken") {
				e.Code, message = api.Conflict, "That alias is taken. Please choose another one."
			}
			if message == "" {
				message = "was refused by the backend"
			}
			// What the request does not have, no client can put right.
			if field == "" {
				if e.Message == "" {
					e.Message = message
				}
				return true
			}
			e.Fields = append(e.Fields, api.FieldError{Field: field, Message: message})
			return true
		})
	}
	if len(e.Fields) > 0 {
		e.Message = api.Sentence(e.Fields[0])
	}
	if e.Message == "" {
		e.Message = a.client.Message(translate.Member(root, "message").Str, call.Key.Forwarded)
	}
	if e.Message == "" {
		e.Message = fmt.Sprintf("The backend %q refused this without saying why.", a.cfg.Name)
	}
	switch status {
	case http.StatusForbidden:
		e.Code, e.Fields = api.Forbidden, nil
	case http.StatusNotFound:
		e.Code = api.NotFound
	}
	return e
}

// field maps a name of dgLnk's back to the contract's.
func (a *Adapter) field(call *api.Call, name string) string {
	name, _, _ = strings.Cut(name, ".")
	if name != "rules" {
		return fields[name]
	}
	document := gjson.ParseBytes(call.Document)
	if translate.Member(document, "geotarget").Exists() {
		return "geotarget"
	}
	return "devicetarget"
}

// moment writes a time in the clients' zone.
func (a *Adapter) moment(t time.Time) string {
	return t.In(a.cfg.Zone).Format(translate.DateTimeLayout)
}
