package gateway

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/tidwall/sjson"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/openapi"
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

	// idempotency is the Idempotency-Key of a request that takes several calls,
	// empty without one.
	idempotency string
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
		return e.compose()
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

// compose answers a request that takes several calls. Where it makes something,
// what its main call may not do is refused before any of them, and the request's
// Idempotency-Key is that of its main call.
func (e *exchange) compose() (*api.Reply, error) {
	if e.head.Parameters != nil {
		if err := e.readParameters(); err != nil {
			return nil, err
		}
	}
	if call := &e.head.Call; e.gateway.cfg.Contract.Operation(call.Operation).Idempotent {
		op, backend, err := e.prepare(call)
		if err != nil {
			return nil, err
		}
		if e.idempotency, err = e.idempotencyKey(op, backend); err != nil {
			return nil, err
		}
	}
	return e.head.Compose(e.r.Context(), e.perform)
}

// perform carries out one of the calls that a dialect's request is made of.
func (e *exchange) perform(ctx context.Context, call *api.Call) (*api.Reply, error) {
	call.Key = e.key
	op, backend, err := e.prepare(call)
	if err != nil {
		return nil, err
	}
	idempotencyKey := ""
	if call.Operation == e.head.Call.Operation {
		idempotencyKey = e.idempotency
	}
	return e.send(ctx, op, backend, call, idempotencyKey)
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
	if e.key.Forwarded != "" {
		return b, false, nil
	}
	if fleet, ok := cfg.Fleets[e.key.Account][e.key.Backend]; ok {
		return adapters.Answering(fleet, e.key.Account), true, nil
	}
	return adapters.Answering(b, e.key.Account), false, nil
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
