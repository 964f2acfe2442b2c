package pages

import (
	"net/url"
	"slices"
	"strings"
)

// Pixel is a tracker that fires while a page is open.
type Pixel struct {
	// Type is the provider, one of those that Fires knows.
	Type string `json:"type"`

	// Tag is what the provider calls the pixel: its id; for adwordspixel
	// AW-<id>, with /<label> for a conversion; for adrollpixel the ids of the
	// advertiser and of the pixel, <adv>/<pix>.
	Tag string `json:"tag"`
}

// Fires reports whether pixels of the provider can be fired.
func Fires(provider string) bool {
	_, ok := providerSources[provider]
	return ok
}

// firesPixels reports whether pixels fire on the page: where people stay a
// while on their way to the destination.
func firesPixels(v View) bool {
	return slices.Contains([]string{"splash", "frame", "overlay", "interstitial", "app"}, v.name())
}

// providers returns the providers of the pixels, each once.
func providers(pixels []Pixel) []string {
	var all []string
	for _, p := range pixels {
		if !slices.Contains(all, p.Type) {
			all = append(all, p.Type)
		}
	}
	return all
}

// providerSources are the hosts that the providers' scripts load from and
// report to, from their documentation.
var providerSources = map[string]sources{
	"gtmpixel": {
		script:  []string{"https://*.googletagmanager.com"},
		image:   []string{"https://*.googletagmanager.com", "https://*.google-analytics.com"},
		connect: []string{"https://*.googletagmanager.com", "https://*.google-analytics.com", "https://*.analytics.google.com"},
		frame:   []string{"https://*.googletagmanager.com"},
	},
	"gapixel": {
		script:  []string{"https://*.googletagmanager.com"},
		image:   []string{"https://*.googletagmanager.com", "https://*.google-analytics.com"},
		connect: []string{"https://*.googletagmanager.com", "https://*.google-analytics.com", "https://*.analytics.google.com"},
	},
	"adwordspixel": {
		script: []string{
			"https://*.googletagmanager.com", "https://www.googleadservices.com", "https://googleads.g.doubleclick.net",
			"https://www.google.com",
		},
		image: []string{
			"https://*.googletagmanager.com", "https://www.googleadservices.com", "https://googleads.g.doubleclick.net",
			"https://www.google.com", "https://pagead2.googlesyndication.com",
		},
		connect: []string{
			"https://*.googletagmanager.com", "https://www.googleadservices.com", "https://googleads.g.doubleclick.net",
			"https://www.google.com", "https://pagead2.googlesyndication.com",
		},
		frame: []string{"https://*.googletagmanager.com", "https://bid.g.doubleclick.net"},
	},
	"fbpixel": {
		script:  []string{"https://connect.facebook.net"},
		image:   []string{"https://www.facebook.com"},
		connect: []string{"https://www.facebook.com", "https://connect.facebook.net"},
	},
	"linkedinpixel": {
		script:  []string{"https://snap.licdn.com"},
		image:   []string{"https://px.ads.linkedin.com", "https://px4.ads.linkedin.com", "https://www.linkedin.com"},
		connect: []string{"https://px.ads.linkedin.com", "https://px4.ads.linkedin.com"},
	},
	"twitterpixel": {
		script:  []string{"https://static.ads-twitter.com"},
		image:   []string{"https://t.co", "https://analytics.twitter.com"},
		connect: []string{"https://ads-twitter.com", "https://ads-api.twitter.com", "https://analytics.twitter.com"},
	},
	"adrollpixel": {
		script:  []string{"https://s.adroll.com"},
		image:   []string{"https://d.adroll.com"},
		connect: []string{"https://s.adroll.com", "https://d.adroll.com"},
	},
	"quorapixel": {
		script:  []string{"https://a.quora.com"},
		image:   []string{"https://q.quora.com"},
		connect: []string{"https://q.quora.com"},
	},
	"pinterest": {
		script:  []string{"https://s.pinimg.com"},
		image:   []string{"https://ct.pinterest.com"},
		connect: []string{"https://ct.pinterest.com"},
		frame:   []string{"https://ct.pinterest.com"},
	},
	"bing": {
		script:  []string{"https://bat.bing.com"},
		image:   []string{"https://bat.bing.com"},
		connect: []string{"https://bat.bing.com"},
	},
	"snapchat": {
		script:  []string{"https://sc-static.net", "https://tr.snapchat.com"},
		image:   []string{"https://tr.snapchat.com"},
		connect: []string{"https://tr.snapchat.com"},
		frame:   []string{"https://tr.snapchat.com"},
	},
	"reddit": {
		script:  []string{"https://www.redditstatic.com"},
		image:   []string{"https://alb.reddit.com"},
		connect: []string{"https://www.redditstatic.com", "https://pixel-config.reddit.com", "https://alb.reddit.com"},
	},
	"tiktok": {
		script:  []string{"https://analytics.tiktok.com"},
		image:   []string{"https://analytics.tiktok.com"},
		connect: []string{"https://analytics.tiktok.com"},
	},
}

// image returns the picture that stands for the pixel where scripts are off,
// empty where its provider has none.
func (p Pixel) image() string {
	tag := url.QueryEscape(p.Tag)
	switch p.Type {
	case "fbpixel":
		return "https://www.facebook.com/tr?id=" + tag + "&ev=PageView&noscript=1"
	case "adwordspixel":
		account, _, _ := strings.Cut(strings.TrimPrefix(p.Tag, "AW-"), "/")
		return "https://googleads.g.doubleclick.net/pagead/viewthroughconversion/" + url.PathEscape(account) + "/?guid=ON&script=0"
	case "linkedinpixel":
		return "https://px.ads.linkedin.com/collect/?pid=" + tag + "&fmt=gif"
	case "twitterpixel":
		return "https://analytics.twitter.com/i/adsct?txn_id=" + tag + "&p_id=Twitter"
	case "quorapixel":
		return "https://q.quora.com/_/ad/" + url.PathEscape(p.Tag) + "/pixel?tag=ViewContent&noscript=1"
	case "pinterest":
		return "https://ct.pinterest.com/v3/?event=init&tid=" + tag + "&noscript=1"
	case "bing":
		return "https://bat.bing.com/action/0?ti=" + tag + "&Ver=2"
	}
	return ""
}
