package gateway

import (
	"context"
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
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/ratelimit"
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
	e.head, headErr = e.readHead()
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
	if err := e.tolerated(e.head.Notes); err != nil {
		return nil, err
	}
	if e.head.Compose != nil {
		if e.head.Parameters != nil {
			if err := e.readParameters(); err != nil {
				return nil, err
			}
		}
		return e.head.Compose(e.r.Context(), e.perform)
	}
	call := &e.head.Call
	op, backend, err := e.prepare(call)
	if err != nil {
		return nil, err
	}
	if call.Operation == api.GetCapabilities {
		return g.capabilities(e.key.Backend, backend)
	}
	idempotencyKey, err := e.idempotencyKey(op, backend)
	if err != nil {
		return nil, err
	}
	if err := e.readBody(op); err != nil {
		return nil, err
	}
	return e.send(e.r.Context(), op, backend, call, idempotencyKey)
}

// readHead has the dialect read the head, and a form, which must come in time:
// its sender is not known yet. What a form is the dialect says; JSON is none.
func (e *exchange) readHead() (*dialects.Head, error) {
	if e.r.Method != http.MethodPost || e.r.Header.Get("Content-Type") == "application/json" {
		return e.dialect.Head(e.r)
	}
	control := http.NewResponseController(e.w)
	limited := control.SetReadDeadline(time.Now().Add(e.gateway.cfg.BodyTimeout)) == nil
	head, err := e.dialect.Head(e.r)
	// After a failure the deadline stays, as in readAll.
	if limited && err == nil {
		err = control.SetReadDeadline(time.Time{})
	}
	return head, err
}

// perform carries out one of the calls that a dialect's request is made of.
func (e *exchange) perform(ctx context.Context, call *api.Call) (*api.Reply, error) {
	call.Key = e.key
	op, backend, err := e.prepare(call)
	if err != nil {
		return nil, err
	}
	return e.send(ctx, op, backend, call, "")
}

// prepare finds what the call is for, and refuses what the key may not do or
// its backend does not.
func (e *exchange) prepare(call *api.Call) (*openapi.Operation, adapters.Backend, error) {
	op := e.gateway.cfg.Contract.Operation(call.Operation)
	if !e.key.Scopes.Allow(op.Scope) {
		return nil, nil, api.Errorf(api.Forbidden, "This API key lacks the scope %q.", op.Scope)
	}
	backend, routed, err := e.backend()
	if err != nil || call.Operation == api.GetCapabilities {
		return op, backend, err
	}
	if !routed && !backend.Capabilities().Supports(call.Operation) {
		return nil, nil, api.Errorf(api.Unsupported, "The backend %q does not support this operation.", e.key.Backend)
	}
	call.Origin, err = Origin(e.gateway.cfg.ShortDomain, e.r)
	return op, backend, err
}

// send checks the call by the contract and gives it to the backend.
func (e *exchange) send(ctx context.Context, op *openapi.Operation, backend adapters.Backend, call *api.Call, idempotencyKey string) (*api.Reply, error) {
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
	reply, err := backend.Do(ctx, call)
	if err != nil {
		return nil, e.refused(err)
	}
	return e.warned(reply)
}

// authenticate finds the caller.
func (e *exchange) authenticate() error {
	key, err := e.identify()
	if err != nil {
		if e.head.Credential == "" && e.head.Signature == nil {
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

// identify finds the key that the head shows.
func (e *exchange) identify() (*api.Key, error) {
	keys := e.gateway.cfg.Keys
	if e.head.Signature != nil {
		return keys.Signed(e.head.Signature)
	}
	key, err := keys.Authenticate(e.head.Credential)
	if err == nil && e.head.KeyName != "" && key.Name != e.head.KeyName {
		return nil, api.Errorf(api.Unauthorized, "The name and the API key do not belong together.")
	}
	return key, err
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

// backend returns what answers the key, and whether that is a fleet.
func (e *exchange) backend() (backend adapters.Backend, routed bool, err error) {
	cfg := &e.gateway.cfg
	b, ok := cfg.Backends[e.key.Backend]
	owner, owned := cfg.Owners[e.key.Backend]
	if !ok || owned && owner != e.key.Account && e.key.Forwarded == "" {
		// A key made by command can name a backend that the configuration has
		// lost since, or has given to another account.
		return nil, false, api.Errorf(api.Unavailable, "The backend of this API key is not configured.")
	}
	// A caller's own credential is for the backend that gave it, and no other.
	if e.key.Forwarded == "" {
		if fleet, ok := cfg.Fleets[e.key.Account][e.key.Backend]; ok {
			return fleet, true, nil
		}
	}
	return b, false, nil
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
