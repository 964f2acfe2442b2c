package caddymodule_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestSafety_Blocklist: what is on the list is refused when a link is made, and
// stopped when it is opened, also where the list is newer than the link.
func TestSafety_Blocklist(t *testing.T) {
	list := filepath.Join(t.TempDir(), "blocklist.txt")
	put := func(text string) {
		if err := os.WriteFile(list+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(list+".new", list); err != nil {
			t.Fatal(err)
		}
	}
	put("# nothing good\nevil.example\nhttps://mixed.example/bad\n")
	s := nativeSite(t, "rate_limit off\n\t\tblocklist "+list)
	for _, target := range []string{"https://evil.example/", "https://www.EVIL.example./x?y", "http://user@evil.example:8080/", "https://mixed.example/bad/page"} {
		for body, field := range map[string]string{
			fmt.Sprintf(`{"url":%q}`, target):                                                                    "url",
			fmt.Sprintf(`{"url":"https://example.com/","expiredurl":%q}`, target):                                "expiredurl",
			fmt.Sprintf(`{"url":"https://example.com/","devicetarget":[{"device":"iPhone","link":%q}]}`, target): "devicetarget[0].link",
			fmt.Sprintf(`{"url":"https://example.com/","deeplink":{"apple":%q}}`, target):                        "deeplink.apple",
			fmt.Sprintf(`{"url":"https://example.com/","languagetarget":[{"language":"fr","link":%q}]}`, target): "languagetarget[0].link",
			fmt.Sprintf(`{"url":"https://example.com/","geotarget":[{"location":"France","link":%q}]}`, target):  "geotarget[0].link",
		} {
			if a := s.do("POST", "/api/url/add", nativeKey, body); a.Status != 400 || !strings.Contains(a.get("errors").Raw, `"`+field+`"`) {
				t.Errorf("%s: %d %s; want 400 naming %s", body, a.Status, a.Body, field)
			}
		}
		if a := s.do("POST", "/api/qr/add", nativeKey, fmt.Sprintf(`{"type":"link","data":%q}`, target)); a.Status != 400 {
			t.Errorf("a QR code of %s: %d %s", target, a.Status, a.Body)
		}
	}
	s.create(nativeKey, `{"url":"https://mixed.example/good","custom":"good"}`)
	id, _ := s.create(nativeKey, `{"url":"https://later.example/x","custom":"later","password":"right"}`)
	s.create(nativeKey, `{"url":"https://example.com/","custom":"ruled","devicetarget":[{"device":"iPhone","link":"https://later.example/"}],"expiredurl":"https://later.example/"}`)
	leadsTo(t, "a good page of the same host", s.visit("/good"), 302, "https://mixed.example/good")
	leadsTo(t, "not blocked yet", s.visit("/ruled", "User-Agent", iphone), 302, "https://later.example/")
	put("later.example\n")
	if err := s.load(siteConfig("rate_limit 1000 1m\n\t\tblocklist " + list)); err != nil {
		t.Fatal(err)
	}
	blocked := s.visit("/later")
	shows(t, "blocked since", blocked, 403, "blocked")
	if strings.Contains(blocked.Body, "later.example") {
		t.Error("the page leads to what is blocked")
	}
	shows(t, "with the password", s.unlock("/later", "right"), 403)
	if a := s.visit("/ruled", "User-Agent", iphone); strings.Contains(a.Header.Get("Location")+a.Body, "later.example") {
		t.Errorf("a rule leads to what is blocked: %d to %q", a.Status, a.Header.Get("Location"))
	}
	put("nothing.example\n")
	if err := s.load(siteConfig("rate_limit off\n\t\tblocklist " + list)); err != nil {
		t.Fatal(err)
	}
	leadsTo(t, "no longer blocked", s.unlock("/later", "right"), 303, "https://later.example/x")
	eventually(t, "a visit that was stopped is none", func() bool { return s.clicksOf(id) == 1 })
}

// TestSafety_Schemes: nothing but http, https and what is configured, whatever
// it looks like.
func TestSafety_Schemes(t *testing.T) {
	s := nativeSite(t, "rate_limit off\n\t\tschemes mailto tel")
	for _, target := range []string{
		"javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd",
		"blob:https://example.com/x", "ftp://example.com/", "//example.com/", "https:example.com", "https://", "https:///x", "http://exa mple.com/", "intent://x#Intent;end",
		"about:blank", "view-source:https://example.com", "http://127.0.0.1:{{port}}/x", "http://127.0.0.1.:{{port}}/x", "HTTP://127.0.0.1:{{port}}",
	} {
		for path, body := range map[string]string{
			"/api/url/add":     fmt.Sprintf(`{"url":%q}`, s.fill(target)),
			"/api/domain/add":  fmt.Sprintf(`{"domain":"x.example","redirectroot":%q}`, s.fill(target)),
			"/api/overlay/add": fmt.Sprintf(`{"name":"x","message":"x","link":%q}`, s.fill(target)),
			"/api/splash/add":  fmt.Sprintf(`{"name":"x","image":%q}`, s.fill(target)),
		} {
			if path == "/api/splash/add" && strings.HasPrefix(strings.ToLower(target), "http://127") {
				continue // a picture of our own is no loop
			}
			if a := s.do("POST", path, nativeKey, body); a.Status != 400 {
				t.Errorf("%s %s: %d %s; want 400", path, body, a.Status, a.Body)
			}
		}
	}
	s.create(nativeKey, `{"url":"mailto:ann@example.com?subject=Hi%20there","custom":"mail","type":"splash"}`)
	s.create(nativeKey, `{"url":"tel:+15551234567","custom":"call","forwardquery":true}`)
	leadsTo(t, "mailto", s.visit("/mail"), 302, "mailto:ann@example.com?subject=Hi%20there")
	leadsTo(t, "tel", s.visit("/call?x=1"), 302, "tel:+15551234567")
}

// TestSafety_Duplicates: with "reuse" the same address gets the same link, also
// for many who ask at once, and never one with anything else to it.
func TestSafety_Duplicates(t *testing.T) {
	eachDatabase(t, siteConfig("rate_limit off\n\t\tduplicates reuse"), func(t *testing.T, s *site) {
		var mu sync.Mutex
		ids := map[int64]int{}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				id, _ := s.create(nativeKey, `{"url":"https://example.com/same"}`)
				mu.Lock()
				defer mu.Unlock()
				ids[id]++
			})
		}
		wg.Wait()
		if len(ids) != 1 {
			t.Errorf("20 requests for one address got %v; want one link", ids)
		}
		for _, body := range []string{
			`{"url":"https://example.com/same","custom":"mine"}`, `{"url":"https://example.com/same","password":"x"}`, `{"url":"https://example.com/same","clicklimit":1}`,
			`{"url":"https://example.com/same","expiry":"2099-01-01"}`, `{"url":"https://example.com/same/"}`, `{"url":"https://example.com/same","metatitle":"x"}`,
			`{"url":"https://example.com/same","redirectcode":301}`, `{"url":"https://example.com/same","status":"public"}`,
		} {
			id, _ := s.create(nativeKey, body)
			if ids[id] > 0 {
				t.Errorf("%s got the plain link", body)
			}
			ids[id]++
		}
		if id, _ := s.create(otherKey, `{"url":"https://example.com/same"}`); ids[id] > 0 {
			t.Error("another account got the link")
		}
		var plain int64
		for id, n := range ids {
			if n == 20 {
				plain = id
			}
		}
		if a := s.do("DELETE", fmt.Sprintf("/api/url/%d/delete", plain), nativeKey, ""); a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		if id, _ := s.create(nativeKey, `{"url":"https://example.com/same"}`); ids[id] > 0 {
			t.Errorf("after it was deleted: link %d, of %v", id, ids)
		}
	})
}

