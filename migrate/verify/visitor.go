package verify

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Visitor is a kind of visitor.
type Visitor struct {
	// Name is what findings call it, such as "iphone/en".
	Name string

	UserAgent      string
	AcceptLanguage string
}

// bot is added to each User-Agent.
const bot = " (compatible; Linkquay-Verify; bot; +https://github.com/linkquay/linkquay)"

// agents are the User-Agents of devices.
var agents = map[string]string{
	"desktop": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	"macos":   "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
	"linux":   "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	"iphone":  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
	"ipad":    "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
	"android": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
	"tablet":  "Mozilla/5.0 (Linux; Android 15; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
}

// Devices are the devices that Matrix knows.
var Devices = []string{"desktop", "macos", "linux", "iphone", "ipad", "android", "tablet"}

// DefaultDevices and DefaultLanguages are what Matrix takes where it is given
// nothing.
var (
	DefaultDevices   = []string{"desktop", "iphone", "android", "tablet"}
	DefaultLanguages = []string{"en"}
)

// Matrix returns a visitor for each device in each language, of those that are
// given or the default ones. A language is a tag such as "ko" or "pt-BR".
func Matrix(devices, languages []string) ([]Visitor, error) {
	if len(devices) == 0 {
		devices = DefaultDevices
	}
	if len(languages) == 0 {
		languages = DefaultLanguages
	}
	var all []Visitor
	for _, d := range devices {
		d = strings.ToLower(strings.TrimSpace(d))
		if !slices.Contains(Devices, d) {
			return nil, fmt.Errorf("there is no device %q; there are: %s", d, strings.Join(Devices, ", "))
		}
		for _, l := range languages {
			tag, err := language.Parse(strings.TrimSpace(l))
			if err != nil {
				return nil, fmt.Errorf("%q is not a language, such as en or pt-BR", l)
			}
			v := Visitor{Name: d + "/" + tag.String(), UserAgent: agents[d] + bot, AcceptLanguage: tag.String()}
			if !slices.Contains(all, v) {
				all = append(all, v)
			}
		}
	}
	return all, nil
}

// header is what a browser sends.
func (v Visitor) header() http.Header {
	return http.Header{
		"User-Agent":      {v.UserAgent},
		"Accept":          {"text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"},
		"Accept-Language": {v.AcceptLanguage},
	}
}
