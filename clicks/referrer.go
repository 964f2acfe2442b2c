package clicks

import "strings"

// referrer is where a visitor came from.
type referrer struct {
	// host is in lower case, without "www." and port; empty means direct.
	host string
	// social is the network of the host, empty for others.
	social string
}

func parseReferrer(header string) referrer {
	_, rest, found := strings.Cut(header, "://")
	if !found {
		return referrer{}
	}
	if end := strings.IndexAny(rest, "/?#\\"); end >= 0 {
		rest = rest[:end]
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	host := withoutWWW(hostOnly(rest))
	if !isHost(host) {
		return referrer{}
	}
	return referrer{host: host, social: socialNetwork(host)}
}

// hostOnly returns the host in lower case and without its port.
func hostOnly(hostport string) string {
	host := hostport
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

func withoutWWW(host string) string { return strings.TrimPrefix(host, "www.") }

// isHost reports whether it may be the name of a host. Visitors can send
// anything, and this is shown to the owner of the link.
func isHost(host string) bool {
	if host == "" || len(host) > maxDomain {
		return false
	}
	for i := range len(host) {
		c := host[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// socialHosts are hosts of social networks, each with all below it, and the
// names by which apps on Android refer.
var socialHosts = map[string]string{
	"facebook.com": "facebook", "fb.com": "facebook", "fb.me": "facebook", "fb.watch": "facebook",
	"messenger.com": "facebook", "m.me": "facebook",
	"com.facebook.katana": "facebook", "com.facebook.lite": "facebook", "com.facebook.orca": "facebook",
	"twitter.com": "twitter", "x.com": "twitter", "t.co": "twitter", "com.twitter.android": "twitter",
	"com.google.android.gm": "google", "com.google.android.googlequicksearchbox": "google",
	"instagram.com": "instagram", "com.instagram.android": "instagram",
	"threads.net": "threads", "threads.com": "threads", "com.instagram.barcelona": "threads",
	"linkedin.com": "linkedin", "lnkd.in": "linkedin", "com.linkedin.android": "linkedin",
	"youtube.com": "youtube", "youtu.be": "youtube", "com.google.android.youtube": "youtube",
	"reddit.com": "reddit", "redd.it": "reddit", "com.reddit.frontpage": "reddit",
	"pinterest.com": "pinterest", "pin.it": "pinterest", "com.pinterest": "pinterest",
	"tiktok.com": "tiktok", "com.zhiliaoapp.musically": "tiktok",
	"t.me": "telegram", "telegram.org": "telegram", "telegram.me": "telegram", "org.telegram.messenger": "telegram",
	"whatsapp.com": "whatsapp", "wa.me": "whatsapp", "com.whatsapp": "whatsapp",
	"discord.com": "discord", "discord.gg": "discord", "com.discord": "discord",
	"snapchat.com": "snapchat", "com.snapchat.android": "snapchat",
	"tumblr.com": "tumblr", "bsky.app": "bluesky", "mastodon.social": "mastodon",
	"vk.com": "vk", "vk.ru": "vk", "ok.ru": "ok", "weibo.com": "weibo", "weibo.cn": "weibo",
	"kakao.com": "kakao", "com.kakao.talk": "kakao", "band.us": "band", "line.me": "line", "jp.naver.line.android": "line",
}

// socialNetwork returns the name of the network that a host belongs to. Google
// is one by the documented statistics, in whatever country.
func socialNetwork(host string) string {
	for rest := host; rest != ""; {
		if network, known := socialHosts[rest]; known {
			return network
		}
		label, parent, _ := strings.Cut(rest, ".")
		// google.com, google.fr, google.co.kr, but nobody else's google.example.com.
		if label == "google" && (len(parent) <= 3 || strings.HasPrefix(parent, "co.") || strings.HasPrefix(parent, "com.")) && strings.Count(parent, ".") < 2 && parent != "" {
			return "google"
		}
		if label == "pinterest" && parent != "" && strings.Count(parent, ".") < 2 {
			return "pinterest"
		}
		rest = parent
	}
	return ""
}