// TestSafety_Logo: a logo is fetched only from where it may be, decoded within
// limits, drawn into the code, and removed with it.
func TestSafety_Logo(t *testing.T) {
	logo := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		logo.SetNRGBA(i%64, i/64, color.NRGBA{R: 200, A: 255})
	}
	var good bytes.Buffer
	if err := png.Encode(&good, logo); err != nil {
		t.Fatal(err)
	}
	u := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/logo.png":
			_, _ = w.Write(good.Bytes())
		case "/huge.png":
			// A picture of 50,000 by 50,000 pixels, as its head says.
			b := bytes.Clone(good.Bytes())
			copy(b[16:24], []byte{0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50})
			_, _ = w.Write(b)
		case "/endless.png":
			_, _ = w.Write(good.Bytes()[:40])
			for range 400 {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		case "/text.png":
			_, _ = w.Write([]byte("<svg onload=alert(1)>"))
		case "/inside.png":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	})
	s := nativeSite(t, filesOptions+"\n\t\tprivate_networks 127.0.0.0/8")
	code := func(path string) answer {
		return s.do("POST", "/api/qr/add", nativeKey, fmt.Sprintf(`{"type":"link","data":"https://example.com/","logo":"%s%s"}`, u.URL, path))
	}
	for _, path := range []string{"/huge.png", "/endless.png", "/text.png", "/inside.png", "/missing.png"} {
		if a := code(path); a.Status != 400 || !a.get("errors.logo").Exists() {
			t.Errorf("%s: %d %s; want 400 naming it", path, a.Status, a.Body)
		}
	}
	if left := s.stored(); len(left) != 0 {
		t.Errorf("%v is left of refused logos", left)
	}
	a := code("/logo.png")
	if a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	picture := s.visit(strings.TrimPrefix(a.get("link").String(), s.base))
	img, err := png.Decode(strings.NewReader(picture.Body))
	if err != nil {
		t.Fatal(err)
	}
	if text := scan(t, img); !strings.HasPrefix(text, s.base+"/") {
		t.Errorf("the code with a logo holds %q", text)
	}
	middle := img.Bounds().Dx() / 2
	if r, g, b, _ := img.At(middle, middle).RGBA(); r>>8 < 150 || g>>8 > 80 || b>>8 > 80 {
		t.Errorf("the middle of the code is %v; want the logo's red", img.At(middle, middle))
	}
	before := s.stored()
	if len(before) != 1 {
		t.Fatalf("%v is kept; want the logo", before)
	}
	if a := s.do("PUT", fmt.Sprintf("/api/qr/%d/update", a.get("id").Int()), nativeKey, fmt.Sprintf(`{"logo":"%s/logo.png?other"}`, u.URL)); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if now := s.stored(); len(now) != 1 || now[0] == before[0] {
		t.Errorf("%v is kept after another logo came; want that one alone, and not %v", now, before)
	}
	if a := s.do("DELETE", fmt.Sprintf("/api/qr/%d/delete", a.get("id").Int()), nativeKey, ""); a.Status != 200 || len(s.stored()) != 0 {
		t.Errorf("deleting: %d %s, %v is left", a.Status, a.Body, s.stored())
	}
}
