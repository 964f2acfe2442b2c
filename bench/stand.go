package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// stand is a scenario at work: the database, the upstream and both sides, each
// of them fresh, so that no scenario sees another one's memory.
type stand struct {
	bench    *bench
	scenario *scenario
	at       addresses
	database *database
	upstream *process
	linkquay side
	caddy    side

	// loads counts them, so that each takes other links.
	loads uint64

	// dropped is how many visits the processes that have ended did not count.
	dropped int64
}

// side is one of the two that are compared.
type side struct {
	name     string
	process  *process
	target   *target
	answered int64
}

// set starts a scenario. The caller ends what it returns, which is never nil.
func (b *bench) set(ctx context.Context, s *scenario, from databases) (*stand, error) {
	st := &stand{bench: b, scenario: s, linkquay: side{name: "linkquay"}, caddy: side{name: "caddy"}}
	var err error
	if st.database, err = from.copy(ctx, s.links); err != nil {
		return st, err
	}
	if st.upstream, err = startUpstream(ctx, b.dir); err != nil {
		return st, err
	}
	st.at.upstream = st.upstream.address
	for _, address := range []*string{&st.at.linkquay, &st.at.caddy, &st.at.admin} {
		if *address, err = freeAddress(ctx); err != nil {
			return st, err
		}
	}
	if err := st.startLinkquay(ctx); err != nil {
		return st, err
	}
	if st.caddy.process, err = st.start(ctx, st.caddy.name, st.at.caddy, caddyCaddyfile(st.at, s.caddy(st.at))); err != nil {
		return st, err
	}
	if st.linkquay.target, st.caddy.target, err = s.targets(ctx, st.at, s.links); err != nil {
		return st, st.linkquay.process.failure(fmt.Errorf("preparing: %w", err))
	}
	return st, nil
}

func (st *stand) start(ctx context.Context, name, address, config string) (*process, error) {
	return startCaddy(ctx, st.bench.binary, st.bench.dir, fmt.Sprintf("%s-%s-%s", st.scenario.name, st.database.Driver, name), address, config)
}

func (st *stand) startLinkquay(ctx context.Context) (err error) {
	countries := ""
	if st.scenario.links.rules {
		countries = filepath.Join(st.bench.dir, "countries.mmdb")
		if err := writeCountries(countries); err != nil {
			return err
		}
	}
	st.linkquay.process, err = st.start(ctx, st.linkquay.name, st.at.linkquay, linkquayCaddyfile(st.at, st.database, countries))
	return err
}

// stopLinkquay ends Linkquay in order and notes what it did not count.
func (st *stand) stopLinkquay(ctx context.Context) error {
	now, err := st.samples(ctx)
	if err != nil {
		return err
	}
	st.dropped += int64(now["caddy_linkquay_clicks_dropped_total"])
	st.linkquay.process.stop()
	return nil
}

func (st *stand) restartLinkquay(ctx context.Context) error {
	if err := st.stopLinkquay(ctx); err != nil {
		return err
	}
	return st.startLinkquay(ctx)
}

// end ends all processes and removes the database.
func (st *stand) end(ctx context.Context) error {
	for _, p := range []*process{st.linkquay.process, st.caddy.process, st.upstream} {
		if p != nil {
			p.stop()
		}
	}
	if st.database == nil {
		return nil
	}
	return st.database.remove(context.WithoutCancel(ctx))
}

// clients is how many connections there are at once.
func (st *stand) clients() int {
	if st.scenario.clients > 0 {
		return st.scenario.clients
	}
	return st.bench.clients
}

// load loads a side, by default with what it is compared by.
func (st *stand) load(ctx context.Context, s *side, t *target, d time.Duration) (*sample, error) {
	st.loads++
	sample, err := load(ctx, t, st.loads, st.clients(), d)
	if err != nil {
		return nil, s.process.failure(fmt.Errorf("loading it: %w", err))
	}
	if sample.requests == 0 {
		return nil, errors.New("no request was answered")
	}
	s.answered += int64(sample.requests)
	return sample, nil
}
