package native_test

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/shortener"
)

const everyField = `{"url":"https://example.com/","custom":"full","type":"splash","password":"mypass","expiry":"2030-11-11 12:00:00",` +
	`"geotarget":[{"location":"Canada","link":"https://example.com/ca"},{"location":"kr","link":"https://example.com/kr"},` +
	`{"location":"CANADA","link":"https://example.com/never"}],` +
	`"devicetarget":[{"device":"iPhone","link":"https://example.com/i"}],"languagetarget":[{"language":"en","link":"https://example.com/en"}],` +
	`"metatitle":"T","metadescription":"D","metaimage":"https://example.com/a.png","description":"note","pixels":[2,1],"channel":1,"campaign":1,` +
	`"deeplink":{"auto":true,"apple":"https://apps.apple.com/app/id1"},"status":"public","parameters":[{"name":"aff","value":"3"}],` +
	`"redirectcode":308,"clicklimit":5,"startdate":"2029-01-02","expiredurl":"https://example.com/over","externalid":"order-7","forwardquery":true,"disabled":true}`

// furnish makes what everyField names.
func (s *site) furnish() {
	s.t.Helper()
	s.do(api.CreatePixel, in{body: `{"type":"bing","name":"a","tag":"1"}`})
	s.do(api.CreatePixel, in{body: `{"type":"bing","name":"b","tag":"2"}`})
	s.do(api.CreateChannel, in{body: `{"name":"c"}`})
	s.do(api.CreateChannel, in{body: `{"name":"d"}`})
	s.do(api.CreateCampaign, in{body: `{"name":"c"}`})
}

func TestLinks_EveryFieldComesBack(t *testing.T) {
	s := newSite(t)
	s.furnish()
	s.expect(s.do(api.CreateLink, in{body: everyField}), map[string]string{"error": "0", "id": "1", "shorturl": s.url("full"), "short": s.url("full")})
	link := s.do(api.GetLink, in{id: 1})
	s.expect(link.Get("details"), map[string]string{
		"url": `"https://example.com/"`, "custom": `"full"`, "type": `"splash"`, "has_password": "true", "expiry": `"2030-11-11 12:00:00"`,
		"metatitle": `"T"`, "metadescription": `"D"`, "metaimage": `"https://example.com/a.png"`, "description": `"note"`,
		"pixels": "[2,1]", "channel": "1", "channels": "[1]", "campaign": "1", "status": `"public"`,
		"deeplink":   `{"auto":true,"apple":"https://apps.apple.com/app/id1"}`,
		"parameters": `[{"name":"aff","value":"3"}]`, "redirectcode": "308", "clicklimit": "5", "startdate": `"2029-01-02 00:00:00"`,
		"expiredurl": `"https://example.com/over"`, "externalid": `"order-7"`, "forwardquery": "true", "disabled": "true", "domain": quote(origin),
		"longurl": `"https://example.com/"`, "shorturl": s.url("full"), "title": `"T"`, "password": "",
		"location": `{"canada":"https://example.com/ca","south korea":"https://example.com/kr"}`,
		"device":   `{"iphone":"https://example.com/i"}`, "language": `{"en":"https://example.com/en"}`,
		"geotarget.1": `{"location":"kr","link":"https://example.com/kr"}`,
	})
	for _, field := range s.contract.Operation(api.CreateLink).Fields {
		if field != "password" && !link.Get("details."+field).Exists() {
			t.Errorf("details lacks %s", field)
		}
	}
	row := s.do(api.ListLinks, in{}).Get("data.urls.0")
	s.expect(row, map[string]string{
		"id": "1", "alias": `"full"`, "clicks": "0", "uniqueclicks": "0", "campaign": "1", "channel": "[1]", "title": `"T"`,
		"description": `"note"`, "domain": quote(origin), "externalid": `"order-7"`,
	})
}

