package dglnk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// class is what asks for a rule in the contract. The first rule that fits
// counts, so classes stand in the order in which a visitor's choices are made:
// an app where there is one, then the device, then the country.
type class uint8

const (
	unknown class = iota // the contract has no words for it, such as exp_clicks
	byApp
	byDevice
	byCountry
	classes
)

// member is the field of the contract for each class.
var member = [classes]string{byApp: "deeplink", byDevice: "devicetarget", byCountry: "geotarget"}

// rule is one rule of a link.
type rule struct {
	kind, key, value string

	// raw is the rule as it came from the site; empty for a new one. It goes
	// back as it came, with what else the site keeps there.
	raw string

	// field is the part of the document that asks for a new one, such as
	// "geotarget[0]".
	field string
}

func (r rule) class() class {
	switch {
	case r.kind == geoRule:
		return byCountry
	case storeOf(r.kind, r.key, r.value) != "":
		return byApp
	}
	if _, ok := deviceOf(r.kind, r.key); ok {
		return byDevice
	}
	return unknown
}

// takesParameters reports whether where the rule leads gets a link's parameters.
// The pages of stores get none.
func (r rule) takesParameters() bool {
	c := r.class()
	return c == byDevice || c == byCountry
}

func (r rule) json() string {
	if r.raw != "" {
		return r.raw
	}
	return encodeRule(r.kind, r.key, r.value)
}

// newRules are the rules that a document asks for, in the order of their
// classes. What the table has refused is left out.
func newRules(document gjson.Result) []rule {
	var rules []rule
	app := translate.Member(document, member[byApp])
	for _, s := range stores {
		if link := text(app, s.member); storeOf(platformRule, s.key, link) != "" {
			rules = append(rules, rule{kind: platformRule, key: s.key, value: link, field: member[byApp] + "." + s.member})
		}
	}
	each(translate.Member(document, member[byDevice]), func(i string, entry gjson.Result) {
		if kind, key, _, ok := equalOf(text(entry, "device")); ok {
			rules = append(rules, rule{kind: kind, key: key, value: text(entry, "link"), field: member[byDevice] + "[" + i + "]"})
		}
	})
	each(translate.Member(document, member[byCountry]), func(i string, entry gjson.Result) {
		if code, ok := translate.CountryCode(text(entry, "location")); ok {
			rules = append(rules, rule{kind: geoRule, key: strings.ToLower(code), value: text(entry, "link"), field: member[byCountry] + "[" + i + "]"})
		}
	})
	return rules
}

// mergeRules replaces those of the stored rules that the document names
// the field of. The others keep their order and their every byte; new ones stand
// where those that they replace stood, or else before the first that comes after
// them for a visitor.
func mergeRules(stored []rule, document gjson.Result) []rule {
	fresh := newRules(document)
	merged := slices.Clone(stored)
	if !translate.Member(document, member[byApp]).Exists() {
		merged = slices.DeleteFunc(merged, func(old rule) bool {
			// A rule that leads to a store is a deep link, whichever field asks for it.
			return old.class() == byApp && slices.ContainsFunc(fresh, func(r rule) bool {
				return r.class() == byApp && r.key == old.key
			})
		})
	}
	for c := byApp; c < classes; c++ {
		if !translate.Member(document, member[c]).Exists() {
			continue
		}
		at := slices.IndexFunc(merged, func(r rule) bool { return r.raw != "" && r.class() == c })
		merged = slices.DeleteFunc(merged, func(r rule) bool { return r.raw != "" && r.class() == c })
		if at < 0 {
			at = slices.IndexFunc(merged, func(r rule) bool { return r.class() > c })
		}
		if at < 0 || at > len(merged) {
			at = len(merged)
		}
		var own []rule
		for _, r := range fresh {
			if strings.HasPrefix(r.field, member[c]) {
				own = append(own, r)
			}
		}
		merged = slices.Insert(merged, at, own...)
	}
	return merged
}

