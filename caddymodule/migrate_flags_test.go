package caddymodule_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMigrate_Account moves links to another account and to a branded domain of
// that. Commands find the only move by themselves.
func TestMigrate_Account(t *testing.T) {
	t.Parallel()
	m := newMoving(t, "sqlite", "kr", "native", "key other "+otherKey+" {", "account other", "scopes admin", "}")
	m.serve()
	m.create(gempixelKey, `{"url":"https://example.com/1","custom":"first"}`)
	if a := m.do("POST", "/api/domain/add", otherKey, `{"domain":"https://brand.example"}`); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if _, out, status := m.tried("copy", "--account", "other", "--domain", "https://brand.example/path"); status == 0 {
		t.Errorf("a domain with a path: %s", out)
	}
	m.migrate("copy", "--account", "other", "--domain", "brand.example")
	leadsTo(t, "the copy", m.at("GET", "brand.example", "/first"), 302, "https://example.com/1")
	if a := m.do("GET", "/api/urls", otherKey, ""); a.get("data.urls.#").Int() != 1 || a.get("data.urls.0.shorturl").String() != "https://brand.example/first" {
		t.Errorf("its owner has %s", a.Body)
	}
	if a := m.do("GET", "/api/urls", nativeKey, ""); a.get("data.urls.#").Int() != 0 {
		t.Errorf("another account has %s", a.Body)
	}
	_, out, status := m.tried("copy", "--account", "other", "--domain", "else.example")
	if status == 0 || !strings.Contains(out, `this move began with --domain "brand.example"`) {
		t.Errorf("another domain: %d %s", status, out)
	}
	if _, out, status := m.tried("copy", "--from-account", "other"); status == 0 || !strings.Contains(out, `the backend "kr" belongs to the account "main"`) {
		t.Errorf("an account that the backend is not of: %d %s", status, out)
	}
	for _, command := range []string{"dual-write", "cutover"} {
		if out, complaints, status := m.output("linkquay", "migrate", command); status != 0 {
			t.Fatalf("%s of the only move: %s%s", command, out, complaints)
		}
	}
	eventually(t, "the target answers", func() bool {
		return strings.HasPrefix(m.do("GET", "/api/urls?short=first", gempixelKey, "").get("details.shorturl").String(), "https://brand.example/")
	})
	if _, short := m.create(gempixelKey, `{"url":"https://example.com/2","custom":"second"}`); short != "https://brand.example/second" {
		t.Errorf("a new link is %s", short)
	}
}

// TestMigrate_Aliases: links that the API of a site cannot list come from a file,
// beside those that were made by way of Linkquay.
func TestMigrate_Aliases(t *testing.T) {
	t.Parallel()
	m := newMoving(t, "sqlite", "dg1", "native", "private_networks 127.0.0.0/8")
	dg := m.sites["dg1"]
	dg.made(t, dg.create, `{"long_url":"https://example.com/theirs","alias":"theirs"}`)
	dg.made(t, dg.create, `{"long_url":"https://example.com/given","alias":"given"}`)
	m.serve()
	m.create(dglnkKey, `{"url":"https://example.com/ours","custom":"ours1"}`)
	file := filepath.Join(m.dir, "links.csv")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("short_url,title\nnowhere,\n")
	if _, out, status := m.tried("copy", "--aliases", file); status == 0 || !strings.Contains(out, "links.csv") || !strings.Contains(out, "line 2") {
		t.Errorf("a broken file: %d %s", status, out)
	}
	write("short_url,url,title\n" + dg.URL + "/given,https://example.com/given,A title\n" + dg.URL + "/theirs,,\n" + dg.URL + "/nothing,,\n")
	plan := m.migrate("plan", "--aliases", file)
	if !strings.Contains(plan, dg.URL+"/nothing") {
		t.Errorf("the plan does not name what cannot be read: %s", plan)
	}
	m.tried("copy", "--aliases", file)
	rows, _, _ := m.tried("status", "--rows", "copied")
	for _, alias := range []string{"given", "theirs", "ours1"} {
		leadsTo(t, alias, m.visit("/"+alias), 302, "https://example.com/"+strings.TrimSuffix(alias, "1"))
		if !strings.Contains(rows, dg.URL+"/"+alias) {
			t.Errorf("no row for %s:\n%s", alias, rows)
		}
	}
	if a := m.visit("/nothing"); a.Status != 404 {
		t.Errorf("what is not there: %d", a.Status)
	}
	m.tried("copy", "--aliases", file)
	m.has("native", []string{"https://example.com/given", "https://example.com/theirs", "https://example.com/ours"})
}

