package dglnk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// CountryHeader is the header of a visit that names the country it comes from, by
// its code of two letters; it stands for the site's geolocation.
const CountryHeader = "X-Simulate-Country"

// Rule sends some visitors elsewhere.
type Rule struct {
	Type  string // geo, device, platform (version 3 alone) or exp_clicks
	Key   string // what it compares the visitor with, or a number of clicks
	Value string // where to; empty for exp_clicks that leads nowhere
}

// fillRules takes the rules, in the order of the request. Keys are stored
// whatever they are: one that nothing compares with never matches.
func (s *Site) fillRules(l *Link, in input, p problems) {
	l.Rules = nil
	types := []string{"geo", "device", "exp_clicks"}
	if s.o.APIVersion == 3 {
		types = append(types, "platform")
	}
	for i, v := range in.list("rules", p) {
		at := fmt.Sprintf("rules.%d", i)
		given, ok := v.(map[string]any)
		if !ok {
			p.add(at, "The %s must be an array.", at)
			continue
		}
		for field, value := range given {
			given[field] = trimmed(value)
		}
		one, wrong := input(given), problems{}
		// Clicks may come as a number.
		if n, ok := one["key"].(json.Number); ok {
			one["key"] = n.String()
		}
		rule := Rule{Type: one.required("type", wrong), Key: one.required("key", wrong), Value: one.text("value", wrong)}
		if rule.Type != "" && !slices.Contains(types, rule.Type) {
			wrong.add("type", "The selected type is invalid.")
		}
		if _, err := strconv.Atoi(rule.Key); rule.Type == "exp_clicks" && err != nil {
			wrong.add("key", "The key must be a number.")
		}
		if (rule.Type != "exp_clicks" || rule.Value != "") && !isAddress(rule.Value) {
			wrong.add("value", "This url is not valid.")
		}
		for field, messages := range wrong {
			p[at+"."+field] = messages
		}
		l.Rules = append(l.Rules, rule)
	}
}

// visitor is what rules compare with.
type visitor struct{ country, device, platform, browser string }

func visitorOf(r *http.Request) visitor {
	agent := strings.ToLower(r.UserAgent())
	// The first word that is found tells, so the narrower ones come first.
	first := func(fallback string, pairs ...[2]string) string {
		for _, pair := range pairs {
			if strings.Contains(agent, pair[0]) {
				return pair[1]
			}
		}
		return fallback
	}
	v := visitor{country: strings.ToLower(r.Header.Get(CountryHeader))}
	v.device = first("desktop", [2]string{"ipad", "tablet"}, [2]string{"tablet", "tablet"},
		[2]string{"mobile", "mobile"}, [2]string{"iphone", "mobile"}, [2]string{"android", "tablet"})
	v.platform = first("", [2]string{"iphone", "ios"}, [2]string{"ipad", "ios"}, [2]string{"android", "android"},
		[2]string{"windows", "windows"}, [2]string{"mac os", "osx"}, [2]string{"linux", "linux"})
	v.browser = first("", [2]string{"edg/", "edge"}, [2]string{"firefox/", "firefox"}, [2]string{"chrome/", "chrome"}, [2]string{"safari/", "safari"})
	return v
}

// matches reports whether a rule is for a visitor of a link that was clicked so
// many times before.
func (rule Rule) matches(v visitor, clicks int) bool {
	switch rule.Type {
	case "geo":
		return rule.Key == v.country
	case "device":
		// The page's "phone" equals none of the three that a device is.
		return rule.Key == v.device
	case "platform":
		return rule.Key == v.platform
	case "exp_clicks":
		n, err := strconv.Atoi(rule.Key)
		return err == nil && clicks >= n
	}
	return false
}
