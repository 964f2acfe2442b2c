package dglnk

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/translate"
)

// devices maps the contract's names to the keys of version 1's rules. A phone
// is sent under both names that it goes by: the page documents one, the servers
// compare with the other.
var devices = map[string][]string{
	"mobile":  {"phone", "mobile"},
	"tablet":  {"tablet"},
	"desktop": {"desktop"},
}

// The types of rules.
const (
	geoRule      = "geo"
	deviceRule   = "device"
	platformRule = "platform"
)

// equals are the devices that have an equal in version 3, under the contract's
// names. Wide says that the rule catches more than the name says: what is for
// the iPhone is for the iPad too.
var equals = []struct {
	device, kind, key string
	wide              bool
}{
	{device: "mobile", kind: deviceRule, key: "mobile"},
	{device: "tablet", kind: deviceRule, key: "tablet"},
	{device: "desktop", kind: deviceRule, key: "desktop"},
	{device: "iPhone", kind: platformRule, key: "ios", wide: true},
	{device: "Android", kind: platformRule, key: "android"},
	{device: "Windows", kind: platformRule, key: "windows"},
	{device: "macOS", kind: platformRule, key: "osx"},
	{device: "Linux", kind: platformRule, key: "linux"},
}

// deviceNames are the names that version 3 has an equal for.
func deviceNames() []string {
	names := make([]string, len(equals))
	for i, e := range equals {
		names[i] = e.device
	}
	return names
}

// equalOf returns the rule for a device of the contract.
func equalOf(device string) (kind, key string, wide, ok bool) {
	for _, e := range equals {
		if strings.EqualFold(e.device, device) {
			return e.kind, e.key, e.wide, true
		}
	}
	return "", "", false, false
}

// deviceOf returns the contract's name for what a rule compares with. Beside
// the servers' own names it knows the page's "phone", and "table", which is how
// the dashboard spells it.
func deviceOf(kind, key string) (string, bool) {
	if kind == deviceRule {
		switch key {
		case "phone":
			key = "mobile"
		case "table":
			key = "tablet"
		}
	}
	for _, e := range equals {
		if e.kind == kind && e.key == key {
			return e.device, true
		}
	}
	return "", false
}

// stores are the platforms that a deep link is for, by its member.
var stores = []struct {
	member, key string
	hosts       []string
}{
	{"apple", "ios", []string{"apps.apple.com", "itunes.apple.com"}},
	{"google", "android", []string{"play.google.com"}},
}

// storeOf returns the member of a deep link that a rule stands for, empty where
// it is none: one for a platform that leads to that platform's store. To
// visitors it is the same whoever wrote it.
func storeOf(kind, key, link string) string {
	u, err := url.Parse(link)
	if err != nil || kind != platformRule {
		return ""
	}
	for _, s := range stores {
		if s.key == key && slices.Contains(s.hosts, strings.ToLower(u.Hostname())) {
			return s.member
		}
	}
	return ""
}

// geoRules writes a rule for each country.
func geoRules(p *translate.Pass, v gjson.Result) {
	each(v, func(i string, entry gjson.Result) {
		name := translate.Member(entry, "location").String()
		code, ok := translate.CountryCode(name)
		if !ok {
			p.Invalid("["+i+"].location", "must be the English name of a country or its two-letter code")
			return
		}
		writeRule(p, strings.ToLower(code), geoRule, entry)
	})
}

// deviceRules writes a rule of version 1 for each kind of device. A single
// make, such as the iPhone, has no equal there: a wider rule would catch other
// visitors too.
func deviceRules(p *translate.Pass, v gjson.Result) {
	each(v, func(i string, entry gjson.Result) {
		name := translate.Member(entry, "device").String()
		keys, ok := devices[strings.ToLower(name)]
		if !ok {
			p.Refuse("["+i+"].device", name)
			return
		}
		for _, key := range keys {
			writeRule(p, key, deviceRule, entry)
		}
	})
}

func writeRule(p *translate.Pass, key, kind string, entry gjson.Result) {
	p.Element()
	p.Raw(encodeRule(kind, key, translate.Member(entry, "link").String()))
}

func encodeRule(kind, key, value string) string {
	b := gjson.AppendJSONString([]byte(`{"key":`), key)
	b = gjson.AppendJSONString(append(b, `,"value":`...), value)
	return string(append(b, `,"type":"`+kind+`"}`...))
}

// devicesFirst puts the rules of a body that are for devices before those for
// countries: the first that fits counts, and whoever asks for both means the
// device first, in whatever order the members were sent.
func devicesFirst(body []byte) []byte {
	rules := gjson.GetBytes(body, "rules")
	if !rules.IsArray() {
		return body
	}
	var sorted []string
	for _, geo := range []bool{false, true} {
		for _, r := range rules.Array() {
			if (text(r, "type") == geoRule) == geo {
				sorted = append(sorted, r.Raw)
			}
		}
	}
	edited, err := sjson.SetRawBytes(body, "rules", []byte("["+strings.Join(sorted, ",")+"]"))
	if err != nil {
		return body
	}
	return edited
}

// targets writes rules as an object by lower-case name, 0 where there are none.
// Of two rules for one name the first one counts, here as for visitors.
func targets(b []byte, rules gjson.Result, name string) []byte {
	seen := map[string]bool{}
	each(rules, func(_ string, entry gjson.Result) {
		who := text(entry, name)
		if code, ok := translate.CountryCode(who); ok && name == "location" {
			who = translate.CountryName(code)
		}
		who = strings.ToLower(who)
		if seen[who] {
			return
		}
		sep := byte(',')
		if len(seen) == 0 {
			sep = '{'
		}
		seen[who] = true
		b = append(b, sep)
		b = gjson.AppendJSONString(b, who)
		b = append(b, ':')
		b = gjson.AppendJSONString(b, text(entry, "link"))
	})
	if len(seen) == 0 {
		return append(b, '0')
	}
	return append(b, '}')
}

// each calls f with the index and value of each element of an array.
func each(v gjson.Result, f func(i string, entry gjson.Result)) {
	if !v.IsArray() {
		return
	}
	i := 0
	v.ForEach(func(_, entry gjson.Result) bool {
		f(strconv.Itoa(i), entry)
		i++
		return true
	})
}
