package caddymodule_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/store/storetest"
)

// onPostgres is the configuration with its database in PostgreSQL, at the
// address in the environment variable TEST_DATABASE, and files of its own.
func onPostgres(caddyfile string) string {
	database := "database postgres {env.TEST_DATABASE}"
	if !strings.Contains(caddyfile, "files {{dir}}/files") {
		database += "\n\t\tfiles {{dir}}/files"
	}
	return strings.Replace(caddyfile, "database sqlite {{dir}}/linkquay.db", database, 1)
}

// eachDatabase runs the test on the configuration with an empty database of
// every driver.
func eachDatabase(t *testing.T, caddyfile string, test func(t *testing.T, s *site)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, start(t, caddyfile)) })
	t.Run("postgres", func(t *testing.T) {
		t.Setenv("TEST_DATABASE", storetest.Postgres(t))
		test(t, start(t, onPostgres(caddyfile)))
	})
}

// TestAPICases_Postgres runs the native backend's cases on PostgreSQL.
func TestAPICases_Postgres(t *testing.T) {
	files, err := filepath.Glob("../testdata/api/native-*.json")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d cases: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Setenv("TEST_DATABASE", storetest.Postgres(t))
			var c apiCase
			if err := json.Unmarshal(readFile(t, file), &c); err != nil {
				t.Fatal(err)
			}
			runCase(t, &c, func(options string) string { return onPostgres(siteConfig(options)) })
		})
	}
}

// TestDatabase_Texts: whatever a client or visitor sends is answered alike on
// every database, and never with a 500.
func TestDatabase_Texts(t *testing.T) {
	eachDatabase(t, siteConfig(filesOptions), func(t *testing.T, s *site) {
		for _, text := range []string{"plain", "naïve 안녕 🚀", `quote ' " \ %_`, "tab\\tand\\nline", "\\u202e reversed", strings.Repeat("x", 200)} {
			a := s.do("POST", "/api/url/add", nativeKey, fmt.Sprintf(`{"url":"https://example.com/","metatitle":"%s"}`, strings.ReplaceAll(text, `"`, `\"`)))
			if a.Status != 200 && a.Status != 400 {
				t.Errorf("%q: %d %s", text, a.Status, a.Body)
				continue
			}
			if a.Status == 200 {
				var want string
				if err := json.Unmarshal([]byte(`"`+strings.ReplaceAll(text, `"`, `\"`)+`"`), &want); err != nil {
					continue
				}
				if got := s.do("GET", fmt.Sprint("/api/url/", a.get("id")), nativeKey, "").get("details.metatitle").String(); got != want {
					t.Errorf("%q comes back as %q", want, got)
				}
			}
		}
		s.create(nativeKey, `{"url":"https://example.com/","custom":"seen"}`)
		for _, bytes := range []string{"\xff\xfe", "a\x80b", "\xc3"} {
			leadsTo(t, "a strange visitor", s.visit("/seen", "User-Agent", browser+bytes, "Referer", "https://x"+bytes+".example/", "Accept-Language", bytes), 302, "https://example.com/")
		}
		for _, path := range []string{"/%00", "/%ff", "/a%00b", "/r/%00", "/r/%ff", "/u/%00/list-1", "/u/%ff/x-1", "/qr/%00", "/%00+", "/r/'--", "/u/main/list-99999999999999999999"} {
			if a := s.visit(path); a.Status != 404 && a.Status != 400 {
				t.Errorf("%s: %d; want 404", path, a.Status)
			}
		}
		for _, query := range []string{"/api/urls?q=%00", "/api/urls?q=%ff", "/api/urls?short=%00", "/api/urls?short=%ff", "/api/urls?externalid=%00", "/api/urls?externalid=%ff", "/api/files?name=%00", "/api/files?name=%ff"} {
			if a := s.do("GET", query, nativeKey, ""); a.Status != 200 && a.Status != 400 && a.Status != 404 {
				t.Errorf("%s: %d %s", query, a.Status, a.Body)
			}
		}
		for _, query := range []string{"?name=%ff", "?name=%00", "?password=%00", "?custom=%ff", "?name=" + url.QueryEscape("안녕")} {
			if a := s.do("POST", "/api/files/upload/a.txt"+query, nativeKey, "x"); a.Status != 200 && a.Status != 400 {
				t.Errorf("%s: %d %s", query, a.Status, a.Body)
			}
		}
		for _, name := range []string{"%ff.txt", "%c3", "%EC%95%88.txt"} {
			if a := s.do("POST", "/api/files/upload/"+name, nativeKey, "x"); a.Status != 200 && a.Status != 400 {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
	})
}

// TestDatabase_PasswordIsNotWritten looks for the database's password in all
// that the program says, whether it gets there or not.
func TestDatabase_PasswordIsNotWritten(t *testing.T) {
	dsn := storetest.Postgres(t)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := u.User.Password()
	config := strings.Replace(programConfig, "\tadmin off\n", "\tadmin off\n\tdebug\n", 1)
	config = strings.Replace(config, "database sqlite data/linkquay.db", "database postgres {env.TEST_DATABASE}", 1)
	var said strings.Builder
	p := newProgram(t, config, "CONFIGURED_KEY="+nativeKey, "TEST_DATABASE="+dsn)
	p.serve()
	p.create(nativeKey, `{"url":"https://example.com/"}`)
	said.WriteString(p.do("GET", "/api/urls", nativeKey, "").Body)
	out, err := p.run("linkquay", "key", "list")
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	said.WriteString(out)
	p.stop()
	said.WriteString(p.log.String())

	bad := *u
	bad.User = url.UserPassword(u.User.Username(), secret+"-wrong-Secret")
	closed := *u
	closed.Host = "127.0.0.1:1"
	missing := *u
	missing.Path = "/nowhere"
	unknown := *u
	unknown.RawQuery = "sslmode=nonsense"
	for name, broken := range map[string]string{
		"wrong password": bad.String(), "nobody there": closed.String(), "no such database": missing.String(), "bad option": unknown.String(),
		"no URL": "postgres://linkquay:" + secret + "@:bad port/%zz", "words": "host=127.0.0.1 port=1 user=linkquay password='" + secret + "'",
	} {
		for i := range p.env {
			if strings.HasPrefix(p.env[i], "TEST_DATABASE=") {
				p.env[i] = "TEST_DATABASE=" + broken
			}
		}
		for _, args := range [][]string{{"run", "--config", "Caddyfile"}, {"linkquay", "key", "list"}, {"linkquay", "backup", "b"}} {
			out, err := p.run(args...)
			if err == nil {
				t.Errorf("%s: %v succeeded: %s", name, args, out)
			}
			said.WriteString(out)
		}
	}
	for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), strings.TrimPrefix(u.User.String(), "linkquay:"), "wrong-Secret"} {
		if i := strings.Index(said.String(), form); i >= 0 {
			text := said.String()
			t.Errorf("the password is written: …%s…", text[max(0, i-300):min(len(text), i+60)])
		}
	}
	if !strings.Contains(said.String(), "connecting to PostgreSQL") {
		t.Error("nothing tells that the database could not be reached")
	}
}
