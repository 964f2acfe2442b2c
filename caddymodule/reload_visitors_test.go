package caddymodule_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestReload_VisitorsOfEveryKind reloads changing configurations while visitors
// open links with rules, passwords, pages, limits and files. Nobody is turned
// away, and every visit is counted once.
func TestReload_VisitorsOfEveryKind(t *testing.T) {
	eachDatabase(t, siteConfig(filesOptions), func(t *testing.T, s *site) {
		ruled, _ := s.create(nativeKey, `{"url":"https://example.com/","custom":"ruled","devicetarget":[{"device":"iPhone","link":"https://example.com/iphone"}],
			"languagetarget":[{"language":"fr","link":"https://example.com/fr"}],"parameters":[{"name":"a","value":"b"}]}`)
		splash, _ := s.create(nativeKey, `{"url":"https://example.com/","custom":"splash","type":"splash"}`)
		limited, _ := s.create(nativeKey, `{"url":"https://example.com/","custom":"limited","clicklimit":1000000}`)
		s.create(nativeKey, `{"url":"https://example.com/","custom":"locked","password":"right"}`)
		_, file := s.upload("a.txt", "?custom=afile", "content")
		visits := []struct {
			id     int64
			path   string
			header []string
			want   past
			count  atomic.Int64
		}{
			{id: ruled, path: "/ruled", header: []string{"User-Agent", iphone}, want: past{status: 302, location: "https://example.com/iphone?a=b"}},
			{id: ruled, path: "/ruled", header: []string{"Accept-Language", "fr"}, want: past{status: 302, location: "https://example.com/fr?a=b"}},
			{id: splash, path: "/splash", want: past{status: 200}},
			{id: limited, path: "/limited", want: past{status: 302, location: "https://example.com/"}},
			{path: "/locked", want: past{status: 200}},
			{path: file, want: past{status: 200}},
			{path: "/nothing", want: past{status: 404}},
		}
		var stop atomic.Bool
		var wg sync.WaitGroup
		for i := range visits {
			v := &visits[i]
			wg.Go(func() {
				for !stop.Load() {
					if a := s.visitPast(t, v.path, v.header...); a.status != v.want.status || a.location != v.want.location {
						t.Errorf("%s during a reload: %d to %q; want %d to %q", v.path, a.status, a.location, v.want.status, v.want.location)
						return
					}
					v.count.Add(1)
				}
			})
		}
		for i := range 10 {
			config := siteConfig(fmt.Sprintf("%s\n\t\tfailed_attempts %d 1m", filesOptions, 50+i%3))
			if t.Name() == "TestReload_VisitorsOfEveryKind/postgres" {
				config = onPostgres(config)
			}
			if err := s.load(config); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
		stop.Store(true)
		wg.Wait()
		total := map[int64]int64{}
		for i := range visits {
			if visits[i].count.Load() == 0 {
				t.Errorf("nobody visited %s", visits[i].path)
			}
			total[visits[i].id] += visits[i].count.Load()
		}
		for _, id := range []int64{ruled, splash, limited} {
			eventually(t, fmt.Sprintf("%d visits of link %d", total[id], id), func() bool { return s.clicksOf(id) == total[id] })
		}
	})
}