func TestLinks_UpdateIsPartial(t *testing.T) {
	s := newSite(t)
	s.furnish()
	s.do(api.CreateLink, in{body: everyField})
	before := s.do(api.GetLink, in{id: 1}).Get("details")
	s.expect(s.do(api.UpdateLink, in{id: 1, body: `{}`}), map[string]string{"error": "0", "id": "1", "short": s.url("full"), "shorturl": s.url("full")})
	if after := s.do(api.GetLink, in{id: 1}).Get("details"); after.Raw != before.Raw {
		t.Errorf("an update of nothing made\n%s\nof\n%s", after.Raw, before.Raw)
	}
	for _, c := range []struct {
		body string
		want map[string]string
	}{
		{`{"status":"private","description":"other"}`, map[string]string{"status": `"private"`, "description": `"other"`, "metatitle": `"T"`}},
		{`{"password":""}`, map[string]string{"has_password": "false"}},
		{`{"password":"again"}`, map[string]string{"has_password": "true"}},
		{`{"expiry":"","startdate":""}`, map[string]string{"expiry": "null", "startdate": "null", "clicklimit": "5"}},
		{`{"expiry":"2031-01-01"}`, map[string]string{"expiry": `"2031-01-01 23:59:59"`}},
		{`{"clicklimit":0,"expiredurl":"","externalid":"","redirectcode":302,"forwardquery":false}`, map[string]string{
			"clicklimit": "null", "expiredurl": `""`, "externalid": `""`, "redirectcode": "302", "forwardquery": "false",
		}},
		{`{"geotarget":[],"devicetarget":[],"languagetarget":[],"parameters":[],"pixels":[],"deeplink":{}}`, map[string]string{
			"geotarget": "[]", "devicetarget": "[]", "languagetarget": "[]", "parameters": "[]", "pixels": "[]", "deeplink": "null",
			"location": "{}", "device": "{}",
		}},
		{`{"metatitle":"","metadescription":"","metaimage":"","description":""}`, map[string]string{
			"metatitle": `""`, "metadescription": `""`, "metaimage": `""`, "description": `""`,
		}},
		{`{"channel":2}`, map[string]string{"channel": "2", "channels": "[2]", "campaign": "1"}},
		{`{"channel":0,"campaign":0}`, map[string]string{"channel": "null", "channels": "[]", "campaign": "null"}},
		{`{"custom":"renamed","url":"https://example.org/"}`, map[string]string{"custom": `"renamed"`, "shorturl": s.url("renamed"), "url": `"https://example.org/"`}},
		{`{"type":"direct"}`, map[string]string{"type": `"direct"`}},
	} {
		s.do(api.UpdateLink, in{id: 1, body: c.body})
		s.expect(s.do(api.GetLink, in{id: 1}).Get("details"), c.want)
	}
	s.expect(s.do(api.ListChannelItems, in{id: 1}), map[string]string{"data.result": "0"})
}

func TestLinks_ChannelOfAnUpdateIsTheOnlyOne(t *testing.T) {
	s := newSite(t)
	s.furnish()
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/","channel":1}`})
	s.do(api.AssignItemToChannel, in{id: 2, itemType: "links", item: 1})
	s.expect(s.do(api.GetLink, in{id: 1}), map[string]string{"details.channels": "[1,2]"})
	s.do(api.UpdateLink, in{id: 1, body: `{"metatitle":"x"}`})
	s.expect(s.do(api.GetLink, in{id: 1}), map[string]string{"details.channels": "[1,2]"})
	s.do(api.UpdateLink, in{id: 1, body: `{"channel":2}`})
	s.expect(s.do(api.GetLink, in{id: 1}), map[string]string{"details.channels": "[2]"})
}

