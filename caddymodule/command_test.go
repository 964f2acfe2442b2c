package caddymodule_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const programConfig = `{
	admin off
	linkquay {
		database sqlite data/linkquay.db
		key configured {env.CONFIGURED_KEY}
	}
}
http://127.0.0.1:{{port}} {
	linkquay
}
`

// TestCommand_Key makes, lists and revokes keys beside a running server, which
// notices.
func TestCommand_Key(t *testing.T) {
	const configured = "configured-key-0123456789"
	p := newProgram(t, programConfig, "CONFIGURED_KEY="+configured)

	// Before the server has ever run.
	early, err := p.run("linkquay", "key", "create", "early")
	if err != nil {
		t.Fatalf("%v: %s", err, early)
	}
	p.serve()
	if a := p.do("GET", "/api/account", early, ""); a.Status != 200 {
		t.Errorf("a key made before the start: %d %s", a.Status, a.Body)
	}

	made, err := p.run("linkquay", "key", "create", "partner", "--config", "Caddyfile",
		"--account", "shop", "--scopes", "read,create", "--rate-limit", "7/1m", "--expires", "2099-12-31")
	if err != nil {
		t.Fatalf("%v: %s", err, made)
	}
	if !regexp.MustCompile(`^lq_[0-9A-Za-z]{36}$`).MatchString(made) {
		t.Errorf("key create printed %q; want the key alone", made)
	}
	eventually(t, "the server knows the new key", func() bool { return p.do("GET", "/api/account", made, "").Status == 200 })
	a := p.do("GET", "/api/account", made, "")
	if a.Header.Get("X-RateLimit-Limit") != "7" || a.get("data.username").String() != "shop" {
		t.Errorf("the new key: limit %s, account %s", a.Header.Get("X-RateLimit-Limit"), a.get("data.username"))
	}
	if a := p.do("DELETE", "/api/url/1/delete", made, ""); a.Status != 403 {
		t.Errorf("a scope that the key lacks: %d", a.Status)
	}

	list, err := p.run("linkquay", "key", "list")
	if err != nil {
		t.Fatalf("%v: %s", err, list)
	}
	for _, want := range []string{
		`configured\s+main\s+native\s+read create write\s+30/1m0s\s+active`,
		`early\s+main\s+native\s+read create write\s+30/1m0s\s+active`,
		`partner\s+shop\s+native\s+read create\s+7/1m0s\s+until 2099-12-31`,
	} {
		if !regexp.MustCompile(want).MatchString(list) {
			t.Errorf("key list lacks %q:\n%s", want, list)
		}
	}
	if strings.Contains(list, made) || strings.Contains(list, configured) {
		t.Error("key list shows a key")
	}

	for name, key := range map[string]string{"partner": made, "configured": configured} {
		if out, err := p.run("linkquay", "key", "revoke", name); err != nil {
			t.Fatalf("revoke %s: %v: %s", name, err, out)
		}
		eventually(t, "the server refuses "+name, func() bool { return p.do("GET", "/api/account", key, "").Status == 401 })
	}
	p.stop()
	p.serve()
	if a := p.do("GET", "/api/account", configured, ""); a.Status != 401 {
		t.Errorf("a revoked key of the configuration after a restart: %d", a.Status)
	}
}

