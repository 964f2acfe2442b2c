package shortener

import "github.com/linkquay/linkquay/translate"

// rules returns the link's rules in the order in which they are tried. Those
// whose value means nothing are left out: they could not be made today.
func rules(o *Options) []Rule {
	n := len(o.Languages) + len(o.Devices) + len(o.Geo)
	if n == 0 {
		return nil
	}
	list := make([]Rule, 0, n)
	add := func(by RuleBy, value, link string) {
		list = append(list, Rule{By: by, Value: value, URL: Location(withParameters(link, o.Parameters))})
	}
	for _, r := range o.Languages {
		if tag, ok := languageOf(r.Language); ok {
			add(ByLanguage, tag, r.Link)
		}
	}
	for _, r := range o.Devices {
		if device, ok := deviceOf(r.Device); ok {
			add(ByDevice, device, r.Link)
		}
	}
	for _, r := range o.Geo {
		if code, ok := translate.CountryCode(r.Location); ok {
			add(ByCountry, code, r.Link)
		}
	}
	return list
}

// choose returns the URL of the first rule that fits the visitor, else the
// link's own. What no rule looks at is not found out.
func (t *Target) choose(v *Visitor) string {
	if len(t.Rules) == 0 {
		return t.URL
	}
	if t.HasRules(ByLanguage) && v.AcceptLanguage != "" {
		if i := preferred(t.Rules, v.AcceptLanguage); i >= 0 {
			return t.Rules[i].URL
		}
	}
	if t.HasRules(ByDevice) && v.UserAgent != "" {
		d := identify(v.UserAgent)
		for i := range t.Rules {
			if r := &t.Rules[i]; r.By == ByDevice && d.is(r.Value) {
				return r.URL
			}
		}
	}
	if v.Country != "" {
		for i := range t.Rules {
			if r := &t.Rules[i]; r.By == ByCountry && r.Value == v.Country {
				return r.URL
			}
		}
	}
	return t.URL
}