func TestLinks_Refused(t *testing.T) {
	s := newSite(t, func(c *shortener.Config) {
		c.Blocked = func(address string) bool { return address == "https://bad.example/" }
	})
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/","custom":"taken","externalid":"x"}`})
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/","custom":"other"}`})
	for _, c := range []struct {
		body        string
		code        api.Code
		field, text string
	}{
		{`{"url":"javascript:alert(1)"}`, api.Invalid, "url", "Please enter a valid URL."},
		{`{"url":"https://go.example.com/x"}`, api.Invalid, "url", ""},
		{`{"url":"https://bad.example/"}`, api.Invalid, "url", "This domain name or link has been blacklisted."},
		{`{"url":"https://example.com/","custom":"taken"}`, api.Conflict, "custom", "That alias is taken. Please choose another one."},
		{`{"url":"https://example.com/","custom":"api"}`, api.Conflict, "custom", "That alias is reserved. Please choose another one."},
		{`{"url":"https://example.com/","externalid":"x"}`, api.Conflict, "externalid", ""},
		{`{"url":"https://example.com/","expiry":"2026-06-15 12:34:56"}`, api.Invalid, "expiry", "The expiry date must be later than today."},
		{`{"url":"https://example.com/","expiry":"2030-02-30"}`, api.Invalid, "expiry", ""},
		{`{"url":"https://example.com/","startdate":"2030-02-30"}`, api.Invalid, "startdate", ""},
		{`{"url":"https://example.com/","startdate":"2030-02-01","expiry":"2030-01-01"}`, api.Invalid, "startdate", ""},
		{`{"url":"https://example.com/","expiredurl":"javascript:1"}`, api.Invalid, "expiredurl", "Please enter a valid URL."},
		{`{"url":"https://example.com/","metaimage":"javascript:1"}`, api.Invalid, "metaimage", "Please enter a valid URL."},
		{`{"url":"https://example.com/","domain":"nowhere.example"}`, api.Invalid, "domain", "Domain not found. Please try again."},
		{`{"url":"https://example.com/","pixels":[9]}`, api.Invalid, "pixels[0]", "Pixel not found. Please try again."},
		{`{"url":"https://example.com/","campaign":9}`, api.Invalid, "campaign", "Campaign not found. Please try again."},
		{`{"url":"https://example.com/","channel":9}`, api.Invalid, "channel", "Channel does not exist"},
		{`{"url":"https://example.com/","type":"7"}`, api.Invalid, "type", ""},
		{`{"url":"https://example.com/","type":"overlay-7"}`, api.Invalid, "type", ""},
		{`{"url":"https://example.com/","geotarget":[{"location":"Atlantis","link":"https://example.com/"}]}`, api.Invalid, "geotarget[0].location", ""},
		{`{"url":"https://example.com/","devicetarget":[{"device":"AndroidTablet","link":"https://example.com/"}]}`, api.Invalid, "devicetarget[0].device", ""},
		{`{"url":"https://example.com/","languagetarget":[{"language":"klingonish","link":"https://example.com/"}]}`, api.Invalid, "languagetarget[0].language", ""},
	} {
		for _, op := range []api.Operation{api.CreateLink, api.UpdateLink} {
			text := s.refused(op, in{id: 2, body: c.body}, c.code, c.field)
			if c.text != "" && text != c.text {
				t.Errorf("%s %s says %q; want %q", op, c.body, text, c.text)
			}
		}
	}
	s.expect(s.do(api.ListLinks, in{}), map[string]string{"data.result": "2"})
	s.expect(s.do(api.GetLink, in{id: 2}), map[string]string{"details.custom": `"other"`, "details.url": `"https://example.com/"`})
}

func TestLinks_Elsewhere(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/","custom":"mine"}`})
	s.do(api.CreateQRCode, in{body: `{"type":"link","data":"https://example.com/"}`})
	for _, at := range []in{{account: "other", id: 1}, {id: 2}, {id: 99}} {
		for _, op := range []api.Operation{api.GetLink, api.DeleteLink, api.GetLinkStatistics} {
			if text := s.refused(op, at, api.NotFound, ""); text != "Link not found. Please try again." {
				t.Errorf("%s says %q", op, text)
			}
		}
		at.body = `{"url":"https://evil.example/"}`
		s.refused(api.UpdateLink, at, api.NotFound, "")
	}
	s.expect(s.do(api.ListLinks, in{account: "other"}), map[string]string{"data.result": "0", "data.urls": "[]"})
	s.expect(s.do(api.DeleteLink, in{id: 1}), map[string]string{"message": `"Link has been deleted successfully"`})
	s.refused(api.GetLink, in{id: 1}, api.NotFound, "")
}

