package gateway

import (
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/tidwall/sjson"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/ratelimit"
	"github.com/linkquay/linkquay/translate"
)

// exchange is one request on its way.
type exchange struct {
	gateway *Gateway
	dialect dialects.Dialect
	w       http.ResponseWriter
	r       *http.Request
	client  netip.Addr

	// head is what the head says, whether or not there is such an operation.
	head *dialects.Head

	// key is nil until the caller is known.
	key *api.Key
}

func (e *exchange) do() (*api.Reply, error) {
	g := e.gateway
	var headErr error
	e.head, headErr = e.dialect.Head(e.r)
	if err := e.authenticate(); err != nil {
		if headErr != nil {
			return nil, headErr
		}
		return nil, err
	}
	if err := e.limit(); err != nil {
		return nil, err
	}
	if headErr != nil {
		return nil, headErr
	}
	e.tolerated(e.head.Notes)
	call := &e.head.Call
	op := g.cfg.Contract.Operation(call.Operation)
	if !e.key.Scopes.Allow(op.Scope) {
		return nil, api.Errorf(api.Forbidden, "This API key lacks the scope %q.", op.Scope)
	}
	backend, err := e.backend()
	if err != nil {
		return nil, err
	}
	if call.Operation == api.GetCapabilities {
		return g.capabilities(e.key.Backend, backend)
	}
	if !backend.Capabilities().Supports(call.Operation) {
		return nil, api.Errorf(api.Unsupported, "The backend %q does not support this operation.", e.key.Backend)
	}
	if call.Origin, err = Origin(g.cfg.ShortDomain, e.r); err != nil {
		return nil, err
	}
	idempotencyKey, err := e.idempotencyKey(op, backend)
	if err != nil {
		return nil, err
	}
	if err := e.readBody(op); err != nil {
		return nil, err
	}
	if err := op.Validate(call); err != nil {
		return nil, err
	}
	if idempotencyKey != "" {
		call.Idempotency = &api.Idempotency{Key: idempotencyKey, Fingerprint: fingerprint(call)}
	}
	call.Items = op.Items(call)
	if err := e.limitItems(call.Items); err != nil {
		return nil, err
	}
	reply, err := backend.Do(e.r.Context(), call)
	if err != nil {
		return nil, e.refused(err)
	}
	return e.warned(reply)
}

// authenticate finds the caller.
func (e *exchange) authenticate() error {
	key, err := e.gateway.cfg.Keys.Authenticate(e.head.Credential)
	if err != nil {
		if e.head.Credential == "" {
			return err // nobody guessed anything
		}
		return e.failedAuthentication(err)
	}
	if key.Forwarded != "" {
		// Whether the credential is any good is for the backend to say, so that
		// an address with too many bad ones must be stopped before it asks.
		result, err := e.gateway.cfg.Limits.Peek(e.r.Context(), ratelimit.AddressKey(e.client), e.gateway.cfg.Failures)
		if err == nil && !result.Allowed {
			return tooManyFailures(result, nil)
		}
	}
	e.key = key
	e.head.Call.Key = key
	return nil
}

// failedAuthentication counts a bad credential against its address. One with
// too many is told to wait, but a good key of ours is never refused for what
// its neighbours do: many clients share the address of one host.
func (e *exchange) failedAuthentication(failure error) error {
	g := e.gateway
	result, err := g.cfg.Limits.Take(e.r.Context(), ratelimit.AddressKey(e.client), g.cfg.Failures)
	if err != nil || result.Allowed {
		return failure
	}
	return tooManyFailures(result, failure)
}

func tooManyFailures(result ratelimit.Result, cause error) error {
	return rateLimited("Too many failed attempts. Please retry later.", result, cause)
}

func rateLimited(message string, result ratelimit.Result, cause error) error {
	return &api.Error{
		Code:       api.RateLimited,
		Message:    message,
		RetryAfter: max(time.Second, time.Until(result.Reset)),
		Err:        cause,
	}
}

