package caddymodule_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// What real clients of this API demand of a server, each demand by its number.

func TestDemand1_AuthorizationInThreeForms(t *testing.T) {
	s := nativeSite(t, "")
	for _, header := range []string{
		"Bearer " + nativeKey, "bearer " + nativeKey, "BEARER  " + nativeKey,
		"Token " + nativeKey, "token " + nativeKey, nativeKey, " " + nativeKey + " ",
	} {
		if a := s.do("GET", "/api/account", "", "", "Authorization", header); a.Status != 200 {
			t.Errorf("Authorization %q: %d %s", strings.Replace(header, nativeKey, "KEY", 1), a.Status, a.Body)
		}
	}
}

func TestDemand2_BodiesAsClientsSendThem(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "garbage;;="} {
		a := s.do("POST", "/api/url/add", nativeKey, `{"url":"https://example.com/"}`, "Content-Type", contentType)
		if a.Status != 200 {
			t.Errorf("Content-Type %q: %d %s", contentType, a.Status, a.Body)
		}
	}
	for path, body := range map[string]string{
		"channel": `{"name":"c"}`, "splash": `{"name":"s"}`, "pixel": `{"type":"bing","name":"p","tag":"1"}`,
	} {
		if a := s.do("POST", "/api/"+path+"/add", nativeKey, body); a.Status != 200 {
			t.Fatalf("%s: %d %s", path, a.Status, a.Body)
		}
	}
	for name, body := range map[string]string{
		"UnknownKey":    `{"url":"https://example.com/","plugin_version":"1.2","key":"x"}`,
		"Null":          `{"url":"https://example.com/","custom":null,"geotarget":null,"campaign":null}`,
		"EmptyCustom":   `{"url":"https://example.com/","custom":""}`,
		"DomainFalse":   `{"url":"https://example.com/","domain":false}`,
		"NumberAsText":  `{"url":"https://example.com/","channel":"1","pixels":["1"]}`,
		"PHPEmptyArray": `{"url":"https://example.com/","deeplink":[],"geotarget":{}}`,
		"TypeAsNumber":  `{"url":"https://example.com/","type":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			if a := s.do("POST", "/api/url/add", nativeKey, body); a.Status != 200 {
				t.Errorf("%s: %d %s", body, a.Status, a.Body)
			}
		})
	}
	for _, body := range []string{"", "{}"} {
		if a := s.do("GET", "/api/urls", nativeKey, body, "Content-Type", "application/json"); a.Status != 200 {
			t.Errorf("GET with body %q: %d %s", body, a.Status, a.Body)
		}
		id, _ := s.create(nativeKey, `{"url":"https://example.com/"}`)
		if a := s.do("DELETE", fmt.Sprintf("/api/url/%d/delete", id), nativeKey, body, "Content-Type", "application/json"); a.Status != 200 {
			t.Errorf("DELETE with body %q: %d %s", body, a.Status, a.Body)
		}
	}
	get, post := s.do("GET", "/api/account", nativeKey, ""), s.do("POST", "/api/account", nativeKey, "")
	if post.Status != 200 || post.Body != get.Body {
		t.Errorf("POST /api/account = %d %s; want the answer of GET: %s", post.Status, post.Body, get.Body)
	}
}

func TestDemand3_ErrorIsANumber(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	s.create(nativeKey, `{"url":"https://example.com/"}`)
	for _, path := range []string{"/api/account", "/api/urls", "/api/url/1", "/api/url/99", "/api/qr", "/api/nothing"} {
		if a := s.do("GET", path, nativeKey, ""); a.get("error").Type != gjson.Number {
			t.Errorf("GET %s: error is %s in %s", path, a.get("error").Raw, a.Body)
		}
	}
}

func TestDemand4_SuccessIs200(t *testing.T) {
	s := nativeSite(t, "")
	for _, step := range []struct{ method, path, body string }{
		{"POST", "/api/url/add", `{"url":"https://example.com/"}`},
		{"PUT", "/api/url/1/update", `{"url":"https://example.com/2"}`},
		{"PUT", "/api/account/update", `{"email":"a@example.com"}`},
		{"DELETE", "/api/url/1/delete", ""},
	} {
		if a := s.do(step.method, step.path, nativeKey, step.body); a.Status != 200 {
			t.Errorf("%s %s = %d %s; want 200", step.method, step.path, a.Status, a.Body)
		}
	}
}

func TestDemand5_ListsAndPaging(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	for i := range 32 {
		s.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/%d"}`, i))
	}
	for query, want := range map[string]string{
		"":                 `15 32 1 2 3`,
		"?limit=15&page=3": `2 32 3 null 3`,
		"?limit=500":       `32 32 1 null 1`,
		"?limit=1000":      `32 32 1 null 1`,
		"?limit=10&page=9": `0 32 9 null 4`,
		"?page=2":          `15 32 2 3 3`,
		"?q=nothing":       `0 0 1 null 0`,
		"?limit=&page=":    `15 32 1 2 3`,
	} {
		a := s.do("GET", "/api/urls"+query, nativeKey, "")
		got := strings.Join(strings.Fields(fmt.Sprintf("%d %s %s %s %s", a.get("data.urls.#").Int(), a.get("data.result").Raw,
			a.get("data.currentpage").Raw, a.get("data.nextpage").Raw, a.get("data.maxpage").Raw)), " ")
		if a.Status != 200 || got != want {
			t.Errorf("%s: rows, result, currentpage, nextpage, maxpage = %s; want %s", query, got, want)
		}
	}
	if a := s.do("GET", "/api/urls?limit=7", nativeKey, ""); a.get("data.perpage").Int() != 7 {
		t.Errorf("perpage = %s; want the limit, 7", a.get("data.perpage").Raw)
	}
	// More than can be answered is refused, never clamped in silence.
	if a := s.do("GET", "/api/urls?limit=1001", nativeKey, ""); a.Status != 400 || !strings.Contains(a.get("message").String(), "limit") {
		t.Errorf("limit=1001: %d %s", a.Status, a.Body)
	}
}

