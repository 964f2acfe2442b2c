package clients_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// TestI8AE drives i8.ae, whose source names its host: that alone is changed.
func TestI8AE(t *testing.T) {
	t.Parallel()
	node, installed := mustFindNode(t), mustInstall(t)
	s := mustServe(t)
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(installed)); err != nil {
		t.Fatal(err)
	}
	const host = "https://i8.ae"
	file := filepath.Join(folder, "node_modules", "i8.ae", "index.js")
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), host); n != 2 {
		t.Fatalf("the package names its host %d times; want 2", n)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(source), host, s.base)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, backend := range backends {
		t.Run(backend, func(t *testing.T) {
			answers := runNode(t, folder, node, "i8ae.js", keyOf(backend))
			for _, name := range []string{"short", "secure"} {
				a := answers.Get(name)
				if short := a.Get("shorturl").Str; a.Get("error").Int() != 0 || !strings.HasPrefix(short, "http") || short != a.Get("short").Str {
					t.Errorf("%s: %s", name, a)
				}
			}
			// The package turns every refusal into false.
			for _, name := range []string{"refused", "locked"} {
				if a := answers.Get(name); a.Type != gjson.False {
					t.Errorf("%s: %s; want false", name, a)
				}
			}
		})
	}
}

// TestNodeYOURLS drives node-yourls.
func TestNodeYOURLS(t *testing.T) {
	t.Parallel()
	node, installed := mustFindNode(t), mustInstall(t)
	s := mustServe(t)
	for _, backend := range backends {
		t.Run(backend, func(t *testing.T) {
			answers := runNode(t, installed, node, "yourls.js", s.base, keyOf(backend))
			for name, want := range map[string]string{
				"shorten": `{"status":"success","statusCode":"200","shorturl":"*","title":"From Node",
					"url":{"keyword":"*","url":"https://example.com/from-node","title":"From Node","date":"*","ip":"0.0.0.0"}}`,
				"vanity":   `{"status":"success","statusCode":"200","shorturl":"*","url":{"keyword":"vanity","url":"https://example.com/vanity"}}`,
				"taken":    `{"status":"fail","code":"error:keyword","statusCode":"400"}`,
				"expand":   `{"keyword":"vanity","shorturl":"*","longurl":"https://example.com/vanity","message":"success","statusCode":"200"}`,
				"unknown":  `{"keyword":"nowhere","message":"Error: short URL not found","errorCode":"404"}`,
				"urlstats": `{"statusCode":"200","message":"success","link":{"shorturl":"*","url":"https://example.com/from-node","title":"From Node","timestamp":"*","clicks":0}}`,
				"dbstats":  `{"statusCode":"200","message":"success","db-stats":{"total_links":2,"total_clicks":0}}`,
			} {
				for _, d := range differences(name, gjson.Parse(want), answers.Get(name)) {
					t.Error(d)
				}
			}
		})
	}
}

// runNode runs a program of testdata/drivers and returns what it prints.
func runNode(t *testing.T, folder, node, program string, args ...string) gjson.Result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), node, append([]string{mustLocate(t, program)}, args...)...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stderr = folder, environment(), &stderr
	out, err := cmd.Output()
	if err != nil || !gjson.ValidBytes(out) {
		t.Fatalf("%s: %v\n%s%s", program, err, out, &stderr)
	}
	return gjson.ParseBytes(out)
}
