package caddymodule_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkquay/linkquay/store/storetest"
)

// backupConfig is that of a program; the database is a directive.
func backupConfig(database string) string {
	config := strings.Replace(programConfig, "key configured", "rate_limit off\n\t\tfiles files\n\t\tkey configured", 1)
	return strings.Replace(config, "database sqlite data/linkquay.db", database, 1)
}

// TestBackup_WhileTheServerRuns copies a server's database and files while
// writers write, and brings them into an empty database of every driver.
// Whatever was answered before is there.
func TestBackup_WhileTheServerRuns(t *testing.T) {
	for driver, database := range map[string]func(t *testing.T) (directive, address string){
		"sqlite": func(*testing.T) (string, string) { return "database sqlite data/linkquay.db", "" },
		"postgres": func(t *testing.T) (string, string) {
			return "database postgres {env.TEST_DATABASE}", storetest.Postgres(t)
		},
	} {
		t.Run(driver, func(t *testing.T) {
			directive, address := database(t)
			p := newProgram(t, backupConfig(directive), "CONFIGURED_KEY="+nativeKey, "TEST_DATABASE="+address)
			key, err := p.run("linkquay", "key", "create", "partner")
			if err != nil {
				t.Fatalf("%v: %s", err, key)
			}
			p.serve()
			populate(p)
			folder := filepath.Join(t.TempDir(), "backup")
			before := backupUnderLoad(t, p, folder)
			for into, target := range map[string]func(t *testing.T) (directive, address string){
				"sqlite": func(*testing.T) (string, string) { return "database sqlite other/new.db", "" },
				"postgres": func(t *testing.T) (string, string) {
					return "database postgres {env.TEST_DATABASE}", storetest.Postgres(t)
				},
			} {
				t.Run("into "+into, func(t *testing.T) {
					directive, address := target(t)
					q := newProgram(t, backupConfig(directive), "CONFIGURED_KEY="+nativeKey, "TEST_DATABASE="+address)
					if out, err := q.run("linkquay", "restore", folder); err != nil {
						t.Fatalf("%v: %s", err, out)
					}
					if out, err := q.run("linkquay", "restore", folder); err == nil || !strings.Contains(out, "empty") {
						t.Errorf("into a database that is not empty: %v: %s", err, out)
					}
					q.serve()
					checkPopulated(t, q)
					if a := q.do("GET", "/api/account", key, ""); a.Status != 200 {
						t.Errorf("a key from before: %d %s", a.Status, a.Body)
					}
					for i := range before {
						path := fmt.Sprint("/before-", i)
						if a := q.visit(path); a.Status != 302 || a.Header.Get("Location") != "https://example.com"+path {
							t.Errorf("%s, which was answered before the backup: %d to %q", path, a.Status, a.Header.Get("Location"))
						}
					}
					highest := q.do("GET", "/api/urls?limit=1", nativeKey, "").get("data.urls.0.id").Int()
					if id, _ := q.create(nativeKey, `{"url":"https://example.com/","custom":"newest"}`); id <= highest {
						t.Errorf("a new link has the id %d; want one above %d", id, highest)
					}
				})
			}
		})
	}
}

