package dglnk

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/translate"
)

// The members of a request that take more than a row of a table: they are
// checked, keep their names, and are read from what the table made.
const (
	addresses = "multiple_urls"
	domainID  = "domain_id"
	rules     = "rules"
	tags      = "tags"
)

// maxTags is how many tags a request can have. Each can take two calls.
const maxTags = 20

// maxTag is how long a tag can be, in characters: as the name of a channel.
const maxTag = 255

// requestTable turns a request into the document of createLink, but for the
// members above. Where version 3 calls a field by another name, both have a row.
var requestTable = translate.New(translate.Drop,
	translate.Row{From: "long_url", To: "url", Value: translate.Given(translate.Text)},
	translate.Row{From: "alias", To: "custom", Value: translate.Given(translate.Text)},
	translate.Row{From: "password", To: "password", Value: translate.Given(translate.Text)},
	translate.Row{From: "title", To: "metatitle", Value: translate.Given(translate.Text)},
	translate.Row{From: "name", To: "metatitle", Value: translate.Given(translate.Text)},
	translate.Row{From: "description", To: "metadescription", Value: translate.Given(translate.Text)},
	translate.Row{From: "image", To: "metaimage", Value: translate.Given(translate.Text)},
	translate.Row{From: "type", To: "type", Value: translate.Given(translate.Text)},
	translate.Row{From: "expires_at", To: "expiry", Value: translate.Given(translate.Text)},
	translate.Row{From: "disabled", To: "disabled", Value: translate.Given(only(true))},
	translate.Row{From: "active", To: "disabled", Value: translate.Given(only(false))},
	translate.Row{From: "pixels", To: "pixels", Value: translate.Given(list(pixels))},
	translate.Row{From: domainID, To: domainID, Value: domain},
	translate.Row{From: tags, To: tags, Value: translate.Given(list(tagNames))},
	translate.Row{From: rules, To: rules, Value: translate.Given(list(checkRules))},
	translate.Row{From: addresses, To: addresses, Value: translate.Given(list(as))},
	// Version 3 has these, and nobody would notice that they are gone.
	translate.Row{From: "groups", Value: translate.Given(refused)},
	translate.Row{From: "type_id", Value: translate.Given(refused)},
	translate.Row{From: "utm", Value: translate.Given(refused)},
)

// names maps the contract's names back to dgLnk's, for its errors.
var names = map[string]string{
	"url":             "long_url",
	"custom":          "alias",
	"metatitle":       "title",
	"metadescription": "description",
	"metaimage":       "image",
	"expiry":          "expires_at",
	"domain":          domainID,
	"channel":         tags,
}

func as(p *translate.Pass, v gjson.Result) { p.Raw(v.Raw) }

// refused is for what has no equal in the contract.
func refused(p *translate.Pass, v gjson.Result) {
	if translate.Empty(v) {
		p.Note(translate.EmptyValue)
		return
	}
	p.Invalid("", "is not supported")
}

// only says that a link is switched off where a flag has the value that says
// so, and nothing where it has the other one. It takes 0, 1 and their texts for
// what they mean in PHP.
func only(off bool) translate.Func {
	return func(p *translate.Pass, v gjson.Result) {
		on := false
		switch v.Raw {
		case "true":
			on = true
		case "false":
		case "1", `"1"`, `"true"`:
			on = true
			p.Note(translate.OtherType)
		case "0", `"0"`, `"false"`:
			p.Note(translate.OtherType)
		case `""`:
			p.Note(translate.EmptyValue)
			return
		default:
			p.Invalid("", "must be true or false")
			return
		}
		if on == off {
			p.Raw("true")
		}
	}
}

// list drops "", false, {} and [], and refuses what is no array.
func list(value translate.Func) translate.Func {
	return func(p *translate.Pass, v gjson.Result) {
		switch {
		case translate.Empty(v):
			p.Note(translate.EmptyValue)
		case !v.IsArray():
			p.Invalid("", "must be an array")
		default:
			value(p, v)
		}
	}
}

// pixels are ids, some of which clients send as text.
func pixels(p *translate.Pass, v gjson.Result) {
	p.Raw("[")
	for i, e := range v.Array() {
		if i > 0 {
			p.Raw(",")
		}
		if n, err := strconv.ParseInt(e.Str, 10, 64); err == nil {
			p.Note(translate.OtherType)
			p.Int(n)
			continue
		}
		p.Raw(e.Raw)
	}
	p.Raw("]")
}

// domain keeps null and 0, too: they are answered as they were sent.
func domain(p *translate.Pass, v gjson.Result) {
	if v.Type == gjson.String && v.Str == "" || v.Type == gjson.False {
		p.Note(translate.EmptyValue)
		return
	}
	if v.Type == gjson.String {
		p.Note(translate.OtherType)
	}
	n, err := strconv.ParseInt(v.String(), 10, 64)
	switch {
	case v.Type == gjson.Null:
		p.Raw(v.Raw)
	case err != nil || n < 0:
		p.Invalid("", "must be the number of a domain")
	default:
		p.Int(n)
	}
}

// tagNames writes each tag once, and passes over those without a name.
func tagNames(p *translate.Pass, v gjson.Result) {
	seen := map[string]bool{}
	p.Raw("[")
	for i, e := range v.Array() {
		name := strings.TrimSpace(e.String())
		switch {
		case e.Type == gjson.Null || e.Type == gjson.String && name == "":
			p.Note(translate.IncompleteEntry)
			continue
		case e.Type == gjson.Number:
			p.Note(translate.OtherType)
		case e.Type != gjson.String:
			p.Invalid("."+strconv.Itoa(i), "must be a string")
			continue
		case utf8.RuneCountInString(name) > maxTag:
			p.Invalid("."+strconv.Itoa(i), "must be at most 255 characters long")
			continue
		}
		if seen[name] {
			continue
		}
		if len(seen) > 0 {
			p.Raw(",")
		}
		seen[name] = true
		p.String(name)
	}
	p.Raw("]")
	if len(seen) > maxTags {
		p.Invalid("", "must have at most "+strconv.Itoa(maxTags)+" entries")
	}
}
