package dglnk

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

var (
	// errUnreadable is the cause of an error about a success that does not say
	// what was made.
	errUnreadable = errors.New("the reply does not tell which link was made")

	// errAlias is the cause of an error about nothing but an alias that the
	// client did not ask for.
	errAlias = errors.New("the alias that was reserved is not accepted")
)

// maxShortURL bounds a short URL in bytes, maxKept what else is kept of a reply:
// more than a client can have asked for.
const (
	maxShortURL = 2 << 10
	maxKept     = 16 << 10
)

// maxComplaints bounds how many of a site's complaints a client is told.
const maxComplaints = 20

// created is what dgLnk says of the link that it made.
type created struct {
	id          string
	alias       string
	shortURL    string
	longURL     string
	title       string
	hasPassword bool

	// link is dgLnk's own document; it is missing where an earlier request made
	// the link and its answer was lost.
	link gjson.Result
}

// read returns the created link, or the error that the reply tells of.
func (a *Adapter) read(d *draft, resp *upstream.Response) (*created, error) {
	root := gjson.ParseBytes(resp.Document)
	if err := a.refusal(d, resp.Status, root, "link"); err != nil {
		return nil, err
	}
	a.cfg.Drift.Check(api.CreateLink, root, createdFields)
	c, ok := a.created(api.CreateLink, translate.Member(root, "link"))
	if !ok {
		return nil, a.unreadable()
	}
	return c, nil
}

// unreadable is the error of a success that does not say what was made.
func (a *Adapter) unreadable() error {
	return &api.Error{Code: api.Unavailable, Message: fmt.Sprintf("The backend %q gave an unexpected reply.", a.cfg.Name), Err: errUnreadable}
}

// created reads dgLnk's document of a link, and reports whether it is one.
func (a *Adapter) created(op api.Operation, link gjson.Result) (*created, bool) {
	c := &created{
		id:          translate.Member(link, "id").String(),
		alias:       text(link, "alias"),
		shortURL:    text(link, "short_url"),
		longURL:     kept(text(link, "long_url")),
		title:       kept(text(link, "title")),
		hasPassword: translate.Member(link, "has_password").Bool(),
		link:        link,
	}
	if c.alias == "" {
		c.alias = text(link, "hash")
	}
	id, err := strconv.ParseInt(c.id, 10, 64)
	if !link.IsObject() || err != nil || id < 1 || c.alias == "" {
		return nil, false
	}
	u, err := url.Parse(c.shortURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(c.shortURL) > maxShortURL {
		a.cfg.Drift.Note(op, "link.short_url", drift.Value)
		return nil, false
	}
	return c, true
}

// kept returns a text of a reply, empty where it is too long to be kept.
func kept(text string) string {
	if len(text) > maxKept {
		return ""
	}
	return text
}

// refusal returns the error that a reply tells of, nil where it is a success,
// whose links are in the named member.
func (a *Adapter) refusal(d *draft, status int, root gjson.Result, member string) error {
	told := translate.Member(root, "messages").IsObject() || translate.Member(root, "errors").IsObject()
	failed := strings.EqualFold(translate.Member(root, "status").String(), "error")
	if status < 300 && !failed && (!told || translate.Member(root, member).Exists()) {
		return nil
	}
	e := &api.Error{Code: api.Invalid, Err: fmt.Errorf("the backend answered %d", status)}
	a.complaints(d, root, e)
	if len(e.Fields) > 0 {
		e.Message = api.Sentence(e.Fields[0])
	}
	if e.Message == "" {
		e.Message = a.client.Message(translate.Member(root, "message").Str, d.call.Key.Forwarded)
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

// complaints adds to e what the reply says of each field.
func (a *Adapter) complaints(d *draft, root gjson.Result, e *api.Error) {
	messages := translate.Member(root, "messages")
	if !messages.IsObject() {
		messages = translate.Member(root, "errors")
	}
	if !messages.IsObject() {
		return
	}
	ours, others := false, false
	messages.ForEach(func(key, v gjson.Result) bool {
		if v.IsArray() {
			v = v.Get("0")
		}
		field, message := a.field(d, key.String()), a.client.Message(v.Str, d.call.Key.Forwarded)
		if field == "custom" && strings.Contains(message, "taken") {
			e.Code, message = api.Conflict, "That alias is taken. Please choose another one."
		}
		if message == "" {
			message = "was refused by the backend"
		}
		if field == "custom" && !d.asks("custom") {
			field, ours = "", true
		} else {
			others = true
		}
		// What the request does not have, no client can put right.
		if field == "" {
			if e.Message == "" {
				e.Message = message
			}
			return true
		}
		e.Fields = append(e.Fields, api.FieldError{Field: field, Message: message})
		return len(e.Fields) < maxComplaints
	})
	if ours && !others && e.Code == api.Invalid {
		e.Err = fmt.Errorf("%w: %w", errAlias, e.Err)
	}
}

// field maps a name of dgLnk's, such as "rules.2.value", back to the
// contract's: "devicetarget[0].link".
func (a *Adapter) field(d *draft, name string) string {
	name, rest, _ := strings.Cut(name, ".")
	if name != "rules" {
		return fields[name]
	}
	number, part, _ := strings.Cut(rest, ".")
	rules := sentRules(d)
	if len(rules) == 0 {
		return ""
	}
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= len(rules) {
		return rules[0].field
	}
	r := rules[i]
	switch part {
	case "key":
		return r.element + "." + r.name
	case "value":
		return r.element + ".link"
	}
	return r.element
}

// moment writes a time in the clients' zone.
func (a *Adapter) moment(t time.Time) string {
	return t.In(a.cfg.Zone).Format(translate.DateTimeLayout)
}
