package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// profiles loads Linkquay alone and writes what it spends CPU time on, and what
// it allocates, to files.
func (b *bench) profiles(ctx context.Context, s *scenario, from databases) (err error) {
	st, err := b.set(ctx, s, from)
	defer func() { err = errors.Join(err, st.end(ctx)) }()
	if err != nil {
		return err
	}
	if s.everyLink {
		if _, err := st.visitEveryLink(ctx); err != nil {
			return err
		}
	}
	if !s.cold {
		if _, err := st.load(ctx, &st.linkquay, st.linkquay.target, time.Second); err != nil {
			return err
		}
	}
	seconds := max(1, int(b.duration/time.Second))
	loaded := make(chan error, 1)
	go func() {
		_, err := st.load(ctx, &st.linkquay, st.linkquay.target, time.Duration(seconds)*time.Second+500*time.Millisecond)
		loaded <- err
	}()
	name := filepath.Join(b.profile, s.name)
	if from.driver() != defaultDatabase {
		name += "." + from.driver()
	}
	err = st.save(ctx, fmt.Sprintf("/debug/pprof/profile?seconds=%d", seconds), name+".cpu.pprof", time.Duration(seconds)*time.Second)
	if err := errors.Join(err, <-loaded); err != nil {
		return err
	}
	return st.save(ctx, "/debug/pprof/allocs", name+".allocs.pprof", 0)
}

// save writes what the admin API answers to a file.
func (st *stand) save(ctx context.Context, target, path string, takes time.Duration) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := errors.Join(st.ask(ctx, target, takes, f), f.Close()); err != nil {
		return err
	}
	st.bench.say("  %s", path)
	return nil
}
