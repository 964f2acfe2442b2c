package caddymodule_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestExport_ToAPipe: what is no file is written to and stays what it is.
func TestExport_ToAPipe(t *testing.T) {
	p := newProgram(t, backupConfig("database sqlite data/linkquay.db"), "CONFIGURED_KEY="+nativeKey)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	read := make(chan string)
	go func() {
		all, err := os.ReadFile(pipe)
		if err != nil {
			t.Error(err)
		}
		read <- string(all)
	}()
	if out, err := p.run("linkquay", "export", pipe); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Fatalf("the pipe is %v, %v", info.Mode(), err)
	}
	if all := <-read; !strings.HasPrefix(all, `{"kind":"linkquay"`) {
		t.Errorf("through the pipe came %q", all)
	}
}
