// Package adaptertest is the conformance suite of adapters: what package
// adapters promises, checked against a local server that plays a vendor's
// recorded replies and every way that a server can fail.
//
// A vendor's test calls [Run] with a [Harness]. Differences between vendors
// are declared by their Capabilities, not hidden.
package adaptertest

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// Key is the backend's key in all tests. Some of its bytes look different in a
// URL, so that no spelling of it gets away.
const Key api.Secret = "S3cr3t+K3y/of=the-backend"

// Name is the backend's name in all tests.
const Name = "vendor-under-test"

// Harness is what the suite must know of an adapter.
type Harness struct {
	// New makes a backend for one test.
	New func(tb testing.TB, s Setup) adapters.Backend

	// Routes maps patterns of http.ServeMux to the operation whose recorded
	// reply answers them.
	Routes map[string]api.Operation

	// Replies is the folder of recorded replies, <operation>.json each.
	Replies string

	// Distinguish, where set, tells the operation that a request to a route is of
	// by its body, where one route serves several.
	Distinguish func(route api.Operation, body string) api.Operation

	// Outlives are the operations that go on when their caller has gone, because
	// what they began must be recorded. Their time-out still ends them.
	Outlives []api.Operation
}

// Setup is how a backend is made for a test.
type Setup struct {
	// URL is the address of the local server.
	URL string

	// Timeout is the client's.
	Timeout time.Duration

	// Unsupported is the policy; empty means adapters.Reject.
	Unsupported adapters.Unsupported

	// Logger is watched for secrets.
	Logger *zap.Logger
}

// Fixture is a backend and the site behind it.
type Fixture struct {
	Backend adapters.Backend
	Site    *Site
	Logs    *observer.ObservedLogs
}

// MustStart makes a site and a backend for it. Both end with the test.
func (h Harness) MustStart(tb testing.TB, s Setup) Fixture {
	tb.Helper()
	site := h.mustStart(tb)
	core, logs := observer.New(zapcore.DebugLevel)
	s.URL, s.Logger = site.URL, zap.New(core)
	if s.Timeout == 0 {
		s.Timeout = 5 * time.Second
	}
	return Fixture{Backend: h.New(tb, s), Site: site, Logs: logs}
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	t.Run("Capabilities", func(t *testing.T) { capabilities(t, h) })
	t.Run("Refused", func(t *testing.T) { refused(t, h) })
	t.Run("Replies", func(t *testing.T) { replies(t, h) })
	t.Run("Failures", func(t *testing.T) { failures(t, h) })
	t.Run("Cancellation", func(t *testing.T) { cancellation(t, h) })
	t.Run("Concurrency", func(t *testing.T) { concurrency(t, h) })
}

// capabilities: the adapter names only what the contract knows.
func capabilities(t *testing.T, h Harness) {
	contract := mustContract(t)
	f := h.MustStart(t, Setup{})
	if len(f.Backend.Capabilities()) == 0 {
		t.Fatal("the backend is capable of nothing")
	}
	for id, capability := range f.Backend.Capabilities() {
		op := contract.Operation(id)
		if op == nil {
			t.Errorf("operation %q is not in the contract", id)
			continue
		}
		switch capability.Support {
		case api.Native, api.Emulated, api.Refused:
		default:
			t.Errorf("%s has the support %q", id, capability.Support)
		}
		for name := range capability.Fields {
			if !slices.Contains(op.Fields, name) && !strings.Contains(op.Path, "{"+name+"}") {
				t.Errorf("%s has no field %q in the contract", id, name)
			}
		}
		for name := range capability.Query {
			if !slices.Contains(op.Query, name) {
				t.Errorf("%s has no query parameter %q in the contract", id, name)
			}
		}
		if capability.Support == api.Native && h.Distinguish == nil && !slices.Contains(slices.Collect(maps.Values(h.Routes)), id) {
			t.Errorf("%s is native and has no route in the harness", id)
		}
	}
}

// refused: an operation that the adapter does not do is answered as such, and
// the site does not hear of it.
func refused(t *testing.T, h Harness) {
	f := h.MustStart(t, Setup{})
	for _, op := range mustContract(t).Operations() {
		if op.ID == api.GetCapabilities || op.ID == api.GetHealth || f.Backend.Capabilities().Supports(op.ID) {
			continue
		}
		_, err := f.Backend.Do(t.Context(), f.MustCall(t, op.ID))
		coded, ok := errors.AsType[*api.Error](err)
		if !ok || coded.Code != api.Unsupported || len(coded.Fields) > 0 {
			t.Errorf("Do(%s) = %v; want Unsupported as a whole", op.ID, err)
		}
	}
	if n := f.Site.Served(); n != 0 {
		t.Errorf("the site was asked %d times; want 0", n)
	}
}

// replies: the recorded reply to each operation comes back in the contract's
// shape.
func replies(t *testing.T, h Harness) {
	for _, id := range supported(t, h) {
		t.Run(string(id), func(t *testing.T) {
			f := h.MustStart(t, Setup{})
			call := f.MustCall(t, id)
			reply, err := f.Backend.Do(t.Context(), call)
			if err != nil {
				t.Fatalf("Do(%s) = %v", id, err)
			}
			Valid(t, id, reply.Document)
			f.NoSecret(t, nil, reply.Document)
		})
	}
}

