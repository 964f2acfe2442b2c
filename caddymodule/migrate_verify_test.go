package caddymodule_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/verify"
	"github.com/linkquay/linkquay/simulate"
	"github.com/linkquay/linkquay/store"
)

// TestCommand_MigrateVerify opens links of a simulated site and of a running
// Linkquay as several devices. What differs is found, and no visit counts.
func TestCommand_MigrateVerify(t *testing.T) {
	remote := simulated(t, "dglnk 3", simulate.Options{})
	p := newProgram(t, `{
	admin off
	linkquay {
		database sqlite data/linkquay.db
		short_domain https://go.example.com
		key native `+nativeKey+` {
			scopes admin
		}
		`+remote.backend("there", dglnkKey)+`
	}
}
http://:{{port}} {
	linkquay
}
`)
	p.serve()
	create := func(key, document string) string {
		t.Helper()
		_, short := p.create(key, document)
		return short
	}
	const (
		plain  = `{"url":"https://example.com/plain?a=1&b=2","custom":"plain"}`
		ruled  = `{"url":"https://example.com/ruled","custom":"ruled","devicetarget":[{"device":"tablet","link":"https://example.com/tablet"}]}`
		locked = `{"url":"https://example.com/locked","custom":"locked","password":"secret"}`
		lost   = `{"url":"https://example.com/lost","custom":"missing"}`
	)
	var rows []migrate.Row
	for i, document := range []string{plain, ruled, locked} {
		rows = append(rows, migrate.Row{Kind: adapters.KindLink, SourceID: int64(i + 1), Status: migrate.Copied, ShortURL: create(dglnkKey, document)})
		create(nativeKey, document)
	}
	s, err := store.Open(t.Context(), store.Config{Driver: store.SQLite, Source: filepath.Join(p.dir, "data", "linkquay.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	moves := s.Moves()
	m, err := moves.OpenMove(t.Context(), migrate.Move{Source: "there", SourceAccount: "main", Target: "native", TargetAccount: "main"})
	if err != nil {
		t.Fatal(err)
	}
	add := func(rows ...migrate.Row) {
		t.Helper()
		for i := range rows {
			rows[i].Move = m.ID
		}
		if _, _, err := moves.AddRows(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	add(rows...)
	run := func(args ...string) (string, error) {
		return p.run(append([]string{
			"linkquay", "migrate", "verify", "--from", "there", "--to", "native",
			"--source-address", remote.URL, "--target-address", "http://127.0.0.1:" + p.port, "--rate", "200",
		}, args...)...)
	}
	if out, err := run(); err != nil || !strings.Contains(out, "12 visits land alike, 0 do not, 0 had no answer") {
		t.Errorf("verify = %v: %s", err, out)
	}
	// What was opened was opened by nobody.
	for _, a := range []answer{p.do("GET", "/api/url/1", nativeKey, ""), p.do("GET", "/api/urls", dglnkKey, "")} {
		if n := a.get("data.clicks").Int() + a.get("data.urls.0.clicks").Int(); a.Status != 200 || n != 0 {
			t.Errorf("%d clicks after the visits: %s", n, a.Body)
		}
	}

	add(migrate.Row{Kind: adapters.KindLink, SourceID: 4, Status: migrate.Copied, ShortURL: create(dglnkKey, lost)})
	if a := p.do("PUT", "/api/url/2/update", nativeKey, `{"devicetarget":[]}`); a.Status != 200 {
		t.Fatalf("an update: %d %s", a.Status, a.Body)
	}
	out, err := run("--json", "--device", "desktop,tablet", "--language", "en,ko")
	if err == nil {
		t.Fatal("two links that land elsewhere are no error")
	}
	if !strings.Contains(out, "2 of 4 links land elsewhere") {
		t.Errorf("the error is %q", out)
	}
	out, _, _ = p.output("linkquay", "migrate", "verify", "--json", "--device", "desktop,tablet", "--language", "en,ko",
		"--source-address", remote.URL, "--target-address", "http://127.0.0.1:"+p.port)
	var report verify.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got []string
	for _, f := range report.Findings {
		got = append(got, f.Source.URL+" "+strings.Join(f.Visitors, "+")+" "+string(f.Target.Class)+" "+f.Target.URL)
	}
	want := []string{
		"https://example.com/tablet tablet/en+tablet/ko redirect https://example.com/ruled",
		"https://example.com/lost desktop/en+desktop/ko+tablet/en+tablet/ko not_found ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("findings %q; want %q", got, want)
	}
	for _, args := range [][]string{{"--device", "toaster"}, {"--language", "?"}, {"--rate", "0"}, {"--source-address", "kr"}, {"--target-address", "https://a.test/path"}} {
		if out, err := run(args...); err == nil {
			t.Errorf("verify %q is no error: %s", args, out)
		}
	}
}
