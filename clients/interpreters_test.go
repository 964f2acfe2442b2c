package clients_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// required says that what a test needs must be there, as in CI.
var required = os.Getenv("LINKQUAY_REQUIRE_CLIENTS") == "1"

// missing ends a test that cannot run on this machine: it is skipped on a
// developer's, and fails where all clients must be there.
func missing(t testing.TB, what string) {
	t.Helper()
	if required {
		t.Fatalf("%s is missing", what)
	}
	t.Skipf("%s is missing: this client is not tried", what)
}

// mustFind returns the path of the first of the commands that works when it is
// run with the arguments.
func mustFind(t testing.TB, what string, commands []string, args ...string) string {
	t.Helper()
	for _, name := range commands {
		if path, err := exec.LookPath(name); err == nil && exec.CommandContext(t.Context(), path, args...).Run() == nil {
			return path
		}
	}
	missing(t, what)
	return ""
}

func mustFindCurl(t testing.TB) string {
	t.Helper()
	return mustFind(t, "curl", []string{"curl"}, "--version")
}

func mustFindPHP(t testing.TB) string {
	t.Helper()
	return mustFind(t, "PHP with its curl extension", []string{"php"}, "-r", "exit(extension_loaded('curl') ? 0 : 1);")
}

// mustFindPython looks beside the first python3 for that of the system, which
// is the one that packages of the system are for.
func mustFindPython(t testing.TB) string {
	t.Helper()
	return mustFind(t, "Python with requests", []string{"python3", "/usr/bin/python3"}, "-c", "import requests")
}

func mustFindNode(t testing.TB) string {
	t.Helper()
	return mustFind(t, "Node.js", []string{"node"}, "--version")
}

// packages installs the packages of testdata/npm as their lock file says, once.
var packages = sync.OnceValues(func() (folder string, err error) {
	folder = filepath.Join(scratch, "npm")
	if err := os.CopyFS(folder, os.DirFS("testdata/npm")); err != nil {
		return "", err
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	return folder + "\n" + string(out), err
})

// mustInstall returns the folder that has npm's packages in node_modules.
func mustInstall(t testing.TB) string {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		missing(t, "npm")
	}
	said, err := packages()
	if err != nil {
		t.Log(said)
		missing(t, "what npm installs")
	}
	folder, _, _ := strings.Cut(said, "\n")
	return folder
}

// environment is that of a client: this machine is asked without a proxy.
func environment(more ...string) []string {
	return append(append(os.Environ(), "NO_PROXY=*", "no_proxy=*"), more...)
}

// ran is what came of a sample.
type ran struct {
	// Status is that of the answer, 0 for none.
	Status int `json:"status"`

	// Output is what the sample printed.
	Output string `json:"output"`

	// Failure is what went wrong in the sample or below it.
	Failure string `json:"failure"`

	// Response is what the variable of that name holds at the end, in PHP.
	Response json.RawMessage `json:"response"`
}

// driver is an interpreter that runs samples one after another.
type driver struct {
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *bytes.Buffer
}

// mustLocate returns where a program of testdata/drivers is. It looks at the
// file, so that a change of it is one of the test.
func mustLocate(t testing.TB, program string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", "drivers", program))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// mustDrive starts an interpreter with one of the programs of testdata/drivers.
func mustDrive(t testing.TB, folder, interpreter, program string) *driver {
	t.Helper()
	cmd := exec.Command(interpreter, mustLocate(t, program))
	d := &driver{stderr: new(bytes.Buffer)}
	cmd.Dir, cmd.Env, cmd.Stderr = folder, environment(), d.stderr
	var err error
	if d.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	d.out = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = d.in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", program, err, d.stderr)
		}
	})
	return d
}

// run runs a sample to its end.
func (d *driver) run(t testing.TB, code string) ran {
	t.Helper()
	line, err := json.Marshal(code)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.in.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	answer, err := d.out.ReadBytes('\n')
	var r ran
	if err == nil {
		err = json.Unmarshal(answer, &r)
	}
	if err != nil {
		t.Fatalf("%v in %q\n%s", err, answer, code)
	}
	return r
}

// runShell runs a sample for a shell, whose curl prints the status last.
func runShell(t testing.TB, code string) ran {
	t.Helper()
	home, err := curlHome()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", code)
	cmd.Env = environment("CURL_HOME=" + home)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	r := ran{Failure: stderr.String()}
	if err != nil {
		r.Failure = err.Error() + " " + r.Failure
	}
	end := bytes.LastIndexByte(out, '\n')
	if end < 0 {
		return r
	}
	r.Output = string(out[:end])
	if err := json.Unmarshal(out[end+1:], &r.Status); err != nil {
		r.Failure += err.Error()
	}
	return r
}

// curlHome is a folder with curl's settings, so that the command line is that
// of the sample alone.
var curlHome = sync.OnceValues(func() (string, error) {
	folder := filepath.Join(scratch, "curl")
	settings := "silent\nshow-error\nmax-time = 20\nwrite-out = \"\\n%{http_code}\"\n"
	err := os.Mkdir(folder, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, ".curlrc"), []byte(settings), 0o600)
	}
	return folder, err
})
