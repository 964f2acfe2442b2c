package shortener

import (
	"fmt"
	"slices"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// check refuses what a link cannot become. An expiry that stays as it was may
// lie in the past, and a destination be blocked by now or somebody's domain:
// such a link can still be edited.
func (s *Shortener) check(l, was *Link, host string) error {
	if l.Domain != "" && !s.owns(l.Account, l.Domain) {
		return api.InvalidField("domain", "Domain not found. Please try again.")
	}
	old := destinations(was)
	for _, d := range destinations(l) {
		if d.url != "" && slices.ContainsFunc(old, func(o destination) bool { return o.url == d.url }) {
			continue
		}
		if err := s.CheckTarget(d.field, d.url, host); err != nil {
			return err
		}
	}
	if err := checkRules(&l.Options); err != nil {
		return err
	}
	if !l.Expires.IsZero() && !l.Expires.Equal(was.Expires) && !l.Expires.After(s.cfg.Now()) {
		return api.InvalidField("expiry", "The expiry date must be later than today.")
	}
	if starts := l.Options.Starts; !starts.IsZero() && !l.Expires.IsZero() && !starts.Before(l.Expires) {
		return api.InvalidField("startdate", "must be before the expiry date")
	}
	switch l.Options.RedirectCode {
	case 0, 301, 302, 303, 307, 308:
	default:
		return api.InvalidField("redirectcode", "must be 301, 302, 303, 307 or 308")
	}
	if l.Options.ClickLimit < 0 {
		return api.InvalidField("clicklimit", "must be 1 or more")
	}
	return nil
}

// checkRules refuses rules that no visitor could ever match.
func checkRules(o *Options) error {
	for i, r := range o.Geo {
		if _, ok := translate.CountryCode(r.Location); !ok {
			return api.InvalidField(fmt.Sprintf("geotarget[%d].location", i), "must be an English country name or an ISO 3166-1 code")
		}
	}
	for i, r := range o.Devices {
		if _, ok := deviceOf(r.Device); !ok {
			return api.InvalidField(fmt.Sprintf("devicetarget[%d].device", i),
				"must be iPhone, iPad, Android, Windows, macOS, Linux, mobile, tablet or desktop")
		}
	}
	for i, r := range o.Languages {
		if _, ok := languageOf(r.Language); !ok {
			return api.InvalidField(fmt.Sprintf("languagetarget[%d].language", i), "must be a language tag, such as en")
		}
	}
	return nil
}

type destination struct{ field, url string }

// destinations returns every place that a link can lead to, its parameters
// included, with the name of its field.
func destinations(l *Link) []destination {
	o := &l.Options
	var list []destination
	add := func(field, url string) {
		list = append(list, destination{field, withParameters(url, o.Parameters)})
	}
	if l.URL != "" || l.Kind == KindLink {
		add("url", l.URL)
	}
	for i, r := range o.Geo {
		add(fmt.Sprintf("geotarget[%d].link", i), r.Link)
	}
	for i, r := range o.Devices {
		add(fmt.Sprintf("devicetarget[%d].link", i), r.Link)
	}
	for i, r := range o.Languages {
		add(fmt.Sprintf("languagetarget[%d].link", i), r.Link)
	}
	if o.ExpiredURL != "" {
		list = append(list, destination{"expiredurl", o.ExpiredURL})
	}
	if d := o.DeepLink; d != nil {
		if d.Apple != "" {
			list = append(list, destination{"deeplink.apple", d.Apple})
		}
		if d.Google != "" {
			list = append(list, destination{"deeplink.google", d.Google})
		}
	}
	return list
}
