package caddymodule_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/simulate"
	"github.com/linkquay/linkquay/store"
)

// fenced returns the page's code blocks of a language, without what they are
// indented by.
func fenced(page, language string) (blocks []string) {
	for _, m := range regexp.MustCompile("(?ms)^( *)```"+language+"\n(.*?)^ *```$").FindAllStringSubmatch(page, -1) {
		blocks = append(blocks, strings.ReplaceAll("\n"+m[2], "\n"+m[1], "\n")[1:])
	}
	return blocks
}

// TestMigrateDocs_Commands runs every command line of docs/migrate.md in its
// order, against the Caddyfile of the page, with simulated sites in place of the
// real ones.
func TestMigrateDocs_Commands(t *testing.T) {
	t.Parallel()
	page := string(readFile(t, "../docs/migrate.md"))
	kr, dg := simulated(t, "gempixel", simulate.Options{}), simulated(t, "dglnk 1", simulate.Options{})
	config := strings.NewReplacer(
		"{\n\tlinkquay {\n", "{\n\tadmin off\n\tlinkquay {\n\t\tdatabase sqlite data/linkquay.db\n\t\tprivate_networks 127.0.0.0/8\n"+dg.backend("dg", dglnkKey),
		"https://1mm.kr", kr.URL, "api_rate 30 1m", "api_rate 6000 1m", "api.example.com {", "http://:{{port}} {", "linkquay api", "linkquay",
	).Replace(fenced(page, "caddyfile")[0])
	p := newProgram(t, config, "MMKR_KEY="+gempixelSiteKey, "SHOP_KEY="+gempixelKey)
	p.serve()
	kr.made(t, "/api/domain/add", `{"domain":"https://go.acme.com"}`)
	p.create(gempixelKey, `{"url":"https://example.com/branded","custom":"branded","domain":"https://go.acme.com"}`)
	p.create(gempixelKey, `{"url":"https://example.com/main","custom":"main"}`)

	for name, text := range map[string]string{"links.csv": fenced(page, "csv")[0], "old.db": ""} {
		if name == "old.db" {
			s, err := store.Open(t.Context(), store.Config{Source: filepath.Join(p.dir, name)})
			if err != nil {
				t.Fatal(err)
			}
			_ = s.Close()
			continue
		}
		for _, alias := range regexp.MustCompile(`go\.acme\.com/(\w+),`).FindAllStringSubmatch(text, -1) {
			dg.made(t, dg.create, `{"long_url":"https://example.com/`+alias[1]+`","alias":"`+alias[1]+`-`+alias[1]+`"}`)
			text = strings.Replace(text, "https://go.acme.com/"+alias[1]+",", dg.URL+"/"+alias[1]+"-"+alias[1]+",", 1)
		}
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	var ran []string
	for _, m := range regexp.MustCompile("(?m)^ *(caddy linkquay [^`\n]+)$|`caddy linkquay ([^`]+)`|`(migrate (?:status|copy) --[^`]+)`").FindAllStringSubmatch(page, -1) {
		line := strings.TrimPrefix(m[1], "caddy linkquay ") + m[2] + m[3]
		ran = append(ran, line)
		args := strings.Fields(strings.NewReplacer("/srv/backups/", p.dir+"/", "http://127.0.0.1:8080", p.base).Replace(line))
		if strings.HasPrefix(line, "migrate verify") {
			args = append(args, "--source-address", kr.URL) // DNS knows nothing of it
		}
		if out, complaints, status := p.output(append([]string{"linkquay"}, args...)...); status != 0 {
			t.Errorf("caddy linkquay %s: status %d\n%s%s", line, status, out, complaints)
		}
	}
	for _, want := range []string{"plan", "copy", "copy --retry", "status", "dual-write", "verify", "cutover", "done", "rollback"} {
		if !regexp.MustCompile(`(?m)^migrate ` + want + `( |$)`).MatchString(strings.Join(ran, "\n")) {
			t.Errorf("%s was not run: %q", want, ran)
		}
	}
	for _, from := range regexp.MustCompile("`--from (sqlite:|postgres://)[^`]+`").FindAllStringSubmatch(page, -1) {
		if from[1] != "sqlite:" {
			continue
		}
		if out, complaints, status := p.output("linkquay", "migrate", "plan", "--from", "sqlite:old.db", "--to", "native"); status != 0 {
			t.Errorf("another Linkquay: status %d\n%s%s", status, out, complaints)
		}
	}
}

// TestMigrateDocs_Caddyfiles adapts and provisions the page's Caddyfiles.
func TestMigrateDocs_Caddyfiles(t *testing.T) {
	t.Setenv("MMKR_KEY", "a-key-0123456789-MMKR_KEY")
	t.Setenv("SHOP_KEY", "a-key-0123456789-SHOP_KEY")
	files := fenced(string(readFile(t, "../docs/migrate.md")), "caddyfile")
	if len(files) < 2 {
		t.Fatalf("%d Caddyfiles were found", len(files))
	}
	for _, file := range files {
		checkCaddyfile(t, file)
	}
}
