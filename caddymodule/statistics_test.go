package caddymodule_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// total is what the API says of all visits of a link in the last days.
func (s *site) total(id int64) gjson.Result {
	s.t.Helper()
	return gjson.Parse(s.do("GET", fmt.Sprintf("/api/url/%d/stats", id), nativeKey, "").Body).Get("data.total")
}

// counts waits until the totals are so.
func (s *site) counts(t *testing.T, id int64, want string) {
	t.Helper()
	var got string
	for range 200 {
		if got = s.total(id).Raw; got == want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("after 10 s the totals are %s; want %s", got, want)
}

func TestStatistics_Kinds(t *testing.T) {
	eachDatabase(t, siteConfig("rate_limit off"), func(t *testing.T, s *site) {
		id, _ := s.create(nativeKey, `{"url":"https://example.com/","custom":"seen"}`)
		for agent, times := range map[string]int{
			browser: 2, iphone: 1, crawler: 3, chat: 4, "curl/8.9.1": 1, "python-requests/2.32": 1, "": 1,
			"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)": 1,
		} {
			for range times {
				s.visit("/seen", "User-Agent", agent)
				s.do("HEAD", "/seen", "", "", "User-Agent", agent)
			}
		}
		s.counts(t, id, `{"clicks":3,"uniqueClicks":2,"bots":6,"previews":5,"scans":0}`)
		a := s.do("GET", fmt.Sprintf("/api/url/%d", id), nativeKey, "")
		if a.get("data.clicks").Int() != 3 || a.get("data.uniqueClicks").Int() != 2 {
			t.Errorf("getLink tells %s", a.get("data"))
		}
	})
}

// TestStatistics_Dimensions: who came, from where, with what; no address is
// kept.
func TestStatistics_Dimensions(t *testing.T) {
	s := geoSite(t)
	id, _ := s.create(nativeKey, `{"url":"https://example.com/","custom":"seen"}`)
	visit := func(address, agent, referer, language string) {
		s.visit("/seen", "X-Forwarded-For", address, "User-Agent", agent, "Referer", referer, "Accept-Language", language)
	}
	visit(fromFrance, iphone, "https://www.facebook.com/some/post?secret=1", "fr-FR,fr;q=0.9")
	visit(fromFrance, iphone, "https://m.facebook.com/", "fr-FR,fr;q=0.9")
	visit("198.51.100.8", windows, "https://l.instagram.com/?u=x", "fr")
	visit(fromCanada, mac, "https://t.co/abc", "en-CA")
	visit("2001:db8::1", android, "https://news.example/path", "ko")
	visit("2001:db8::2", android, "", "ko") // of the same /64
	visit("192.0.2.1", browser, "android-app://com.google.android.gm", "en")
	s.counts(t, id, `{"clicks":7,"uniqueClicks":5,"bots":0,"previews":0,"scans":0}`)

	data := s.do("GET", fmt.Sprintf("/api/url/%d", id), nativeKey, "").get("data")
	for path, want := range map[string]int64{
		"clicks": 7, "uniqueClicks": 5, "topCountries.France": 3, "topCountries.Canada": 1, "topCountries.South Korea": 2,
		"socialCount.facebook": 2, "socialCount.instagram": 1, "socialCount.twitter": 1, "socialCount.google": 1,
	} {
		if got := data.Get(path); got.Int() != want || !got.Exists() {
			t.Errorf("%s = %s; want %d", path, got.Raw, want)
		}
	}
	for _, part := range []string{"topReferrers", "topBrowsers", "topOs"} {
		sum := int64(0)
		data.Get(part).ForEach(func(_, n gjson.Result) bool { sum += n.Int(); return true })
		if sum != 7 {
			t.Errorf("%s adds up to %d; want 7: %s", part, sum, data.Get(part))
		}
	}
	if !strings.Contains(data.Get("topReferrers").Raw, `"news.example":1`) || data.Get("topCountries.@keys.#").Int() != 3 || strings.Contains(data.Raw, "secret") || strings.Contains(data.Raw, "/path") {
		t.Errorf("%s", data)
	}

	stats := s.do("GET", fmt.Sprintf("/api/url/%d/stats?dimension=countries&interval=day", id), nativeKey, "").get("data")
	if n := len(stats.Get("dimensions").Map()); n != 1 {
		t.Errorf("%d dimensions; want the one that was asked for", n)
	}
	france := stats.Get(`dimensions.countries.#(name=="France")`)
	if france.Get("clicks").Int() != 3 || france.Get("series.#").Int() < 1 || france.Get("series.0.clicks").Int() != 3 {
		t.Errorf("France has %s; want 3 clicks and their day", france.Raw)
	}
	all := s.do("GET", fmt.Sprintf("/api/url/%d/stats?interval=hour", id), nativeKey, "").get("data")
	for _, name := range []string{"countries", "referrers", "browsers", "systems", "devices", "languages", "social"} {
		if !all.Get("dimensions." + name).IsArray() {
			t.Errorf("no dimension %s", name)
		}
	}
	sum, hours := int64(0), all.Get("series").Array()
	for _, step := range hours {
		sum += step.Get("clicks").Int()
	}
	if sum != 7 || len(hours) < 48 || len(hours) > 49 {
		t.Errorf("%d hours with %d clicks; want 48 with 7", len(hours), sum)
	}
	for i, step := range hours[1:] {
		a, errA := time.Parse(time.DateTime, hours[i].Get("time").String())
		b, errB := time.Parse(time.DateTime, step.Get("time").String())
		if errA != nil || errB != nil || b.Sub(a) != time.Hour {
			t.Fatalf("step %d is at %s, the one before at %s", i+1, step.Get("time"), hours[i].Get("time"))
		}
	}
	for _, file := range []string{"linkquay.db", "linkquay.db-wal"} {
		if text := string(readFile(t, filepath.Join(s.dir, file))); strings.Contains(text, fromFrance) || strings.Contains(text, "secret=1") {
			t.Errorf("%s holds an address or a whole referrer", file)
		}
	}
}

func TestStatistics_Orphans(t *testing.T) {
	eachDatabase(t, anyHost(""), func(t *testing.T, s *site) {
		s.make("/api/domain/add", `{"domain":"brand.example","redirect404":"https://example.com/lost"}`)
		for range 3 {
			s.visit("/old-flyer?x=1")
		}
		s.visit("/old-flyer", "User-Agent", crawler)
		s.do("HEAD", "/old-flyer", "", "")
		s.at("GET", "brand.example", "/gone")
		s.visit("/wp-admin/setup.php")
		s.visit("/.env")
		var list gjson.Result
		eventually(t, "the orphans are listed", func() bool {
			list = gjson.Parse(s.do("GET", "/api/orphans", nativeKey, "").Body).Get("data")
			return list.Get("result").Int() == 2 && list.Get("orphans.0.visits").Int() == 3
		})
		if list.Get("orphans.0.path").String() != "/old-flyer" || list.Get("orphans.0.domain").String() != "127.0.0.1" || list.Get("orphans.0.last").String() == "" ||
			list.Get("orphans.1.path").String() != "/gone" || list.Get("orphans.1.domain").String() != "brand.example" || list.Get("orphans.1.visits").Int() != 1 {
			t.Errorf("%s", list)
		}
		if a := s.do("GET", "/api/orphans?limit=1&page=2", nativeKey, ""); a.get("data.orphans.#").Int() != 1 || a.get("data.maxpage").Int() != 2 {
			t.Errorf("the second page: %s", a.Body)
		}
		if a := s.do("GET", "/api/orphans", otherKey, ""); a.Status != 403 {
			t.Errorf("without the scope admin: %d; want 403", a.Status)
		}
	})
}

// countedConfig is the configuration of a program whose visitors say where they
// come from.
var countedConfig = behindProxy(strings.Replace(programConfig, "key configured", "rate_limit off\n\t\tkey configured", 1))

// TestStatistics_SurviveRestart: counts, and who has been there already, outlive
// the process.
func TestStatistics_SurviveRestart(t *testing.T) {
	p := newProgram(t, countedConfig, "CONFIGURED_KEY="+nativeKey)
	p.serve()
	id, _ := p.create(nativeKey, `{"url":"https://example.com/","custom":"seen"}`)
	for range 2 {
		p.visit("/seen", "X-Forwarded-For", fromFrance)
		p.visit("/seen", "X-Forwarded-For", fromCanada)
	}
	p.stop()
	p.serve()
	p.counts(t, id, `{"clicks":4,"uniqueClicks":2,"bots":0,"previews":0,"scans":0}`)
	p.visit("/seen", "X-Forwarded-For", fromFrance)
	p.visit("/seen", "X-Forwarded-For", "192.0.2.1")
	p.counts(t, id, `{"clicks":6,"uniqueClicks":3,"bots":0,"previews":0,"scans":0}`)
}

// TestStatistics_Killed: visits that were written before a process is killed
// are there afterwards, also those that nobody had added up yet.
func TestStatistics_Killed(t *testing.T) {
	p := newProgram(t, countedConfig, "CONFIGURED_KEY="+nativeKey)
	p.serve()
	id, _ := p.create(nativeKey, `{"url":"https://example.com/","custom":"seen"}`)
	const early = 40
	for range early {
		p.visit("/seen")
	}
	// Three times what a visit waits in memory at most.
	time.Sleep(300 * time.Millisecond)
	late := 0
	for range 5 {
		p.visit("/seen")
		late++
	}
	p.kill()
	p.serve()
	eventually(t, "the early visits are there", func() bool { return p.clicksOf(id) >= early })
	if got := p.clicksOf(id); got > int64(early+late) {
		t.Errorf("%d clicks; want at most the %d visits: some are counted twice", got, early+late)
	}
}

// kill ends the server at once, as a loss of power would end the process.
func (p *program) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	_ = p.cmd.Wait() // it says that it was killed
	p.cmd = nil
}
