package caddymodule_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// TestMigrate_Plan plans a move without writing anything: the site is only
// read, and the database stays as it is, byte for byte.
func TestMigrate_Plan(t *testing.T) {
	m := newMoving(t, "sqlite", "kr", "native")
	kr := m.sites["kr"]
	m.serve()
	m.create(nativeKey, `{"url":"https://example.com/ours","custom":"taken"}`)
	m.stop()
	kr.made(t, "/api/domain/add", `{"domain":"https://brand.example"}`)
	kr.made(t, "/api/channel/add", `{"name":"News","color":"#fff"}`)
	kr.made(t, "/api/campaign/add", `{"name":"Spring","slug":"spring"}`)
	kr.made(t, "/api/pixel/add", `{"type":"gtmpixel","name":"Tags","tag":"GTM-ABCDE"}`)
	for i, extra := range []string{
		`"custom":"taken"`,
		`"custom":"branded","domain":"https://brand.example","channel":1,"campaign":1`,
		`"custom":"ruled","geotarget":[{"location":"Canada","link":"https://example.com/ca"}],"expiry":"2099-01-01"`,
		`"custom":"locked","password":"open-sesame"`,
	} {
		kr.made(t, "/api/url/add", fmt.Sprintf(`{"url":"https://example.com/%d",%s}`, i, extra))
	}
	m.migrate("plan") // what a first command does to a database is done
	asked, before := len(kr.Requests()), m.fingerprint()
	text := m.migrate("plan")
	for _, want := range []string{
		"Plan: from kr to native. Nothing was written.", "links", "campaigns", "channels", "domains", "pixels",
		"taken", "languagetarget", "password", kr.URL + "/ruled", "A copy takes",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the plan does not name %q", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	quick := m.migrate("plan", "--quick")
	if !strings.Contains(quick, "Only the lists of kr were read") {
		t.Errorf("a quick plan: %s", quick)
	}

	report := gjson.Parse(m.migrate("plan", "--json", "--limit", "1"))
	for path, want := range map[string]string{
		"source":                              "kr",
		"target":                              "native",
		"kinds.#(kind==link).objects":         "4",
		"kinds.#(kind==domain).movable":       "1",
		"addresses.kept":                      "1",
		"addresses.changed":                   "3",
		"findings.#(code==alias_taken).count": "1",

		"findings.#(code==alias_taken).objects.0.name":               kr.URL + "/taken",
		"findings.#(code==address).count":                            "3",
		"findings.#(code==address).objects.#":                        "1",
		"kinds.#(kind==link).fields.#(field==geotarget).kept":        "1",
		"kinds.#(kind==link).fields.#(field==languagetarget).untold": "4",
	} {
		if got := report.Get(path).String(); got != want {
			t.Errorf("%s = %q; want %q", path, got, want)
		}
	}
	if t.Failed() {
		t.Log(report.Raw)
	}
	for _, request := range kr.asked(asked) {
		if !strings.HasPrefix(request, "GET ") {
			t.Errorf("a plan has sent %s", request)
		}
	}
	if after := m.fingerprint(); after != before {
		t.Errorf("the database's files were %s, and are %s", before, after)
	}
	if out, _, _ := m.output("linkquay", "migrate", "status"); strings.TrimSpace(out) != "there is no move" {
		t.Errorf("after a plan: %s", out)
	}
}

// fingerprint tells the database's files as they are.
func (m *moving) fingerprint() (all string) {
	m.t.Helper()
	files, err := filepath.Glob(m.database.Source + "*")
	if err != nil {
		m.t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			m.t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		all += filepath.Base(file) + " " + hex.EncodeToString(sum[:4]) + "\n"
	}
	return all
}