func TestDemand6_SearchByShortURL(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	id, short := s.create(nativeKey, `{"url":"https://example.com/","custom":"findme"}`)
	s.create(otherKey, `{"url":"https://example.com/","custom":"notyours"}`)
	host := strings.TrimPrefix(s.base, "http://")
	for _, value := range []string{short, host + "/findme", "https://" + host + "/findme", "findme", short + "/", short + "?utm=1"} {
		// The other parameters would be refused on their own.
		a := s.do("GET", "/api/urls?limit=99999&page=x&order=up&short="+url.QueryEscape(value), nativeKey, "")
		if a.Status != 200 || a.get("error").Int() != 0 || a.get("id").Int() != id ||
			!a.get("data.clicks").Exists() || a.get("data.urls.0.id").Int() != id || a.get("details.longurl").String() != "https://example.com/" {
			t.Errorf("short=%s: %d %s", value, a.Status, a.Body)
		}
	}
	for _, value := range []string{"nosuch", "https://elsewhere.example/findme", "notyours", "FINDME", "x", "../findme"} {
		a := s.do("GET", "/api/urls?short="+url.QueryEscape(value), nativeKey, "")
		if a.Status != 200 || a.get("error").Int() == 0 || a.get("message").String() == "" || a.get("data").Exists() {
			t.Errorf("short=%s: %d %s; want a miss with status 200", value, a.Status, a.Body)
		}
	}
}

func TestDemand7_KeywordMatchesURLAliasAndTitle(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	s.create(nativeKey, `{"url":"https://example.com/Shoes?color=red&size=42","custom":"spring-sale","metatitle":"Été à Séoul"}`)
	s.create(nativeKey, `{"url":"https://example.org/","custom":"another"}`)
	for q, want := range map[string]int64{
		"https://example.com/Shoes?color=red&size=42": 1,
		"shoes":       1,
		"SPRING":      1,
		"séoul":       1,
		"example":     2,
		"100%":        0,
		"spring_sale": 0,
	} {
		if a := s.do("GET", "/api/urls?q="+url.QueryEscape(q), nativeKey, ""); a.get("data.result").Int() != want {
			t.Errorf("q=%s: %s; want %d", q, a.Body, want)
		}
	}
}

