package shortener

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAppLink(t *testing.T) {
	auto := &DeepLink{Auto: true}
	const (
		apple  = "https://apps.apple.com/app/id1"
		google = "https://play.google.com/store/apps/details?id=com.example.app"
	)
	stores := &DeepLink{Apple: apple, Google: google}
	both := &DeepLink{Auto: true, Apple: apple, Google: google}
	const fallsBack = ";S.browser_fallback_url="
	for _, c := range []struct {
		name, destination string
		d                 *DeepLink
		ua                string
		open, fallback    string // an empty fallback means the destination
	}{
		{"YouTube", "https://www.youtube.com/watch?v=x&t=1", auto, iPhone, "youtube://www.youtube.com/watch?v=x&t=1", ""},
		{"YouTubeAndroid", "https://youtu.be/x?t=1#s", auto, pixel8, "intent://youtu.be/x?t=1#Intent;scheme=https;package=com.google.android.youtube" + fallsBack + "https%3A%2F%2Fyoutu.be%2Fx%3Ft%3D1%23s;end", ""},
		{"YouTubeMobile", "http://M.YouTube.com./x", auto, iPhone, "youtube://M.YouTube.com./x", ""},
		{"InstagramUser", "https://instagram.com/some.one/", auto, iPhone, "instagram://user?username=some.one", ""},
		{"InstagramPost", "https://instagram.com/p/abc", auto, iPhone, "https://instagram.com/p/abc", ""},
		{"XUser", "https://x.com/someone", auto, iPhone, "twitter://user?screen_name=someone", ""},
		{"TwitterStatus", "https://twitter.com/someone/status/123", auto, iPhone, "twitter://status?id=123", ""},
		{"XHome", "https://x.com/home", auto, iPhone, "https://x.com/home", ""},
		{"Facebook", "https://www.facebook.com/page", auto, iPhone, "https://www.facebook.com/page", ""},
		{"TikTok", "https://www.tiktok.com/@a/video/1", auto, pixel8, "intent://www.tiktok.com/@a/video/1#Intent;scheme=https;package=com.zhiliaoapp.musically" + fallsBack + "https%3A%2F%2Fwww.tiktok.com%2F%40a%2Fvideo%2F1;end", ""},
		{"Spotify", "https://open.spotify.com/intl-de/track/4uLU?si=1", auto, iPhone, "spotify:track:4uLU", ""},
		{"SpotifyHome", "https://open.spotify.com/", auto, iPhone, "https://open.spotify.com/", ""},
		{"WhatsApp", "https://wa.me/4912345?text=a%20b%26c", auto, iPhone, "whatsapp://send?phone=4912345&text=a%20b%26c", ""},
		{"WhatsAppAPI", "https://api.whatsapp.com/send?phone=%2B4912345", auto, iPhone, "whatsapp://send?phone=4912345", ""},
		{"WhatsAppGroup", "https://chat.whatsapp.com/AbC", auto, iPhone, "https://chat.whatsapp.com/AbC", ""},
		{"WhatsAppNoNumber", "https://wa.me/qr", auto, iPhone, "https://wa.me/qr", ""},
		{"LinkedIn", "https://de.linkedin.com/in/a", auto, iPhone, "https://de.linkedin.com/in/a", ""},
		{"Telegram", "https://t.me/someone", auto, iPhone, "tg://resolve?domain=someone", ""},
		{"TelegramPost", "https://t.me/someone/12", auto, iPhone, "tg://resolve?domain=someone&post=12", ""},
		{"TelegramInvite", "https://t.me/+AbC", auto, iPhone, "tg://join?invite=AbC", ""},
		{"TelegramOther", "https://t.me/s/a/b", auto, iPhone, "https://t.me/s/a/b", ""},
		{"Reddit", "https://www.reddit.com/r/golang", auto, iPhone, "https://www.reddit.com/r/golang", ""},
		{"Pinterest", "https://de.pinterest.com/pin/12", auto, iPhone, "pinterest://pin/12", ""},
		{"Snapchat", "https://www.snapchat.com/add/a b", auto, iPhone, "snapchat://add/a%20b", ""},
		{"Twitch", "https://twitch.tv/someone", auto, iPhone, "twitch://stream/someone", ""},
		{"GoogleMaps", "https://www.google.com/maps?q=Seoul", auto, iPhone, "comgooglemaps://?q=Seoul", ""},
		{"GoogleMapsPlace", "https://www.google.com/maps/place/x", auto, iPhone, "https://www.google.com/maps/place/x", ""},
		{"GoogleSearch", "https://www.google.com/mapsx?q=1", auto, iPhone, "", ""},
		{"Amazon", "https://www.amazon.co.uk/dp/1", auto, iPhone, "https://www.amazon.co.uk/dp/1", ""},

		{"Unknown", "https://example.com", auto, iPhone, "", ""},
		{"UnknownAndroid", "https://example.com", auto, pixel8, "", ""},
		{"NotQuite", "https://notyoutube.com/", auto, pixel8, "", ""},
		{"Below", "https://youtube.com.evil.example/", auto, pixel8, "", ""},
		{"Desktop", "https://youtu.be/x", auto, windows, "", ""},
		{"NoDeepLink", "https://youtu.be/x", nil, iPhone, "", ""},
		{"NotWeb", "mailto:a@youtube.com", auto, iPhone, "", ""},

		{"StoresOniPhone", "https://example.com/x", stores, iPhone, "https://example.com/x", apple},
		{"StoresOnAndroid", "https://example.com/x", stores, pixel8, "intent://example.com/x#Intent;scheme=https;package=com.example.app" + fallsBack + url.QueryEscape(google) + ";end", google},
		{"StoreWithoutName", "https://example.com/x", &DeepLink{Google: "https://play.google.com/store?id=a;b"}, pixel8, "intent://example.com/x#Intent;scheme=https" + fallsBack + "https%3A%2F%2Fplay.google.com%2Fstore%3Fid%3Da%3Bb;end", "https://play.google.com/store?id=a;b"},
		{"OnlyApple", "https://example.com/x", &DeepLink{Apple: apple}, pixel8, "", ""},
		{"Both", "https://youtu.be/x", both, iPhone, "youtube://youtu.be/x", apple},
		{"BadStores", "https://youtu.be/x", &DeepLink{Auto: true, Apple: "javascript:x"}, iPhone, "youtube://youtu.be/x", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.fallback == "" {
				c.fallback = Location(c.destination)
			}
			open, fallback := AppLink(c.destination, c.d, c.ua)
			if open != c.open || fallback != c.fallback {
				t.Errorf("AppLink = %q, %q; want %q, %q", open, fallback, c.open, c.fallback)
			}
		})
	}
}

