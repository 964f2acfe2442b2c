package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// tick is the unit of CPU time in /proc, which Linux fixes for user space.
const tick = 10 * time.Millisecond

// childAttributes ends a child with the bench however the bench ends, and keeps
// the terminal's interrupt from it: the bench ends its children in order.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// cpuTime is the CPU time that the process has used so far.
func cpuTime(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStat(b)
}

// parseStat reads utime and stime, the 14th and 15th field. The second one is
// the name in parentheses, which may hold anything.
func parseStat(b []byte) (time.Duration, error) {
	i := bytes.LastIndexByte(b, ')')
	fields := bytes.Fields(b[i+1:])
	if i < 0 || len(fields) < 13 {
		return 0, fmt.Errorf("reading CPU time: %q has too few fields", b)
	}
	var sum int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading CPU time: %w", err)
		}
		sum += n
	}
	return time.Duration(sum) * tick, nil
}

// busyTime is the CPU time that the whole machine has spent on anything but
// waiting.
func busyTime() (time.Duration, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return parseBusy(b)
}

// parseBusy adds the fields of the first line up but for the fourth and fifth,
// idle and waiting for a disk, and for guests, which the first two include.
func parseBusy(b []byte) (time.Duration, error) {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	fields := bytes.Fields(line)
	if len(fields) < 9 {
		return 0, fmt.Errorf("reading the machine's CPU time: %q has too few fields", line)
	}
	var sum int64
	for i, f := range fields[1:9] {
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading the machine's CPU time: %w", err)
		}
		if i != 3 && i != 4 {
			sum += n
		}
	}
	return time.Duration(sum) * tick, nil
}

// memory is the resident memory of the process in KiB, now and at its peak.
func memory(pid int) (rss, peak int64, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	return parseStatus(b)
}

func parseStatus(b []byte) (rss, peak int64, err error) {
	for line := range bytes.Lines(b) {
		for name, to := range map[string]*int64{"VmRSS": &rss, "VmHWM": &peak} {
			value, ok := field(bytes.TrimSpace(line), name)
			if !ok {
				continue
			}
			if *to, err = strconv.ParseInt(string(bytes.TrimSuffix(value, []byte(" kB"))), 10, 64); err != nil {
				return 0, 0, fmt.Errorf("reading memory: %w", err)
			}
		}
	}
	if rss == 0 || peak == 0 {
		return 0, 0, fmt.Errorf("reading memory: neither VmRSS nor VmHWM may be missing")
	}
	return rss, peak, nil
}
