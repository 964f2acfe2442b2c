package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

// attempts is how many rounds are tried for each one that counts.
const attempts = 3

// settings are the flags.
type settings struct {
	rounds   int
	quiet    float64
	duration time.Duration
	clients  int
	profile  string
	json     bool
}

// bench is what all scenarios share.
type bench struct {
	settings

	binary string
	dir    string
	say    func(format string, args ...any)
}

// side is one of the two that are compared.
type side struct {
	process *process
	target  *target

	// own are the ids of all processes that belong to the bench.
	own []int
}

// figures are what one load of one side showed.
type figures struct {
	Rate float64 `json:"requests_per_second"`
	P50  float64 `json:"p50_us"`
	P99  float64 `json:"p99_us"`
	CPU  float64 `json:"cpu_us_per_request"`
	RSS  float64 `json:"rss_mib"`
	Peak float64 `json:"peak_rss_mib"`

	// Others is the share of the machine's processors that went to processes
	// which have nothing to do with the bench, in percent: noise.
	Others float64 `json:"others_percent"`
}

// round is one load of each side, one after the other.
type round struct {
	Linkquay figures `json:"linkquay"`
	Caddy    figures `json:"caddy"`
}

// run starts fresh processes, so that no scenario sees another one's memory,
// and loads the sides in turns.
func (b *bench) run(ctx context.Context, s *scenario) ([]round, error) {
	linkquay, caddy, end, err := b.start(ctx, s, "")
	defer end()
	if err != nil {
		return nil, err
	}
	for _, warm := range []side{linkquay, caddy} {
		if _, err := load(ctx, warm.target, b.clients, max(b.duration/2, 500*time.Millisecond)); err != nil {
			return nil, fmt.Errorf("warming %s up: %w", warm.process.name, err)
		}
	}
	var rounds []round
	quiet := 0
	for i := 0; quiet < b.rounds && i < attempts*b.rounds; i++ {
		var r round
		if r.Linkquay, err = b.measure(ctx, linkquay); err != nil {
			return nil, err
		}
		if r.Caddy, err = b.measure(ctx, caddy); err != nil {
			return nil, err
		}
		if r.noise() <= b.quiet {
			quiet++
		}
		b.say("  round %d: Linkquay %.0f, Caddy %.0f requests/s; others used up to %.0f %% of the processors",
			i+1, r.Linkquay.Rate, r.Caddy.Rate, r.noise())
		rounds = append(rounds, r)
	}
	return quietest(rounds, b.rounds), nil
}

// noise is how much of the machine others used during the round, in percent.
func (r round) noise() float64 { return max(r.Linkquay.Others, r.Caddy.Others) }

// quietest returns n of the rounds: those with the least noise.
func quietest(rounds []round, n int) []round {
	sorted := slices.SortedStableFunc(slices.Values(rounds), func(a, b round) int { return cmp.Compare(a.noise(), b.noise()) })
	return sorted[:min(n, len(sorted))]
}

// start starts the upstream and both sides. The function that it returns ends
// them, and is never nil.
func (b *bench) start(ctx context.Context, s *scenario, admin string) (linkquay, caddy side, end func(), err error) {
	var running []*process
	end = func() {
		for _, p := range running {
			p.stop()
		}
	}
	fail := func(err error) (side, side, func(), error) { return side{}, side{}, end, err }

	up, err := startUpstream(ctx, b.dir)
	if err != nil {
		return fail(err)
	}
	running = append(running, up)
	at := addresses{upstream: up.address, admin: admin}
	for _, address := range []*string{&at.linkquay, &at.caddy} {
		if *address, err = freeAddress(ctx); err != nil {
			return fail(err)
		}
	}
	if linkquay.process, err = startCaddy(ctx, b.binary, b.dir, s.name+"-linkquay", at.linkquay, linkquayCaddyfile(at)); err != nil {
		return fail(err)
	}
	running = append(running, linkquay.process)
	if caddy.process, err = startCaddy(ctx, b.binary, b.dir, s.name+"-caddy", at.caddy, caddyCaddyfile(at, s.caddy(at))); err != nil {
		return fail(err)
	}
	running = append(running, caddy.process)
	if linkquay.target, caddy.target, err = s.prepare(ctx, at); err != nil {
		return fail(fmt.Errorf("preparing: %w", err))
	}
	linkquay.own = []int{os.Getpid(), up.pid, linkquay.process.pid, caddy.process.pid}
	caddy.own = linkquay.own
	return linkquay, caddy, end, nil
}

// usage is the CPU time used so far.
type usage struct {
	server, own, machine time.Duration
}

func (s side) usage() (u usage, err error) {
	if u.server, err = cpuTime(s.process.pid); err != nil {
		return u, err
	}
	for _, pid := range s.own {
		d, err := cpuTime(pid)
		if err != nil {
			return u, err
		}
		u.own += d
	}
	u.machine, err = busyTime()
	return u, err
}

// measure loads one side once.
func (b *bench) measure(ctx context.Context, s side) (figures, error) {
	before, err := s.usage()
	if err != nil {
		return figures{}, err
	}
	sample, err := load(ctx, s.target, b.clients, b.duration)
	if err != nil {
		return figures{}, fmt.Errorf("loading %s: %w", s.process.name, err)
	}
	if sample.requests == 0 {
		return figures{}, errors.New("no request was answered")
	}
	after, err := s.usage()
	if err != nil {
		return figures{}, err
	}
	rss, peak, err := memory(s.process.pid)
	if err != nil {
		return figures{}, err
	}
	n := float64(sample.requests)
	others := after.machine - before.machine - (after.own - before.own)
	return figures{
		Rate:   n / sample.elapsed.Seconds(),
		P50:    microseconds(percentile(sample.latencies, 50)),
		P99:    microseconds(percentile(sample.latencies, 99)),
		CPU:    microseconds(after.server-before.server) / n,
		RSS:    float64(rss) / 1024,
		Peak:   float64(peak) / 1024,
		Others: 100 * max(0, others.Seconds()) / (sample.elapsed.Seconds() * float64(runtime.NumCPU())),
	}, nil
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