func TestDemand9_DomainInThreeForms(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	host := strings.TrimPrefix(s.base, "http://")
	for _, domain := range []string{s.base, host, s.base + "/"} {
		if a := s.do("POST", "/api/url/add", nativeKey, fmt.Sprintf(`{"url":"https://example.com/","domain":%q}`, domain)); a.Status != 200 {
			t.Errorf("domain %q: %d %s", domain, a.Status, a.Body)
		}
	}
	a := s.do("POST", "/api/url/add", nativeKey, `{"url":"https://example.com/","domain":"https://links.example.com"}`)
	if a.Status != 400 || !a.get("errors.domain").Exists() {
		t.Errorf("an unknown domain: %d %s", a.Status, a.Body)
	}
}

func TestDemand10_IncompleteParametersAreSkipped(t *testing.T) {
	s := nativeSite(t, "")
	id, short := s.create(nativeKey, `{"url":"https://example.com/?a[]=1#top","parameters":[{"name":"aff","value":"3 4"},{"device":"gtm_source","link":"api"},{"name":"","value":"x"}]}`)
	a := s.do("GET", fmt.Sprintf("/api/url/%d", id), nativeKey, "")
	if got := a.get("details.parameters").Raw; got != `[{"name":"aff","value":"3 4"}]` {
		t.Errorf("parameters = %s", got)
	}
	if got := s.do("GET", strings.TrimPrefix(short, s.base), "", "").Header.Get("Location"); got != "https://example.com/?a[]=1&aff=3+4#top" {
		t.Errorf("Location = %q", got)
	}
}

// TestDemand11_NamesOfAllAges is about backends of the script, whose sites
// answer with names of different ages.
func TestDemand11_NamesOfAllAges(t *testing.T) {
	u := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.Method + " " + r.URL.Path {
		case "POST /api/campaign/add":
			_, _ = io.WriteString(w, `{"error":0,"id":3,"campaign":"New","public":true,"rotator":"https://x.example/r/new","list":"https://x.example/u/a/new-3"}`)
		case "GET /api/campaigns":
			_, _ = io.WriteString(w, `{"error":"0","data":{"result":2,"perpage":2,"currentpage":1,"nextpage":1,"maxpage":1,"campaigns":[{"id":1,"name":"A","public":false,"rotator":false,"list":"x"},{"id":2,"domain":"B","public":true,"rotator":"r","list":"y"}]}}`)
		case "PUT /api/url/5/update":
			_, _ = io.WriteString(w, `{"error":0,"id":5,"short":"https://x.example/five"}`)
		case "GET /api/overlay":
			_, _ = io.WriteString(w, `{"error":"0","data":{"result":1,"perpage":15,"currentpage":1,"nextpage":1,"maxpage":1,"overlay":[{"id":1,"type":"message","name":"P","date":"2020-11-10 18:00:00","new_field":7}]}}`)
		default:
			t.Errorf("unexpected %s %s", r.Method, r.URL.Path)
		}
	})
	s := nativeSite(t, gempixelOptions(u.URL))
	a := s.do("POST", "/api/campaign/add", gempixelKey, `{"name":"New","slug":"new","public":true}`)
	for _, key := range []string{"campaign", "domain", "name"} {
		if a.get(key).String() != "New" {
			t.Errorf("createCampaign: no %s in %s", key, a.Body)
		}
	}
	a = s.do("GET", "/api/campaigns", gempixelKey, "")
	for i, want := range []string{"A", "B"} {
		for _, key := range []string{"campaign", "domain", "name"} {
			if got := a.get(fmt.Sprintf("data.campaigns.%d.%s", i, key)).String(); got != want {
				t.Errorf("listCampaigns: row %d, %s = %q; want %q", i, key, got, want)
			}
		}
	}
	if got := a.get("error"); got.Type != gjson.Number {
		t.Errorf("error = %s; want a number", got.Raw)
	}
	if got := a.get("data.nextpage"); got.Type != gjson.Null {
		t.Errorf("nextpage = %s; want null on the last page", got.Raw)
	}
	a = s.do("PUT", "/api/url/5/update", gempixelKey, `{"url":"https://example.com/"}`)
	if a.get("short").String() != "https://x.example/five" || a.get("shorturl").String() != "https://x.example/five" {
		t.Errorf("updateLink: %s", a.Body)
	}
	a = s.do("GET", "/api/overlay", gempixelKey, "")
	if a.get("data.cta.0.id").Int() != 1 || a.get("data.overlay.0.new_field").Int() != 7 {
		t.Errorf("listOverlays: %s", a.Body)
	}
}

