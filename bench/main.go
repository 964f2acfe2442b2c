// Command bench measures Linkquay against Caddy's own reverse_proxy and redir,
// in turns on the same machine. See docs/bench.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	// Linux ends children with the thread that started them, not with the
	// process: so that thread must be the last one.
	runtime.LockOSThread()
	var err error
	if len(os.Args) == 2 && os.Args[1] == upstreamArgument {
		err = serveUpstream(context.Background())
	} else {
		err = interruptible(os.Args[1:])
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func interruptible(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, args)
}

func run(ctx context.Context, args []string) (err error) {
	var b bench
	var only, dir string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&b.rounds, "rounds", 9, "how often each side is loaded")
	flags.DurationVar(&b.duration, "duration", 2*time.Second, "how long each load lasts")
	flags.Float64Var(&b.quiet, "quiet", 10, "repeat a round in which others used more of the processors, in percent, up to 3 times the rounds in all")
	flags.IntVar(&b.clients, "clients", 32, "connections at once")
	flags.StringVar(&only, "only", "", "scenarios to run, separated by commas (default all)")
	flags.BoolVar(&b.json, "json", false, "print JSON")
	flags.StringVar(&dir, "dir", "", "folder for databases and logs, on the disk to measure (default the system's temporary one)")
	flags.StringVar(&b.profile, "profile", "", "write profiles of Linkquay to this folder instead of comparing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 || b.rounds < 1 || b.duration <= 0 || b.clients < 1 {
		return errors.New("rounds, duration and clients must be positive, and there are no arguments")
	}
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	if _, err := cpuTime(os.Getpid()); err != nil {
		return err
	}
	b.say = func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	if b.dir, err = os.MkdirTemp(dir, "linkquay-bench"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	// Children work in folders of their own.
	if b.dir, err = filepath.Abs(b.dir); err != nil {
		return err
	}
	b.say("building Caddy with Linkquay")
	if b.binary, err = build(ctx, b.dir); err != nil {
		return err
	}
	return b.runAll(ctx, chosen)
}

// choose returns the scenarios of those names, or all.
func choose(only string) ([]scenario, error) {
	if only == "" {
		return scenarios, nil
	}
	var chosen []scenario
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no scenario %q", name)
		}
		chosen = append(chosen, scenarios[i])
	}
	return chosen, nil
}

func (b *bench) runAll(ctx context.Context, chosen []scenario) error {
	var results []result
	for i := range chosen {
		s := &chosen[i]
		b.say("%s", s.name)
		if b.profile != "" {
			if err := b.profiles(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			continue
		}
		rounds, err := b.run(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		results = append(results, newResult(s, rounds))
	}
	if b.profile != "" {
		return nil
	}
	if b.json {
		return writeJSON(os.Stdout, results)
	}
	for _, r := range results {
		if err := writeText(os.Stdout, r); err != nil {
			return err
		}
	}
	return writeMarkdown(os.Stdout, results)
}
