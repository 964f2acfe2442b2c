package shortener

import (
	"strings"
	"testing"

	"github.com/linkquay/linkquay/api"
)

const (
	notValid   = "Please enter a valid URL."
	leadsBack  = "url leads back to this service."
	blockedURL = "This domain name or link has been blacklisted."
)

func messageOf(err error) string {
	if err == nil {
		return ""
	}
	return api.AsError(err).Message
}

// registry returns a registry of the hosts, all of the account "main".
func registry(t *testing.T, hosts ...string) *Domains {
	store := newFakeStore()
	for _, host := range hosts {
		store.domains.put(&Domain{Account: "main", Host: host, Scheme: "https"})
	}
	d := NewDomains()
	if err := d.Refresh(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCheckTarget(t *testing.T) {
	s := New(Config{
		OwnHosts: []string{"go.example.com", "localhost:8080", "192.0.2.1", "[2001:db8::1]", "예시.kr"},
		Domains:  registry(t, "brand.example", "brand.localhost"),
		Schemes:  []string{"mailto", "TEL:", "intent", "javascript", "data"},
		Blocked:  func(url string) bool { return strings.Contains(url, "evil.example") },
	})
	for target, want := range map[string]string{
		"https://example.com":                   "",
		"HTTP://EXAMPLE.COM/x?y#z":              "",
		"https://user:pw@example.com:8443/":     "",
		"https://예시.com/길":                      "",
		"https://my_host.example.com":           "",
		"https://203.0.113.9/":                  "",
		"https://[2001:db8::2]/":                "",
		"https://evil.example/":                 blockedURL,
		"mailto:a@example.com":                  "",
		"MAILTO:a@example.com":                  "",
		"tel:+123":                              "",
		"sms:+123":                              notValid,
		"ftp://example.com/":                    notValid,
		"mailto:x@evil.example":                 blockedURL,
		"":                                      notValid,
		"example.com":                           notValid,
		"//example.com":                         notValid,
		"/path":                                 notValid,
		"https:":                                notValid,
		"https://":                              notValid,
		"https:example.com":                     notValid,
		"https:/example.com":                    notValid,
		`https:\\example.com`:                   notValid,
		`https://a.example\@go.example.com`:     notValid,
		`https://go.example.com\.b.example/`:    notValid,
		"https://example.com:0/":                notValid,
		"https://example.com:99999/":            notValid,
		"https://exa mple.com/":                 notValid,
		"https://%65xample.com/":                notValid,
		"https://exa\tmple.com/":                notValid,
		"https://1.2.3.4.5/":                    notValid,
		"https://256.1.1.1/":                    notValid,
		"https://[::1/":                         notValid,
		"javascript:alert(1)":                   notValid,
		"JavaScript:alert(1)":                   notValid,
		" javascript:alert(1)":                  notValid,
		"\x01javascript:alert(1)":               notValid,
		"java\tscript:alert(1)":                 notValid,
		"java\nscript:alert(1)":                 notValid,
		"&#106;avascript:alert(1)":              notValid,
		"javascript&colon;alert(1)":             notValid,
		"javascript://example.com/%0aalert(1)":  notValid,
		"data:text/html,x":                      notValid,
		"vbscript:x":                            notValid,
		"file:///etc/passwd":                    notValid,
		"blob:https://example.com/x":            notValid,
		"about:blank":                           notValid,
		"filesystem:https://example.com/x":      notValid,
		"view-source:https://example.com/":      notValid,
		"ws://example.com/":                     notValid,
		"wss://example.com/":                    notValid,
		"jar:https://example.com/x!/":           notValid,
		"https://go.example.com":                leadsBack,
		"http://go.example.com/x":               leadsBack,
		"HTTPS://GO.Example.COM":                leadsBack,
		"https://go.example.com.":               leadsBack,
		"https://go.example.com../":             leadsBack,
		"https://go.example.com:443/":           leadsBack,
		"https://go.example.com:8443/":          leadsBack,
		"https://user:pw@go.example.com/":       leadsBack,
		"https://example.com@go.example.com/":   leadsBack,
		"https://go.example.com@example.com/":   "",
		"https://x.go.example.com/":             "",
		"https://ｇｏ.example.com/":               leadsBack,
		"https://go。example。com/":               leadsBack,
		"https://go.exam\u00adple.com/":         leadsBack,
		"https://%EF%BD%87o.example.com/":       leadsBack,
		"https://예시.kr/":                        leadsBack,
		"https://xn--vv4b11d.kr/":               leadsBack,
		"http://localhost:8080/x":               leadsBack,
		"http://LOCALHOST.:08080/x":             leadsBack,
		"http://127.0.0.1:8080/":                leadsBack,
		"http://127.1:8080/":                    leadsBack,
		"http://2130706433:8080/":               leadsBack,
		"http://0x7f.0.0.1:8080/":               leadsBack,
		"http://[::1]:8080/":                    leadsBack,
		"http://[::ffff:127.0.0.1]:8080/":       leadsBack,
		"http://0.0.0.0:8080/":                  leadsBack,
		"http://a.localhost:8080/":              leadsBack,
		"http://brand.localhost/":               leadsBack,
		"http://localhost:8081/":                "",
		"http://192.0.2.1/":                     leadsBack,
		"http://192.0.513/":                     leadsBack,
		"http://0300.0.2.1/":                    leadsBack,
		"http://3221225985/":                    leadsBack,
		"http://[::ffff:192.0.2.1]/":            leadsBack,
		"http://[2001:DB8:0::1]/":               leadsBack,
		"https://brand.example/x":               leadsBack,
		"https://BRAND.example.:8443/x":         leadsBack,
		"http://other.localhost/":               "",
		"https://here.example:9000/x":           leadsBack,
		"https://here.example/x":                "",
		"intent://x/#Intent;scheme=https;end":   "",
		"intent:#Intent;scheme=javascript;end":  notValid,
		"intent:#Intent;SCHEME=JavaScript ;end": notValid,
		"intent://x/#Intent;S.browser_fallback_url=https%3A%2F%2Fexample.com;end":    "",
		"intent://x/#Intent;S.browser_fallback_url=javascript%3Aalert(1);end":        notValid,
		"intent://x/#Intent;S.browser_fallback_url=https%3A%2F%2Fgo.example.com;end": leadsBack,
	} {
		if got := messageOf(s.CheckTarget("url", target, "here.example:9000")); got != want {
			t.Errorf("CheckTarget(%q) = %q; want %q", target, got, want)
		}
	}
}

// TestCheckTarget_LongHosts: DNS knows none of more than 253 bytes, and
// converting one in UTF-8 takes time by the square of its length.
func TestCheckTarget_LongHosts(t *testing.T) {
	s := New(Config{})
	for host, want := range map[string]string{
		strings.Repeat("a.", 123) + "example":    "",
		strings.Repeat("a.", 124) + "example":    notValid,
		strings.Repeat("길.", 20) + "example":     "",
		strings.Repeat("길.", 400) + "example":    notValid,
		strings.Repeat("길", 10_000) + ".example": notValid,
	} {
		if got := messageOf(s.CheckTarget("url", "https://"+host+"/", "")); got != want {
			t.Errorf("CheckTarget of a host of %d bytes = %q; want %q", len(host), got, want)
		}
	}
}

func TestCheckTarget_NamesTheField(t *testing.T) {
	s := New(Config{})
	for _, host := range []string{"", "go.example.com"} {
		e := api.AsError(s.CheckTarget("geotarget[0].link", "x", host))
		if len(e.Fields) != 1 || e.Fields[0].Field != "geotarget[0].link" || e.Code != api.Invalid {
			t.Errorf("CheckTarget = %+v", e)
		}
	}
}

// TestCheckTarget_Localhost: other programs on this machine have other ports.
func TestCheckTarget_Localhost(t *testing.T) {
	s := New(Config{OwnHosts: []string{"localhost", "127.0.0.2:81"}})
	for target, want := range map[string]string{
		"http://localhost/": leadsBack, "http://127.0.0.1:80/": leadsBack, "http://localhost:3000/": "", "http://localhost:81/": leadsBack,
	} {
		if got := messageOf(s.CheckTarget("url", target, "")); got != want {
			t.Errorf("CheckTarget(%q) = %q; want %q", target, got, want)
		}
	}
}

func FuzzCheckTarget(f *testing.F) {
	s := New(Config{OwnHosts: []string{"go.example.com"}})
	for _, target := range []string{"https://example.com", "https://go.example.com.", "javascript:1", "http://0x7f.1", "http://[::1%25a]/"} {
		f.Add(target)
	}
	f.Fuzz(func(t *testing.T, target string) {
		if s.CheckTarget("url", target, "") != nil {
			return
		}
		if !isWeb(target) {
			t.Errorf("CheckTarget lets %q pass", target)
		}
		if got := Location(target); !isLocation(got) || !isWeb(got) {
			t.Errorf("CheckTarget lets %q pass, which becomes %q", target, got)
		}
	})
}