func gempixelOptions(address string) string {
	return fmt.Sprintf(`
		rate_limit off
		backend kr gempixel %s {
			api_key the-site-key-0123456789
		}
		key gem %s {
			backend kr
			scopes admin
		}`, address, gempixelKey)
}

func TestDemand12_RateLimit(t *testing.T) {
	s := nativeSite(t, "rate_limit 3 1m")
	var last answer
	for i := range 4 {
		last = s.do("GET", "/api/account", nativeKey, "")
		if got, want := last.Header.Get("X-RateLimit-Remaining"), strconv.Itoa(max(0, 2-i)); got != want {
			t.Errorf("request %d: X-RateLimit-Remaining = %s; want %s", i+1, got, want)
		}
		if got := last.Header.Get("X-RateLimit-Limit"); got != "3" {
			t.Errorf("X-RateLimit-Limit = %s; want 3", got)
		}
	}
	if last.Status != 429 || last.get("error").Int() != 429 || last.get("message").String() != "Too Many Requests. Please retry later." {
		t.Errorf("over the limit: %d %s", last.Status, last.Body)
	}
	retry, err := strconv.Atoi(last.Header.Get("Retry-After"))
	if err != nil || retry < 1 || retry > 60 || last.get("Retry-After").Int() != int64(retry) {
		t.Errorf("Retry-After = %q, in the body %s", last.Header.Get("Retry-After"), last.get("Retry-After").Raw)
	}
	reset, err := strconv.ParseInt(last.Header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil || reset < time.Now().Unix() || reset > time.Now().Unix()+61 {
		t.Errorf("X-RateLimit-Reset = %q; want the end of the window in epoch seconds", last.Header.Get("X-RateLimit-Reset"))
	}
	if a := s.do("GET", "/api/account", otherKey, ""); a.Status != 200 {
		t.Errorf("another key is limited too: %d", a.Status)
	}
}

func TestDemand13_BadKeysAndBadRequests(t *testing.T) {
	s := nativeSite(t, "")
	for _, key := range []string{"", "wrong-key-0123456789", "Basic dXNlcjpwYXNz"} {
		if a := s.do("GET", "/api/account", key, ""); a.Status != 401 || a.get("error").Int() != 1 || a.get("message").String() == "" {
			t.Errorf("key %q: %d %s", key, a.Status, a.Body)
		}
	}
	if a := s.do("POST", "/api/url/add", nativeKey, `{"custom":"abc"}`); a.Status != 400 || a.get("error").Int() != 1 || a.get("message").String() != a.get("msg").String() {
		t.Errorf("no url: %d %s", a.Status, a.Body)
	}
}

func TestDemand14_TakenAliasIsAnError(t *testing.T) {
	s := nativeSite(t, "")
	s.create(nativeKey, `{"url":"https://example.com/","custom":"taken"}`)
	for _, key := range []string{nativeKey, otherKey} {
		a := s.do("POST", "/api/url/add", key, `{"url":"https://example.org/","custom":"taken"}`)
		if a.Status != 400 || a.get("message").String() != "That alias is taken. Please choose another one." || !a.get("errors.custom").Exists() {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	}
	for _, alias := range []string{"api", "API", "qr"} {
		if a := s.do("POST", "/api/url/add", nativeKey, fmt.Sprintf(`{"url":"https://example.com/","custom":%q}`, alias)); a.Status != 400 {
			t.Errorf("alias %q: %d %s", alias, a.Status, a.Body)
		}
	}
}
