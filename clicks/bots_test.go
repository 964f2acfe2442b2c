package clicks

import (
	"strings"
	"testing"

	"github.com/dlclark/regexp2/v2"
	"pgregory.net/rapid"
)

// userAgents are real ones.
var userAgents = []struct {
	kind                            Kind
	browser, system, device, header string
}{
	{Human, "Chrome", "Windows 10", "desktop", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"},
	{Human, "Edge", "Windows 10", "desktop", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0"},
	{Human, "Firefox", "Windows 10", "desktop", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"},
	{Human, "Internet Explorer", "Windows 7", "desktop", "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko"},
	{Human, "Opera", "Windows 10", "desktop", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36 OPR/115.0.0.0"},
	{Human, "Naver Whale", "Windows 10", "desktop", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Whale/4.29.282.14 Safari/537.36"},
	{Human, "Yandex Browser", "Windows 10", "desktop", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 YaBrowser/24.10.0.0 Safari/537.36"},
	{Human, "Safari", "macOS", "desktop", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15"},
	{Human, "Chrome", "macOS", "desktop", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"},
	{Human, "Firefox", "Linux", "desktop", "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"},
	{Human, "Chrome", "ChromeOS", "desktop", "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"},
	{Human, "Safari", "iOS", "mobile", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"},
	{Human, "Chrome", "iOS", "mobile", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1"},
	{Human, "Safari", "iOS", "tablet", "Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1"},
	{Human, "Chrome", "Android", "mobile", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"},
	{Human, "Chrome", "Android", "tablet", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"},
	{Human, "Samsung Browser", "Android", "mobile", "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36"},
	{Human, "Firefox", "Android", "mobile", "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0"},
	{Human, "Instagram App", "Android", "mobile", "Mozilla/5.0 (Linux; Android 13; SM-G991B Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.107 Mobile Safari/537.36 Instagram 357.1.0.52.100 Android (33/13; 480dpi; 1080x2181; samsung; SM-G991B; o1s; exynos2100; en_GB; 661515187)"},
	{Human, "Instagram App", "iOS", "mobile", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21G93 Instagram 356.0.0.41.101 (iPhone14,5; iOS 17_6_1; en_US; en; scale=3.00; 1170x2532; 658190221)"},
	{Human, "Facebook App", "iOS", "mobile", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22A3354 [FBAN/FBIOS;FBAV/489.0.0.36.102;FBBV/654128476;FBDV/iPhone15,3;FBMD/iPhone;FBSN/iOS;FBSV/18.0;FBSS/3;FBCR/;FBID/phone;FBLC/de_DE;FBOP/80]"},
	{Human, "Facebook App", "Android", "mobile", "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP2A.240905.003; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.102 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/488.0.0.78.79;]"},
	{Human, "KakaoTalk", "Android", "mobile", "Mozilla/5.0 (Linux; Android 14; SM-S921N Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.102 Mobile Safari/537.36;KAKAOTALK 2410840"},
	{Human, "KakaoTalk", "iOS", "mobile", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 KAKAOTALK 11.2.5"},
	{Human, "Naver App", "Android", "mobile", "Mozilla/5.0 (Linux; Android 13; SM-A536N Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/128.0.6613.127 Whale/1.0.0.0 Crosswalk/29.128.0.13 Mobile Safari/537.36 NAVER(inapp; search; 2000; 12.9.1)"},
	{Human, "LINE", "Android", "mobile", "Mozilla/5.0 (Linux; Android 13; SO-52C Build/64.2.C.2.260; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.86 Mobile Safari/537.36 Line/14.18.1/IAB"},
	{Human, "WeChat", "iOS", "mobile", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.53(0x18003530) NetType/WIFI Language/zh_CN"},
	{Human, "Google App", "iOS", "mobile", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/341.3.694897989 Mobile/15E148 Safari/604.1"},
	{Human, "TikTok App", "iOS", "mobile", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 musical_ly_37.0.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en BytedanceWebview/d8a21c6"},
	{Human, "Daum App", "Android", "mobile", "Mozilla/5.0 (Linux; Android 12; SM-N976N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Mobile Safari/537.36 DaumApps/7.9.1 DaumDevice/mobile"},
	{Bot, "", "", "", ""},
	{Bot, "", "", "", "-"},
	{Bot, "", "", "", "Mozilla/5.0"},
	{Bot, "", "", "", "curl/8.5.0"},
	{Bot, "", "", "", "Wget/1.21.4"},
	{Bot, "", "", "", "Go-http-client/2.0"},
	{Bot, "", "", "", "python-requests/2.32.3"},
	{Bot, "", "", "", "Python/3.12 aiohttp/3.10.10"},
	{Bot, "", "", "", "okhttp/4.12.0"},
	{Bot, "", "", "", "axios/1.7.7"},
	{Bot, "", "", "", "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)"},
	{Bot, "", "", "", "Apache-HttpClient/4.5.14 (Java/17.0.9)"},
	{Bot, "", "", "", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
	{Bot, "", "", "", "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.6723.69 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
	{Bot, "", "", "", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36"},
	{Bot, "", "", "", "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"},
	{Bot, "", "", "", "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)"},
	{Bot, "", "", "", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)"},
	{Bot, "", "", "", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"},
	{Bot, "", "", "", "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"},
	{Bot, "", "", "", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36"},
	{Bot, "", "", "", "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"},
	{Preview, "", "", "", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"},
	{Preview, "", "", "", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"},
	{Preview, "", "", "", "Twitterbot/1.0"},
	{Preview, "", "", "", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
	{Preview, "", "", "", "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"},
	{Preview, "", "", "", "WhatsApp/2.24.20.89 A"},
	{Preview, "", "", "", "TelegramBot (like TwitterBot)"},
	{Preview, "", "", "", "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)"},
	{Preview, "", "", "", "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984"},
	{Preview, "", "", "", "facebookexternalhit/1.1;line-poker/1.0"},
	{Preview, "", "", "", "Mozilla/5.0 (compatible; Pinterestbot/1.0; +http://www.pinterest.com/bot.html)"},
	{Preview, "", "", "", "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com"},
	{Preview, "", "", "", "Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots"},
	{Preview, "", "", "", "Mastodon/4.3.1 (http.rb/5.2.0; +https://mastodon.social/)"},
}

func TestKindOf(t *testing.T) {
	for _, test := range userAgents {
		if got := KindOf(test.header); got != test.kind {
			t.Errorf("KindOf(%q) = %d; want %d", test.header, got, test.kind)
		}
		if got := IsPreview(test.header); got != (test.kind == Preview) {
			t.Errorf("IsPreview(%q) = %t", test.header, got)
		}
	}
}

func TestParseAgent(t *testing.T) {
	for _, test := range userAgents {
		got := parseAgent(test.header)
		if got.browser != test.browser || got.system != test.system || got.device != test.device {
			t.Errorf("%q is %q, %q, %q; want %q, %q, %q", test.header, got.browser, got.system, got.device, test.browser, test.system, test.device)
		}
	}
}

// The matcher finds what the patterns find, read by an engine that knows all of
// their syntax.
func TestMatcher_AgreesWithThePatterns(t *testing.T) {
	var patterns []*regexp2.Regexp
	var pieces []string
	for line := range strings.Lines(botPatterns) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && line[0] != '#' {
			patterns = append(patterns, regexp2.MustCompile(line, regexp2.IgnoreCase|regexp2.ECMAScript))
			pieces = append(pieces, strings.NewReplacer(`\`, "", "(?!", "", "(?:", "", "(?<!", "", "^", "", "$", "", ")", "").Replace(line))
		}
	}
	matched := func(s string) string {
		for _, p := range patterns {
			if found, err := p.MatchString(s); err != nil || found {
				return p.String()
			}
		}
		return ""
	}
	check := func(t interface{ Errorf(string, ...any) }, s string) {
		kind := KindOf(s)
		if pattern := matched(s); s != "" && kind != Preview && (kind == Bot) != (pattern != "") {
			t.Errorf("KindOf(%q) = %d, but the pattern is %q", s, kind, pattern)
		}
	}
	for _, test := range userAgents {
		check(t, test.header)
	}
	for _, test := range userAgents {
		pieces = append(pieces, strings.FieldsFunc(test.header, func(r rune) bool { return r == ' ' })...)
	}
	pieces = append(pieces, " ", " ", "/", "1.0", "; ", ";", "(", ")", "g", "cu", "cam", "lib", "x", "_", "9", "-", ".", ",", "Mozilla/5.0 (", "Mozilla/5.0 ")
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 8).Draw(t, "parts")
		s := strings.Join(parts, rapid.SampledFrom([]string{"", " ", "/"}).Draw(t, "separator"))
		if rapid.Bool().Draw(t, "upper") {
			s = strings.ToUpper(s)
		}
		check(t, s)
	})
}
