package caddymodule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/simulate"
)

// TestRemote_Several: one key reaches the links of two sites and its own by
// their domains and ids, whatever the sites call them, and no other account's.
func TestRemote_Several(t *testing.T) {
	kr, my, theirs := simulated(t, "gempixel", simulate.Options{}), simulated(t, "gempixel", simulate.Options{}), simulated(t, "gempixel", simulate.Options{})
	const theirKey = "their-site-key-0123456789"
	s := nativeSite(t, "rate_limit off\n"+
		kr.backend("kr", gempixelKey, "domains kr.example", "timeout 3s")+
		my.backend("my", dglnkKey, "domains my.example", "timeout 3s")+
		strings.Replace(theirs.backend("theirs", theirKey, "domains theirs.example", "account other"), "\t\t\tscopes", "\t\t\taccount other\n\t\t\tscopes", 1))
	for domain, key := range map[string]string{"kr.example": gempixelKey, "my.example": dglnkKey, "theirs.example": theirKey} {
		if a := s.do("POST", "/api/domain/add", key, fmt.Sprintf(`{"domain":"https://%s"}`, domain)); a.Status != 200 {
			t.Fatalf("%s: %d %s", domain, a.Status, a.Body)
		}
	}
	made := func(key, alias, domain string) (id int64, short string) {
		t.Helper()
		id, short = s.create(key, fmt.Sprintf(`{"url":"https://example.com/%s","custom":%q,"domain":%q}`, alias, alias, domain))
		return id, short
	}
	ids, shorts := map[string]int64{}, map[string]string{}
	for alias, domain := range map[string]string{"on-kr": "https://kr.example", "on-my": "https://my.example", "on-native": ""} {
		ids[alias], shorts[alias] = made(nativeKey, alias, domain)
	}
	foreign, _ := made(theirKey, "foreign", "https://theirs.example")
	for alias, site := range map[string]*remoteSite{"on-kr": kr, "on-my": my} {
		if got, want := site.shorts(), []string{"https://" + strings.TrimPrefix(alias, "on-") + ".example/" + alias}; !slices.Equal(got, want) || shorts[alias] != want[0] {
			t.Errorf("%s: the site has %v, %q was answered; want %v", alias, got, shorts[alias], want)
		}
	}
	// Each site calls its only link 1.
	if ids["on-native"] != 1 || foreign != 1 || ids["on-kr"]&(1<<40-1) != 1 || ids["on-my"]&(1<<40-1) != 1 || ids["on-kr"] == ids["on-my"] {
		t.Errorf("ids %v and %d; want all to be different that one key sees", ids, foreign)
	}
	for alias, id := range ids {
		if a := s.do("GET", fmt.Sprint("/api/url/", id), nativeKey, ""); a.get("details.longurl").String() != "https://example.com/"+alias || a.get("details.id").Int() != id {
			t.Errorf("%s is %d %s", alias, a.Status, a.Body)
		}
		if a := s.do("PUT", fmt.Sprintf("/api/url/%d/update", id), nativeKey, fmt.Sprintf(`{"url":"https://example.com/%s?new"}`, alias)); a.Status != 200 || a.get("id").Int() != id {
			t.Errorf("updating %s: %d %s", alias, a.Status, a.Body)
		}
		if a := s.do("GET", "/api/urls?short="+shorts[alias], nativeKey, ""); a.get("details.longurl").String() != "https://example.com/"+alias+"?new" {
			t.Errorf("%s by its short URL: %d %s", alias, a.Status, a.Body)
		}
		if a := s.do("GET", fmt.Sprint("/api/url/", id), otherKey, ""); a.Status != 404 {
			t.Errorf("another account reads %s: %d %s", alias, a.Status, a.Body)
		}
		if id == foreign {
			continue // that is its own link
		}
		if a := s.do("DELETE", fmt.Sprintf("/api/url/%d/delete", id), theirKey, ""); a.Status != 404 {
			t.Errorf("another account deletes %s: %d %s", alias, a.Status, a.Body)
		}
	}
	// The sites' keys reach native links once there is a domain for them.
	if a := s.do("POST", "/api/domain/add", nativeKey, `{"domain":"https://go.example"}`); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	ids["by-kr"], shorts["by-kr"] = made(gempixelKey, "by-kr", "https://go.example")
	if ids["by-kr"] < 1<<40 || shorts["by-kr"] != "https://go.example/by-kr" || len(kr.shorts()) != 1 {
		t.Errorf("a native link by a site's key is %d %s; the site has %v", ids["by-kr"], shorts["by-kr"], kr.shorts())
	}
	for key, want := range map[string]int64{nativeKey: 4, gempixelKey: 4, dglnkKey: 4, otherKey: 1, theirKey: 1} {
		for _, limit := range []int{1, 3, 15} {
			var seen []int64
			for page := 1; page <= 4; page++ {
				a := s.do("GET", fmt.Sprintf("/api/urls?limit=%d&page=%d", limit, page), key, "")
				for _, id := range a.get("data.urls.#.id").Array() {
					seen = append(seen, id.Int())
				}
				if a.get("data.result").Int() != want {
					t.Errorf("page %d of %d: %d %s; want %d links", page, limit, a.Status, a.Body, want)
				}
				if a.get("data.nextpage").Int() == 0 {
					break
				}
			}
			slices.Sort(seen)
			if n := int64(len(slices.Compact(seen))); n != want || int64(len(seen)) != want {
				t.Errorf("pages of %d have the ids %v; want %d", limit, seen, want)
			}
		}
	}
	if a := s.do("POST", "/api/url/add", otherKey, `{"url":"https://example.com/","domain":"https://my.example"}`); a.Status != 400 || !strings.Contains(a.Body, "domain") || len(my.shorts()) != 1 {
		t.Errorf("on another account's domain: %d %s, %v", a.Status, a.Body, my.shorts())
	}

	// The one site that fails harms what concerns it, and half a list is none.
	my.fail(t, simulate.Fault{Kind: simulate.Status, Status: 500, Method: "GET"})
	for path, want := range map[string]int{
		fmt.Sprint("/api/url/", ids["on-my"]): 503, fmt.Sprint("/api/url/", ids["on-kr"]): 200, fmt.Sprint("/api/url/", ids["on-native"]): 200,
		"/api/urls": 503, "/api/urls?short=" + shorts["on-kr"]: 200, "/api/account": 200,
	} {
		if a := s.do("GET", path, nativeKey, ""); a.Status != want {
			t.Errorf("while one site fails, %s: %d %s; want %d", path, a.Status, a.Body, want)
		}
	}
	my.Heal()
	my.fail(t, simulate.Fault{Kind: simulate.HTML, Path: "/api/urls"})
	if a := s.do("GET", "/api/urls", gempixelKey, ""); a.Status != 503 || !strings.Contains(a.get("message").String(), `"my"`) {
		t.Errorf("a list without one of the sites: %d %s; want 503 that names it", a.Status, a.Body)
	}
	my.Heal()

	// A create in doubt is found by whichever key is asked again.
	my.fail(t,
		simulate.Fault{Kind: simulate.DieAfterCommit, Method: "POST", Path: my.create, Times: 1},
		simulate.Fault{Kind: simulate.Status, Status: 500, Method: "GET", Path: "/api/urls", Times: 1},
	)
	const body = `{"url":"https://example.com/doubt","domain":"https://my.example"}`
	var a answer
	for range 3 {
		if a = s.do("POST", "/api/url/add", nativeKey, body); a.Status == 200 {
			break
		}
	}
	all := my.shorts()
	if a.Status != 200 || len(all) != 2 || a.get("shorturl").String() != all[1] || a.get("id").Int() != ids["on-my"]+1 {
		t.Errorf("a create in doubt: %d %s; the site has %v", a.Status, a.Body, all)
	}

	if a := s.do("DELETE", fmt.Sprintf("/api/url/%d/delete", ids["on-my"]), nativeKey, ""); a.Status != 200 || len(my.shorts()) != 1 || len(kr.shorts()) != 1 || len(theirs.shorts()) != 1 {
		t.Errorf("a delete: %d %s; the sites have %v, %v, %v", a.Status, a.Body, my.shorts(), kr.shorts(), theirs.shorts())
	}
}
