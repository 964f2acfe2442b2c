package shortener

import (
	"net/url"
	"strings"
)

// app is how the app of a well-known site is opened.
type app struct {
	// hosts are the site's, without "www." and "m."; "*.x" is every host below
	// x, and a host with a path is only what stands below that.
	hosts []string

	// android is the application id in the Play Store.
	android string

	// ios returns the URL of the app's own scheme for a page, empty where the
	// app has none for it; nil means that the app takes universal links alone.
	ios func(u *url.URL) string
}

// apps are the sites whose apps are known.
var apps = []app{
	{[]string{"youtube.com", "youtu.be", "music.youtube.com"}, "com.google.android.youtube", youtube},
	{[]string{"instagram.com", "instagr.am"}, "com.instagram.android", instagram},
	{[]string{"x.com", "twitter.com", "mobile.twitter.com"}, "com.twitter.android", twitter},
	{[]string{"facebook.com", "fb.com", "fb.watch", "fb.me"}, "com.facebook.katana", nil},
	{[]string{"messenger.com", "m.me"}, "com.facebook.orca", nil},
	{[]string{"threads.net", "threads.com"}, "com.instagram.barcelona", nil},
	{[]string{"tiktok.com", "vm.tiktok.com", "vt.tiktok.com"}, "com.zhiliaoapp.musically", nil},
	{[]string{"open.spotify.com", "spotify.link"}, "com.spotify.music", spotify},
	{[]string{"wa.me", "api.whatsapp.com", "chat.whatsapp.com"}, "com.whatsapp", whatsapp},
	{[]string{"linkedin.com", "lnkd.in", "*.linkedin.com"}, "com.linkedin.android", nil},
	{[]string{"t.me", "telegram.me"}, "org.telegram.messenger", telegram},
	{[]string{"reddit.com", "redd.it", "old.reddit.com"}, "com.reddit.frontpage", nil},
	{[]string{"pinterest.com", "pin.it", "*.pinterest.com"}, "com.pinterest", pinterest},
	{[]string{"snapchat.com", "t.snapchat.com"}, "com.snapchat.android", snapchat},
	{[]string{"twitch.tv"}, "tv.twitch.android.app", twitch},
	{[]string{"discord.com", "discord.gg"}, "com.discord", nil},
	{[]string{"netflix.com"}, "com.netflix.mediaclient", nil},
	{[]string{"soundcloud.com", "on.soundcloud.com"}, "com.soundcloud.android", nil},
	{[]string{"maps.google.com", "google.com/maps", "maps.app.goo.gl"}, "com.google.android.apps.maps", googleMaps},
	{[]string{
		"amazon.com", "amazon.ca", "amazon.co.jp", "amazon.co.uk", "amazon.com.au", "amazon.com.br", "amazon.com.mx", "amazon.de",
		"amazon.es", "amazon.fr", "amazon.in", "amazon.it", "amazon.nl", "amazon.pl", "amazon.se", "a.co", "amzn.to", "amzn.eu",
	}, "com.amazon.mShop.android.shopping", nil},
}

// appOf returns the app of a page, nil where none is known.
func appOf(u *url.URL) *app {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	host = strings.TrimPrefix(strings.TrimPrefix(host, "www."), "m.")
	for i := range apps {
		for _, h := range apps[i].hosts {
			name, path, _ := strings.Cut(h, "/")
			if path != "" && strings.TrimPrefix(u.Path, "/") != path && !strings.HasPrefix(u.Path, "/"+path+"/") {
				continue
			}
			if name == host || strings.HasPrefix(name, "*.") && strings.HasSuffix(host, name[1:]) {
				return &apps[i]
			}
		}
	}
	return nil
}

// segments are the parts of a path that are not empty.
func segments(u *url.URL) []string {
	return strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
}

// behind is scheme, then what stands behind the scheme of the page.
func behind(scheme string, u *url.URL) string {
	page := url.URL{Host: u.Host, Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}
	return scheme + ":" + Location(page.String())
}

func youtube(u *url.URL) string { return behind("youtube", u) }

