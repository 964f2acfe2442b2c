package dglnk

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/translate"
)

// The types of rules, and what is said of their keys that mean nothing.
const (
	geoRule      = "geo"
	deviceRule   = "device"
	platformRule = "platform"
)

var wrongKey = map[string]string{
	geoRule:      "must be the two-letter code of a country",
	deviceRule:   "must be phone, mobile, tablet or desktop",
	platformRule: "must be windows, osx, linux, ios or android",
}

// devices are the contract's names for the keys of devices. The page calls a
// telephone "phone", and what servers compare with is "mobile"; "table" is how
// dgLnk's own dashboard spells it.
var devices = map[string][]string{
	"phone":   {"mobile"},
	"mobile":  {"mobile"},
	"tablet":  {"tablet"},
	"table":   {"tablet"},
	"desktop": {"desktop"},
}

// platforms are the contract's names for the keys of platforms, which version 3
// has.
var platforms = map[string][]string{
	"windows": {"Windows"},
	"osx":     {"macOS"},
	"linux":   {"Linux"},
	"ios":     {"iPhone", "iPad"},
	"android": {"Android"},
}

// target is a rule in the contract's terms.
type target struct {
	// index is the place of the rule in the request.
	index int

	// name is that of the country or device.
	name string

	// link is where it leads, as JSON; empty where the request does not say.
	link string
}

// checkRules copies rules of which each has a type and a key that mean
// something. One with nothing in it is a habit.
func checkRules(p *translate.Pass, v gjson.Result) {
	for i, e := range v.Array() {
		at := "." + strconv.Itoa(i)
		kind := translate.Member(e, "type").String()
		switch {
		case translate.Hollow(e, "type"):
			p.Note(translate.IncompleteEntry)
		case !e.IsObject():
			p.Invalid(at, "must have key, value and type")
		case wrongKey[kind] == "":
			p.Invalid(at+".type", "must be geo, device or platform")
		case len(namesOf(kind, e)) == 0:
			p.Invalid(at+".key", wrongKey[kind])
		}
	}
	p.Raw(v.Raw)
}

// readRules returns rules that checkRules has let pass, those for countries and
// those for devices. One that another of them says already is left out, such as
// that of a client which names telephones both ways.
func readRules(v gjson.Result) (countries, machines []target) {
	said := map[target]bool{}
	for i, e := range v.Array() {
		if translate.Hollow(e, "type") {
			continue
		}
		kind, link := translate.Member(e, "type").String(), translate.Member(e, "value").Raw
		for _, name := range namesOf(kind, e) {
			one := target{name: name, link: link}
			if said[one] {
				continue
			}
			said[one] = true
			one.index = i
			if kind == geoRule {
				countries = append(countries, one)
			} else {
				machines = append(machines, one)
			}
		}
	}
	return countries, machines
}

// namesOf returns the contract's names for the key of a rule, none where it
// means nothing.
func namesOf(kind string, e gjson.Result) []string {
	key := strings.ToLower(strings.TrimSpace(translate.Member(e, "key").String()))
	switch kind {
	case deviceRule:
		return devices[key]
	case platformRule:
		return platforms[key]
	}
	if code, ok := translate.CountryCode(key); ok {
		return []string{translate.CountryName(code)}
	}
	return nil
}

// appendTargets appends rules as a member of a document of createLink, whose
// name and the name of its key are given.
func appendTargets(b []byte, member, key string, targets []target) []byte {
	if len(targets) == 0 {
		return b
	}
	b = append(b, `,"`+member+`":[`...)
	for i, t := range targets {
		if i > 0 {
			b = append(b, ',')
		}
		b = gjson.AppendJSONString(append(b, `{"`+key+`":`...), t.name)
		if t.link != "" {
			b = append(b, `,"link":`+t.link...)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}
