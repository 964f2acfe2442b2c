package clicks

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestParseReferrer(t *testing.T) {
	for header, want := range map[string]referrer{
		"":                                     {},
		"about:blank":                          {},
		"https://":                             {},
		"https:///path":                        {},
		"https://Example.COM/a?b#c":            {host: "example.com"},
		"http://www.example.com:8080/":         {host: "example.com"},
		"https://user:pw@example.com/":         {host: "example.com"},
		"https://example.com.?q":               {host: "example.com"},
		"https://exa mple.com/":                {},
		"https://<script>.com/":                {},
		"https://[2001:db8::1]:80/":            {},
		"https://192.0.2.1/":                   {host: "192.0.2.1"},
		"https://m.facebook.com/":              {host: "m.facebook.com", social: "facebook"},
		"https://notfacebook.com/":             {host: "notfacebook.com"},
		"https://facebook.com.example.org/":    {host: "facebook.com.example.org"},
		"https://t.co/abc":                     {host: "t.co", social: "twitter"},
		"https://x.com/":                       {host: "x.com", social: "twitter"},
		"https://mobile.twitter.com/":          {host: "mobile.twitter.com", social: "twitter"},
		"https://www.google.com/":              {host: "google.com", social: "google"},
		"https://www.google.co.kr/":            {host: "google.co.kr", social: "google"},
		"https://news.google.fr/":              {host: "news.google.fr", social: "google"},
		"https://google.example.com/":          {host: "google.example.com"},
		"https://l.instagram.com/?u=":          {host: "l.instagram.com", social: "instagram"},
		"android-app://com.linkedin.android/":  {host: "com.linkedin.android", social: "linkedin"},
		"https://www.pinterest.de/pin/1":       {host: "pinterest.de", social: "pinterest"},
		"https://" + strings.Repeat("a", 300):  {},
		"https://evil.example\\@good.example/": {host: "evil.example"},
	} {
		if got := parseReferrer(header); got != want {
			t.Errorf("parseReferrer(%q) = %+v; want %+v", header, got, want)
		}
	}
}

func TestPreferredLanguage(t *testing.T) {
	for header, want := range map[string]string{
		"": "", "*": "", "de": "de", "ko-KR,ko;q=0.9,en-US;q=0.8": "ko", "en;q=0.5, fr;q=0.9": "fr",
		"zh-Hant-TW": "zh", "EN-us": "en", "fr;q=0": "", "nonsense!!": "", "x": "", "de,!!": "de", "*;q=0.5, ja": "ja",
		"en-US,en;q=0.9,fr-FR;q=0.8,fr;q=0.": "en",
	} {
		if got := preferredLanguage(header); got != want {
			t.Errorf("preferredLanguage(%q) = %q; want %q", header, got, want)
		}
	}
}

func TestClassifier_Kind(t *testing.T) {
	const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
	c := newClassifier(saltStore{}, nil)
	for _, test := range []struct {
		given     Kind
		userAgent string
		want      Kind
	}{
		{Auto, browser, Human},
		{Auto, "curl/8", Bot},
		{Auto, "Twitterbot/1.0", Preview},
		{Scan, browser, Scan},
		{Scan, "", Bot},
		{Scan, "Twitterbot/1.0", Preview},
		{Preview, browser, Preview},
		{Human, "curl/8", Human},
		{Kind(77), "curl/8", Bot},
	} {
		var r record
		err := c.classify(t.Context(), &Visit{LinkID: 1, UserAgent: test.userAgent, Kind: test.given}, &r)
		if err != nil || r.kind != test.want {
			t.Errorf("a visit of kind %d by %q is %d, %v; want %d", test.given, test.userAgent, r.kind, err, test.want)
		}
	}
}

