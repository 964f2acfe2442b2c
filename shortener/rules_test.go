package shortener

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"golang.org/x/text/language"
)

// chosen is where a link with the options leads the visitor; its own URL is
// "https://own.example".
func chosen(o Options, v Visitor) string {
	target := NewTarget(&Link{URL: "https://own.example", Options: o})
	v.Now = now
	return Decide(&target, &v).URL
}

func languageRules(tags ...string) Options {
	var o Options
	for _, tag := range tags {
		o.Languages = append(o.Languages, LanguageRule{tag, "https://" + tag})
	}
	return o
}

func TestDecide_Language(t *testing.T) {
	for _, c := range []struct {
		rules  []string
		header string
		want   string
	}{
		{[]string{"en"}, "", "own.example"},
		{[]string{"en"}, "en", "en"},
		{[]string{"en"}, "EN-us", "en"},
		{[]string{"EN"}, "en-US,en;q=0.9", "EN"},
		{[]string{"en-US"}, "en", "own.example"},
		{[]string{"en-US"}, "en-GB", "own.example"},
		{[]string{"pt", "pt-BR"}, "pt-BR", "pt-BR"},
		{[]string{"pt-BR", "pt"}, "pt-PT", "pt"},
		{[]string{"pt-BR", "pt"}, "pt-PT,pt-BR", "pt"},
		{[]string{"fr", "de"}, "de;q=0.8, fr;q=0.9", "fr"},
		{[]string{"fr", "de"}, "de,fr", "de"},
		{[]string{"fr", "de"}, "ko,de;q=0.5", "de"},
		{[]string{"fr"}, "fr;q=0", "own.example"},
		{[]string{"fr"}, "fr;q=0.0,*", "own.example"},
		{[]string{"fr"}, "*", "own.example"},
		{[]string{"fr"}, "*;q=0.5,fr;q=0.1", "fr"},
		{[]string{"fr"}, " fr ; q = 0.3 ", "fr"},
		{[]string{"fr"}, "fr;q=x", "own.example"},
		{[]string{"fr"}, "fr;q=-1", "own.example"},
		{[]string{"fr"}, "fr;q=NaN", "own.example"},
		{[]string{"fr"}, "!!,,;;q=,fr", "fr"},
		{[]string{"fr"}, "x-fr,i-fr,und", "own.example"},
		{[]string{"he"}, "iw", "he"},
		{[]string{"iw"}, "he-IL", "iw"},
		{[]string{"no"}, "nb-NO", "no"},
		{[]string{"nb"}, "no", "nb"},
		{[]string{"fil"}, "tl", "fil"},
		{[]string{"zh-Hant"}, "zh-TW", "zh-Hant"},
		{[]string{"zh-Hant"}, "zh-CN,zh", "own.example"},
		{[]string{"zh", "zh-Hans", "zh-TW"}, "zh-Hans-CN", "zh-Hans"},
		{[]string{"zh", "zh-Hant", "zh-TW"}, "zh-TW", "zh-TW"},
		{[]string{"es-419"}, "es-419,es", "es-419"},
		{[]string{"en", "en"}, "en", "en"},
		{[]string{"fr"}, "fr" + strings.Repeat("-t-ab", 20), "own.example"},
		{[]string{"fr"}, "fr" + strings.Repeat("-t-ab", 20) + ",fr", "fr"},
	} {
		if got := chosen(languageRules(c.rules...), Visitor{AcceptLanguage: c.header}); got != "https://"+c.want {
			t.Errorf("rules %q with Accept-Language %q lead to %q; want %q", c.rules, c.header, got, c.want)
		}
	}
}

// TestMayFit: no language that has two names is taken for one that no rule is
// for.
func TestMayFit(t *testing.T) {
	for a := 'a'; a <= 'z'; a++ {
		for b := 'a'; b <= 'z'; b++ {
			name := string(a) + string(b)
			tag, err := language.Parse(name)
			if err != nil {
				continue
			}
			rule := []Rule{{By: ByLanguage, Value: spelled(tag).base}}
			if !mayFit(rule, name) || !mayFit(rule, name+"-XY") {
				t.Errorf("a rule for %q overlooks %q", rule[0].Value, name)
			}
		}
	}
}

