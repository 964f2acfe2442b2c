//go:build unix

package files_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/linkquay/linkquay/api"
)

// TestDir_Put_full runs itself again as a process that may write 100 KiB to a
// file, which fails as a full disk does.
func TestDir_Put_full(t *testing.T) {
	if os.Getenv("FILES_TEST_FULL") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestDir_Put_full$", "-test.v")
		cmd.Env = append(os.Environ(), "FILES_TEST_FULL=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "disk was full") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	d, dir := mustOpen(t)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100 << 10, Max: 100 << 10}); err != nil {
		t.Fatal(err)
	}
	_, err := d.Put(t.Context(), strings.NewReader(strings.Repeat("x", 200<<10)), 1<<20)
	if code(err) != api.Unavailable || len(list(t, dir)) != 0 {
		t.Errorf("Put: %v, left are %v; want Unavailable and nothing", err, list(t, dir))
	}
	mustPut(t, d, "small")
	fmt.Println("disk was full")
}
