package dglnk

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	iPhone   = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
	iPad     = "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
	android  = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36"
	tabletOS = "Mozilla/5.0 (Linux; Android 14; SM-X910) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
	windows  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0"
	mac      = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15"
	linux    = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"
)

func (c caller) visit(agent, country, host string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/spring24", nil)
	r.Header.Set("User-Agent", agent)
	r.Header.Set(CountryHeader, country)
	r.Header.Set("Referer", "https://news.example/today")
	if host != "" {
		r.Host = host
	}
	w := httptest.NewRecorder()
	c.site.ServeHTTP(w, r)
	return w
}

func TestVisit_Rules(t *testing.T) {
	rule := func(kind, key, to string) string {
		return `{"type":"` + kind + `","key":"` + key + `","value":"https://` + to + `.example"}`
	}
	for _, c := range []struct {
		name, rules    string
		agent, country string
		want           string // host of the target
	}{
		{"none", "", iPhone, "CA", "all"},
		{"geo", rule("geo", "ca", "ca"), linux, "CA", "ca"},
		{"geo of another", rule("geo", "ca", "ca"), linux, "DE", "all"},
		{"geo, no country known", rule("geo", "ca", "ca"), linux, "", "all"},
		{"geo by name", rule("geo", "Canada", "ca"), linux, "CA", "all"},
		{"geo in upper case", rule("geo", "CA", "ca"), linux, "CA", "all"},
		{"mobile", rule("device", "mobile", "m"), iPhone, "", "m"},
		{"mobile Android", rule("device", "mobile", "m"), android, "", "m"},
		{"a tablet is not mobile", rule("device", "mobile", "m"), iPad, "", "all"},
		{"tablet", rule("device", "tablet", "t"), iPad, "", "t"},
		{"Android tablet", rule("device", "tablet", "t"), tabletOS, "", "t"},
		{"desktop", rule("device", "desktop", "d"), mac, "", "d"},
		{"nothing is a phone", rule("device", "phone", "m"), iPhone, "", "all"},
		{"ios", rule("platform", "ios", "p"), iPhone, "", "p"},
		{"ios is iPad too", rule("platform", "ios", "p"), iPad, "", "p"},
		{"android", rule("platform", "android", "p"), android, "", "p"},
		{"windows", rule("platform", "windows", "p"), windows, "", "p"},
		{"osx", rule("platform", "osx", "p"), mac, "", "p"},
		{"osx is no phone", rule("platform", "osx", "p"), iPhone, "", "all"},
		{"linux", rule("platform", "linux", "p"), linux, "", "p"},
		{"linux is no phone", rule("platform", "linux", "p"), android, "", "all"},
		{"first match wins", rule("geo", "de", "de") + "," + rule("device", "mobile", "m") + "," + rule("geo", "ca", "ca"), iPhone, "CA", "m"},
		{"first match wins, other order", rule("geo", "ca", "ca") + "," + rule("device", "mobile", "m"), iPhone, "CA", "ca"},
	} {
		t.Run(c.name, func(t *testing.T) {
			site := newCaller(t, Options{APIVersion: 3})
			site.make3(`{"long_url":"https://all.example","alias":"spring24","rules":[` + c.rules + `]}`)
			w := site.visit(c.agent, c.country, "")
			to, err := url.Parse(w.Header().Get("Location"))
			if err != nil || w.Code != http.StatusFound || to.Host != c.want+".example" {
				t.Errorf("answered %d to %s, want %s", w.Code, to, c.want)
			}
			if len(site.site.Clicks()) != 1 {
				t.Errorf("counted %v", site.site.Clicks())
			}
		})
	}
}

func TestVisit_Pages(t *testing.T) {
	for _, c := range []struct {
		name, members, host string
		status              int
		to, in              string // where it leads; what the page holds
	}{
		{"as it is", `"long_url":"https://example.com/a?b=c#d"`, "", 302, "https://example.com/a?b=c#d", ""},
		{"utm", `"long_url":"https://example.com/a?b=c#d","utm":"utm_source=s"`, "", 302, "https://example.com/a?b=c&utm_source=s#d", ""},
		{"disabled", `"long_url":"https://example.com","active":false`, "", 404, "", "Not Found"},
		{"expired", `"long_url":"https://example.com","expires_at":"2019-08-21 13:33:17"`, "", 410, "", "expired"},
		{"not yet expired", `"long_url":"https://example.com","expires_at":"2019-08-21 13:33:18"`, "", 302, "https://example.com/", ""},
		{"password", `"long_url":"https://example.com","password":"secret"`, "", 200, "", `type="password"`},
		{"frame", `"long_url":"https://example.com","type":"frame"`, "", 200, "", `<iframe src="https://example.com/">`},
		{"any domain", `"long_url":"https://example.com"`, "links.example.com", 302, "https://example.com/", ""},
		{"the site alone", `"long_url":"https://example.com","domain_id":0`, "links.example.com", 404, "", "Not Found"},
		{"the site alone, there", `"long_url":"https://example.com","domain_id":0`, "", 302, "https://example.com/", ""},
		{"own domain", `"long_url":"https://example.com","domain_id":12`, "links.example.com", 302, "https://example.com/", ""},
		{"own domain, elsewhere", `"long_url":"https://example.com","domain_id":12`, "", 404, "", "Not Found"},
		{"no more clicks", `"long_url":"https://example.com","rules":[{"type":"exp_clicks","key":"0","value":""}]`, "", 410, "", "expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			site := newCaller(t, Options{APIVersion: 3, Domains: map[int64]string{12: "https://links.example.com"}})
			site.make3(`{"alias":"spring24",` + c.members + "}")
			w := site.visit(linux, "", c.host)
			if w.Code != c.status || w.Header().Get("Location") != c.to || !strings.Contains(w.Body.String(), c.in) {
				t.Errorf("answered %d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
			}
			sentOn := c.to != "" || c.name == "frame"
			if (len(site.site.Clicks()) == 1) != sentOn {
				t.Errorf("counted %v", site.site.Clicks())
			}
		})
	}
}

