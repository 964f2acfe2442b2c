package caddymodule_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// environment is what the tests were started with, before TestMain gave them a
// home of their own: Go's caches are in the real one.
var environment = os.Environ()

// binary builds the command, once.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(os.Getenv("HOME"), "linkquay-caddy")
	cmd := exec.Command("go", "build", "-o", path, "../cmd/caddy")
	cmd.Env = environment
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return path, nil
})

// program is the command in a folder of its own.
type program struct {
	*site
	path string
	env  []string
	log  *bytes.Buffer // complete once the server has ended
	cmd  *exec.Cmd
}

// newProgram writes the Caddyfile, in which {{port}} and {{dir}} are filled in.
func newProgram(t *testing.T, caddyfile string, env ...string) *program {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatalf("building: %v\n%s", err, path)
	}
	port := freePort(t)
	p := &program{path: path, log: new(bytes.Buffer), site: &site{t: t, base: "http://127.0.0.1:" + port, dir: t.TempDir(), port: port}}
	p.env = append([]string{"HOME=" + p.dir, "XDG_CONFIG_HOME=" + p.dir, "XDG_DATA_HOME=" + p.dir, "PATH=" + os.Getenv("PATH")}, env...)
	p.write(caddyfile)
	return p
}

// write replaces the Caddyfile.
func (p *program) write(caddyfile string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, "Caddyfile"), []byte(p.fill(caddyfile)), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// run executes a subcommand to its end.
func (p *program) run(args ...string) (stdout string, err error) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), p.path, args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	var errText bytes.Buffer
	cmd.Stderr = &errText
	out, err := cmd.Output()
	if err != nil {
		return errText.String(), err
	}
	return strings.TrimSpace(string(out)), nil
}

// serve starts the server and waits until it answers.
func (p *program) serve() {
	p.t.Helper()
	p.cmd = exec.Command(p.path, "run", "--config", "Caddyfile")
	p.cmd.Dir, p.cmd.Env = p.dir, p.env
	p.cmd.Stderr, p.cmd.Stdout = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(p.stop)
	for range 200 {
		conn, err := net.Dial("tcp", "127.0.0.1:"+p.port)
		if err == nil {
			_ = conn.Close()
			if p.do("GET", "/api/health", "", "").Status == 200 {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.stop()
	p.t.Fatalf("the server did not start:\n%s", p.log)
}

// stop ends the server as a system would.
func (p *program) stop() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(os.Interrupt)
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the server ended with: %v\n%s", err, p.log)
	}
	p.cmd = nil
}
