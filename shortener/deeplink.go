package shortener

import (
	"net/url"
	"regexp"
	"strings"
)

// leads reports whether the deep link opens anything for where the link leads.
func (d *DeepLink) leads(l *Link) bool {
	if d == nil {
		return false
	}
	if d.Apple != "" || d.Google != "" {
		return true
	}
	if !d.Auto {
		return false
	}
	for _, to := range destinations(l) {
		if u, ok := webURL(to.url); ok && appOf(u) != nil {
			return true
		}
	}
	return false
}

// AppLink returns what opens the app of a destination on the telephone or
// tablet of a User-Agent, and where to lead the visitor who does not have the app:
// to its page in the store where the deep link has one, else to the destination.
// open is empty where there is no app to open. It is an intent: URL for Android
// (the format of Chrome); for iOS a URL of the app's own scheme where its maker
// publishes that, else the https address, which iOS hands to the app by itself
// (universal links). Neither is ever of a scheme that a browser could run: open is
// made from parts of an http or https destination, escaped.
func AppLink(destination string, d *DeepLink, ua string) (open, fallback string) {
	destination = Location(destination)
	fallback = destination
	u, ok := webURL(destination)
	platform := platformOf(ua)
	if !ok || d == nil || platform == "" {
		return "", fallback
	}
	var known *app
	if d.Auto {
		known = appOf(u)
	}
	if platform == deviceAndroid {
		if isWeb(d.Google) {
			fallback = Location(d.Google)
		}
		name := ""
		switch {
		case known != nil:
			name = known.android
		case d.Google != "":
			name = packageOf(d.Google)
		default:
			return "", fallback
		}
		return intent(u, name, fallback), fallback
	}
	if isWeb(d.Apple) {
		fallback = Location(d.Apple)
	}
	if known != nil && known.ios != nil {
		if open := known.ios(u); open != "" {
			return open, fallback
		}
	}
	if known != nil || d.Apple != "" {
		return destination, fallback
	}
	return "", fallback
}

// webURL reads an http or https destination.
func webURL(destination string) (*url.URL, bool) {
	if !isWeb(destination) {
		return nil, false
	}
	u, err := url.Parse(Location(destination))
	return u, err == nil && u.Hostname() != ""
}

// intent returns the URL that opens a destination in an Android app. Without the
// app's name any app that is registered for the destination will do. The
// fragment is the intent's own, so that of the destination is left out.
func intent(u *url.URL, name, fallback string) string {
	var b strings.Builder
	b.WriteString("intent://")
	// The parser unescapes the host alone.
	b.WriteString(escape(u.Host))
	b.WriteString(u.EscapedPath())
	if u.RawQuery != "" {
		b.WriteString("?")
		b.WriteString(u.RawQuery)
	}
	b.WriteString("#Intent;scheme=")
	b.WriteString(u.Scheme)
	if name != "" {
		b.WriteString(";package=")
		b.WriteString(name)
	}
	b.WriteString(";S.browser_fallback_url=")
	b.WriteString(url.QueryEscape(fallback))
	b.WriteString(";end")
	return b.String()
}

// packageName is the form of an Android application id.
var packageName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+$`)

// packageOf returns the application id in the address of a page of the Play
// Store, empty where there is none.
func packageOf(store string) string {
	u, err := url.Parse(store)
	if err != nil {
		return ""
	}
	if id := u.Query().Get("id"); packageName.MatchString(id) {
		return id
	}
	return ""
}
