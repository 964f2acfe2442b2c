package migrate

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/translate"
)

// reader turns a value of a reply into what a create takes, in JSON. It is empty
// where the value asks for nothing, and where it makes no sense. Times without a
// zone are in the one given.
type reader func(v gjson.Result, zone *time.Location) string

func quoted(s string) string { return string(gjson.AppendJSONString(nil, s)) }

func readText(v gjson.Result, _ *time.Location) string {
	if v.Type != gjson.String || v.Str == "" {
		return ""
	}
	return quoted(v.Str)
}

// readBut reads a text or a number that is one thing unless it says otherwise.
func readBut(usual string) reader {
	return func(v gjson.Result, zone *time.Location) string {
		switch {
		case v.String() == usual:
			return ""
		case v.Type == gjson.Number:
			return readNumber(v, zone)
		}
		return readText(v, zone)
	}
}

func readFlag(v gjson.Result, _ *time.Location) string {
	if v.Type == gjson.True {
		return "true"
	}
	return ""
}

// readNumber keeps 0, which may differ from what an absent one means.
func readNumber(v gjson.Result, _ *time.Location) string {
	if n, ok := integerOf(v); ok {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

// readID reads a number where 0 and null are none.
func readID(v gjson.Result, _ *time.Location) string {
	if n, ok := integerOf(v); ok && n > 0 {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

func readIDs(v gjson.Result, _ *time.Location) string {
	ids := idsIn(v)
	if len(ids) == 0 {
		return ""
	}
	b := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(append(b, ']'))
}

// idsIn returns the ids in an array, or the one that stands for itself.
func idsIn(v gjson.Result) (ids []int64) {
	list := []gjson.Result{v}
	if v.IsArray() {
		list = v.Array()
	}
	for _, one := range list {
		if one.IsObject() {
			one = translate.Member(one, "id")
		}
		if n, ok := integerOf(one); ok && n > 0 {
			ids = append(ids, n)
		}
	}
	return ids
}

// integerOf reads an integer that may be written as a text.
func integerOf(v gjson.Result) (int64, bool) {
	if v.Type != gjson.Number && v.Type != gjson.String {
		return 0, false
	}
	n, err := strconv.ParseInt(v.String(), 10, 64)
	return n, err == nil
}

// readEnd reads when something ends: a date alone is its last second.
func readEnd(v gjson.Result, zone *time.Location) string {
	t, err := translate.ParseDateTime(v.Str, zone)
	if err != nil {
		return ""
	}
	return quoted(t.UTC().Format(time.RFC3339))
}

// readBeginning reads when something begins: a date alone is its first moment.
func readBeginning(v gjson.Result, zone *time.Location) string {
	if t, err := time.ParseInLocation(time.DateOnly, v.Str, zone); err == nil {
		return quoted(t.UTC().Format(time.RFC3339))
	}
	return readEnd(v, zone)
}

// readRules reads rules, by the name of the member that says what each one is
// for: in the form of a create, or as an object of destinations by lower-case
// name, where the rules have lost their order.
func readRules(name string) reader {
	return func(v gjson.Result, _ *time.Location) string {
		b := []byte{'['}
		add := func(what, link string) {
			if what == "" || link == "" {
				return
			}
			if len(b) > 1 {
				b = append(b, ',')
			}
			b = append(b, `{"`+name+`":`...)
			b = gjson.AppendJSONString(b, what)
			b = append(b, `,"link":`...)
			b = append(gjson.AppendJSONString(b, link), '}')
		}
		v.ForEach(func(key, rule gjson.Result) bool {
			if rule.IsObject() {
				add(translate.Member(rule, name).String(), translate.Member(rule, "link").Str)
			} else if v.IsObject() {
				add(spelt(name, key.Str), rule.Str)
			}
			return true
		})
		if len(b) == 1 {
			return ""
		}
		return string(append(b, ']'))
	}
}

// spelt writes the name of a country with its capitals again: there are sites
// that compare them.
func spelt(name, value string) string {
	if name == "location" {
		if code, ok := translate.CountryCode(value); ok {
			return translate.CountryName(code)
		}
	}
	return value
}

func readParameters(v gjson.Result, _ *time.Location) string {
	b := []byte{'['}
	v.ForEach(func(_, p gjson.Result) bool {
		if translate.Member(p, "name").String() == "" {
			return true
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, `{"name":`...)
		b = gjson.AppendJSONString(b, translate.Member(p, "name").String())
		b = append(b, `,"value":`...)
		b = append(gjson.AppendJSONString(b, translate.Member(p, "value").String()), '}')
		return true
	})
	if len(b) == 1 {
		return ""
	}
	return string(append(b, ']'))
}

func readDeepLink(v gjson.Result, zone *time.Location) string {
	b := []byte{'{'}
	for _, m := range []struct {
		name string
		read reader
	}{{"auto", readFlag}, {"apple", readText}, {"google", readText}} {
		raw := m.read(translate.Member(v, m.name), zone)
		if raw == "" {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, `"`+m.name+`":`+raw...)
	}
	if len(b) == 1 {
		return ""
	}
	return string(append(b, '}'))
}

// readSlug reads the name of a rotator, or takes it from the rotator's address;
// false is none.
func readSlug(v gjson.Result, _ *time.Location) string {
	if v.Type != gjson.String || v.Str == "" {
		return ""
	}
	slug := v.Str[strings.LastIndexByte(v.Str, '/')+1:]
	if plain, err := url.PathUnescape(slug); err == nil {
		slug = plain
	}
	if slug == "" {
		return ""
	}
	return quoted(slug)
}

// readAny keeps what may be anything.
func readAny(v gjson.Result, _ *time.Location) string {
	if v.Type == gjson.Null || v.Type == gjson.String && v.Str == "" {
		return ""
	}
	var b bytes.Buffer
	if json.Compact(&b, []byte(v.Raw)) != nil {
		return ""
	}
	return b.String()
}
