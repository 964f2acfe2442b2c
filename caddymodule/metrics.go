package caddymodule

import (
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/linkquay/linkquay/adapters/drift"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/gateway"
	"github.com/linkquay/linkquay/migrate/adopt"
	"github.com/linkquay/linkquay/translate"
	"github.com/linkquay/linkquay/visitors"
)

// collectors are made once for the process and registered with the registry of
// each configuration, which is new every time. Labels come from the contract,
// the configuration and fixed sets, never from a client.
type collectors struct {
	requests  *prometheus.HistogramVec
	upstreams *prometheus.HistogramVec
	tolerated *prometheus.CounterVec
	redirects *prometheus.CounterVec
	dropped   prometheus.Counter
	waiting   prometheus.Gauge
	backends  *prometheus.GaugeVec
	drift     *prometheus.CounterVec
	adoptions *prometheus.CounterVec

	// outcomes are the counters of redirects, by outcome: looking one up by
	// its label would cost a visit a tenth.
	outcomes [visitors.Outcomes]prometheus.Counter
}

var theCollectors = &collectors{
	requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "caddy_linkquay_request_duration_seconds",
		Help:    "Time to answer an API request. The code is empty for a success.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15},
	}, []string{"operation", "backend", "code"}),
	upstreams: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "caddy_linkquay_upstream_duration_seconds",
		Help:    "Time of an exchange with a backend. The status is 0 where there was no reply.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15},
	}, []string{"backend", "status"}),
	tolerated: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "caddy_linkquay_tolerated_total",
		Help: "Habits of clients that were put right.",
	}, []string{"dialect", "kind"}),
	redirects: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "caddy_linkquay_redirects_total",
		Help: "Visits of short links by what the visitor got.",
	}, []string{"outcome"}),
	backends: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "caddy_linkquay_backend_up",
		Help: "Whether calls go to the backend: 1, or 0 while its breaker refuses them.",
	}, []string{"backend"}),
	drift: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "caddy_linkquay_upstream_drift_total",
		Help: "Fields of backends' replies that were missing or not what they should be.",
	}, []string{"backend", "operation", "field", "kind"}),
	adoptions: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "caddy_linkquay_adoptions_total",
		Help: "Requests for links that were not here yet, on domains whose links are taken over, by what came of them.",
	}, []string{"outcome"}),
	dropped: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "caddy_linkquay_clicks_dropped_total",
		Help: "Clicks that were not counted because the database did not take them in time.",
	}),
	waiting: prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "caddy_linkquay_clicks_waiting_batches",
		Help: "Batches of clicks that are kept and not yet added up, each of some 100 ms.",
	}),
}

func init() {
	for outcome := range visitors.Outcomes {
		theCollectors.outcomes[outcome] = theCollectors.redirects.WithLabelValues(visitors.Outcome(outcome).String())
	}
}

func (c *collectors) register(registry *prometheus.Registry) error {
	for _, collector := range []prometheus.Collector{c.requests, c.upstreams, c.tolerated, c.redirects, c.dropped, c.waiting, c.backends, c.drift, c.adoptions} {
		err := registry.Register(collector)
		if _, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); err != nil && !ok {
			return err
		}
	}
	return nil
}

// Answered implements gateway.Metrics.
func (c *collectors) Answered(op api.Operation, backend string, code api.Code, took time.Duration) {
	c.requests.WithLabelValues(string(op), backend, string(code)).Observe(took.Seconds())
}

// Tolerated implements gateway.Metrics.
func (c *collectors) Tolerated(dialect string, kind translate.Kind) {
	c.tolerated.WithLabelValues(dialect, string(kind)).Inc()
}

// upstream returns what a client of the backend reports to.
func (c *collectors) upstream(backend string) func(status int, took time.Duration) {
	return func(status int, took time.Duration) {
		// Only what HTTP defines becomes a label: a backend may send any number.
		if status < 100 || status > 599 {
			status = 0
		}
		c.upstreams.WithLabelValues(backend, strconv.Itoa(status)).Observe(took.Seconds())
	}
}

// answers notes whether calls go to the backend.
func (c *collectors) answers(backend string, state upstream.State) {
	up := 1.0
	if state != upstream.Closed {
		up = 0
	}
	c.backends.WithLabelValues(backend).Set(up)
}

// drifted returns what the drift of the backend is told to.
func (c *collectors) drifted(backend string) func(op api.Operation, field string, kind drift.Kind) {
	return func(op api.Operation, field string, kind drift.Kind) {
		c.drift.WithLabelValues(backend, string(op), field, string(kind)).Inc()
	}
}

func (c *collectors) clicksDropped(n int64) { c.dropped.Add(float64(n)) }

func (c *collectors) clicksWaiting(batches int64) { c.waiting.Set(float64(batches)) }

// visited counts what a visitor got.
func (c *collectors) visited(outcome visitors.Outcome) { c.outcomes[outcome].Inc() }

// adopted counts what came of a request for a link that was not here yet.
func (c *collectors) adopted(outcome adopt.Outcome) {
	c.adoptions.WithLabelValues(outcome.String()).Inc()
}

// Interface guard.
var _ gateway.Metrics = (*collectors)(nil)