// limit counts the request and writes the documented headers.
func (e *exchange) limit() error {
	if e.key.Rate.Requests == 0 {
		return nil
	}
	result, err := e.gateway.cfg.Limits.Take(e.r.Context(), e.key.ID, e.key.Rate)
	if err != nil {
		return unchecked(err)
	}
	e.limited(&requestHeaders, result)
	if result.Allowed {
		return nil
	}
	return rateLimited("Too Many Requests. Please retry later.", result, nil)
}

// limitHeaders are the documented names of what tells a limit, its rest, and
// the end of its window.
type limitHeaders [3]string

var requestHeaders = limitHeaders{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}

// limited writes the headers past Header.Set, which would respell them.
func (e *exchange) limited(names *limitHeaders, result ratelimit.Result) {
	h := e.w.Header()
	h[names[0]] = []string{strconv.Itoa(result.Limit)}
	h[names[1]] = []string{strconv.Itoa(result.Remaining)}
	h[names[2]] = []string{strconv.FormatInt(result.Reset.Unix(), 10)}
}

func unchecked(cause error) error {
	return &api.Error{Code: api.Unavailable, Message: "The rate limit could not be checked. Please retry later.", Err: cause}
}

func (e *exchange) backend() (adapters.Backend, error) {
	b, ok := e.gateway.cfg.Backends[e.key.Backend]
	owner, owned := e.gateway.cfg.Owners[e.key.Backend]
	if !ok || owned && owner != e.key.Account && e.key.Forwarded == "" {
		// A key made by command can name a backend that the configuration has
		// lost since, or has given to another account.
		return nil, api.Errorf(api.Unavailable, "The backend of this API key is not configured.")
	}
	return b, nil
}

// refused handles a backend that does not accept what it was sent as a key.
// Where that was ours, the caller's own is fine and must not look bad.
func (e *exchange) refused(err error) error {
	failure, ok := errors.AsType[*api.Error](err)
	if !ok || failure.Code != api.Unauthorized {
		return err
	}
	if e.key.Forwarded != "" {
		return e.failedAuthentication(failure)
	}
	return &api.Error{
		Code:    api.Unavailable,
		Message: "The backend does not accept the API key that it is configured with.",
		Err:     failure,
	}
}

func (e *exchange) tolerated(notes []translate.Note) {
	for _, n := range notes {
		e.gateway.cfg.Metrics.Tolerated(e.dialect.Name(), n.Kind)
	}
}

// report logs a failure as loudly as it deserves, and returns what the client
// is told.
func (e *exchange) report(err error) *api.Error {
	failure := api.AsError(err)
	level := zapcore.DebugLevel
	switch failure.Code {
	case api.Internal:
		level = zapcore.ErrorLevel
	case api.Unavailable:
		level = zapcore.WarnLevel
	}
	if entry := e.gateway.cfg.Logger.Check(level, "request failed"); entry != nil {
		fields := []zap.Field{
			zap.String("code", string(failure.Code)),
			zap.Error(failure),
			zap.String("operation", string(e.head.Call.Operation)),
		}
		if e.key != nil {
			fields = append(fields, zap.String("key", e.key.Name), zap.String("backend", e.key.Backend))
		}
		entry.Write(fields...)
	}
	return failure
}

// warned writes the warnings of a reply into its document, and into the log.
func (e *exchange) warned(reply *api.Reply) (*api.Reply, error) {
	if len(reply.Warnings) == 0 {
		return reply, nil
	}
	if entry := e.gateway.cfg.Logger.Check(zapcore.InfoLevel, "sent without what the backend does not support"); entry != nil {
		var fields []string
		for _, w := range reply.Warnings {
			fields = append(fields, w.Field)
		}
		entry.Write(zap.String("operation", string(e.head.Call.Operation)), zap.String("key", e.key.Name),
			zap.String("backend", e.key.Backend), zap.Strings("fields", fields))
	}
	warnings, err := adapters.Encode(reply.Warnings)
	if err != nil {
		return nil, err
	}
	reply.Document, err = sjson.SetRawBytes(reply.Document, "warnings", warnings)
	return reply, err
}
