package dglnk

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

const taken = "That alias is taken. Please choose another one."

// refused reads why the site did not do what it was asked.
func (b *version3) refused(call *api.Call, status int, root gjson.Result, field func(string) string) *api.Error {
	e := &api.Error{Code: api.Invalid, Err: fmt.Errorf("the backend answered %d", status)}
	say := func(v gjson.Result) string {
		if v.IsArray() {
			v = v.Get("0")
		}
		return b.client.Message(v.Str, call.Key.Forwarded)
	}
	told := either(root, "errors", "messages")
	if told.Type == gjson.Null {
		told = gjson.Result{}
	}
	told.ForEach(func(key, v gjson.Result) bool {
		name, message := "", say(v)
		if field != nil {
			name = field(key.String())
		}
		if strings.Contains(message, "taken") {
			e.Code = api.Conflict
			if name == "custom" {
				message = taken
			}
		}
		if message == "" {
			message = "was refused by the backend"
		}
		// What the request does not have, no client can put right.
		if name == "" {
			if e.Message == "" {
				e.Message = message
			}
			return true
		}
		e.Fields = append(e.Fields, api.FieldError{Field: name, Message: message})
		return len(e.Fields) < maxComplaints
	})
	if len(e.Fields) > 0 {
		e.Message = api.Sentence(e.Fields[0])
	}
	if e.Message == "" {
		e.Message = say(translate.Member(root, "message"))
	}
	if e.Message == "" {
		e.Message = fmt.Sprintf("The backend %q refused this without saying why.", b.cfg.Name)
	}
	switch status {
	case http.StatusForbidden:
		e.Code, e.Fields = api.Forbidden, nil
	case http.StatusNotFound:
		e.Code, e.Fields = api.NotFound, nil
	}
	return e
}

// misplaced gives a NotFound the product's words. Where the path names nothing
// that could be missing, it is the site that does not have the operation.
func (b *version3) misplaced(err error, missing string) error {
	coded, ok := errors.AsType[*api.Error](err)
	if !ok || coded.Code != api.NotFound {
		return err
	}
	if missing != "" {
		return &api.Error{Code: api.NotFound, Message: missing, Err: coded}
	}
	return &api.Error{Code: api.Unavailable, Message: fmt.Sprintf("The backend %q does not know this operation.", b.cfg.Name), Err: coded}
}

// fieldsOf returns a function that maps the site's names by a table, as far as the
// document has the field.
func fieldsOf(names map[string]string, document []byte) func(string) string {
	root := gjson.ParseBytes(document)
	return func(name string) string {
		name, rest, indexed := strings.Cut(name, ".")
		field := names[name]
		if field == "" || !translate.Member(root, field).Exists() {
			return ""
		}
		if _, err := strconv.Atoi(rest); indexed && err == nil {
			field += "[" + rest + "]"
		}
		return field
	}
}

// linkField is fieldsOf for a link with the rules that were sent: what is wrong
// with one of them is said of the element that asked for it.
func linkField(document []byte, rules []rule) func(string) string {
	others := fieldsOf(siteFields, document)
	return func(name string) string {
		head, rest, _ := strings.Cut(name, ".")
		if head != "rules" {
			return others(name)
		}
		index, part, _ := strings.Cut(rest, ".")
		i, err := strconv.Atoi(index)
		if err != nil || i < 0 || i >= len(rules) || rules[i].field == "" {
			return ""
		}
		r := rules[i]
		switch {
		case r.class() == byApp && strings.HasPrefix(r.field, member[byApp]):
			return r.field
		case part == "value":
			return r.field + ".link"
		case part != "" && r.kind == geoRule:
			return r.field + ".location"
		case part != "":
			return r.field + ".device"
		}
		return r.field
	}
}
