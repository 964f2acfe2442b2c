package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/simulate"
)

// mustStart runs the command on a free port and returns what it says at its
// start by the words before the colon, and what ends it and returns its error.
func mustStart(t *testing.T, args ...string) (said map[string]string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	result := make(chan error, 1)
	go func() {
		err := run(ctx, append(args, "--listen", "127.0.0.1:0"), in, in)
		in.CloseWithError(err)
		result <- err
	}()
	t.Cleanup(cancel)
	said = map[string]string{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		said[name] = strings.TrimSpace(value)
		if strings.HasPrefix(name, "Stop") {
			return said, func() error { cancel(); return <-result }
		}
	}
	t.Fatalf("it ended at once: %v", lines.Err())
	return nil, nil
}

// Whatever is printed works as it stands there.
func TestRun(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("the printed commands need curl:", err)
	}
	for name, tt := range map[string]struct {
		args []string
		want string // in the answer to the example
	}{
		"gempixel": {[]string{"gempixel", "--zone", "Asia/Seoul"}, `"shorturl":"http://127.0.0.1:`},
		"dglnk 1":  {[]string{"dglnk", "--api-version", "1"}, `"long_url":"https:`},
		"dglnk 3":  {[]string{"dglnk", "--api-version", "3", "--key", "my-own-key"}, `"long_url":"https:`},
	} {
		t.Run(name, func(t *testing.T) {
			said, stop := mustStart(t, tt.args...)
			sh := func(name string) string {
				out, err := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(said[name], "curl ", "curl -sS ", 1)).Output()
				if err != nil {
					t.Fatalf("%s: %v", said[name], err)
				}
				return string(out)
			}
			if got := strings.ReplaceAll(sh("Try"), `\/`, "/"); !strings.Contains(got, tt.want) {
				t.Errorf("the example answers %q, want %s in it", got, tt.want)
			}
			for _, name := range []string{"Faults", "State", "Healing", "Requests"} {
				if out := sh(name); !strings.HasPrefix(out, "{") && !strings.HasPrefix(out, "[") {
					t.Errorf("%s answers %q", said[name], out)
				}
			}
			if err := stop(); err != nil {
				t.Errorf("it ended with %v", err)
			}
			if exec.CommandContext(t.Context(), "sh", "-c", said["State"]).Run() == nil {
				t.Error("it still answers after its end")
			}
		})
	}
}

func TestRun_Refused(t *testing.T) {
	for _, tt := range []struct {
		args  []string
		usage bool
		want  string
	}{
		{nil, true, "usage: simulate gempixel"},
		{[]string{"bitly"}, true, "usage: simulate gempixel"},
		{[]string{"gempixel", "--rate", "30"}, true, "such as 30/1m"},
		{[]string{"gempixel", "--api-version", "3"}, true, "not defined: -api-version"},
		{[]string{"gempixel", "--zone", "Nowhere/City"}, false, "--zone"},
		{[]string{"gempixel", "--error-status", "500"}, false, "--error-status"},
		{[]string{"gempixel", "30/1m"}, false, "30/1m"},
		{[]string{"gempixel", "--key", ""}, false, "--key"},
		{[]string{"dglnk", "--api-version", "2"}, false, "--api-version"},
		{[]string{"dglnk", "--listen", "nowhere"}, false, "nowhere"},
	} {
		var out, complaints bytes.Buffer
		err := run(t.Context(), tt.args, &out, &complaints)
		if err == nil || errors.Is(err, errUsage) != tt.usage || !strings.Contains(complaints.String()+err.Error(), tt.want) || out.Len() != 0 {
			t.Errorf("run(%q) = %v after %q and %q, want %q", tt.args, err, out.String(), complaints.String(), tt.want)
		}
	}
}

// The commands of the documentation work as they are printed there.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/simulate.md")
	if err != nil {
		t.Fatal(err)
	}
	said, _ := mustStart(t, "gempixel", "--rate", "off")
	_, url, _ := strings.Cut(said["State"], " ")
	url = strings.TrimSuffix(url, "/_simulate/")
	run := 0
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		run++
		command := strings.ReplaceAll(strings.Replace(line, "curl ", "curl -sS --fail ", 1), "http://127.0.0.1:9091", url)
		if out, err := exec.CommandContext(t.Context(), "sh", "-c", command).CombinedOutput(); err != nil || len(out) == 0 {
			t.Errorf("%s: %v %s", line, err, out)
		}
	}
	if run < 8 {
		t.Errorf("the page has %d commands", run)
	}
	for _, kind := range simulate.Kinds() {
		if !strings.Contains(string(page), "| `"+string(kind)+"` |") {
			t.Errorf("the page does not tell of %s", kind)
		}
	}
}
