package migrate

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vbauerster/mpb/v8"
)

func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		tell, end := Show(&out)
		tell(Progress{Step: StepListing, Kind: "link", Done: 1000, Total: 10_000})
		tell(Progress{Step: StepListing, Last: true})
		for i := range 101 {
			time.Sleep(time.Second)
			tell(Progress{Step: StepCopying, Done: 10 * i, Total: 1000, Failed: i / 50})
		}
		tell(Progress{Step: StepCopying, Done: 1000, Total: 1000, Failed: 2, Last: true})
		end()
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 12 {
			t.Fatalf("there are %d lines:\n%s", len(lines), out.String())
		}
		for i, want := range map[int]string{
			0:  "listing, done in 0 s",
			1:  "copying: 100 of 1000 (10%), 10.0 a second, 2 min left",
			10: "copying: 1000 of 1000 (100%), 2 failed, 10.0 a second",
			11: "copying: 1000 of 1000 (100%), 2 failed, done in 2 min",
		} {
			if lines[i] != want {
				t.Errorf("line %d is %q; want %q", i, lines[i], want)
			}
		}
	})
}

// TestBars draws as on a terminal: each step has its bar, and all of them end.
func TestBars(t *testing.T) {
	var out bytes.Buffer
	b := newBars(&out, mpb.WithAutoRefresh())
	b.tell(Progress{Step: StepListing, Done: 3})
	b.tell(Progress{Step: StepListing, Done: 7, Last: true})
	b.tell(Progress{Step: StepCopying, Done: 0, Total: 4})
	b.tell(Progress{Step: StepCopying, Done: 4, Total: 4})
	b.tell(Progress{Step: StepCopying, Done: 5, Total: 5}) // there came one more
	b.end()
	b.end()
	for _, want := range []string{StepListing, " 7/7", StepCopying, " 5/5"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in %q", want, out.String())
		}
	}
}
