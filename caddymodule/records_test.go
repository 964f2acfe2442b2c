package caddymodule_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/store/storetest"
)

// TestExport_WhileTheServerRuns exports a server's database and files in both
// formats while it runs, and imports them into an empty one of every driver, where
// everything works as before.
func TestExport_WhileTheServerRuns(t *testing.T) {
	p := newProgram(t, backupConfig("database sqlite data/linkquay.db"), "CONFIGURED_KEY="+nativeKey)
	key, err := p.run("linkquay", "key", "create", "partner")
	if err != nil {
		t.Fatalf("%v: %s", err, key)
	}
	p.serve()
	populate(p)
	folder := t.TempDir()
	for _, format := range []string{"jsonl", "csv"} {
		file := filepath.Join(folder, "all."+format)
		if out, err := p.run("linkquay", "export", file, "--with-secrets"); err != nil || !strings.Contains(out, "exported") {
			t.Fatalf("%v: %s", err, out)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the export: %v %v; want mode 0600", info, err)
		}
		for driver, target := range map[string]func(t *testing.T) (directive, address string){
			"sqlite": func(*testing.T) (string, string) { return "database sqlite other/new.db", "" },
			"postgres": func(t *testing.T) (string, string) {
				return "database postgres {env.TEST_DATABASE}", storetest.Postgres(t)
			},
		} {
			t.Run(format+" into "+driver, func(t *testing.T) {
				directive, address := target(t)
				q := newProgram(t, backupConfig(directive), "CONFIGURED_KEY="+nativeKey, "TEST_DATABASE="+address)
				// Into a server that runs, and that knows nobody has the link.
				q.serve()
				if a := q.visit("/locked"); a.Status != 404 {
					t.Errorf("before the import: %d", a.Status)
				}
				if out, err := q.run("linkquay", "import", file, "--dry-run"); err != nil || !strings.Contains(out, "nothing was written") {
					t.Fatalf("%v: %s", err, out)
				}
				if a := q.visit("/splash"); a.Status != 404 {
					t.Errorf("after a dry run: %d", a.Status)
				}
				for range 2 {
					if out, err := q.run("linkquay", "import", file); err != nil {
						t.Fatalf("%v: %s", err, out)
					}
				}
				eventually(t, "the server knows the link", func() bool { return q.visit("/locked").Status == 200 })
				eventually(t, "the server knows the key", func() bool { return q.do("GET", "/api/account", key, "").Status == 200 })
				eventually(t, "the server knows the domain", func() bool {
					return q.do("GET", "/api/urls?short=https://brand.example/ruled", nativeKey, "").get("details.device.iphone").Exists()
				})
				checkPopulated(t, q)
				q.stop()
				again := filepath.Join(t.TempDir(), "again."+format)
				if out, err := q.run("linkquay", "export", again, "--with-secrets"); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				want, got := rowsOfKind(t, file), rowsOfKind(t, again)
				for _, kind := range []string{"link", "qr", "file", "content", "domain", "campaign", "pixel", "splash", "key"} {
					// Visits of links and of the file were counted since.
					if kind != "link" && kind != "file" && want[kind] != got[kind] {
						t.Errorf("%s:\n%s\nwant\n%s", kind, got[kind], want[kind])
					}
					if want[kind] == "" {
						t.Errorf("there is no %s", kind)
					}
				}
			})
		}
	}
}

// rowsOfKind returns the lines of a file by what they are about.
func rowsOfKind(t *testing.T, file string) map[string]string {
	t.Helper()
	rows := map[string]string{}
	for line := range strings.Lines(string(readFile(t, file))) {
		kind, _, _ := strings.Cut(strings.TrimPrefix(line, `{"kind":"`), `"`)
		if strings.HasSuffix(file, ".csv") {
			kind, _, _ = strings.Cut(line, ",")
		}
		rows[kind] += line
	}
	return rows
}

// TestImport_Killed kills imports on their way; the last one ends complete, with
// nothing twice.
func TestImport_Killed(t *testing.T) {
	const links = 20_000
	file := filepath.Join(t.TempDir(), "links.csv")
	var b bytes.Buffer
	b.WriteString("url,custom\n")
	for i := range links {
		fmt.Fprintf(&b, "https://example.com/%d,\n", i)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, backupConfig("database sqlite data/linkquay.db"), "CONFIGURED_KEY="+nativeKey)
	killed := 0
	for range 5 {
		cmd := exec.CommandContext(t.Context(), p.path, "linkquay", "import", file)
		cmd.Dir, cmd.Env = p.dir, p.env
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(400+200*killed) * time.Millisecond)
		_ = cmd.Process.Kill()
		if cmd.Wait() != nil {
			killed++
		}
	}
	if killed == 0 {
		t.Error("no import was killed")
	}
	out, err := p.run("linkquay", "import", file)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p.serve()
	if n := p.do("GET", "/api/urls?limit=1", nativeKey, "").get("data.result").Int(); n != links {
		t.Errorf("%d links; want %d: %s", n, links, out)
	}
}

func TestExport_Errors(t *testing.T) {
	p := newProgram(t, backupConfig("database sqlite data/linkquay.db"), "CONFIGURED_KEY="+nativeKey)
	bad := filepath.Join(t.TempDir(), "bad.jsonl")
	if err := os.WriteFile(bad, []byte("{\"kind\":\"link\",\"url\":\"https://example.com/\",\"custom\":\"good\"}\n{\"kind\":\"link\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"export", "x", "--format", "xml"}, `no format "xml"`},
		{[]string{"export", "missing/x"}, "missing"},
		{[]string{"import", "missing.jsonl"}, "missing.jsonl"},
		{[]string{"import", bad, "--on-conflict", "maybe"}, `"maybe"`},
		{[]string{"import", bad, "--format", "csv"}, "parse error on line 1"},
		{[]string{"import", bad}, "line 2: link /"},
		{[]string{"import", bad}, "1 records failed"},
		{[]string{"import"}, "arg"},
	} {
		out, stderr, status := p.output(append([]string{"linkquay"}, c.args...)...)
		if status == 0 || !strings.Contains(out+stderr, c.want) {
			t.Errorf("%s: %d, %s%s; want an error with %q", strings.Join(c.args, " "), status, out, stderr, c.want)
		}
	}
	// The good record is there, and a pipe does as well as a file.
	out, stderr, status := p.output("linkquay", "export")
	if status != 0 || !strings.Contains(out, `"custom":"good"`) || !strings.HasPrefix(out, `{"kind":"linkquay"`) {
		t.Errorf("to standard output: %d, %q, %s", status, out, stderr)
	}
}

// TestExport_WithoutAFile: a file that cannot be read is left out and told, and the
// status says so.
func TestExport_WithoutAFile(t *testing.T) {
	p := newProgram(t, backupConfig("database sqlite data/linkquay.db"), "CONFIGURED_KEY="+nativeKey)
	p.serve()
	populate(p)
	p.stop()
	folder := filepath.Join(p.dir, "files")
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		t.Fatalf("the folder of files: %v, %v", info, err)
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "all.jsonl")
	out, stderr, status := p.output("linkquay", "export", to)
	if status == 0 || !strings.Contains(stderr, "its file is left out: File not found.") || !strings.Contains(out+stderr, "could not be read") {
		t.Errorf("without a file: %d, %s%s", status, out, stderr)
	}
	if all := string(readFile(t, to)); !strings.Contains(all, `"kind":"file"`) || !strings.Contains(all, `"kind":"end"`) {
		t.Error("the export is not whole but for the file")
	}
}
