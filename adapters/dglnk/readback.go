package dglnk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// dropped compares the link with what was sent: a site leaves out, without a
// word, what its owner's plan does not include. Rules and pixels are compared
// where the site tells them.
func (c *created) dropped(d *draft, backend string) []api.FieldError {
	if !c.link.IsObject() {
		return nil
	}
	var lost []api.FieldError
	lose := func(field string) {
		lost = append(lost, api.FieldError{Field: field, Message: fmt.Sprintf("was dropped by the backend %q", backend)})
	}
	request := gjson.ParseBytes(d.body)
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
		{"disabled", func(was, is gjson.Result) bool { return !was.Bool() || !is.Exists() || is.Bool() }},
	} {
		was := translate.Member(request, check.name)
		if was.Exists() && was.String() != "" && !check.kept(was, translate.Member(c.link, check.name)) {
			lose(fields[check.name])
		}
	}
	if kept := translate.Member(c.link, "pixels"); kept.IsArray() {
		each(translate.Member(request, "pixels"), func(i string, id gjson.Result) {
			if !slices.ContainsFunc(kept.Array(), func(p gjson.Result) bool { return idOf(p) == id.String() }) {
				lose("pixels[" + i + "]")
			}
		})
	}
	for _, element := range c.droppedRules(d) {
		lose(element)
	}
	return lost
}

// droppedRules returns the entries of geotarget and devicetarget of which no
// rule has come about.
func (c *created) droppedRules(d *draft) []string {
	rules := translate.Member(c.link, "rules")
	if !rules.IsArray() {
		return nil
	}
	var lost []string
	kept := map[string]bool{}
	for _, r := range sentRules(d) {
		if !slices.Contains(lost, r.element) {
			lost = append(lost, r.element)
		}
		each(rules, func(_ string, rule gjson.Result) {
			if text(rule, "type") == r.kind && strings.EqualFold(text(rule, "key"), r.key) {
				kept[r.element] = true
			}
		})
	}
	return slices.DeleteFunc(lost, func(element string) bool { return kept[element] })
}

// remarks says what else is not as it was asked for.
func (c *created) remarks(d *draft, backend string) []api.FieldError {
	var remarks []api.FieldError
	remark := func(field, format string, args ...any) {
		remarks = append(remarks, api.FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if !c.link.IsObject() {
		if d.asks("password") {
			remark("password", "is that of an earlier request of the same content")
		}
		return remarks
	}
	if c.longURL != "" && !sameURL(c.longURL, text(d.document, "url")) {
		remark("url", "was changed by the backend %q", backend)
	}
	if translate.Member(c.link, "disabled").Type == gjson.True && !translate.Member(d.document, "disabled").Bool() {
		remark("url", "cannot be visited: the backend %q has disabled the link", backend)
	}
	if tags := translate.Member(c.link, "tags"); tags.IsArray() {
		for _, tag := range d.call.Tags {
			if !slices.ContainsFunc(tags.Array(), func(t gjson.Result) bool { return strings.EqualFold(tagName(t), tag) }) {
				remark("tags", "with the value %q was dropped by the backend %q", tag, backend)
			}
		}
	}
	return remarks
}

// idOf returns the id of an object that is told by it alone or in full.
func idOf(v gjson.Result) string {
	if v.IsObject() {
		return translate.Member(v, "id").String()
	}
	return v.String()
}

// tagName returns the name of a tag that is told by it alone or in full.
func tagName(v gjson.Result) string {
	if v.IsObject() {
		return text(v, "name")
	}
	return v.String()
}

// sentRule is one rule as it was sent, and where in the client's document it
// comes from.
type sentRule struct {
	kind, key string
	field     string // geotarget
	element   string // geotarget[0]
	name      string // the element's member that the key stands for: location
}

// sentRules returns the rules in the order in which they were sent: a phone is
// two of them.
func sentRules(d *draft) []sentRule {
	var rules []sentRule
	names := map[string]string{"geotarget": "location", "devicetarget": "device"}
	d.document.ForEach(func(field, entries gjson.Result) bool {
		name, ok := names[field.String()]
		if !ok {
			return true
		}
		delete(names, field.String()) // A second one of the name counts for nothing.
		each(entries, func(i string, entry gjson.Result) {
			who := strings.ToLower(translate.Member(entry, name).String())
			r := sentRule{kind: "device", field: field.String(), element: field.String() + "[" + i + "]", name: name}
			keys := devices[who]
			if name == "location" {
				code, _ := translate.CountryCode(who)
				r.kind, keys = "geo", []string{strings.ToLower(code)}
			}
			for _, r.key = range keys {
				rules = append(rules, r)
			}
		})
		return true
	})
	// As devicesFirst has put them.
	slices.SortStableFunc(rules, func(x, y sentRule) int { return strings.Compare(x.kind, y.kind) })
	return rules
}