func TestDecide_Device(t *testing.T) {
	const (
		iPad       = "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1"
		iPod       = "Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1"
		instagram  = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21A329 Instagram 302.0.0.34.111 (iPhone14,5; iOS 17_0; en_US; en; scale=3.00; 1170x2532; 526034321)"
		galaxyTab  = "Mozilla/5.0 (Linux; Android 13; SM-X906C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36"
		firefoxTab = "Mozilla/5.0 (Android 13; Tablet; rv:122.0) Gecko/122.0 Firefox/122.0"
		firefox    = "Mozilla/5.0 (Android 13; Mobile; rv:122.0) Gecko/122.0 Firefox/122.0"
		androidTV  = "Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR2 Build/PTT1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/80.0 Safari/537.36 TV"
		lumia      = "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15063"
		mac        = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15"
		ubuntu     = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0"
		chromebook = "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"
		curl       = "curl/8.7.1"
	)
	for _, c := range []struct {
		ua   string
		fits string // of iPhone, iPad, Android, Windows, macOS, Linux, mobile, tablet, desktop
	}{
		{iPhone, "iPhone mobile"},
		{instagram, "iPhone mobile"},
		{iPod, "iPhone mobile"},
		{iPad, "iPad tablet"},
		{pixel8, "Android mobile"},
		{firefox, "Android mobile"},
		{galaxyTab, "Android tablet"},
		{firefoxTab, "Android tablet"},
		{androidTV, "Android"},
		{lumia, "mobile"},
		{windows, "Windows desktop"},
		{mac, "macOS desktop"},
		{ubuntu, "Linux desktop"},
		{strings.Repeat("x ", 1024) + ubuntu, ""},
		{chromebook, "desktop"},
		{curl, ""},
		{"", ""},
		{"Android", "Android tablet"},
		{"\xff(;/[", ""},
	} {
		got := ""
		for _, device := range []string{"iPhone", "iPad", "Android", "Windows", "macOS", "Linux", "mobile", "tablet", "desktop"} {
			o := Options{Devices: []DeviceRule{{device, "https://rule.example"}}}
			if chosen(o, Visitor{UserAgent: c.ua}) == "https://rule.example" {
				if got != "" {
					got += " "
				}
				got += device
			}
		}
		if got != c.fits {
			t.Errorf("%q is %q; want %q", c.ua, got, c.fits)
		}
	}

	for _, name := range []string{"macos", "MAC", " mac  os ", "Mac OS X"} {
		if got := chosen(Options{Devices: []DeviceRule{{name, "https://rule.example"}}}, Visitor{UserAgent: mac}); got != "https://rule.example" {
			t.Errorf("a Mac is no %q", name)
		}
	}
	first := Options{Devices: []DeviceRule{{"mobile", "https://class.example"}, {"iPhone", "https://device.example"}}}
	if got := chosen(first, Visitor{UserAgent: iPhone}); got != "https://class.example" {
		t.Errorf("the first rule that fits does not count: %q", got)
	}
}

func TestDecide_Country(t *testing.T) {
	o := Options{Geo: []GeoRule{{"Canada", "https://ca.example"}, {"kr", "https://kr.example"}, {"Korea, Republic of", "https://late.example"}}}
	for country, want := range map[string]string{
		"CA": "https://ca.example", "KR": "https://kr.example", "US": "https://own.example", "": "https://own.example",
	} {
		if got := chosen(o, Visitor{Country: country}); got != want {
			t.Errorf("from %q to %q; want %q", country, got, want)
		}
	}
}

// TestDecide_RuleOrder: language before device before country, and every rule
// gets the parameters and the visitor's query.
func TestDecide_RuleOrder(t *testing.T) {
	o := Options{
		Geo:          []GeoRule{{"KR", "https://country.example/#x"}},
		Devices:      []DeviceRule{{"iPhone", "https://device.example/?a=b"}},
		Languages:    []LanguageRule{{"ko", "https://language.example"}},
		Parameters:   []Parameter{{"ref", "1"}},
		ForwardQuery: true,
	}
	v := Visitor{UserAgent: iPhone, AcceptLanguage: "ko", Country: "KR", Query: "q=2&ref=3"}
	if got, want := chosen(o, v), "https://language.example?ref=1&q=2"; got != want {
		t.Errorf("chosen = %q; want %q", got, want)
	}
	v.AcceptLanguage = "en"
	if got, want := chosen(o, v), "https://device.example/?a=b&ref=1&q=2"; got != want {
		t.Errorf("chosen = %q; want %q", got, want)
	}
	v.UserAgent = windows
	if got, want := chosen(o, v), "https://country.example/?ref=1&q=2#x"; got != want {
		t.Errorf("chosen = %q; want %q", got, want)
	}
}

// TestIdentify_Remembers: what is remembered is what is read, also where
// several at once ask for more than there are places for.
func TestIdentify_Remembers(t *testing.T) {
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 3000 {
				userAgent := fmt.Sprintf("Mozilla/5.0 (Linux; Android %d; Pixel) Mobile", (i*7+w)%1000)
				if i%3 == 0 {
					userAgent = fmt.Sprintf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) %d", (i*5+w)%1000)
				}
				if got, want := identify(userAgent), readDevice(userAgent); got != want {
					t.Errorf("%s: %v; want %v", userAgent, got, want)
					return
				}
			}
		})
	}
	wg.Wait()
}