// populate makes one of everything that a backup must bring back.
func populate(p *program) {
	p.t.Helper()
	p.make("/api/domain/add", `{"domain":"brand.example","redirectroot":"https://example.com/root"}`)
	p.make("/api/campaign/add", `{"name":"Spring","slug":"spring","public":true}`)
	p.make("/api/pixel/add", `{"type":"bing","name":"p","tag":"12345678"}`)
	p.make("/api/splash/add", `{"name":"s","title":"Restored title"}`)
	p.create(nativeKey, `{"url":"https://example.com/locked","custom":"locked","password":"right","campaign":1}`)
	p.create(nativeKey, `{"url":"https://example.com/ruled","custom":"ruled","domain":"brand.example","devicetarget":[{"device":"iPhone","link":"https://example.com/iphone"}]}`)
	p.create(nativeKey, `{"url":"https://example.com/","custom":"splash","type":"1","pixels":[1]}`)
	p.create(nativeKey, `{"url":"https://example.com/","custom":"limited","clicklimit":2}`)
	p.upload("a.txt", "?custom=afile", "the content")
	if a := p.do("POST", "/api/qr/add", nativeKey, `{"type":"link","data":"https://example.com/code","name":"code"}`); a.Status != 200 {
		p.t.Fatalf("%d %s", a.Status, a.Body)
	}
	p.visit("/limited")
	p.create(nativeKey, `{"url":"https://example.com/","custom":"counted","externalid":"number-5"}`)
	for range 3 {
		p.visit("/counted")
	}
	id := p.do("GET", "/api/urls?short=counted", nativeKey, "").get("details.id").Int()
	for range 200 {
		if p.clicksOf(id) == 3 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatal("the clicks are not counted")
}

func checkPopulated(t *testing.T, p *program) {
	t.Helper()
	leadsTo(t, "locked", p.unlock("/locked", "right"), 303, "https://example.com/locked")
	if a := p.do("GET", "/api/domain/1", nativeKey, ""); a.get("data.redirectroot").String() != "https://example.com/root" {
		t.Errorf("the domain: %d %s", a.Status, a.Body)
	}
	if a := p.do("GET", "/api/urls?short=https://brand.example/ruled", nativeKey, ""); a.get("details.device.iphone").String() != "https://example.com/iphone" {
		t.Errorf("the link on it: %d %s", a.Status, a.Body)
	}
	shows(t, "splash", p.visit("/splash"), 200, "Restored title", "12345678")
	if a := p.visit("/limited"); a.Status != 302 {
		t.Errorf("the second of two visits: %d", a.Status)
	}
	if a := p.visit("/limited"); a.Status != 410 {
		t.Errorf("the third of two visits: %d; want 410", a.Status)
	}
	if a := p.visit("/afile"); a.Status != 200 || a.Body != "the content" {
		t.Errorf("the file: %d %q", a.Status, a.Body)
	}
	if a := p.do("GET", "/api/qr/1", nativeKey, ""); a.get("details.name").String() != "code" {
		t.Errorf("the QR code: %d %s", a.Status, a.Body)
	}
	leadsTo(t, "the rotator", p.visit("/r/spring"), 302, p.base+"/locked")
	a := p.do("GET", "/api/urls?externalid=number-5", nativeKey, "")
	if got := p.clicksOf(a.get("data.urls.0.id").Int()); got != 3 {
		t.Errorf("%d clicks; want the 3 from before: %s", got, a.Body)
	}
}

// backupUnderLoad makes a backup while writers write, and returns how many
// links were answered before it began.
func backupUnderLoad(t *testing.T, p *program, folder string) (before int) {
	t.Helper()
	before = 20
	for i := range before {
		p.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/before-%d","custom":"before-%d"}`, i, i))
	}
	var stop atomic.Bool
	var during atomic.Int64
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; !stop.Load(); i++ {
				path := fmt.Sprintf("during-%d-%d", w, i)
				a := p.do("POST", "/api/url/add", nativeKey, fmt.Sprintf(`{"url":"https://example.com/%s","custom":%q}`, path, path))
				if a.Status != 200 {
					t.Errorf("a create during the backup: %d %s", a.Status, a.Body)
				}
				p.visit("/" + path)
				during.Add(1)
			}
		})
	}
	out, err := p.run("linkquay", "backup", folder)
	stop.Store(true)
	wg.Wait()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if during.Load() == 0 {
		t.Error("nothing was written during the backup")
	}
	if out, err := p.run("linkquay", "backup", folder); err == nil || !strings.Contains(out, "not empty") {
		t.Errorf("over another backup: %v: %s", err, out)
	}
	if info, err := os.Stat(filepath.Join(folder, "linkquay.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v %v; want mode 0600", info, err)
	}
	return before
}

// TestRestore_Broken: what is no backup leaves the database empty, so that the
// right one can still be restored.
func TestRestore_Broken(t *testing.T) {
	p := newProgram(t, backupConfig("database sqlite data/linkquay.db"), "CONFIGURED_KEY="+nativeKey)
	p.serve()
	populate(p)
	good := filepath.Join(t.TempDir(), "good")
	if out, err := p.run("linkquay", "backup", good); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data := readFile(t, good, "linkquay.db")
	for driver, database := range map[string]func() (directive, address string){
		"sqlite":   func() (string, string) { return "database sqlite other/new.db", "" },
		"postgres": func() (string, string) { return "database postgres {env.TEST_DATABASE}", storetest.Postgres(t) },
	} {
		t.Run(driver, func(t *testing.T) {
			directive, address := database()
			q := newProgram(t, backupConfig(directive), "CONFIGURED_KEY="+nativeKey, "TEST_DATABASE="+address)
			for name, content := range map[string][]byte{"missing": nil, "empty": {}, "text": []byte("no database"), "half": data[:len(data)/2], "end": data[:len(data)-4096]} {
				folder := filepath.Join(t.TempDir(), name)
				if content != nil {
					if err := os.MkdirAll(folder, 0o700); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(folder, "linkquay.db"), content, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				if out, err := q.run("linkquay", "restore", folder); err == nil || strings.Contains(out, "panic") {
					t.Errorf("%s: %v: %s", name, err, out)
				}
			}
			if out, err := q.run("linkquay", "restore", good); err != nil {
				t.Fatalf("the good one afterwards: %v: %s", err, out)
			}
			q.serve()
			checkPopulated(t, q)
		})
	}
}