func TestListLinks(t *testing.T) {
	s := newSite(t)
	for _, body := range []string{
		`{"url":"https://example.com/first","custom":"aaa","externalid":"one"}`,
		`{"url":"https://example.com/second","custom":"bbb","metatitle":"A First"}`,
		`{"url":"https://example.com/third","custom":"ccc"}`,
	} {
		s.do(api.CreateLink, in{body: body})
	}
	s.do(api.CreateQRCode, in{body: `{"type":"link","data":"https://example.com/first"}`})
	for query, aliases := range map[string]string{
		"":                         `["ccc","bbb","aaa"]`,
		"q=FIRST":                  `["bbb","aaa"]`,
		"q=https://example.com/th": `["ccc"]`,
		"q=bb":                     `["bbb"]`,
		"q=%25":                    `[]`,
		"limit=1&page=2":           `["bbb"]`,
		"order=click":              `["ccc","bbb","aaa"]`,
		"externalid=one":           `["aaa"]`,
		"externalid=on":            `[]`,
		"externalid=one&q=second":  `[]`,
	} {
		s.expect(s.do(api.ListLinks, in{query: query}), map[string]string{"error": "0", "data.urls.#.alias": aliases})
	}
}

func TestListLinks_Short(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateDomain, in{body: `{"domain":"brand.example"}`})
	s.do(api.CreateDomain, in{account: "other", body: `{"domain":"theirs.example"}`})
	s.do(api.CreateChannel, in{body: `{"name":"c"}`})
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/1","custom":"abc","channel":1}`})
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/2","custom":"abc","domain":"https://brand.example"}`})
	s.do(api.CreateLink, in{account: "other", body: `{"url":"https://example.com/3","custom":"abc","domain":"theirs.example"}`})
	s.do(api.CreateLink, in{account: "other", body: `{"url":"https://example.com/4","custom":"theirs"}`})
	code := s.do(api.CreateQRCode, in{body: `{"type":"link","data":"https://example.com/first"}`}).Get("link").String()
	s.statistics.summary.Clicks = 7
	for short, id := range map[string]string{
		"https://go.example.com/abc": "1", "go.example.com/abc": "1", "abc": "1", "https://go.example.com/abc/?x=1": "1",
		"https://go.example.com/abc+": "1", "https://GO.example.com:443/abc#top": "1", "go.example.com./abc": "1",
		"https://brand.example:443/abc?utm=x": "2", "https://brand.example/abc": "2", "BRAND.example/abc": "2", "http://brand.example/abc": "2",
	} {
		hit := s.do(api.ListLinks, in{query: "q=ignored&short=" + url.QueryEscape(short)})
		s.expect(hit, map[string]string{
			"error": "0", "id": id, "details.id": id, "data.clicks": "7", "data.urls.#": "1", "data.urls.0.id": id,
		})
		if id == "1" {
			s.expect(hit, map[string]string{"details.channel": "1", "data.urls.0.channel": "[1]"})
		}
	}
	for _, short := range []string{"https://other.example/abc", "theirs", "theirs.example/abc", "nothing", "", "x/y/z", code[len(origin+"/qr/"):]} {
		s.expect(s.do(api.ListLinks, in{query: "short=" + url.QueryEscape(short)}), map[string]string{
			"error": "1", "message": `"Link not found. Please try again."`, "data": "",
		})
	}
}