func TestVisit_Clicks(t *testing.T) {
	c := newCaller(t, Options{})
	c.make1(`{"long_url":"https://example.com","alias":"spring24","rules":[{"type":"exp_clicks","key":"2","value":"https://late.example"}]}`)
	c.send("HEAD", "/spring24", "")
	for i, want := range []string{"https://example.com", "https://example.com", "https://late.example"} {
		if got := c.visit(iPhone, "KR", "").Header().Get("Location"); got != want {
			t.Errorf("visit %d led to %s, want %s", i, got, want)
		}
	}
	link, _ := c.site.Link(1)
	if link.Clicks != 3 || !link.ClickedAt.Equal(noon) {
		t.Errorf("it has %d clicks, the last at %s", link.Clicks, link.ClickedAt)
	}
	if w := c.send("GET", "/"+link.Hash, ""); w.Code != http.StatusFound {
		t.Errorf("the hash is answered %d", w.Code)
	}
	if w := c.send("GET", "/nothing", ""); w.Code != http.StatusNotFound {
		t.Errorf("an unknown name is answered %d", w.Code)
	}
}

func TestVisit_Password(t *testing.T) {
	for password, status := range map[string]int{"secret": 302, "wrong": 200, "": 200} {
		c := newCaller(t, Options{})
		c.make1(`{"long_url":"https://example.com","alias":"spring24","password":"secret"}`)
		r := httptest.NewRequest("POST", "/spring24", strings.NewReader(url.Values{"password": {password}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		if c.site.ServeHTTP(w, r); w.Code != status {
			t.Errorf("password %q is answered %d, want %d", password, w.Code, status)
		}
	}
}

func TestReports(t *testing.T) {
	now := noon
	c := newCaller(t, Options{APIVersion: 3, Now: func() time.Time { return now }})
	c.make3(`{"long_url":"https://example.com","alias":"spring24"}`)
	c.make3(`{"long_url":"https://example.com","alias":"autumn24"}`)
	c.visit(iPhone, "KR", "")
	c.visit(windows, "", "")
	now = now.Add(24 * time.Hour)
	c.visit(iPhone, "CA", "")
	c.send("GET", "/autumn24", "")

	const metrics = "&metrics=clicks,devices,browsers,platforms,referrers,countries,nonsense"
	set := func(label, data string) string { return `"datasets":[{"label":"` + label + `","data":[` + data + `]}]` }
	wantJSON(t, c.do("GET", "/api/v1/reports/clicks?model=link=1"+metrics, "", 200), `{"status":"success","report":{
		"clicks":{"granularity":"day","total":3,`+set("clicks", `{"label":"2019-08-21","value":2},{"label":"2019-08-22","value":1}`)+`},
		"devices":{`+set("devices", `{"label":"mobile","value":2},{"label":"desktop","value":1}`)+`},
		"browsers":{`+set("browsers", `{"label":"safari","value":2},{"label":"edge","value":1}`)+`},
		"platforms":{`+set("platforms", `{"label":"ios","value":2},{"label":"windows","value":1}`)+`},
		"referrers":{`+set("referrers", `{"label":"news.example","value":3}`)+`},
		"countries":{`+set("countries", `{"label":"ca","value":1},{"label":"kr","value":1}`)+`}}}`)
	for model, want := range map[string]int64{"link=1": 3, "link%3D2": 1, "link=9": 4, "link=x": 4, "page=1": 4, "": 4} {
		reply := c.do("GET", "/api/v1/reports/clicks?metrics=clicks&model="+model, "", 200)
		if got := reply.Get("report.clicks.total").Int(); got != want {
			t.Errorf("model %q counts %d clicks, want %d", model, got, want)
		}
	}
}
