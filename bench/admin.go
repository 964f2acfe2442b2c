package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// ask writes what Linkquay's admin API answers. takes is how long the answer
// takes by itself.
func (st *stand) ask(ctx context.Context, target string, takes time.Duration, to io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, takes+grace)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", st.at.admin)
	if err != nil {
		return err
	}
	defer conn.Close()
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	// HTTP/1.0 spares both sides the chunks.
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", target, st.at.admin); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("asking for %s: %s", target, resp.Status)
	}
	_, err = io.Copy(to, resp.Body)
	return err
}

func (st *stand) collectGarbage(ctx context.Context) error {
	return st.ask(ctx, "/debug/pprof/heap?gc=1", 0, io.Discard)
}

// samples are values by name, without those that have labels.
type samples map[string]float64

func (st *stand) samples(ctx context.Context) (samples, error) {
	var b bytes.Buffer
	if err := st.ask(ctx, "/metrics", 0, &b); err != nil {
		return nil, err
	}
	m, err := parseMetrics(b.Bytes())
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"caddy_linkquay_clicks_dropped_total", "go_memstats_heap_inuse_bytes"} {
		if _, ok := m[name]; !ok {
			return nil, fmt.Errorf("the server has no metric %s", name)
		}
	}
	return m, nil
}

// parseMetrics reads Prometheus' text format.
func parseMetrics(b []byte) (samples, error) {
	m := samples{}
	for line := range bytes.Lines(b) {
		name, value, ok := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		if !ok || name[0] == '#' || bytes.ContainsRune(name, '{') {
			continue
		}
		v, err := strconv.ParseFloat(string(value), 64)
		if err != nil {
			return nil, errors.New("malformed metrics: " + string(line))
		}
		m[string(name)] = v
	}
	return m, nil
}
