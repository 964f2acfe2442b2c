package clicks

import (
	"strings"

	"github.com/mileusna/useragent"
)

// agent is what a user agent says about its visitor.
type agent struct {
	kind                    Kind
	browser, system, device string
	digest                  agentDigest
}

func parseAgent(userAgent string) agent {
	a := agent{kind: KindOf(userAgent)}
	if a.kind != Human {
		return a
	}
	a.digest = digestAgent(userAgent)
	parsed := useragent.Parse(userAgent)
	a.browser = browserName(userAgent, parsed)
	a.system = systemName(userAgent, parsed)
	a.device = deviceClass(userAgent, parsed)
	return a
}

// apps are programs that show pages in a browser of their own, by what they
// put into its user agent.
var apps = []struct{ mark, name string }{
	{"KAKAOTALK", "KakaoTalk"},
	{"NAVER(inapp", "Naver App"},
	{"DaumApps/", "Daum App"},
	{" Line/", "LINE"},
	{"MicroMessenger/", "WeChat"},
	{"Instagram ", "Instagram App"},
	{"Barcelona ", "Threads App"},
	{"FBAN/", "Facebook App"},
	{"FBAV/", "Facebook App"},
	{"BytedanceWebview", "TikTok App"},
	{"musical_ly", "TikTok App"},
	{"Snapchat/", "Snapchat App"},
	{"[Pinterest/", "Pinterest App"},
	{"LinkedInApp", "LinkedIn App"},
	{"GSA/", "Google App"},
	{"Whale/", "Naver Whale"},
	{"YaBrowser/", "Yandex Browser"},
	{"UCBrowser/", "UC Browser"},
	{"DuckDuckGo/", "DuckDuckGo"},
	{"Ddg/", "DuckDuckGo"},
	{"Brave/", "Brave"},
	{"Focus/", "Firefox Focus"},
	{"Klar/", "Firefox Focus"},
}

// browsers are the parser's names that are browsers. Others are pieces of the
// user agent, which would fill the statistics with whatever visitors send.
var browsers = map[string]bool{
	useragent.Chrome: true, useragent.Firefox: true, useragent.Safari: true, useragent.Edge: true,
	useragent.Opera: true, useragent.OperaMini: true, useragent.OperaTouch: true, useragent.Vivaldi: true,
	useragent.InternetExplorer: true, useragent.SamsungBrowser: true, useragent.NetFront: true,
	useragent.BlackBerry: true, "Android browser": true, "Miui Browser": true, "Huawei Browser": true,
	"Silk": true, "Epiphany": true, "Konqueror": true, "Falkon": true, "SeaMonkey": true, "PaleMoon": true,
}

func browserName(userAgent string, parsed useragent.UserAgent) string {
	for _, app := range apps {
		if strings.Contains(userAgent, app.mark) {
			return app.name
		}
	}
	switch {
	case browsers[parsed.Name]:
		return parsed.Name
	case strings.Contains(userAgent, "Trident/"):
		return useragent.InternetExplorer
	case strings.Contains(userAgent, "Chrome/"):
		return useragent.Chrome
	case strings.Contains(userAgent, "Safari/"), strings.Contains(userAgent, "AppleWebKit/"):
		return useragent.Safari
	}
	return ""
}

// windowsVersions are the names of Windows by the number of its kernel. Windows
// 11 says that it is 10.
var windowsVersions = map[string]string{
	"10.0": "Windows 10", "6.3": "Windows 8.1", "6.2": "Windows 8", "6.1": "Windows 7",
	"6.0": "Windows Vista", "5.2": "Windows XP", "5.1": "Windows XP",
}

func systemName(userAgent string, parsed useragent.UserAgent) string {
	switch parsed.OS {
	case useragent.Windows:
		if name, known := windowsVersions[parsed.OSVersion]; known {
			return name
		}
	case useragent.Linux:
		// The order of its words hides these from the parser.
		if strings.Contains(userAgent, "Android") {
			return useragent.Android
		}
	}
	return parsed.OS
}

// The classes of devices.
const (
	Mobile  = "mobile"
	Tablet  = "tablet"
	Desktop = "desktop"
)

func deviceClass(userAgent string, parsed useragent.UserAgent) string {
	switch {
	case parsed.Tablet:
		return Tablet
	case parsed.OS == useragent.Android && !strings.Contains(userAgent, "Mobile") && strings.Contains(userAgent, "Chrome/"):
		// Chrome says "Mobile" on telephones only.
		return Tablet
	case parsed.Mobile:
		return Mobile
	case parsed.Desktop:
		return Desktop
	}
	return ""
}
