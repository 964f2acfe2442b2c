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
	s, err := readStat(strconv.Itoa(pid))
	return s.used, err
}

// familyTime is the CPU time that the process and its children have used so
// far, those included that have ended.
func familyTime(pid int) (time.Duration, error) {
	s, err := readStat(strconv.Itoa(pid))
	if err != nil {
		return 0, err
	}
	sum := s.used + s.reaped
	processes, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, p := range processes {
		if name := p.Name(); name[0] < '0' || name[0] > '9' {
			continue
		}
		// One that has ended just now is its parent's to count.
		if s, err := readStat(p.Name()); err == nil && s.parent == pid {
			sum += s.used
		}
	}
	return sum, nil
}

// parentOf is the process that started another.
func parentOf(pid int) (int, error) {
	s, err := readStat(strconv.Itoa(pid))
	return s.parent, err
}

// stat is what the kernel says of a process.
type stat struct {
	parent int
	used   time.Duration // CPU time
	reaped time.Duration // that of children that have ended
}

func readStat(process string) (stat, error) {
	b, err := os.ReadFile("/proc/" + process + "/stat")
	if err != nil {
		return stat{}, err
	}
	return parseStat(b)
}

// parseStat reads the 4th field, the parent, and the 14th to 17th, the process'
// and its children's time as a user and in the kernel. The second field is the
// name in parentheses, which may hold anything.
func parseStat(b []byte) (stat, error) {
	i := bytes.LastIndexByte(b, ')')
	fields := bytes.Fields(b[i+1:])
	if i < 0 || len(fields) < 15 {
		return stat{}, fmt.Errorf("reading CPU time: %q has too few fields", b)
	}
	var n [5]int64
	for i, field := range [5]int{1, 11, 12, 13, 14} {
		var err error
		if n[i], err = strconv.ParseInt(string(fields[field]), 10, 64); err != nil {
			return stat{}, fmt.Errorf("reading CPU time: %w", err)
		}
	}
	return stat{parent: int(n[0]), used: time.Duration(n[1]+n[2]) * tick, reaped: time.Duration(n[3]+n[4]) * tick}, nil
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
