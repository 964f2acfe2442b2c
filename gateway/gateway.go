// Package gateway is the way of an API request: dialect, key, limit, contract,
// backend, and back in the caller's shape. Authentication, limits and
// validation happen here, once, for every dialect and every backend.
package gateway

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/ratelimit"
	"github.com/linkquay/linkquay/translate"
)

// Authenticator tells whose a credential is. An error is an *api.Error of code
// Unauthorized.
type Authenticator interface {
	Authenticate(credential api.Secret) (*api.Key, error)
	Signed(signature *api.Signature) (*api.Key, error)
}

// Metrics is told what happens. Its arguments come from fixed sets and the
// configuration, never from a client. It must be cheap and must not block.
type Metrics interface {
	// Answered counts one answered call; code is empty for a success.
	Answered(op api.Operation, backend string, code api.Code, took time.Duration)

	// Tolerated counts one habit of a client that a dialect put right.
	Tolerated(dialect string, kind translate.Kind)
}

// Config is what a Gateway is made of. All fields are required unless they say
// otherwise.
type Config struct {
	// Dialects are asked in order whose path a request is.
	Dialects []dialects.Dialect

	// Fallback answers for what is none's; nil means the first of Dialects.
	Fallback dialects.Dialect

	Contract *openapi.Contract
	Keys     Authenticator

	// Limits counts the requests of keys; it outlives the gateway.
	Limits ratelimit.Limiter

	// Failures is how many failed authentications an address may have before
	// it is told to wait; the zero value means any number.
	Failures api.Rate

	// BulkItems is how many documents of createLinks a key may send in a window,
	// beside the limit of its requests; the zero value means any number.
	BulkItems api.Rate

	// Backends are the places where links live, by name.
	Backends map[string]adapters.Backend

	// Owners are the accounts that backends belong to. A backend that is
	// missing here serves every account.
	Owners map[string]string

	// Fleets hold, by account and by name, what answers a key in the place of its
	// backend alone, where an account has several of them behind one key. It
	// refuses by itself what the backend of a call does not support.
	Fleets map[string]map[string]adapters.Backend

	// ShortDomain is the scheme and host of short URLs, without a trailing
	// slash. Empty means those of the request.
	ShortDomain string

	// BodyLimit and UploadLimit bound bodies, in bytes.
	BodyLimit   int64
	UploadLimit int64

	// BodyTimeout bounds how long a client may take to send a JSON body.
	BodyTimeout time.Duration

	// Healthy returns why requests cannot be served, nil if they can.
	Healthy func(ctx context.Context) error

	// BackendHealth tells how backends do that are other servers; nil tells of
	// none. It must not ask them.
	BackendHealth func() []BackendHealth

	Metrics Metrics
	Logger  *zap.Logger
}

// Gateway answers API requests. It is safe for concurrent use.
type Gateway struct {
	cfg  Config
	docs http.Handler
	seen seen
}

// New returns a gateway.
func New(cfg Config) *Gateway {
	if cfg.Fallback == nil {
		cfg.Fallback = cfg.Dialects[0]
	}
	return &Gateway{cfg: cfg, docs: openapi.Docs()}
}

// Speaker finds the dialect of a request: the first one that owns its path and,
// where it shares that with others, speaks like the request; nil for none.
func Speaker(list []dialects.Dialect, r *http.Request) dialects.Dialect {
	for _, d := range list {
		if !d.Owns(r.URL.Path) {
			continue
		}
		if c, ok := d.(dialects.Chooser); !ok || c.Speaks(r) {
			return d
		}
	}
	return nil
}

// ServeHTTP answers a request that came from the client's address.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request, client netip.Addr) {
	if g.servePublic(w, r) {
		return
	}
	d := Speaker(g.cfg.Dialects, r)
	if d == nil {
		g.cfg.Fallback.WriteError(w, nil, api.Errorf(api.NotFound, "There is no such endpoint."))
		return
	}
	start := time.Now()
	e := exchange{gateway: g, dialect: d, w: w, r: r, client: client}
	reply, err := e.do()
	var code api.Code
	if err != nil {
		failure := e.report(err)
		code = failure.Code
		d.WriteError(w, e.head, failure)
	} else {
		d.WriteReply(w, e.head, reply)
	}
	backend := ""
	if e.key != nil {
		backend = e.key.Backend
	}
	g.cfg.Metrics.Answered(e.head.Call.Operation, backend, code, time.Since(start))
}

// Origin is the scheme and host of short URLs for a request: the short domain
// where there is one, else those of the request. A Host header that is no host
// is refused before it gets into one.
func Origin(shortDomain string, r *http.Request) (string, error) {
	if shortDomain != "" {
		return shortDomain, nil
	}
	host := strings.ToLower(r.Host)
	origin := "http://" + host
	if r.TLS != nil {
		origin = "https://" + host
	}
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" || u.Host != host || !api.IsPort(u.Port()) {
		return "", api.Errorf(api.Invalid, "The Host header is not a host.")
	}
	return origin, nil
}
