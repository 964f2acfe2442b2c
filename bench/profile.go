package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// profiles loads Linkquay alone, with Caddy's admin API switched on, and writes
// what it spends CPU time on, and what it allocates, to files.
func (b *bench) profiles(ctx context.Context, s *scenario) error {
	admin, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	linkquay, _, end, err := b.start(ctx, s, admin)
	defer end()
	if err != nil {
		return err
	}
	if _, err := load(ctx, linkquay.target, b.clients, time.Second); err != nil {
		return err
	}
	seconds := max(1, int(b.duration/time.Second))
	loaded := make(chan error, 1)
	go func() {
		_, err := load(ctx, linkquay.target, b.clients, time.Duration(seconds)*time.Second+500*time.Millisecond)
		loaded <- err
	}()
	path := filepath.Join(b.profile, s.name+".cpu.pprof")
	err = fetch(ctx, admin, fmt.Sprintf("/debug/pprof/profile?seconds=%d", seconds), path, time.Duration(seconds)*time.Second)
	if err := errors.Join(err, <-loaded); err != nil {
		return err
	}
	b.say("  %s", path)
	path = filepath.Join(b.profile, s.name+".allocs.pprof")
	if err := fetch(ctx, admin, "/debug/pprof/allocs", path, 0); err != nil {
		return err
	}
	b.say("  %s", path)
	return nil
}

// fetch writes what the admin API answers to a file. takes is how long the
// answer takes by itself.
func fetch(ctx context.Context, admin, target, path string, takes time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, takes+grace)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", admin)
	if err != nil {
		return err
	}
	defer conn.Close()
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	// HTTP/1.0 spares both sides the chunks.
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", target, admin); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("asking for a profile: %s", resp.Status)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, resp.Body)
	return errors.Join(err, f.Close())
}