// failures: whatever the site does, the answer is in time, coded, and tells no
// secret; and the site is asked to change something at most once.
func failures(t *testing.T, h Harness) {
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			for _, id := range supported(t, h) {
				t.Run(string(id), func(t *testing.T) {
					t.Parallel()
					timeout := 10 * time.Second
					if fault.slow {
						timeout = 80 * time.Millisecond
					}
					f := h.MustStart(t, Setup{Timeout: timeout})
					call := f.MustCall(t, id)
					f.Site.Fail(fault.play)
					start := time.Now()
					reply, err := f.Backend.Do(t.Context(), call)
					if d := time.Since(start); d > 5*time.Second {
						t.Errorf("it took %s", d)
					}
					once(t, f.Site, slices.Contains(fault.codes, api.Invalid))
					if err == nil {
						if f.Site.Served() > 0 && len(fault.codes) > 0 && !allFailed(id, reply.Document) {
							t.Errorf("Do(%s) = %s; want an error", id, reply.Document)
						}
						Valid(t, id, reply.Document)
						f.NoSecret(t, nil, reply.Document)
						return
					}
					coded, ok := errors.AsType[*api.Error](err)
					switch {
					case !ok:
						t.Errorf("Do(%s) = %v; want an *api.Error", id, err)
					case len(fault.codes) > 0 && !slices.Contains(fault.codes, coded.Code):
						t.Errorf("Do(%s) = %v; want one of %v", id, err, fault.codes)
					case fault.wait != 0 && coded.RetryAfter != fault.wait:
						t.Errorf("Do(%s).RetryAfter = %s; want %s", id, coded.RetryAfter, fault.wait)
					case coded.Message == "":
						t.Errorf("Do(%s) says nothing to the client: %v", id, err)
					}
					f.NoSecret(t, err, nil)
				})
			}
		})
	}
}

// allFailed reports whether the document is the answer of createLinks that
// nothing was made.
func allFailed(id api.Operation, document []byte) bool {
	created := gjson.GetBytes(document, "data.created")
	return id == api.CreateLinks && created.Exists() && created.Int() == 0
}

// once fails the test where the site was asked twice to do something other than
// read. What it certainly refused may be asked in other words: the items of a
// group one by one, a link without an alias that it does not take.
func once(t *testing.T, s *Site, refused bool) {
	t.Helper()
	asked := map[string]int{}
	for _, r := range s.Requests() {
		if r.Method == http.MethodGet {
			continue
		}
		what := r.Method + " " + r.URI
		if refused {
			what += " " + r.Body
		}
		asked[what]++
	}
	for what, n := range asked {
		if n > 1 {
			t.Errorf("the site got %s %d times", what, n)
		}
	}
}

// cancellation: when the caller goes, the call ends.
func cancellation(t *testing.T, h Harness) {
	for _, id := range supported(t, h) {
		t.Run(string(id), func(t *testing.T) {
			t.Parallel()
			timeout := time.Minute
			if slices.Contains(h.Outlives, id) {
				timeout = time.Second
			}
			f := h.MustStart(t, Setup{Timeout: timeout})
			call := f.MustCall(t, id)
			f.Site.Fail(hang)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(50*time.Millisecond, cancel)
			start := time.Now()
			_, err := f.Backend.Do(ctx, call)
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("it went on for %s", d)
			}
			if coded, ok := errors.AsType[*api.Error](err); err != nil && (!ok || coded.Code != api.Unavailable) {
				t.Errorf("Do(%s) = %v; want Unavailable", id, err)
			}
			f.NoSecret(t, err, nil)
		})
	}
}

// concurrency: one backend serves many calls at once. Run it with -race.
func concurrency(t *testing.T, h Harness) {
	f := h.MustStart(t, Setup{})
	ids := supported(t, h)
	calls := make(map[api.Operation]*api.Call)
	for _, id := range ids {
		calls[id] = f.MustCall(t, id)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, id := range ids {
				call := *calls[id]
				if call.File != nil {
					call.File = sampleFile()
				}
				if _, err := f.Backend.Do(t.Context(), &call); err != nil {
					t.Errorf("Do(%s) = %v", id, err)
				}
			}
		})
	}
	wg.Wait()
}

// supported lists the operations that the adapter does, in contract order.
func supported(t *testing.T, h Harness) []api.Operation {
	t.Helper()
	f := h.MustStart(t, Setup{})
	var ids []api.Operation
	for _, op := range mustContract(t).Operations() {
		if f.Backend.Capabilities().Supports(op.ID) {
			ids = append(ids, op.ID)
		}
	}
	return ids
}

func mustContract(tb testing.TB) *openapi.Contract {
	tb.Helper()
	contract, err := openapi.Load()
	if err != nil {
		tb.Fatalf("loading the contract: %v", err)
	}
	return contract
}