// TestCommand_EnvironmentFile: what the configuration takes from the
// environment can come from a file, as for the server.
func TestCommand_EnvironmentFile(t *testing.T) {
	p := newProgram(t, programConfig)
	if out, err := p.run("linkquay", "key", "list"); err == nil || !strings.Contains(out, `key "configured" is empty`) {
		t.Errorf("without the variable: %v, %s", err, out)
	}
	file := filepath.Join(p.dir, "env")
	if err := os.WriteFile(file, []byte("# keys\n\nexport CONFIGURED_KEY=\"configured-key-0123456789\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := p.run("linkquay", "key", "list", "--envfile", file); err != nil || !strings.Contains(out, "configured") {
		t.Errorf("with --envfile: %v, %s", err, out)
	}
	if err := os.WriteFile(file, []byte("CONFIGURED_KEY\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := p.run("linkquay", "key", "list", "--envfile", file); err == nil || !strings.Contains(out, "NAME=value") {
		t.Errorf("a bad file: %v, %s", err, out)
	}
}

// TestCommand_RevokeBoth: a name may have come to stand in the configuration
// and in the database; revoking it leaves neither.
func TestCommand_RevokeBoth(t *testing.T) {
	p := newProgram(t, strings.Replace(programConfig, "\t\tkey configured {env.CONFIGURED_KEY}\n", "", 1))
	stored, err := p.run("linkquay", "key", "create", "dup")
	if err != nil {
		t.Fatalf("%v: %s", err, stored)
	}
	const configured = "dup-configured-0123456789"
	p.write(strings.Replace(programConfig, "key configured {env.CONFIGURED_KEY}", "key dup "+configured, 1))
	p.serve()
	if out, err := p.run("linkquay", "key", "revoke", "dup"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, key := range []string{stored, configured} {
		eventually(t, "it is refused", func() bool { return p.do("GET", "/api/account", key, "").Status == 401 })
	}
}

func TestCommand_KeyErrors(t *testing.T) {
	p := newProgram(t, programConfig, "CONFIGURED_KEY=configured-key-0123456789")
	if out, err := p.run("linkquay", "key", "create", "twice"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"create", "twice"}, "A key of that name"},
		{[]string{"create", "configured"}, `has a key "configured" already`},
		{[]string{"create", "x", "--backend", "nosuch"}, `there is no backend "nosuch"`},
		{[]string{"create", "x", "--scopes", "reed"}, `unknown scope "reed"`},
		{[]string{"create", "x", "--rate-limit", "often"}, "120/1m"},
		{[]string{"create", "x", "--expires", "soon"}, "2030-12-31"},
		{[]string{"create"}, "arg"},
		{[]string{"revoke", "nosuch"}, `no key "nosuch"`},
		{[]string{"list", "--config", "missing.Caddyfile"}, "missing.Caddyfile"},
	} {
		out, err := p.run(append([]string{"linkquay", "key"}, c.args...)...)
		if err == nil || !strings.Contains(out, c.want) {
			t.Errorf("key %s: %v, %q; want an error with %q", strings.Join(c.args, " "), err, out, c.want)
		}
	}
}

// TestFirstKey is the way of somebody who has configured nothing.
func TestFirstKey(t *testing.T) {
	p := newProgram(t, strings.Replace(programConfig, "\t\tkey configured {env.CONFIGURED_KEY}\n", "", 1))
	p.serve()
	file := filepath.Join(p.dir, "data", "linkquay.key")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the key's file = %v; want 0600", info.Mode().Perm())
	}
	key := strings.TrimSpace(string(readFile(t, file)))
	if a := p.do("PUT", "/api/account/update", key, `{"email":"a@example.com"}`); a.Status != 200 {
		t.Errorf("the first key cannot do everything: %d %s", a.Status, a.Body)
	}
	p.stop()
	if !strings.Contains(p.log.String(), file) {
		t.Errorf("the log does not name %s", file)
	}
	if strings.Contains(p.log.String(), key) {
		t.Error("the log shows the key")
	}
	p.serve()
	if got := strings.TrimSpace(string(readFile(t, file))); got != key {
		t.Error("a restart made another key")
	}
}

// TestEnvironmentKey: the variable adds an admin key at every start, and none
// is made then.
func TestEnvironmentKey(t *testing.T) {
	const key = "environment-key-0123456789"
	p := newProgram(t, strings.Replace(programConfig, "\t\tkey configured {env.CONFIGURED_KEY}\n", "", 1), "LINKQUAY_API_KEY="+key)
	p.serve()
	if a := p.do("PUT", "/api/account/update", key, `{"email":"a@example.com"}`); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if _, err := os.Stat(filepath.Join(p.dir, "data", "linkquay.key")); !os.IsNotExist(err) {
		t.Errorf("a first key was made all the same: %v", err)
	}
}

// TestDefaultDatabase: without the global option there is one, in
// $LINKQUAY_DATA.
func TestDefaultDatabase(t *testing.T) {
	p := newProgram(t, "{\n\tadmin off\n}\nhttp://127.0.0.1:{{port}} {\n\tlinkquay\n}\n", "LINKQUAY_DATA=somewhere")
	p.serve()
	for _, name := range []string{"linkquay.db", "linkquay.key"} {
		if _, err := os.Stat(filepath.Join(p.dir, "somewhere", name)); err != nil {
			t.Error(err)
		}
	}
}

// TestGracefulStop: what was answered and counted before a stop is there after
// it.
func TestGracefulStop(t *testing.T) {
	const key = "environment-key-0123456789"
	p := newProgram(t, strings.Replace(programConfig, "\t\tkey configured {env.CONFIGURED_KEY}\n", "", 1), "LINKQUAY_API_KEY="+key)
	p.serve()
	p.create(key, `{"url":"https://example.com/","custom":"kept"}`)
	for range 5 {
		if a := p.do("GET", "/kept", "", ""); a.Status != 302 {
			t.Fatalf("%d", a.Status)
		}
	}
	p.do("HEAD", "/kept", "", "")
	p.stop()
	p.serve()
	if got := p.do("GET", "/api/url/1", key, "").get("data.clicks").Int(); got != 5 {
		t.Errorf("%d clicks after a stop; want 5, HEAD not counted", got)
	}
}
