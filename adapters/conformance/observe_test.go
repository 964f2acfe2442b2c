package conformance_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	dglnksite "github.com/linkquay/linkquay/simulate/dglnk"
	gempixelsite "github.com/linkquay/linkquay/simulate/gempixel"
	"github.com/linkquay/linkquay/translate"
)

// siteLink is what the site has of a link, by the contract's names; an invalid
// result where it has no such field.
func (s *stand) siteLink(tb testing.TB, short, field string) gjson.Result {
	tb.Helper()
	alias := short[strings.LastIndexByte(short, '/')+1:]
	if s.script != nil {
		links := s.script.Links()
		i := slices.IndexFunc(links, func(l gempixelsite.Link) bool { return l.Alias == alias })
		if i < 0 {
			tb.Fatalf("the site has no link %s", short)
		}
		return asJSON(tb, scriptField(&links[i], field))
	}
	links := s.dg.Links()
	i := slices.IndexFunc(links, func(l dglnksite.Link) bool { return l.Alias == alias || l.Hash == alias })
	if i < 0 {
		tb.Fatalf("the site has no link %s", short)
	}
	return asJSON(tb, dgField(&links[i], field))
}

func scriptField(l *gempixelsite.Link, field string) any {
	switch field {
	case "campaign":
		return l.Campaign
	case "channel":
		if len(l.Channels) == 0 {
			return 0
		}
		return l.Channels[len(l.Channels)-1]
	case "custom":
		return l.Alias
	case "expiry":
		if l.Expiry.IsZero() {
			return ""
		}
		return l.Expiry.UTC().Format(time.DateTime)
	}
	return l.Sent[field]
}

// rows are rules in the contract's shape.
type rows []map[string]string

func dgField(l *dglnksite.Link, field string) any {
	switch field {
	case "url":
		return l.LongURL
	case "custom":
		return l.Alias
	case "type":
		if l.Type == "overlay" {
			return "overlay-" + strconv.FormatInt(l.TypeID, 10)
		}
		return l.Type
	case "password":
		return l.Password
	case "domain":
		if l.DomainID != nil && *l.DomainID == 12 {
			return "links.example.com"
		}
		return ""
	case "expiry":
		if l.ExpiresAt.IsZero() {
			return ""
		}
		return l.ExpiresAt.UTC().Format(time.DateTime)
	case "disabled":
		return l.Disabled
	case "metatitle":
		return l.Title
	case "metadescription":
		return l.Description
	case "metaimage":
		return l.Image
	case "pixels":
		return l.Pixels
	case "campaign":
		if len(l.Groups) == 0 {
			return 0
		}
		return l.Groups[0]
	case "parameters":
		all := rows{}
		if u, err := url.Parse(l.LongURL); err == nil {
			for pair := range strings.SplitSeq(u.RawQuery, "&") {
				name, v, _ := strings.Cut(pair, "=")
				name, _ = url.QueryUnescape(name)
				v, _ = url.QueryUnescape(v)
				if name != "" {
					all = append(all, map[string]string{"name": name, "value": v})
				}
			}
		}
		return all
	case "geotarget", "devicetarget", "deeplink":
		return dgRules(l, field)
	}
	return nil
}

// dgRules reads a link's rules as the page of the site has them.
func dgRules(l *dglnksite.Link, field string) any {
	countries, devices, app := rows{}, rows{}, map[string]string{}
	for _, r := range l.Rules {
		store := strings.Contains(r.Value, "apps.apple.com") || strings.Contains(r.Value, "play.google.com")
		switch {
		case r.Type == "geo":
			countries = append(countries, map[string]string{"location": r.Key, "link": r.Value})
		case r.Type == "platform" && store && r.Key == "ios":
			app["apple"] = r.Value
		case r.Type == "platform" && store && r.Key == "android":
			app["google"] = r.Value
		default:
			name, ok := map[string]string{"ios": "iphone", "osx": "macos", "phone": "mobile"}[r.Key]
			if !ok {
				name = r.Key
			}
			devices = append(devices, map[string]string{"device": name, "link": r.Value})
		}
	}
	switch field {
	case "geotarget":
		return countries
	case "devicetarget":
		return slices.CompactFunc(devices, func(a, b map[string]string) bool { return a["device"] == b["device"] })
	}
	return app
}

func asJSON(tb testing.TB, v any) gjson.Result {
	tb.Helper()
	if v == nil {
		return gjson.Result{}
	}
	doc, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return gjson.ParseBytes(doc)
}

// canonical writes a value of a field so that two that mean the same are the
// same text.
func canonical(field string, v gjson.Result) string {
	switch field {
	case "url", "metaimage", "expiredurl", "link":
		return address(v.String())
	case "domain":
		return api.HostOf(v.String())
	case "expiry", "startdate":
		return moment(field, v.String())
	case "campaign", "channel", "clicklimit":
		return strconv.FormatInt(v.Int(), 10)
	case "geotarget", "devicetarget", "languagetarget", "parameters":
		var b strings.Builder
		v.ForEach(func(_, row gjson.Result) bool {
			name := strings.ToLower(row.Get("location").String() + row.Get("device").String() + row.Get("language").String())
			if code, ok := translate.CountryCode(name); ok && field == "geotarget" {
				name = strings.ToLower(code)
			}
			b.WriteString(name + row.Get("name").String() + " → " + address(row.Get("link").String()) + row.Get("value").String() + "; ")
			return true
		})
		return b.String()
	case "deeplink":
		// What is off is not there.
		var b strings.Builder
		for _, name := range []string{"auto", "apple", "google"} {
			if m := v.Get(name); m.Exists() && m.Type != gjson.False && m.Str+m.Raw != `""` {
				b.WriteString(name + " " + m.String() + "; ")
			}
		}
		return b.String()
	case "background", "foreground", "color":
		return strings.ReplaceAll(strings.ToLower(v.String()), " ", "")
	}
	switch {
	case v.IsArray(), v.IsObject():
		var tree any
		if json.Unmarshal([]byte(v.Raw), &tree) != nil {
			return v.Raw
		}
		doc, _ := json.Marshal(tree)
		if string(doc) == "[]" || string(doc) == "{}" {
			return ""
		}
		return string(doc)
	case v.Type == gjson.Null:
		return ""
	}
	return v.String()
}

// address is a URL as every server would take it.
func address(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return s
	}
	u.Host = strings.ToLower(u.Host)
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// moment is a time in UTC; a date alone is the end of its day, or of a start
// the beginning.
func moment(field, s string) string {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		if field == "expiry" {
			t = t.Add(24*time.Hour - time.Second)
		}
		return t.Format(time.DateTime)
	}
	for _, layout := range []string{time.DateTime, "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Format(time.DateTime)
		}
	}
	return s
}