// TestAppLink_Harmless: whatever the destination, nothing comes out that a
// browser could run, and nothing of it becomes a setting of an intent.
func TestAppLink_Harmless(t *testing.T) {
	allowed := map[string]bool{"intent": true, "http": true, "https": true}
	for _, scheme := range []string{"youtube", "instagram", "twitter", "spotify", "whatsapp", "tg", "pinterest", "snapchat", "twitch", "comgooglemaps"} {
		allowed[scheme] = true
	}
	rapid.Check(t, func(t *rapid.T) {
		scheme := rapid.SampledFrom([]string{"https://", "http://", "HTTPS://", "javascript://", "data:"}).Draw(t, "scheme")
		host := rapid.OneOf(rapid.String(), rapid.SampledFrom(apps[rapid.IntRange(0, len(apps)-1).Draw(t, "app")].hosts)).Draw(t, "host")
		rest := rapid.OneOf(rapid.String(), rapid.StringMatching(`(/[a-z;=#%"<']{0,5}){0,3}(\?[a-z]{1,5}=[a-z;#="<']{0,9})?`),
			rapid.Just("/x#Intent;scheme=javascript;S.browser_fallback_url=javascript:x;end")).Draw(t, "rest")
		destination := Location(scheme + host + rest)
		d := &DeepLink{Auto: rapid.Bool().Draw(t, "auto"), Apple: rapid.String().Draw(t, "apple"), Google: "https://x/?id=" + rapid.String().Draw(t, "google")}
		open, fallback := AppLink(destination, d, rapid.SampledFrom([]string{iPhone, pixel8}).Draw(t, "ua"))
		if fallback != destination && !isWeb(fallback) {
			t.Errorf("AppLink(%q) falls back to %q", destination, fallback)
		}
		if open == "" {
			return
		}
		u, err := url.Parse(open)
		if err != nil || !allowed[u.Scheme] {
			t.Fatalf("AppLink(%q) opens %q", destination, open)
		}
		if open == destination {
			return
		}
		if !isLocation(open) {
			t.Errorf("AppLink(%q) opens %q, which no attribute should carry", destination, open)
		}
		if u.Scheme == "intent" {
			if n := strings.Count(open, "#"); n != 1 {
				t.Errorf("%q has %d fragments", open, n)
			}
			_, settings, _ := strings.Cut(open, "#")
			if n := strings.Count(settings, ";"); n != 3 && n != 4 {
				t.Errorf("%q has %d settings", open, n)
			}
		}
	})
}
