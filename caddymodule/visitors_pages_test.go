package caddymodule_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// privateNetworks lets Linkquay ask the destinations of the tests.
const privateNetworks = "rate_limit off\n\t\tprivate_networks 127.0.0.0/8"

func TestVisitor_Frame(t *testing.T) {
	u := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refuses" {
			w.Header().Set("X-Frame-Options", "DENY")
		}
		if r.URL.Path == "/policy" {
			w.Header().Set("Content-Security-Policy", "default-src *; frame-ancestors 'none'")
		}
	})
	s := nativeSite(t, privateNetworks)
	for _, path := range []string{"allows", "refuses", "policy"} {
		s.create(nativeKey, fmt.Sprintf(`{"url":"%s/%s","custom":%q,"type":"frame","metatitle":"The <title>"}`, u.URL, path, path))
	}
	shows(t, "a frame", s.visit("/allows"), 200, `<iframe src="`+u.URL+`/allows"`, "The &lt;title&gt;")
	leadsTo(t, "X-Frame-Options", s.visit("/refuses"), 302, u.URL+"/refuses")
	leadsTo(t, "frame-ancestors", s.visit("/policy"), 302, u.URL+"/policy")
	if a := s.do("HEAD", "/allows", "", ""); a.Status != 200 || a.Body != "" {
		t.Errorf("HEAD of a frame: %d, %d bytes", a.Status, len(a.Body))
	}
	if err := s.load(siteConfig("rate_limit off")); err != nil {
		t.Fatal(err)
	}
	leadsTo(t, "a destination that must not be asked", s.visit("/allows"), 302, u.URL+"/allows")
}

func TestVisitor_Splash(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	id := s.make("/api/splash/add", `{"name":"Promo","title":"<b>Title</b>","message":"Message & more","counter":7,"image":"https://images.example/x.png","button":"Go on"}`)
	own, _ := s.create(nativeKey, `{"url":"https://example.com/<x>?a=1&b=2","custom":"own","type":"splash"}`)
	s.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/","custom":"custom","type":"%d"}`, id))
	shows(t, "our own", s.visit("/own"), 200, "You are leaving for example.com", "a=1&amp;b=2")
	custom := s.visit("/custom")
	shows(t, "a custom one", custom, 200, "&lt;b&gt;Title&lt;/b&gt;", "Message &amp; more", `data-seconds="7"`, "https://images.example/x.png", "Go on")
	if policy := custom.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "img-src https://images.example") {
		t.Errorf("the policy forbids the picture: %s", policy)
	}
	if a := s.do("PUT", fmt.Sprintf("/api/splash/%d/update", id), nativeKey, `{"title":"Changed"}`); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	shows(t, "changed", s.visit("/custom"), 200, "Changed", "Message &amp; more")
	if a := s.do("DELETE", fmt.Sprintf("/api/splash/%d/delete", id), nativeKey, ""); a.Status != 200 {
		t.Errorf("deleting a splash page: %d %s", a.Status, a.Body)
	}
	leadsTo(t, "without its page", s.visit("/custom"), 302, "https://example.com/")
	s.do("HEAD", "/own", "", "")
	eventually(t, "one visit of the splash page", func() bool { return s.clicksOf(own) == 1 })
}

func TestVisitor_Overlay(t *testing.T) {
	u := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refuses" {
			w.Header().Set("X-Frame-Options", "SAMEORIGIN")
		}
	})
	s := nativeSite(t, privateNetworks)
	message := s.make("/api/overlay/add", `{"name":"Offer","message":"Only <today>","label":"Sale","link":"https://example.com/sale","button":"Look","position":"topleft"}`)
	contact := s.make("/api/overlay/add", `{"name":"Ask","type":"contact","message":"Questions?","email":"ask@example.com"}`)
	s.create(nativeKey, fmt.Sprintf(`{"url":"%s/x","custom":"offer","type":"overlay-%d"}`, u.URL, message))
	s.create(nativeKey, fmt.Sprintf(`{"url":"%s/x","custom":"ask","type":"overlay-%d"}`, u.URL, contact))
	s.create(nativeKey, fmt.Sprintf(`{"url":"%s/refuses","custom":"unframed","type":"overlay-%d"}`, u.URL, message))
	shows(t, "a message", s.visit("/offer"), 200, "<iframe ", "Only &lt;today&gt;", "Sale", `href="https://example.com/sale"`, "topleft")
	shows(t, "a contact", s.visit("/ask"), 200, "<iframe ", "Questions?", "mailto:ask@example.com")
	page := s.visit("/unframed")
	shows(t, "a destination that cannot be framed", page, 200, "Only &lt;today&gt;", u.URL+"/refuses")
	if strings.Contains(page.Body, "<iframe ") {
		t.Error("it is framed all the same")
	}
	if a := s.do("POST", "/api/url/add", nativeKey, `{"url":"https://example.com/","type":"overlay-99"}`); a.Status != 400 || !a.get("errors.type").Exists() {
		t.Errorf("an overlay that is not there: %d %s", a.Status, a.Body)
	}
}

// pixelTags has each provider with a tag.
var pixelTags = map[string]string{
	"gtmpixel": "GTM-ABCDE", "gapixel": "G-ABC123", "fbpixel": "1234567890", "adwordspixel": "AW-12345/label", "linkedinpixel": "123456",
	"twitterpixel": "o1abc", "adrollpixel": "ADV/PIX", "quorapixel": "abcdef0123456789", "pinterest": "2612345678901", "bing": "12345678",
	"snapchat": "11111111-2222-3333-4444-555555555555", "reddit": "t2_abcdef", "tiktok": "C0ABCDEF",
}

