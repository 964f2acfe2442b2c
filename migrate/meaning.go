package migrate

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/translate"
)

const (
	fieldPassword = "password"
	fieldChannel  = "channel"
	fieldDomain   = "domain"
)

// Differences names the fields in which two records of one object do not mean
// the same, in alphabetical order; nil where there are none. References are
// compared as they are: both records have ids of one place. Fields that either
// side cannot tell are not compared, and neither are ids, dates of creation,
// counts of visits, and the order of rules. What a preview shows of a link that
// was given nothing to show is the place's own affair.
func Differences(want, got *adapters.Record) []string {
	w, g := gjson.ParseBytes(want.Document), gjson.ParseBytes(got.Document)
	names := map[string]bool{}
	for _, document := range []gjson.Result{w, g} {
		document.ForEach(func(key, _ gjson.Result) bool {
			names[key.Str] = true
			return true
		})
	}
	delete(names, fieldPassword)
	delete(names, fieldChannel)
	var different []string
	for name := range names {
		v, o := translate.Member(w, name), translate.Member(g, name)
		if !v.Exists() && (untold(want, name) || described[name]) || !o.Exists() && untold(got, name) {
			continue
		}
		if meaningOf(want.Kind, name, v) != meaningOf(want.Kind, name, o) {
			different = append(different, name)
		}
	}
	if !untold(want, fieldChannel) && !untold(got, fieldChannel) && !slices.Equal(channelsOf(want), channelsOf(got)) {
		different = append(different, fieldChannel)
	}
	if !samePassword(want, got) {
		different = append(different, fieldPassword)
	}
	slices.Sort(different)
	return different
}

// described are what some places find out at the destination where they are not
// told.
var described = map[string]bool{"metatitle": true, "metadescription": true, "metaimage": true}

func untold(r *adapters.Record, name string) bool { return slices.Contains(r.Untold, name) }

// isProtected reports whether the object has a password.
func isProtected(r *adapters.Record) bool { return r.Protected || r.PasswordHash != "" }

func samePassword(want, got *adapters.Record) bool {
	for _, r := range []*adapters.Record{want, got} {
		if !isProtected(r) && untold(r, fieldPassword) {
			return true
		}
	}
	if want.PasswordHash != "" && got.PasswordHash != "" {
		return want.PasswordHash == got.PasswordHash
	}
	return isProtected(want) == isProtected(got)
}

