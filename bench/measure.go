package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// attempts is how many rounds are tried for each one that counts.
const attempts = 3

// settings are the flags.
type settings struct {
	rounds   int
	quiet    float64
	patience time.Duration
	duration time.Duration
	clients  int
	links    int
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

// run runs a scenario.
func (b *bench) run(ctx context.Context, s *scenario, from databases) (r result, err error) {
	st, err := b.set(ctx, s, from)
	defer func() { err = errors.Join(err, st.end(ctx)) }()
	if err != nil {
		return r, err
	}
	var perLink *perLink
	if s.everyLink {
		if perLink, err = st.visitEveryLink(ctx); err != nil {
			return r, err
		}
	}
	rounds, err := st.measureAll(ctx)
	if err != nil {
		return r, err
	}
	r = newResult(s, from.driver(), rounds)
	r.PerLink = perLink
	if s.links.count > 0 {
		r.Visits, err = st.countVisits(ctx)
	}
	return r, err
}

// measureAll loads the sides in turns.
func (st *stand) measureAll(ctx context.Context) ([]round, error) {
	for _, s := range []*side{&st.linkquay, &st.caddy} {
		if s == &st.linkquay && st.scenario.cold {
			continue
		}
		if _, err := st.load(ctx, s, s.target, max(st.bench.duration/2, 500*time.Millisecond)); err != nil {
			return nil, fmt.Errorf("warming up: %w", err)
		}
	}
	var rounds []round
	quiet := 0
	for i := 0; quiet < st.bench.rounds && i < attempts*st.bench.rounds; i++ {
		if err := st.waitForQuiet(ctx); err != nil {
			return nil, err
		}
		r, err := st.measureBoth(ctx)
		if err != nil {
			return nil, err
		}
		if r.noise() <= st.bench.quiet {
			quiet++
		}
		st.bench.say("  round %d: Linkquay %.0f, Caddy %.0f requests/s; others used up to %.0f %% of the processors",
			i+1, r.Linkquay.Rate, r.Caddy.Rate, r.noise())
		rounds = append(rounds, r)
	}
	return quietest(rounds, st.bench.rounds), nil
}

func (st *stand) measureBoth(ctx context.Context) (r round, err error) {
	if st.scenario.cold {
		if err := st.restartLinkquay(ctx); err != nil {
			return r, err
		}
	}
	if r.Linkquay, err = st.measure(ctx, &st.linkquay); err != nil {
		return r, err
	}
	r.Caddy, err = st.measure(ctx, &st.caddy)
	return r, err
}

// measure loads one side once.
func (st *stand) measure(ctx context.Context, s *side) (figures, error) {
	before, err := st.usage(s)
	if err != nil {
		return figures{}, err
	}
	sample, err := st.load(ctx, s, s.target, st.bench.duration)
	if err != nil {
		return figures{}, err
	}
	after, err := st.usage(s)
	if err != nil {
		return figures{}, err
	}
	rss, peak, err := memory(s.process.pid)
	if err != nil {
		return figures{}, err
	}
	n := float64(sample.requests)
	return figures{
		Rate:   n / sample.elapsed.Seconds(),
		P50:    microseconds(percentile(sample.latencies, 50)),
		P99:    microseconds(percentile(sample.latencies, 99)),
		CPU:    microseconds(after.server-before.server) / n,
		RSS:    float64(rss) / 1024,
		Peak:   float64(peak) / 1024,
		Others: others(before, after, sample.elapsed),
	}, nil
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