func TestClassifier_Country(t *testing.T) {
	for code, want := range map[string]string{"FR": "FR", "": "", "fr": "", "<>": "", "FRA": ""} {
		c := newClassifier(saltStore{}, func(netip.Addr) string { return code })
		var r record
		err := c.classify(t.Context(), &Visit{LinkID: 1, UserAgent: "x", Kind: Human, Addr: netip.MustParseAddr("::ffff:192.0.2.1")}, &r)
		if err != nil || r.values[Countries] != want {
			t.Errorf("country %q is kept as %q, %v", code, r.values[Countries], err)
		}
	}
}

// Nothing of a visitor's address or user agent is in a batch.
func TestClassifier_KeepsNoPerson(t *testing.T) {
	c := newClassifier(saltStore{}, nil)
	v := benchVisit(3)
	v.UserAgent = "Mozilla/5.0 (Linux; Android 14; Unmistakable-Phone) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
	v.Addr = netip.MustParseAddr("203.0.113.77")
	var r record
	if err := c.classify(t.Context(), &v, &r); err != nil {
		t.Fatal(err)
	}
	data := string(encodeAll([]record{r}).Data)
	for _, secret := range []string{"Unmistakable", "203.0.113.77", string(v.Addr.AsSlice()), "page"} {
		if strings.Contains(data, secret) {
			t.Errorf("the batch holds %q", secret)
		}
	}
}

func TestVisitor_TellsApart(t *testing.T) {
	ip := netip.MustParseAddr
	seen := map[int64]string{}
	for _, salt := range []Salt{{}, {1}} {
		for _, link := range []int64{1, 2} {
			for _, addr := range []netip.Addr{ip("192.0.2.1"), ip("192.0.2.2"), ip("2001:db8::1"), ip("2001:db8:0:1::1"), {}} {
				for _, agent := range []string{"", "a"} {
					name := fmt.Sprint(salt, link, addr, agent)
					v := visitor(salt, link, addr, digestAgent(agent))
					if other, known := seen[v]; known {
						t.Errorf("%s and %s are the same visitor", name, other)
					}
					seen[v] = name
				}
			}
		}
	}
	if visitor(Salt{}, 1, ip("2001:db8::1"), agentDigest{}) != visitor(Salt{}, 1, ip("2001:db8::2"), agentDigest{}) {
		t.Error("two addresses of a household are two visitors")
	}
}

type failingSalts struct {
	saltStore
	err   error
	calls int
}

func (s *failingSalts) VisitorSalt(context.Context, int64) (Salt, error) {
	s.calls++
	return Salt{}, s.err
}

func TestClassifier_Salts(t *testing.T) {
	store := &failingSalts{err: errors.New("away")}
	c := newClassifier(store, nil)
	visit := func(day int) error {
		return c.classify(t.Context(), &Visit{LinkID: 1, UserAgent: "x", Kind: Human, At: time.Unix(int64(day)*secondsPerDay+5, 0)}, &record{})
	}
	if err := visit(1); !errors.Is(err, store.err) {
		t.Errorf("classify() = %v; want the store's error", err)
	}
	store.err = nil
	for range 3 {
		for day := range 3 {
			if err := visit(day); err != nil {
				t.Errorf("classify() = %v", err)
			}
		}
	}
	if store.calls != 4 {
		t.Errorf("the store was asked %d times; want once for each day, and for the failure", store.calls)
	}
}

func TestCache_IsBounded(t *testing.T) {
	made := 0
	c := newCache(10, func(s string) string { made++; return s + "!" })
	for range 3 {
		for i := range 8 {
			if s := fmt.Sprint(i); c.get(s) != s+"!" {
				t.Fatalf("get(%q) = %q", s, c.get(s))
			}
		}
	}
	if made != 8 {
		t.Errorf("%d values were made; want 8", made)
	}
	for i := range 1000 {
		c.get(fmt.Sprint("other", i))
		c.get("0")
	}
	if len(c.now)+len(c.past) > 20 || made != 1008 {
		t.Errorf("%d values are remembered, %d were made; want 20 at most, and what is asked for often once", len(c.now)+len(c.past), made)
	}
}