// TestMigrate_Parity: the target does not answer while too many links are not
// the same, and their names are told.
func TestMigrate_Parity(t *testing.T) {
	t.Parallel()
	m := newMoving(t, "sqlite", "native", "kr")
	m.serve()
	for i, extra := range []string{"", "", `,"clicklimit":5`} {
		m.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/%d","custom":"link-%d","metatitle":"Title"%s}`, i, i, extra))
	}
	for _, step := range []struct{ command, want string }{
		{"dual-write", "there is no move from native to kr yet"},
		{"status", ""},
		{"copy", ""},
		{"cutover", "the phase copying"},
		{"done", "the phase done cannot follow copying"},
		{"dual-write", ""},
		{"dual-write", "dual_write"},
		{"cutover", "2 of 3 links are alike at both sides"},
	} {
		out, complaints, status := m.tried(step.command)
		if (status != 0) != (step.want != "") || !strings.Contains(strings.ToLower(out+complaints), strings.ToLower(step.want)) {
			t.Errorf("%s: status %d, %s%s; want %q", step.command, status, out, complaints, step.want)
		}
	}
	if s := m.status(); s.Get("phase").String() != "dual_write" || s.Get("answers").String() != "native" {
		t.Errorf("after a cutover that was refused: %s", s.Raw)
	}
	if rows := m.migrate("status", "--rows", "different"); !strings.Contains(rows, "/link-2") || !strings.Contains(rows, "differs in clicklimit") || strings.Contains(rows, "/link-1") {
		t.Errorf("the rows that differ are\n%s", rows)
	}
	if out, _, status := m.tried("cutover", "--min-parity", "70", "--deep", "--json"); status == 0 || !strings.Contains(out, `"different": 1`) {
		t.Errorf("--deep: %d %s", status, out)
	}
	m.migrate("cutover", "--min-parity", "60")
	if _, out, status := m.tried("copy"); status == 0 || !strings.Contains(out, "the target answers already (phase cutover)") {
		t.Errorf("a copy after the cutover: %d %s", status, out)
	}
	m.migrate("rollback")
	if s := m.status(); s.Get("phase").String() != "rolled_back" || s.Get("answers").String() != "native" {
		t.Errorf("after the rollback: %s", s.Raw)
	}
}

// TestMigrate_Errors: what is wrong with a command line is told by name.
func TestMigrate_Errors(t *testing.T) {
	t.Parallel()
	m := newMoving(t, "sqlite", "kr", "native")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"plan"}, "there are 0 moves"},
		{[]string{"copy", "--from", "kr"}, "name both sides"},
		{[]string{"plan", "--from", "nosuch", "--to", "native"}, `--from: there is no backend "nosuch"; there are: kr, native`},
		{[]string{"plan", "--from", "kr", "--to", "nosuch"}, `--to: there is no backend "nosuch"`},
		{[]string{"copy", "--from", "kr", "--to", "kr"}, `both sides are "kr"`},
		{[]string{"copy", "--from", "native", "--to", "native"}, `both sides are "native"`},
		{[]string{"copy", "--from", "sqlite:data/linkquay.db", "--to", "native"}, "this is the configured database itself"},
		{[]string{"copy", "--from", "kr", "--to", "native", "--aliases", "missing.csv"}, "missing.csv"},
		{[]string{"copy", "--from", "kr", "--to", "native", "--domain", "not a host"}, "not a host"},
		{[]string{"rollback", "--from", "kr", "--to", "native"}, "there is no move from kr to native yet"},
		{[]string{"verify", "--from", "kr", "--to", "native"}, "there is no move from kr to native yet"},
		{[]string{"plan", "kr", "native"}, "unknown command"},
		{[]string{"nosuch"}, ""},
	} {
		out, complaints, status := m.output(append([]string{"linkquay", "migrate"}, c.args...)...)
		if status == 0 && c.want != "" || !strings.Contains(out+complaints, c.want) {
			t.Errorf("migrate %v: status %d, %s%s; want %q", c.args, status, out, complaints, c.want)
		}
	}
	if n := len(m.sites["kr"].Requests()); n != 0 {
		t.Errorf("the site was asked %d times", n)
	}
	config := string(readFile(t, m.dir, "Caddyfile"))
	m.write(strings.Replace(config, "short_domain ", "#short_domain ", 1))
	if _, out, status := m.tried("plan"); status == 0 || !strings.Contains(out, "short_domain must be set") {
		t.Errorf("without short_domain: %d %s", status, out)
	}
	m.write(strings.Replace(config, "api_key "+gempixelSiteKey, "forward_credentials", 1))
	if _, out, status := m.tried("plan"); status == 0 || !strings.Contains(out, "has no API key of its own (forward_credentials)") {
		t.Errorf("with forward_credentials: %d %s", status, out)
	}
}
