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
	var only, dir, database, postgres string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&b.rounds, "rounds", 9, "how often each side is loaded")
	flags.DurationVar(&b.duration, "duration", 2*time.Second, "how long each load lasts")
	flags.Float64Var(&b.quiet, "quiet", 10, "repeat a round in which others used more of the processors, in percent, up to 3 times the rounds in all")
	flags.DurationVar(&b.patience, "patience", 0, "how long to wait before a round for others to leave the processors alone")
	flags.IntVar(&b.clients, "clients", 32, "connections at once")
	flags.IntVar(&b.links, "links", 1_000_000, "links in the scenarios with many")
	flags.StringVar(&only, "only", "", "scenarios to run, separated by commas (default all)")
	flags.StringVar(&database, "database", defaultDatabase, "sqlite, postgres or both")
	flags.StringVar(&postgres, "postgres", "", "connection string of a PostgreSQL server to use, on which databases are made and removed (default a private one)")
	flags.BoolVar(&b.json, "json", false, "print JSON")
	flags.StringVar(&dir, "dir", "", "folder for databases and logs, on the disk to measure (default the system's temporary one)")
	flags.StringVar(&b.profile, "profile", "", "write profiles of Linkquay to this folder instead of comparing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 || b.rounds < 1 || b.duration <= 0 || b.clients < 1 || b.links < 1 || b.links > maxLinks {
		return fmt.Errorf("rounds, duration, clients and links (at most %d) must be positive, and there are no arguments", maxLinks)
	}
	chosen, err := choose(scenarios(b.links), only)
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
	kinds, closeAll, err := b.open(ctx, database, postgres)
	defer func() { err = errors.Join(err, closeAll()) }()
	if err != nil {
		return err
	}
	b.say("building Caddy with Linkquay")
	if b.binary, err = build(ctx, b.dir); err != nil {
		return err
	}
	return b.runAll(ctx, chosen, kinds)
}

// runAll runs the scenarios on each kind of database, and reports what was found
// out before one of them failed.
func (b *bench) runAll(ctx context.Context, chosen []scenario, kinds []databases) error {
	var r report
	for _, from := range kinds {
		for i := range chosen {
			s := &chosen[i]
			b.say("%s on %s", s.name, from.driver())
			if b.profile != "" {
				if err := b.profiles(ctx, s, from); err != nil {
					return fmt.Errorf("%s: %w", s.name, err)
				}
				continue
			}
			result, err := b.run(ctx, s, from)
			if err != nil {
				return errors.Join(fmt.Errorf("%s: %w", s.name, err), b.report(r))
			}
			r.Results = append(r.Results, result)
		}
	}
	return b.report(r)
}

func (b *bench) report(r report) error {
	if len(r.Results) == 0 {
		return nil
	}
	r.Aims = aims(r.Results)
	if b.json {
		return r.writeJSON(os.Stdout)
	}
	return r.write(os.Stdout)
}