// instagram: https://developers.facebook.com/docs/instagram-platform, "URL schemes".
func instagram(u *url.URL) string {
	parts := segments(u)
	if len(parts) != 1 {
		return ""
	}
	switch parts[0] {
	case "p", "reel", "reels", "stories", "explore", "accounts", "direct":
		return ""
	}
	return "instagram://user?username=" + url.QueryEscape(parts[0])
}

func twitter(u *url.URL) string {
	parts := segments(u)
	switch {
	case len(parts) >= 3 && parts[1] == "status":
		return "twitter://status?id=" + url.QueryEscape(parts[2])
	case len(parts) == 1 && parts[0] != "i" && parts[0] != "home" && parts[0] != "search" && parts[0] != "explore":
		return "twitter://user?screen_name=" + url.QueryEscape(parts[0])
	}
	return ""
}

// spotify: a page's path is its URI (https://developer.spotify.com/documentation).
func spotify(u *url.URL) string {
	parts := segments(u)
	if len(parts) > 0 && strings.HasPrefix(parts[0], "intl-") {
		parts = parts[1:]
	}
	if len(parts) != 2 {
		return ""
	}
	switch parts[0] {
	case "track", "album", "artist", "playlist", "show", "episode", "user":
		return "spotify:" + parts[0] + ":" + url.QueryEscape(parts[1])
	}
	return ""
}

// whatsapp: the click to chat of https://faq.whatsapp.com.
func whatsapp(u *url.URL) string {
	parts := segments(u)
	send := url.Values{}
	if text := u.Query().Get("text"); text != "" {
		send.Set("text", text)
	}
	phone := u.Query().Get("phone")
	if strings.EqualFold(u.Hostname(), "wa.me") && len(parts) == 1 {
		phone = parts[0]
	}
	if phone = strings.TrimPrefix(phone, "+"); phone != "" {
		if strings.Trim(phone, "0123456789") != "" {
			return ""
		}
		send.Set("phone", phone)
	}
	if len(send) == 0 || strings.EqualFold(u.Hostname(), "chat.whatsapp.com") {
		return ""
	}
	return "whatsapp://send?" + strings.ReplaceAll(send.Encode(), "+", "%20")
}

// telegram: https://core.telegram.org/api/links.
func telegram(u *url.URL) string {
	parts := segments(u)
	switch {
	case len(parts) == 1 && strings.HasPrefix(parts[0], "+"):
		return "tg://join?invite=" + url.QueryEscape(parts[0][1:])
	case len(parts) == 2 && parts[0] == "joinchat":
		return "tg://join?invite=" + url.QueryEscape(parts[1])
	case len(parts) == 1:
		return "tg://resolve?domain=" + url.QueryEscape(parts[0])
	case len(parts) == 2 && strings.Trim(parts[1], "0123456789") == "":
		return "tg://resolve?domain=" + url.QueryEscape(parts[0]) + "&post=" + parts[1]
	}
	return ""
}

func pinterest(u *url.URL) string {
	if parts := segments(u); len(parts) == 2 && parts[0] == "pin" {
		return "pinterest://pin/" + url.PathEscape(parts[1])
	}
	return ""
}

func snapchat(u *url.URL) string {
	if parts := segments(u); len(parts) == 2 && parts[0] == "add" {
		return "snapchat://add/" + url.PathEscape(parts[1])
	}
	return ""
}

// twitch: https://dev.twitch.tv/docs/mobile-deeplinks.
func twitch(u *url.URL) string {
	if parts := segments(u); len(parts) == 1 {
		return "twitch://stream/" + url.PathEscape(parts[0])
	}
	return ""
}

// googleMaps: https://developers.google.com/maps/documentation/urls/ios-urlscheme.
func googleMaps(u *url.URL) string {
	q := u.Query()
	if q.Get("q") == "" {
		q.Set("q", q.Get("query"))
	}
	keep := url.Values{}
	for _, name := range []string{"q", "center", "zoom", "saddr", "daddr", "directionsmode"} {
		if v := q.Get(name); v != "" {
			keep.Set(name, v)
		}
	}
	if len(keep) == 0 {
		return ""
	}
	return "comgooglemaps://?" + keep.Encode()
}
