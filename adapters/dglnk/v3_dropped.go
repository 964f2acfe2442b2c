package dglnk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// dropped compares a link with what was sent to make it: a site leaves out,
// without a word, what its owner's plan does not include; few change where a link
// leads, or let nobody through until they have looked. What the reply does not
// show is taken for kept. Each field is logged once.
func (b *version3) dropped(body []byte, l remoteLink, rules []rule) []api.FieldError {
	var lost []string
	request := gjson.ParseBytes(body)
	request.ForEach(func(key, sent gjson.Result) bool {
		field := siteFields[key.Str]
		if key.Str != "rules" && field != "" && !b.keeps(key.Str, sent, l) && !slices.Contains(lost, field) {
			lost = append(lost, field)
		}
		return true
	})
	lost = append(lost, lostRules(rules, l)...)
	var warnings []api.FieldError
	for _, field := range lost {
		warnings = append(warnings, api.FieldError{Field: field, Message: fmt.Sprintf("was dropped by the backend %q", b.cfg.Name)})
		if _, told := b.told.LoadOrStore(field, true); !told {
			b.cfg.Logger.Warn("the backend drops a field that it was sent, as it does with what its plan lacks",
				zap.String("backend", b.cfg.Name), zap.String("field", field))
		}
	}
	if sent := text(request, "long_url"); sent != "" && !sameURL(sent, l.longURL) {
		warnings = append(warnings, api.FieldError{Field: "url", Message: fmt.Sprintf("was changed by the backend %q", b.cfg.Name)})
	}
	if active, told := isActive(l.Result); told && !active && !translate.Member(request, "disabled").Exists() {
		warnings = append(warnings, api.FieldError{
			Field: "url", Message: fmt.Sprintf("cannot be visited: the backend %q has disabled the link", b.cfg.Name),
		})
	}
	return warnings
}

// keeps reports whether the link has one member as it was sent. What there is
// of the site's own in the place of nothing is no loss.
func (b *version3) keeps(name string, sent gjson.Result, l remoteLink) bool {
	is := translate.Member(l.Result, name)
	switch name {
	case "password":
		has := translate.Member(l.Result, "has_password")
		return !has.Exists() || has.Bool() == (sent.Type != gjson.Null)
	case "long_url":
		// It may come back written in another way, but not be left out.
		return true
	case "name", "title":
		is = either(l.Result, "name", "title")
	case "active", "disabled":
		active, ok := isActive(l.Result)
		return !ok || active == (sent.Bool() == (name == "active"))
	case "expires_at":
		return !is.Exists() || b.time(is).Equal(b.time(sent))
	case "pixels":
		return !is.IsArray() || same(idsOf(is), idsOf(sent))
	case "tags":
		// Sites write tags in letters of their own.
		return !is.IsArray() || same(lower(namesOf(is)), lower(namesOf(sent)))
	}
	switch {
	case !is.Exists(), sent.Type == gjson.Null, sent.Type == gjson.String && strings.TrimSpace(sent.Str) == "":
		return true
	case name == "domain_id" && sent.Num == 0:
		return is.Type == gjson.Null || is.String() == "0"
	}
	return strings.TrimSpace(is.String()) == strings.TrimSpace(sent.String())
}

// lostRules are the fields whose rules are not on the link as they were sent,
// nil for not at all.
func lostRules(sent []rule, l remoteLink) []string {
	has, ok := readRules(l.Result)
	if !ok || sent == nil {
		return nil
	}
	var lost []string
	lose := func(of, in []rule) {
		for _, r := range of {
			field := member[r.class()]
			if r.field != "" {
				field, _, _ = strings.Cut(r.field, "[")
				field, _, _ = strings.Cut(field, ".")
			}
			kept := slices.ContainsFunc(in, func(o rule) bool { return o.kind == r.kind && o.key == r.key && sameURL(o.value, r.value) })
			if !kept && field != "" && !slices.Contains(lost, field) {
				lost = append(lost, field)
			}
		}
	}
	lose(sent, has)
	lose(has, sent)
	return lost
}

func lower(names []string) []string {
	for i, name := range names {
		names[i] = strings.ToLower(name)
	}
	return names
}

// same reports whether two lists have the same elements, in whatever order.
func same[T comparable](a, b []T) bool {
	in := func(list []T) func(T) bool { return func(v T) bool { return !slices.Contains(list, v) } }
	return !slices.ContainsFunc(a, in(b)) && !slices.ContainsFunc(b, in(a))
}
