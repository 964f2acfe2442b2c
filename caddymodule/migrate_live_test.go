package caddymodule_test

import (
	"fmt"
	"testing"
)

// TestMigrate_Live runs what takes long, and waits most of the time, at once.
func TestMigrate_Live(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	t.Parallel()
	var all together
	all.run(t, "UnderLoad", migrateUnderLoad)
	all.run(t, "SecondaryFails", migrateSecondaryFails)
	all.run(t, "ServerKilled", migrateServerKilled)
	all.run(t, "CopyKilled", migrateCopyKilled)
	all.Wait()
}

// migrateUnderLoad moves links while clients go on: copied, kept alike,
// handed over, done; taken back, and all of it again. No request fails; at the
// end both sides have each link once, and every id that a client ever got works.
func migrateUnderLoad(t *testing.T) {
	var all together
	for _, c := range []struct {
		from, to, host string
		grouping       bool
	}{
		{"kr", "native", "https://brand.example", true},
		{"native", "kr", "https://brand.example", true},
		{"kr", "dg", "", false},
	} {
		all.run(t, c.from+" to "+c.to, func(t *testing.T) {
			eachStore(t, func(t *testing.T, driver string) {
				m := newMoving(t, driver, c.from, c.to)
				m.serve()
				key := keysOf[c.from]
				if c.host != "" {
					if a := m.do("POST", "/api/domain/add", key, fmt.Sprintf(`{"domain":%q}`, c.host)); a.Status != 200 {
						t.Fatalf("the domain: %d %s", a.Status, a.Body)
					}
				}
				var old []string
				for i := range 20 {
					old = append(old, fmt.Sprint("https://example.com/old/", i))
					m.create(key, fmt.Sprintf(`{"url":%q,"custom":"old-%d","metatitle":"Old %d","devicetarget":[{"device":"Android","link":"https://example.com/phone"}]}`, old[i], i, i))
				}
				load := recruit(t, m.site, key, c.host, c.grouping, 4)
				for round := range 2 {
					load.more(40)
					m.migrate("copy")
					load.check()
					if s := m.status(); s.Get("phase").String() != "copying" || s.Get("answers").String() != c.from || s.Get("objects.#(kind==link).copied").Int() < 20 {
						t.Errorf("after a copy: %s", s.Raw)
					}
					m.migrate("dual-write")
					load.more(40)
					m.migrate("cutover")
					load.check()
					load.more(80)
					if s := m.status(); s.Get("phase").String() != "cutover" || s.Get("answers").String() != c.to {
						t.Errorf("after the cutover: %s", s.Raw)
					}
					if round == 0 {
						m.migrate("done")
						load.more(40)
						m.migrate("rollback")
						load.check()
						load.more(40)
					}
				}
				load.stop()
				m.carried()
				load.verify()
				want := append(load.targets(), old...)
				m.has(c.from, want)
				m.has(c.to, want)
				m.migrate("done")
				load.verify()
			})
		})
	}
	all.Wait()
}