// readRules reads the rules of a link. False says that the reply has none to be
// read, which is not the same as a link without any.
func readRules(link gjson.Result) ([]rule, bool) {
	list := translate.Member(link, "rules")
	if !list.IsArray() {
		return nil, false
	}
	rules := []rule{}
	each(list, func(_ string, v gjson.Result) {
		rules = append(rules, rule{
			kind:  translate.Member(v, "type").String(),
			key:   strings.ToLower(translate.Member(v, "key").String()),
			value: translate.Member(v, "value").String(),
			raw:   v.Raw,
		})
	})
	return rules, true
}

// rulesArray is rules as the site takes them.
func rulesArray(rules []rule) string {
	parts := make([]string, len(rules))
	for i, r := range rules {
		parts[i] = r.json()
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// shown are rules in the contract's words: each class in the order in which the
// site goes through them. What the contract has no words for is left out.
func shown(rules []rule) (geo, device, app string) {
	var b [classes][]byte
	stores := map[string]bool{}
	for _, r := range rules {
		c := r.class()
		if c == unknown || c == byApp && stores[r.key] {
			continue
		}
		if len(b[c]) > 0 {
			b[c] = append(b[c], ',')
		}
		switch c {
		case byApp:
			stores[r.key] = true
			b[c] = gjson.AppendJSONString(b[c], storeOf(r.kind, r.key, r.value))
			b[c] = gjson.AppendJSONString(append(b[c], ':'), r.value)
			continue
		case byDevice:
			name, _ := deviceOf(r.kind, r.key)
			b[c] = gjson.AppendJSONString(append(b[c], `{"device":`...), name)
		case byCountry:
			b[c] = gjson.AppendJSONString(append(b[c], `{"location":`...), countryOf(r.key))
		}
		b[c] = gjson.AppendJSONString(append(b[c], `,"link":`...), r.value)
		b[c] = append(b[c], '}')
	}
	app = "null"
	if len(b[byApp]) > 0 {
		app = "{" + string(b[byApp]) + "}"
	}
	return "[" + string(b[byCountry]) + "]", "[" + string(b[byDevice]) + "]", app
}

// countryOf returns the contract's name for the key of a rule: the country's, or
// else the code itself, so that what is shown can be sent again.
func countryOf(key string) string {
	code := strings.ToUpper(key)
	if name := translate.CountryName(code); name != "" {
		if c, ok := translate.CountryCode(name); ok && c == code {
			return name
		}
	}
	return code
}

// widened reports the rules of a document that catch more visitors than they
// say.
func widened(document gjson.Result, backend string) []api.FieldError {
	var wide []api.FieldError
	each(translate.Member(document, member[byDevice]), func(i string, entry gjson.Result) {
		if _, key, w, ok := equalOf(text(entry, "device")); ok && w {
			wide = append(wide, api.FieldError{
				Field:   member[byDevice] + "[" + i + "].device",
				Message: fmt.Sprintf("with the value %q holds for everything with %s on the backend %q", text(entry, "device"), key, backend),
			})
		}
	})
	return wide
}

// checkCountries finds the countries that there are not.
func checkCountries(p *translate.Pass, v gjson.Result) {
	each(v, func(i string, entry gjson.Result) {
		if _, ok := translate.CountryCode(text(entry, "location")); !ok {
			p.Invalid("["+i+"].location", "must be the English name of a country or its two-letter code")
		}
	})
}

// checkDevices refuses what has no equal.
func checkDevices(p *translate.Pass, v gjson.Result) {
	each(v, func(i string, entry gjson.Result) {
		if name := text(entry, "device"); !known(name) {
			p.Refuse("["+i+"].device", name)
		}
	})
}

func known(device string) bool {
	_, _, _, ok := equalOf(device)
	return ok
}

// checkDeepLink refuses to look for an app, and pages that are not a store's:
// the site could not tell them from any other rule.
func checkDeepLink(p *translate.Pass, v gjson.Result) {
	if auto := translate.Member(v, "auto"); auto.Type == gjson.True {
		p.Refuse(".auto", "true")
	}
	for _, s := range stores {
		if link := text(v, s.member); link != "" && storeOf(platformRule, s.key, link) == "" {
			p.Refuse("."+s.member, link)
		}
	}
}