func TestVisitor_Pixels(t *testing.T) {
	if len(pixelTags) != 13 {
		t.Fatalf("%d providers; want 13", len(pixelTags))
	}
	s := nativeSite(t, "rate_limit off")
	var ids []string
	for provider, tag := range pixelTags {
		id := s.make("/api/pixel/add", fmt.Sprintf(`{"type":%q,"name":"p","tag":%q}`, provider, tag))
		ids = append(ids, fmt.Sprint(id))
	}
	id, _ := s.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/in","custom":"tracked","redirectcode":301,"pixels":[%s]}`, strings.Join(ids, ",")))
	page := s.visit("/tracked")
	shows(t, "the interstitial", page, 200, `id="pixels"`, "https://example.com/in")
	for provider, tag := range pixelTags {
		if !strings.Contains(page.Body, `"`+provider+`"`) || !strings.Contains(strings.ReplaceAll(page.Body, `\/`, "/"), tag) {
			t.Errorf("%s is not fired with %s", provider, tag)
		}
	}
	for name, header := range map[string][]string{
		"A crawler":  {"User-Agent", crawler},
		"Sec-GPC":    {"Sec-GPC", "1"},
		"DNT":        {"DNT", "1"},
		"Previewers": {"User-Agent", chat},
	} {
		leadsTo(t, name, s.visit("/tracked", header...), 301, "https://example.com/in")
	}
	leadsTo(t, "HEAD", s.do("HEAD", "/tracked", "", ""), 301, "https://example.com/in")
	eventually(t, "three people", func() bool { return s.clicksOf(id) == 3 })
}

func TestVisitor_DeepLink(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	s.create(nativeKey, `{"url":"https://www.youtube.com/watch?v=abc","custom":"auto","deeplink":{"auto":true}}`)
	s.create(nativeKey, `{"url":"https://example.com/thing","custom":"stores","deeplink":{"apple":"https://apps.apple.com/app/id123","google":"https://play.google.com/store/apps/details?id=com.example.thing"}}`)
	shows(t, "an iPhone", s.visit("/auto", "User-Agent", iphone), 200, `id="app"`, "youtube", `id="go"`, "https://www.youtube.com/watch?v=abc")
	shows(t, "an iPhone with a store", s.visit("/stores", "User-Agent", iphone), 200, "https://apps.apple.com/app/id123", "https://example.com/thing")
	shows(t, "an Android", s.visit("/stores", "User-Agent", android), 200, "intent://example.com/thing#Intent;", "package=com.example.thing")
	for name, agent := range map[string]string{"a desktop": browser, "a crawler": crawler} {
		leadsTo(t, name, s.visit("/stores", "User-Agent", agent), 302, "https://example.com/thing")
	}
}

func TestVisitor_Preview(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	id, short := s.create(nativeKey, `{"url":"https://example.com/in","custom":"shared","metatitle":"A \"title\" <script>","metadescription":"Words & more","metaimage":"https://example.com/i.png"}`)
	s.create(nativeKey, `{"url":"https://example.com/in","custom":"plain"}`)
	for _, agent := range []string{chat, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "Twitterbot/1.0", "kakaotalk-scrap/1.0", "WhatsApp/2.23.20.0"} {
		a := s.visit("/shared", "User-Agent", agent)
		shows(t, agent, a, 200, `property="og:title" content="A &#34;title&#34; &lt;script&gt;"`, `property="og:description" content="Words &amp; more"`,
			`property="og:image" content="https://example.com/i.png"`, `property="og:url" content="`+short+`"`)
		leadsTo(t, agent+" of a plain link", s.visit("/plain", "User-Agent", agent), 302, "https://example.com/in")
	}
	leadsTo(t, "a person", s.visit("/shared"), 302, "https://example.com/in")
	eventually(t, "previews counted as such", func() bool {
		total := s.do("GET", fmt.Sprintf("/api/url/%d/stats", id), nativeKey, "").get("data.total")
		return total.Get("previews").Int() == 5 && total.Get("clicks").Int() == 1
	})
}

func TestVisitor_StatisticsPage(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	id, _ := s.create(nativeKey, `{"url":"https://example.com/in","custom":"open","status":"public"}`)
	s.create(nativeKey, `{"url":"https://example.com/in","custom":"closed"}`)
	for range 3 {
		s.visit("/open", "Referer", "https://news.example/<x>")
	}
	eventually(t, "the clicks", func() bool { return s.clicksOf(id) == 3 })
	shows(t, "the page", s.visit("/open+"), 200, "/open", "<dd>3</dd>", "<dd>1</dd>", "news.example", "<svg", "<rect class=\"bar\"")
	for _, path := range []string{"/closed+", "/nothing+", "/open++", "/+"} {
		if a := s.visit(path); a.Status != 404 {
			t.Errorf("%s: %d; want 404", path, a.Status)
		}
	}
	if a := s.do("PUT", fmt.Sprintf("/api/url/%d/update", id), nativeKey, `{"status":"private"}`); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := s.visit("/open+"); a.Status != 404 {
		t.Errorf("private again: %d; want 404", a.Status)
	}
	if got := s.clicksOf(id); got != 3 {
		t.Errorf("looking at statistics counts: %d clicks; want 3", got)
	}
}