// channelsOf returns the ids of the channels of an object, in order.
func channelsOf(r *adapters.Record) []int64 {
	ids := slices.Clone(r.Channels)
	if v := gjson.GetBytes(r.Document, fieldChannel); v.Int() > 0 {
		ids = append(ids, v.Int())
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// defaults are what a field means that is not given, where that is not "none".
var defaults = map[string]string{
	"type":         shortener.TypeDirect,
	"status":       "private",
	"redirectcode": "302",
	"counter":      "10",
	"position":     "bottomright",
}

// meaningOf returns what the value of a field means, in one spelling; empty for
// what is the same as not given.
func meaningOf(kind adapters.Kind, name string, v gjson.Result) string {
	meaning := spelled(name, v)
	switch standard := defaults[name]; {
	case name == "type" && kind == adapters.KindOverlay:
		if meaning == "message" {
			return ""
		}
	case name == "type" && kind != adapters.KindLink:
	case meaning == standard:
		return ""
	}
	return meaning
}

func spelled(name string, v gjson.Result) string {
	switch name {
	case "url", "expiredurl", "metaimage", "redirectroot", "redirect404", "link", "image", "logo":
		return canonicalURL(v.String())
	case "expiry", "startdate":
		return minute(v.String())
	case "domain":
		return strings.TrimPrefix(api.HostOf(strings.TrimSpace(v.String())), "www.")
	case "geotarget":
		return rulesOf(v, "location", country)
	case "devicetarget":
		return rulesOf(v, "device", device)
	case "languagetarget":
		return rulesOf(v, "language", language)
	case "parameters":
		return listOf(v, func(p gjson.Result) string {
			return strconv.Quote(translate.Member(p, "name").String()) + "=" + strconv.Quote(translate.Member(p, "value").String())
		})
	case "pixels":
		return listOf(v, func(id gjson.Result) string { return id.String() })
	case "background", "foreground":
		return strings.ToLower(strings.Join(strings.Fields(v.String()), ""))
	case "deeplink":
		return members(v)
	case "data":
		return sorted(v)
	case "counter":
		// No seconds are fewer than the default.
		if v.Type == gjson.Number {
			return v.Raw
		}
	}
	switch v.Type {
	case gjson.Null, gjson.False:
		return ""
	case gjson.Number:
		if v.Num == 0 {
			return ""
		}
		return strconv.FormatInt(v.Int(), 10)
	case gjson.JSON:
		if translate.Empty(v) {
			return ""
		}
		return sorted(v)
	}
	// Sites trim what they are sent, and write line ends in their own way.
	return strings.TrimSpace(strings.ReplaceAll(v.String(), "\r\n", "\n"))
}

// rulesOf returns rules by what they look at. Of several with one name the first
// one counts, everywhere.
func rulesOf(v gjson.Result, by string, name func(string) string) string {
	rules := map[string]string{}
	v.ForEach(func(_, rule gjson.Result) bool {
		n := name(translate.Member(rule, by).String())
		if _, ok := rules[n]; !ok && n != "" {
			rules[n] = canonicalURL(translate.Member(rule, "link").String())
		}
		return true
	})
	var b strings.Builder
	for _, n := range slices.Sorted(maps.Keys(rules)) {
		b.WriteString(n + " " + rules[n] + "\n")
	}
	return b.String()
}

func country(s string) string {
	if code, ok := translate.CountryCode(s); ok {
		return code
	}
	return strings.ToLower(strings.TrimSpace(s))
}

func device(s string) string {
	switch s = strings.ToLower(strings.Join(strings.Fields(s), " ")); s {
	case "mac", "mac os", "mac os x", "macosx", "os x", "osx":
		return "macos"
	case "phone", "smartphone":
		return "mobile"
	}
	return s
}

func language(s string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), "_", "-")
}

func listOf(v gjson.Result, text func(gjson.Result) string) string {
	var list []string
	for _, entry := range v.Array() {
		list = append(list, text(entry))
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), "\n")
}

// members returns the members of an object that say anything.
func members(v gjson.Result) string {
	var list []string
	v.ForEach(func(key, member gjson.Result) bool {
		if text := spelled("", member); text != "" {
			list = append(list, key.Str+"="+canonicalURL(text))
		}
		return true
	})
	slices.Sort(list)
	return strings.Join(list, "\n")
}

// sorted writes a value with the members of its objects in order.
func sorted(v gjson.Result) string {
	var tree any
	if json.Unmarshal([]byte(v.Raw), &tree) != nil {
		return v.Raw
	}
	text, err := json.Marshal(tree)
	if err != nil {
		return v.Raw
	}
	return string(text)
}

// minute returns a time to the minute: some sites drop the seconds, and some make
// the last one of a day of a date alone.
func minute(s string) string {
	if s == "" {
		return ""
	}
	t, err := translate.ParseDateTime(s, time.UTC)
	if err != nil {
		return s
	}
	return t.UTC().Truncate(time.Minute).Format(time.RFC3339)
}

// sameURL reports whether two addresses lead to the same place, however they
// are written.
func sameURL(a, b string) bool { return canonicalURL(a) == canonicalURL(b) }

// canonicalURL writes an address in the one way that all sites agree on: in
// ASCII, the scheme and host in lower case, without the scheme's own port and
// without a path that is a slash alone.
func canonicalURL(s string) string {
	s = strings.TrimSpace(s)
	u, err := url.Parse(shortener.Location(s))
	if err != nil || u.Host == "" {
		return s
	}
	u.Scheme = strings.ToLower(u.Scheme)
	u.Host = api.HostOf(u.Scheme + "://" + u.Host)
	if u.Path == "/" {
		u.Path = ""
	}
	return u.String()
}
