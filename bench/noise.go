package main

import (
	"cmp"
	"context"
	"os"
	"runtime"
	"slices"
	"time"
)

// usage is the CPU time used so far.
type usage struct {
	server, own, machine time.Duration
}

// usage returns that of a side, the database's servers being Linkquay's.
func (st *stand) usage(s *side) (u usage, err error) {
	database, err := st.database.cpuTime()
	if err != nil {
		return u, err
	}
	u.own = database
	if s == &st.linkquay {
		u.server = database
	}
	for _, pid := range []int{os.Getpid(), st.upstream.pid, st.linkquay.process.pid, st.caddy.process.pid} {
		d, err := cpuTime(pid)
		if err != nil {
			return u, err
		}
		u.own += d
		if pid == s.process.pid {
			u.server += d
		}
	}
	u.machine, err = busyTime()
	return u, err
}

// others is the share of the machine's processors that went to processes which
// have nothing to do with the bench, in percent.
func others(before, after usage, elapsed time.Duration) float64 {
	d := after.machine - before.machine - (after.own - before.own)
	return 100 * max(0, d.Seconds()) / (elapsed.Seconds() * float64(runtime.NumCPU()))
}

// look is how long the machine is watched to tell whether it is quiet.
const look = 300 * time.Millisecond

// waitForQuiet returns when others leave the machine alone, or patience ends.
func (st *stand) waitForQuiet(ctx context.Context) error {
	for deadline := time.Now().Add(st.bench.patience); time.Now().Before(deadline); {
		before, err := st.usage(&st.linkquay)
		if err != nil {
			return err
		}
		began := time.Now()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(look):
		}
		after, err := st.usage(&st.linkquay)
		if err != nil {
			return err
		}
		if others(before, after, time.Since(began)) <= st.bench.quiet {
			return nil
		}
	}
	return nil
}

// noise is how much of the machine others used during the round, in percent.
func (r round) noise() float64 { return max(r.Linkquay.Others, r.Caddy.Others) }

// quietest returns n of the rounds: those with the least noise.
func quietest(rounds []round, n int) []round {
	sorted := slices.SortedStableFunc(slices.Values(rounds), func(a, b round) int { return cmp.Compare(a.noise(), b.noise()) })
	return sorted[:min(n, len(sorted))]
}