func TestLinks_Duplicates(t *testing.T) {
	s := newSite(t, func(c *shortener.Config) { c.Duplicates = true })
	first := s.do(api.CreateLink, in{body: `{"url":"https://example.com/"}`})
	again, err := s.try(t.Context(), api.CreateLink, in{body: `{"url":"https://example.com/"}`})
	if err != nil || string(again.Document) != first.Raw || again.Header != nil {
		t.Errorf("again: %s, %v, %v; want %s as a new answer", again.Document, again.Header, err, first.Raw)
	}
	if other := s.do(api.CreateLink, in{body: `{"url":"https://example.com/","metatitle":"T"}`}); other.Get("id").Int() == first.Get("id").Int() {
		t.Error("a link that asks for more is the same")
	}
}

func TestGetLink_Statistics(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/","custom":"abc"}`})
	s.expect(s.do(api.GetLink, in{id: 1}), map[string]string{
		"data.clicks": "0", "data.uniqueClicks": "0", "data.topCountries": "0", "data.topReferrers": "0", "data.topBrowsers": "0",
		"data.topOs": "0", "data.socialCount": `{"facebook":0,"google":0,"instagram":0,"twitter":0}`,
	})
	s.statistics.summary = clicks.Summary{
		Clicks: 9, UniqueClicks: 4,
		Countries: []clicks.Named{{Name: "KR", Clicks: 5}, {Name: "", Clicks: 4}},
		Referrers: []clicks.Named{{Name: "", Clicks: 6}, {Name: "t.co", Clicks: 3}, {Name: clicks.OtherReferrers, Clicks: 1}},
		Browsers:  []clicks.Named{{Name: "Chrome", Clicks: 9}},
		Systems:   []clicks.Named{{Name: "Windows 10", Clicks: 8}, {Name: "", Clicks: 1}},
		Social:    []clicks.Named{{Name: "twitter", Clicks: 3}, {Name: "elsewhere", Clicks: 1}},
	}
	s.expect(s.do(api.GetLink, in{id: 1}), map[string]string{
		"data.clicks": "9", "data.uniqueClicks": "4", "data.topCountries": `{"South Korea":5,"Unknown":4}`,
		"data.topReferrers": `{"Direct, email and other":6,"t.co":3,"Others":1}`, "data.topBrowsers": `{"Chrome":9}`,
		"data.topOs": `{"Windows 10":8,"Unknown":1}`, "data.socialCount": `{"facebook":0,"google":0,"instagram":0,"twitter":3}`,
	})
	s.statistics.err = &api.Error{Code: api.Unavailable, Message: "away"}
	s.refused(api.GetLink, in{id: 1}, api.Unavailable, "")
}

func TestLinks_DatabaseAway(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateLink, in{body: `{"url":"https://example.com/","custom":"abc"}`})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, in := range []struct {
		op api.Operation
		in in
	}{
		{api.GetLink, in{id: 1}},
		{api.ListLinks, in{}},
		{api.ListLinks, in{query: "short=abc"}},
		{api.UpdateLink, in{id: 1, body: `{"metatitle":"x"}`}},
		{api.ListQRCodes, in{}},
		{api.ListFiles, in{}},
		{api.ListOverlays, in{}},
		{api.ListCampaigns, in{}},
		{api.ListChannelItems, in{id: 1}},
	} {
		if reply, err := s.try(ctx, in.op, in.in); err == nil || !errors.Is(err, context.Canceled) || api.AsError(err).Code != api.Unavailable {
			t.Errorf("%s without a database: %v, %v", in.op, reply, err)
		}
	}
}

func TestAccount(t *testing.T) {
	s := newSite(t)
	s.expect(s.do(api.GetAccount, in{}), map[string]string{"data.username": `"main"`, "data.email": `""`, "data.status": `"pro"`, "data.expires": "null"})
	s.expect(s.do(api.UpdateAccount, in{body: `{"email":"a@example.com","password":"secret"}`}), map[string]string{"message": `"Account has been successfully updated."`})
	s.expect(s.do(api.GetAccount, in{}), map[string]string{"data.email": `"a@example.com"`})
	s.expect(s.do(api.GetAccount, in{account: "other"}), map[string]string{"data.email": `""`, "data.username": `"other"`})
}
