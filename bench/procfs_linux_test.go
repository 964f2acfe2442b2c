package main

import (
	"os"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	got, err := parseStat([]byte("42 (ca) ddy 1) S 1 42 42 0 -1 4194560 9 0 0 0 150 25 7 8 20 0 9 0 100 1 2\n"))
	if want := (stat{parent: 1, used: 1750 * time.Millisecond, reaped: 150 * time.Millisecond}); err != nil || got != want {
		t.Errorf("parseStat() = %+v, %v; want %+v", got, err, want)
	}
	for _, bad := range []string{"", "42 (caddy) S 1", "42 (caddy) S 1 42 42 0 -1 4194560 9 0 0 0 x 25 7 8"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("parseStat(%q) is no error", bad)
		}
	}
}

func TestParseBusy(t *testing.T) {
	got, err := parseBusy([]byte("cpu  100 20 30 4000 500 6 7 8 9 1\ncpu0 1 1 1 1 1 1 1 1 1 1\n"))
	if err != nil || got != 1710*time.Millisecond {
		t.Errorf("parseBusy() = %v, %v; want 1.71s", got, err)
	}
	if _, err := parseBusy([]byte("cpu  1 2\n")); err == nil {
		t.Error("parseBusy() of too few fields is no error")
	}
}

func TestParseStatus(t *testing.T) {
	rss, peak, err := parseStatus([]byte("Name:\tcaddy\nVmHWM:\t   90112 kB\nVmRSS:\t   81920 kB\n"))
	if err != nil || rss != 81920 || peak != 90112 {
		t.Errorf("parseStatus() = %d, %d, %v; want 81920, 90112", rss, peak, err)
	}
	if _, _, err := parseStatus([]byte("Name:\tcaddy\n")); err == nil {
		t.Error("parseStatus() without memory is no error")
	}
}

// TestProcfs reads what the kernel at hand really writes.
func TestProcfs(t *testing.T) {
	if _, err := cpuTime(os.Getpid()); err != nil {
		t.Error(err)
	}
	if parent, err := parentOf(os.Getpid()); err != nil || parent != os.Getppid() {
		t.Errorf("parentOf() = %d, %v; want %d", parent, err, os.Getppid())
	}
	if family, err := familyTime(os.Getppid()); err != nil || family <= 0 {
		t.Errorf("familyTime() of the parent = %v, %v", family, err)
	}
	if _, _, err := memory(os.Getpid()); err != nil {
		t.Error(err)
	}
	if _, err := busyTime(); err != nil {
		t.Error(err)
	}
}
