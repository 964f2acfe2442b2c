package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"
)

const (
	// maxRequests bounds a load in count.
	maxRequests = 4_000_000

	// grace is how long after its end a load may wait for a last reply.
	grace = 10 * time.Second
)

// request is a request as it goes over the wire, and what its reply must be.
type request struct {
	bytes    []byte
	status   int
	location []byte   // empty: not looked at
	contains []string // parts of the body; none: the body must be empty
}

// sample is what one load brought.
type sample struct {
	requests  int
	elapsed   time.Duration
	latencies []time.Duration // sorted
}

// load sends requests over kept connections, one at a time on each, for the
// given time or until the target has no more. A single reply that is not as it
// must be fails it. Loads with different numbers take other things at random.
func load(ctx context.Context, t *target, number uint64, clients int, d time.Duration) (*sample, error) {
	interrupted := ctx
	ctx, cancel := context.WithTimeout(ctx, d+grace)
	defer cancel()
	all := make([]*client, clients)
	for i := range all {
		c, err := newClient(ctx, t, number, i, maxRequests/clients)
		if err != nil {
			return nil, err
		}
		defer c.conn.Close()
		all[i] = c
	}
	var wg sync.WaitGroup
	start := time.Now()
	for _, c := range all {
		wg.Go(func() {
			c.err = c.run(start.Add(d))
			// One wrong reply makes the figures worthless: the others need not go on.
			if c.err != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	s := &sample{elapsed: time.Since(start)}
	// The first failure is the cause; the others are of the connections that it
	// closed.
	var failed *client
	for _, c := range all {
		s.requests += len(c.latencies)
		s.latencies = append(s.latencies, c.latencies...)
		if c.err != nil && (failed == nil || c.ended.Before(failed.ended)) {
			failed = c
		}
	}
	if interrupted.Err() != nil {
		return nil, context.Cause(interrupted)
	}
	if failed != nil {
		return nil, fmt.Errorf("after %d requests: %w", s.requests, failed.err)
	}
	slices.Sort(s.latencies)
	return s, nil
}

// client is one connection under load.
type client struct {
	next      func() *request
	conn      net.Conn
	reader    *reader
	max       int
	latencies []time.Duration
	ended     time.Time
	err       error
}

// newClient connects from an address that few other clients have, as visitors
// do.
func newClient(ctx context.Context, t *target, number uint64, place int, most int) (*client, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+place%200))}}
	conn, err := dialer.DialContext(ctx, "tcp", t.address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	return &client{
		// The same requests in the same order in each run.
		next:      t.requests(place, rand.New(rand.NewPCG(uint64(place), number))),
		conn:      conn,
		reader:    newReader(conn),
		max:       most,
		latencies: make([]time.Duration, 0, min(most, 1<<16)),
	}, nil
}

// run sends requests until the deadline or their end.
func (c *client) run(deadline time.Time) error {
	defer func() { c.ended = time.Now() }()
	last := time.Now()
	for last.Before(deadline) && len(c.latencies) < c.max {
		r := c.next()
		if r == nil {
			return nil
		}
		if _, err := c.conn.Write(r.bytes); err != nil {
			return err
		}
		body, err := c.reader.next()
		if err != nil {
			return err
		}
		if err := r.check(&c.reader.head, body); err != nil {
			return err
		}
		now := time.Now()
		c.latencies = append(c.latencies, now.Sub(last))
		last = now
	}
	return nil
}

// check says how a reply differs from what it must be.
func (r *request) check(h *head, body []byte) error {
	status, err := h.status()
	if err != nil {
		return err
	}
	if status != r.status {
		return fmt.Errorf("status %d instead of %d: %.300s", status, r.status, body)
	}
	if len(r.location) > 0 && !bytes.Equal(h.location, r.location) {
		return fmt.Errorf("a redirect to %q instead of %q", h.location, r.location)
	}
	if len(r.contains) == 0 && len(body) > 0 {
		return fmt.Errorf("a body where none is due: %.300s", body)
	}
	for _, part := range r.contains {
		if !bytes.Contains(body, []byte(part)) {
			return fmt.Errorf("no %s in the reply: %.300s", part, body)
		}
	}
	return nil
}

// once sends a single request and returns the body of its reply.
func once(ctx context.Context, address string, r *request) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	c, err := newClient(ctx, always(address, *r), 0, 0, 1)
	if err != nil {
		return nil, err
	}
	defer c.conn.Close()
	if _, err := c.conn.Write(r.bytes); err != nil {
		return nil, err
	}
	body, err := c.reader.next()
	if err != nil {
		return nil, err
	}
	return bytes.Clone(body), r.check(&c.reader.head, body)
}
