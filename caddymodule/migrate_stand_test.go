package caddymodule_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/simulate"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/postgrestest"
	"github.com/linkquay/linkquay/store/storetest"
)

// moving is a server between whose backends links are moved, by commands beside
// it. The backend kr is a site of the script, dg one of dgLnk, dg1 one of its version 1; short
// URLs of all hosts are answered.
type moving struct {
	t *testing.T
	*program
	database store.Config
	sites    map[string]*remoteSite

	// from and to are the sides of the move.
	from, to string

	// opened is the database, once somebody has looked into it.
	opened *store.Store
}

// keysOf are the keys of the backends in a moving.
var keysOf = map[string]string{"native": nativeKey, "kr": gempixelKey, "dg": dglnkKey, "dg1": dglnkKey}

// newMoving writes the configuration of a server with the sides and the kinds of
// their sites; options are further lines of the global block.
func newMoving(t *testing.T, driver, from, to string, options ...string) *moving {
	t.Helper()
	m := &moving{t: t, sites: map[string]*remoteSite{}, from: from, to: to}
	backends, directive, environment := "", "sqlite data/linkquay.db", ""
	for _, name := range []string{from, to} {
		kind := map[string]string{"kr": "gempixel", "dg": "dglnk 3", "dg1": "dglnk 1"}[name]
		if kind == "" {
			continue
		}
		m.sites[name] = simulated(t, kind, simulate.Options{})
		backends += m.sites[name].backend(name, keysOf[name], "timeout 2s")
	}
	if driver == store.Postgres {
		environment = storetest.Postgres(t)
		m.database = store.Config{Driver: driver, Source: environment}
		directive = "postgres {env.TEST_DATABASE}"
	}
	m.program = newProgram(t, `{
	admin off
	linkquay {
		database `+directive+`
		short_domain http://127.0.0.1:{{port}}
		rate_limit off
		key native `+nativeKey+` {
			scopes admin
		}
		`+backends+strings.Join(options, "\n\t\t")+`
	}
}
http://:{{port}} {
	linkquay
}
`, "TEST_DATABASE="+environment)
	if driver == store.SQLite {
		m.database = store.Config{Driver: driver, Source: filepath.Join(m.dir, "data", "linkquay.db")}
	}
	return m
}

// together are subtests that run at once, however few processors there are: they
// wait for programs.
type together struct{ sync.WaitGroup }

func (g *together) run(t *testing.T, name string, test func(t *testing.T)) {
	g.Go(func() { t.Run(name, test) })
}

// eachStore runs the test on SQLite, and on PostgreSQL where that is required:
// a move takes some seconds.
func eachStore(t *testing.T, test func(t *testing.T, driver string)) {
	t.Helper()
	var all together
	all.run(t, store.SQLite, func(t *testing.T) { test(t, store.SQLite) })
	if os.Getenv(postgrestest.Require) == "1" {
		all.run(t, store.Postgres, func(t *testing.T) { test(t, store.Postgres) })
	}
	all.Wait()
}

// atLast waits for two minutes at most.
func atLast(ok func() bool) {
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// migrate runs a command about the move, which must not fail.
func (m *moving) migrate(command string, args ...string) string {
	m.t.Helper()
	stdout, stderr, status := m.tried(command, args...)
	if status != 0 {
		failed, _, _ := m.tried("status", "--rows", "failed")
		different, _, _ := m.tried("status", "--rows", "different")
		m.t.Fatalf("migrate %s %v: status %d\n%s%s\n%s\n%s", command, args, status, stdout, stderr, failed, different)
	}
	return stdout
}

// tried runs a command about the move.
func (m *moving) tried(command string, args ...string) (stdout, stderr string, status int) {
	m.t.Helper()
	return m.output(append([]string{"linkquay", "migrate", command, "--from", m.from, "--to", m.to}, args...)...)
}

// status is what the status of the move says.
func (m *moving) status() gjson.Result {
	m.t.Helper()
	return gjson.Get(m.migrate("status", "--json"), "0")
}

// carried waits until no write waits for the other side. After failures that can
// take a while.
func (m *moving) carried() {
	m.t.Helper()
	moves := m.open().Moves()
	waiting, givenUp := 0, 0
	for range 600 {
		all, err := moves.Moves(m.t.Context())
		if err != nil || len(all) != 1 {
			m.t.Fatalf("%d moves: %v", len(all), err)
		}
		if waiting, givenUp, err = moves.CountEntries(m.t.Context(), all[0].ID); err != nil {
			m.t.Fatal(err)
		}
		if waiting == 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if waiting != 0 || givenUp != 0 {
		m.t.Errorf("%d writes wait and %d were given up: %s", waiting, givenUp, m.status().Raw)
	}
}

// targets are where the links of a side lead, past Linkquay's move, each with
// the aliases that lead there.
func (m *moving) targets(side string) map[string][]string {
	m.t.Helper()
	if s := m.sites[side]; s != nil {
		return s.targets()
	}
	s := m.open()
	all := map[string][]string{}
	for after := int64(0); ; {
		links, err := s.LinksAfter(m.t.Context(), "main", after, 1000)
		if err != nil {
			m.t.Fatal(err)
		}
		for _, l := range links {
			after = l.ID
			all[l.URL] = append(all[l.URL], l.Alias)
		}
		if len(links) == 0 {
			return all
		}
	}
}

// open opens the database beside the server.
func (m *moving) open() *store.Store {
	m.t.Helper()
	if m.opened == nil {
		var err error
		if m.opened, err = store.Open(m.t.Context(), m.database); err != nil {
			m.t.Fatal(err)
		}
		m.t.Cleanup(func() { _ = m.opened.Close() })
	}
	return m.opened
}

// has checks that a side has one link to each target, and none besides.
func (m *moving) has(side string, want []string) {
	m.t.Helper()
	got := m.targets(side)
	for _, target := range want {
		if len(got[target]) != 1 {
			m.t.Errorf("%s has the links %v to %s; want one", side, got[target], target)
		}
	}
	for _, target := range slices.Sorted(maps.Keys(got)) {
		if !slices.Contains(want, target) {
			m.t.Errorf("%s has the links %v to %s; want none", side, got[target], target)
		}
	}
}
