package caddymodule_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/simulate"
)

// migrateSecondaryFails: while the side that does not answer is away, late,
// or dies in the middle, clients notice nothing, and what they write waits. In
// their order it is brought over once that works again, and nothing is lost or
// made twice.
func migrateSecondaryFails(t *testing.T) {
	eachStore(t, func(t *testing.T, driver string) {
		m := newMoving(t, driver, "native", "kr")
		m.serve()
		kr := m.sites["kr"]
		first, _ := m.create(nativeKey, `{"url":"https://example.com/first","custom":"swap-first"}`)
		second, _ := m.create(nativeKey, `{"url":"https://example.com/second","custom":"swap-second"}`)
		m.migrate("copy")
		m.migrate("dual-write")
		load := recruit(t, m.site, nativeKey, "", true, 3)
		load.more(20)

		kr.fail(t, simulate.Fault{Kind: simulate.Status, Status: 503})
		load.more(20)
		// The second one can have its alias once the first one has another.
		for _, step := range []struct {
			id    int64
			alias string
		}{{first, "swap-third"}, {second, "swap-first"}} {
			if a := m.do("PUT", fmt.Sprintf("/api/url/%d/update", step.id), nativeKey, fmt.Sprintf(`{"custom":%q}`, step.alias)); a.Status != 200 {
				t.Fatalf("%s: %d %s", step.alias, a.Status, a.Body)
			}
		}
		load.more(20)
		if s := m.status(); s.Get("waiting").Int() < 5 || s.Get("given_up").Int() != 0 || s.Get("phase").String() != "dual_write" {
			t.Errorf("while the secondary is away: %s", s.Raw)
		}

		kr.Heal()
		kr.fail(t,
			simulate.Fault{Kind: simulate.Late, Delay: 2500 * time.Millisecond, Method: "POST", Percent: 34, Times: 2},
			simulate.Fault{Kind: simulate.DieAfterCommit, Percent: 20, Times: 6},
			simulate.Fault{Kind: simulate.Status, Status: 500, Body: "oops", Commit: true, Method: "PUT", Percent: 34, Times: 2})
		load.more(40)
		load.stop()
		m.carried()
		load.verify()
		want := append(load.targets(), "https://example.com/first", "https://example.com/second")
		m.has("native", want)
		m.has("kr", want)
		for target, alias := range map[string]string{"https://example.com/first": "swap-third", "https://example.com/second": "swap-first"} {
			if got := m.targets("kr")[target]; !slices.Equal(got, []string{kr.URL + "/" + alias}) {
				t.Errorf("%s is at %v; want %s", target, got, alias)
			}
		}
	})
}

// migrateServerKilled ends the server in the middle of its clients' work,
// while it writes to both sides and after the target has come to answer. After
// a restart what was answered is at both sides.
func migrateServerKilled(t *testing.T) {
	var all together
	for _, phase := range []string{"dual_write", "cutover"} {
		all.run(t, phase, func(t *testing.T) {
			eachStore(t, func(t *testing.T, driver string) {
				m := newMoving(t, driver, "kr", "native")
				m.serve()
				m.create(gempixelKey, `{"url":"https://example.com/old","custom":"old"}`)
				m.migrate("copy")
				m.migrate("dual-write")
				if phase == "cutover" {
					m.migrate("cutover")
					// A server that is killed before it has noticed begins at the target at
					// once, and may list for some seconds what was deleted at the source.
					time.Sleep(migrate.Settle)
				}
				load := recruit(t, m.site, gempixelKey, "", false, 6)
				for range 2 {
					load.more(40)
					load.killed.Store(true)
					m.kill()
					load.cancel()
					load.done.Wait()
					m.serve()
					load.settle()
					load.killed.Store(false)
					load.verify()
					var ctx context.Context
					ctx, load.cancel = context.WithCancel(context.WithoutCancel(t.Context()))
					load.start(ctx)
				}
				load.more(20)
				load.stop()
				load.verify()
				if s := m.status(); s.Get("phase").String() != phase || s.Get("given_up").Int() != 0 {
					t.Errorf("the status is %s", s.Raw)
				}
				want := append(load.targets(), "https://example.com/old")
				for _, side := range []string{"kr", "native"} {
					missing := ""
					// A killed server is waited for a while before others go on with its work.
					atLast(func() bool {
						got := m.targets(side)
						i := slices.IndexFunc(want, func(target string) bool { return len(got[target]) != 1 })
						if missing = ""; i >= 0 {
							missing = fmt.Sprintf("%s has %v for %s", side, got[want[i]], want[i])
						}
						return i < 0
					})
					if missing != "" {
						entries, err := m.open().Moves().Entries(t.Context(), 1, 0, 10)
						t.Errorf("%s; the status is %s, and there wait %+v, %v", missing, m.status().Get("@ugly").Raw, entries, err)
					}
				}
			})
		})
	}
	all.Wait()
}

// migrateCopyKilled ends the command in its middle again and again, and
// makes nothing twice.
func migrateCopyKilled(t *testing.T) {
	var all together
	for _, c := range [][2]string{{"kr", "dg"}, {"native", "kr"}} {
		all.run(t, c[0]+" to "+c[1], func(t *testing.T) {
			m := newMoving(t, "sqlite", c[0], c[1])
			m.serve()
			var want []string
			for i := range 60 {
				want = append(want, fmt.Sprint("https://example.com/", i))
				m.create(keysOf[c[0]], fmt.Sprintf(`{"url":%q,"custom":"alias-%d","metatitle":"Title"}`, want[i], i))
			}
			m.stop() // a copy needs no server
			site := m.sites[c[1]]
			site.fail(t, simulate.Fault{Kind: simulate.Latency, Delay: 20 * time.Millisecond})
			for round, how := range []os.Signal{os.Kill, os.Kill, os.Interrupt, os.Kill} {
				out := m.interrupted(how, func() bool { return len(site.shorts()) >= 10*(round+1) }, "linkquay", "migrate", "copy", "--from", m.from, "--to", m.to)
				if how == os.Interrupt && !strings.Contains(out, "stopped; run the same command again to go on") {
					t.Errorf("a copy that is stopped says %s", out)
				}
			}
			if s := m.status(); s.Get("objects.#(kind==link).copied").Int() == 0 || s.Get("objects.#(kind==link).listed").Int() == 0 {
				t.Errorf("in the middle: %s", s.Raw)
			}
			site.Heal()
			m.migrate("copy")
			if out := m.migrate("copy"); !strings.Contains(out, "this run: 0 copied, 0 failed, 0 cannot be moved, 0 deleted") {
				t.Errorf("a copy of what is copied: %s", out)
			}
			if s := m.status(); s.Get("parity.percent").Num != 100 || s.Get("objects.#(kind==link).copied").Int() != 60 {
				t.Errorf("at the end: %s", s.Raw)
			}
			m.has(c[0], want)
			m.has(c[1], want)
		})
	}
	all.Wait()
}

// interrupted runs a command, and sends a signal to it once it is time.
func (p *program) interrupted(how os.Signal, ripe func() bool, args ...string) (out string) {
	p.t.Helper()
	cmd := exec.Command(p.path, args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	var text strings.Builder
	cmd.Stdout, cmd.Stderr = &text, &text
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	for range 3000 {
		if ripe() {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	_ = cmd.Process.Signal(how)
	if err := cmd.Wait(); err == nil {
		p.t.Errorf("%v ended before it was interrupted: %s", args, text.String())
	}
	return text.String()
}
