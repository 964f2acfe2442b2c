package shortener

import (
	"testing"
	"time"
)

func TestDecide(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		link Link
		want Outcome
	}{
		"Plain":                     {Link{Type: TypeDirect}, Redirect},
		"ExpiresLater":              {Link{Type: TypeDirect, Expires: now.Add(time.Second)}, Redirect},
		"ExpiresNow":                {Link{Type: TypeDirect, Expires: now}, Gone},
		"Expired":                   {Link{Type: TypeDirect, Expires: now.Add(-time.Hour)}, Gone},
		"ExpiredBeforePassword":     {Link{Type: TypeDirect, Expires: now.Add(-time.Hour), PasswordHash: "x"}, Gone},
		"Password":                  {Link{Type: TypeDirect, PasswordHash: "x"}, Withheld},
		"Frame":                     {Link{Type: "frame"}, Withheld},
		"Splash":                    {Link{Type: "splash"}, Withheld},
		"Overlay":                   {Link{Type: "overlay-3"}, Withheld},
		"GeoRule":                   {Link{Type: TypeDirect, Options: Options{Geo: []GeoRule{{"Canada", "x"}}}}, Withheld},
		"DeviceRule":                {Link{Type: TypeDirect, Options: Options{Devices: []DeviceRule{{"iPhone", "x"}}}}, Withheld},
		"LanguageRule":              {Link{Type: TypeDirect, Options: Options{Languages: []LanguageRule{{"en", "x"}}}}, Withheld},
		"PixelsAndNotesDoNotMatter": {Link{Type: TypeDirect, Description: "x", Options: Options{Pixels: []int64{1}}}, Redirect},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Decide(NewTarget(&c.link), Visitor{Now: now}); got != c.want {
				t.Errorf("Decide = %d; want %d", got, c.want)
			}
		})
	}
}

func TestNewTarget_URL(t *testing.T) {
	aff := []Parameter{{"aff", "3 & 4"}}
	for _, c := range []struct {
		url        string
		parameters []Parameter
		want       string
	}{
		{"https://example.com/a%2Fb?x[]=1&y=%20#z", nil, "https://example.com/a%2Fb?x[]=1&y=%20#z"},
		{"https://example.com", aff, "https://example.com?aff=3+%26+4"},
		{"https://example.com/?", aff, "https://example.com/?aff=3+%26+4"},
		{"https://example.com/?a=1&", aff, "https://example.com/?a=1&aff=3+%26+4"},
		{"https://example.com/?a=1#top?", aff, "https://example.com/?a=1&aff=3+%26+4#top?"},
		{"https://example.com/#/spa?x", aff, "https://example.com/?aff=3+%26+4#/spa?x"},
		{"https://예시.kr/길?q=é", nil, "https://xn--vv4b11d.kr/%EA%B8%B8?q=%C3%A9"},
		{"https://user@예시.kr:8443", nil, "https://user@xn--vv4b11d.kr:8443"},
		{"https://example.com/a b\r\nX-Evil: 1", nil, "https://example.com/a%20b%0D%0AX-Evil:%201"},
	} {
		l := &Link{URL: c.url, Type: TypeDirect, Options: Options{Parameters: c.parameters}}
		if got := NewTarget(l).URL; got != c.want {
			t.Errorf("NewTarget(%q).URL = %q; want %q", c.url, got, c.want)
		}
	}
}
