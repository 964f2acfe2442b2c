//go:build !linux

package main

import (
	"errors"
	"syscall"
	"time"
)

var errLinux = errors.New("the bench reads CPU time and memory from /proc and needs Linux")

func childAttributes() *syscall.SysProcAttr { return nil }

func cpuTime(int) (time.Duration, error) { return 0, errLinux }

func familyTime(int) (time.Duration, error) { return 0, errLinux }

func parentOf(int) (int, error) { return 0, errLinux }

func busyTime() (time.Duration, error) { return 0, errLinux }

func memory(int) (rss, peak int64, err error) { return 0, 0, errLinux }
