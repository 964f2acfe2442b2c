package caddymodule_test

import (
	"fmt"
	"image/png"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/simulate"
)

// TestRemote_Emulation uses what dgLnk's version 1 lacks as a client and a
// visitor would.
func TestRemote_Emulation(t *testing.T) {
	remote := simulated(t, "dglnk 1", simulate.Options{})
	s := nativeSite(t, "rate_limit off\n"+remote.backend("dg", dglnkKey))
	do := func(method, path, body string) answer {
		t.Helper()
		a := s.do(method, path, dglnkKey, body)
		if a.Status != 200 || a.get("error").Int() != 0 {
			t.Fatalf("%s %s %s: %d %s", method, path, body, a.Status, a.Body)
		}
		return a
	}
	campaign := do("POST", "/api/campaign/add", `{"name":"Spring","slug":"spring","public":true}`)
	channel := do("POST", "/api/channel/add", `{"name":"Newsletter"}`).get("id").Int()
	first := do("POST", "/api/url/add", fmt.Sprintf(`{"url":"https://example.com/first","campaign":%d,"channel":%d,"description":"for the shop"}`, campaign.get("id").Int(), channel))
	second := do("POST", "/api/url/add", `{"url":"https://example.com/second","custom":"second"}`)
	do("POST", fmt.Sprintf("/api/campaign/%d/assign/%d", campaign.get("id").Int(), second.get("id").Int()), "")
	links := map[string]string{}
	for _, a := range []answer{first, second} {
		links[a.get("shorturl").String()] = do("GET", fmt.Sprint("/api/url/", a.get("id").Int()), "").get("details.longurl").String()
	}
	if all := remote.shorts(); len(all) != 2 || links[all[0]] != "https://example.com/first" || links[all[1]] != "https://example.com/second" {
		t.Fatalf("the site has %v, which was answered as %v", all, links)
	}

	// The rotator and the list are ours, and lead to the site.
	seen := map[string]bool{}
	eventually(t, "the rotator leads to each link", func() bool {
		a := s.visit(strings.TrimPrefix(campaign.get("rotator").String(), s.base))
		if to := a.Header.Get("Location"); a.Status != 302 || links[to] == "" {
			t.Fatalf("the rotator: %d to %q", a.Status, to)
		} else {
			seen[to] = true
		}
		return len(seen) == 2
	})
	there := &site{t: t, base: remote.URL}
	for short, long := range links {
		leadsTo(t, "at the site", there.visit(strings.TrimPrefix(short, remote.URL)), 302, long)
	}
	shows(t, "the campaign's list", s.visit(strings.TrimPrefix(campaign.get("list").String(), s.base)), 200, "Spring", first.get("shorturl").String())

	// A picture that a telephone can read.
	code := do("POST", "/api/qr/add", fmt.Sprintf(`{"type":"link","data":%q,"name":"poster"}`, first.get("shorturl").String()))
	for _, suffix := range []string{"", ".svg"} {
		if picture := s.visit(strings.TrimPrefix(code.get("link").String(), s.base) + suffix); picture.Status != 200 {
			t.Errorf("the picture%s: %d %s", suffix, picture.Status, picture.Body)
		} else if suffix == "" {
			img, err := png.Decode(strings.NewReader(picture.Body))
			if err != nil {
				t.Fatal(err)
			}
			printed := s.visit(strings.TrimPrefix(scan(t, img), s.base))
			leadsTo(t, "the printed code", printed, 302, first.get("shorturl").String())
		}
	}
	do("POST", fmt.Sprintf("/api/channel/%d/assign/qr/%d", channel, code.get("id").Int()), "")
	items := do("GET", fmt.Sprint("/api/channel/", channel), "").get("data.items.#.type").String()
	if !strings.Contains(items, "links") || !strings.Contains(items, "qr") {
		t.Errorf("the channel has %s; want the link and the code", items)
	}
	row := do("GET", "/api/urls?limit=1&page=2", "").get("data.urls.0")
	if row.Get("description").String() != "for the shop" || row.Get("campaign").Int() != campaign.get("id").Int() {
		t.Errorf("the first link in the list is %s; want its note and its campaign", row)
	}

	bulk := do("POST", "/api/urls/bulk", `{"urls":[{"url":"https://example.com/b1","description":"one"},{"url":"https://example.com/b2"},{"url":"no address"}]}`)
	if bulk.get("data.created").Int() != 2 || bulk.get("data.failed").Int() != 1 || len(remote.shorts()) != 4 {
		t.Errorf("a bulk create: %s; the site has %v", bulk.Body, remote.shorts())
	}

	// What would have to happen at the site is refused by name, and not sent.
	sent := len(remote.Requests())
	for field, body := range map[string]string{
		"languagetarget": `{"url":"https://example.com/","languagetarget":[{"language":"ko","link":"https://example.com/ko"}]}`,
		"clicklimit":     `{"url":"https://example.com/","clicklimit":5}`,
	} {
		a := s.do("POST", "/api/url/add", dglnkKey, body)
		if a.Status != 400 || !strings.Contains(a.get("message").String(), field) || !strings.Contains(a.Body, `\"dg\"`) {
			t.Errorf("%s: %d %s; want 400 that names it and the backend", field, a.Status, a.Body)
		}
	}
	if n := len(remote.Requests()); n != sent {
		t.Errorf("%d requests were sent for what is refused", n-sent)
	}
	// Nothing of it is the account's own.
	for _, path := range []string{"/api/urls", "/api/campaigns", "/api/channels", "/api/qr"} {
		if a := s.do("GET", path, nativeKey, ""); a.Status != 200 || a.get("data.result").Int() != 0 {
			t.Errorf("the native backend's %s: %d %s; want none", path, a.Status, a.Body)
		}
	}
}
