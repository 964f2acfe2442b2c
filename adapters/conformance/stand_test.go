// Package conformance_test holds every backend, as it is assembled for a
// server, to what it says of itself: in front of sites that behave like the
// real ones, on a real database.
package conformance_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/adapters/dglnk"
	"github.com/linkquay/linkquay/adapters/emulate"
	"github.com/linkquay/linkquay/adapters/gempixel"
	"github.com/linkquay/linkquay/adapters/native"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/files"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/simulate"
	dglnksite "github.com/linkquay/linkquay/simulate/dglnk"
	gempixelsite "github.com/linkquay/linkquay/simulate/gempixel"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

// The backends.
const (
	ours   = "native"
	script = "gempixel"
	dg1    = "dglnk-1"
	dg3    = "dglnk-3"
)

var (
	backends = []string{ours, script, dg1, dg3}
	version  = map[string]int{dg1: 1, dg3: 3}
)

const (
	origin = "https://go.example.com"

	// password is that of every link and account, so that it can be looked for
	// in whatever is written.
	password = "0pen-sesame-of-a-link"

	// forwarded is what callers bring along where they bring keys of their own.
	forwarded api.Secret = "f0rwarded-by-the-caller"
)

// stand is one backend, with all that stands behind it.
type stand struct {
	adapters.Backend

	tb       testing.TB
	kind     string
	contract *openapi.Contract
	native   adapters.Backend
	logger   *zap.Logger
	settings settings
	path     string // of the database
	store    *store.Store
	db       *sql.DB            // the same file beside it, for tests to look into
	script   *gempixelsite.Site // nil unless the backend is in front of it
	dg       *dglnksite.Site
	server   *simulate.Server // nil for the native backend
	logs     *observer.ObservedLogs
	key      *api.Key
	all      api.Capabilities // with all that the backend does not mention

	last atomic.Int64 // what names are made different by
	mu   sync.Mutex
	said []string // what came back so far
}

// settings are how a stand is made; the zero value is good.
type settings struct {
	timeout time.Duration
	forward bool // callers bring keys of the site
	policy  adapters.Unsupported

	// other is a site of the same kind with other habits: another status for what
	// it refuses, another zone, older names, other paths and times.
	other bool
}

// seoul is the zone of sites with other habits. It has no summer time.
var seoul = time.FixedZone("KST", 9*60*60)

// mustStand makes a backend and ends it with the test. What it has written by
// then is searched for secrets.
func mustStand(tb testing.TB, kind string, o settings) *stand {
	tb.Helper()
	if o.timeout == 0 {
		o.timeout = 10 * time.Second
	}
	core, logs := observer.New(zapcore.DebugLevel)
	s := &stand{
		tb: tb, kind: kind, contract: mustContract(tb), path: filepath.Join(tb.TempDir(), "linkquay.db"), logs: logs,
		key: &api.Key{ID: "test", Name: "test", Account: api.MainAccount, Backend: kind, Scopes: api.ScopeAdmin},
	}
	s.store = storetest.OpenPath(tb, s.path)
	dir, err := files.Open(filepath.Join(tb.TempDir(), "files"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = dir.Close() })
	own := native.New(native.Config{
		Contract:   s.contract,
		Shortener:  shortener.New(shortener.Config{Store: s.store, Index: shortener.NewIndex(), OwnHosts: []string{"go.example.com"}}),
		Statistics: s.store, Files: dir, Logos: logos{}, Zone: time.UTC, Logger: zap.New(core),
	})
	tb.Cleanup(s.noSecret)
	s.native, s.logger, s.settings, s.Backend = own, zap.New(core), o, own
	if kind != ours {
		s.serve()
		s.connect(tb, o.timeout)
	}
	s.all = adapters.Complete(s.contract, s.Capabilities())
	return s
}

// serve starts the site.
func (s *stand) serve() {
	key := adaptertest.Key.Reveal()
	if s.settings.forward {
		key = forwarded.Reveal()
	}
	var site http.Handler
	switch s.kind {
	case script:
		o := gempixelsite.Options{Keys: map[string]string{key: "main"}}
		if s.settings.other {
			o.ErrorStatus, o.Zone = http.StatusOK, seoul
		}
		s.script = gempixelsite.New(o)
		site = s.script
	default:
		o := dglnksite.Options{
			APIVersion: version[s.kind], Key: key, AliasMax: 30,
			Domains: map[int64]string{12: "links.example.com"}, Pixels: map[int64]string{5: "Shop"},
		}
		switch {
		case s.settings.other && s.kind == dg1:
			o.ErrorStatus, o.Zone = http.StatusBadRequest, seoul
		case s.settings.other:
			o.Spelling, o.ISOTimes, o.TrackingPixel = dglnksite.SpellingOld, true, true
		}
		s.dg = dglnksite.New(o)
		site = s.dg
	}
	var err error
	if s.server, err = simulate.Start(s.tb.Context(), site, simulate.Options{}); err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(s.server.Close)
}

// connect makes the backend anew, as a restart would, with the timeout.
func (s *stand) connect(tb testing.TB, timeout time.Duration) {
	tb.Helper()
	s.Backend = emulate.Wrap(s.remote(tb, timeout), emulate.Config{
		Name: s.kind, Native: s.native, Store: s.store, Unsupported: s.settings.policy, Logger: s.logger,
	})
}

// remote makes the adapter.
func (s *stand) remote(tb testing.TB, timeout time.Duration) adapters.Backend {
	tb.Helper()
	cfg := upstream.Config{Backend: s.kind, BaseURL: s.server.URL, Key: adaptertest.Key, Timeout: timeout, RetryPause: time.Millisecond}
	if s.settings.forward {
		cfg.Key, s.key.Forwarded = "", forwarded
	}
	if s.kind == dg1 {
		cfg.KeyQuery = dglnk.KeyQuery
	}
	client, err := upstream.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.Close)
	zone := time.UTC
	if s.settings.other && s.kind != dg3 {
		zone = seoul
	}
	var b adapters.Backend
	if s.kind == script {
		b, err = gempixel.New(gempixel.Config{
			Name: s.kind, RemoteZone: zone, Ledger: s.store.Ledger(), Timeout: timeout, Logger: s.logger, Forward: s.settings.forward, Unsupported: s.settings.policy,
		}, client)
	} else {
		b, err = dglnk.New(dglnk.Config{
			Name: s.kind, APIVersion: version[s.kind], RemoteZone: zone, Domains: map[string]int64{"links.example.com": 12}, Timeout: timeout,
			Unsupported: s.settings.policy, Logger: s.logger, Locate: guard.New(guard.Options{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}).Locate,
		}, client, s.store.Ledger())
	}
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// request is a call in the contract's terms.
type request struct {
	op    api.Operation
	path  api.Path
	query url.Values
	body  string
}

// call returns a call that the contract accepts.
func (s *stand) call(r request) (*api.Call, error) {
	call := &api.Call{Operation: r.op, Path: r.path, Query: r.query, Key: s.key, Origin: origin}
	if call.Query == nil {
		call.Query = url.Values{}
	}
	if r.body != "" {
		call.Document = []byte(r.body)
	}
	if r.op == api.UploadFile {
		call.Path.Filename = "menu.pdf"
		call.File = &api.File{Body: strings.NewReader("%PDF-1.4 of a kind"), Size: 18, ContentType: "application/pdf"}
	}
	operation := s.contract.Operation(r.op)
	if err := operation.Validate(call); err != nil {
		return nil, fmt.Errorf("%s %s is no request: %w", r.op, r.body, err)
	}
	call.Items = operation.Items(call)
	return call, nil
}

// try carries a request out. What is no request fails the test, as does a reply
// that breaks the contract.
func (s *stand) try(tb testing.TB, r request) (gjson.Result, []api.FieldError, error) {
	tb.Helper()
	call, err := s.call(r)
	if err != nil {
		tb.Fatal(err)
	}
	reply, err := s.Do(tb.Context(), call)
	s.hear(reply, err)
	if err != nil {
		return gjson.Result{}, nil, err
	}
	adaptertest.Valid(tb, r.op, reply.Document)
	return gjson.ParseBytes(reply.Document), reply.Warnings, nil
}

// must carries out a request that must succeed.
func (s *stand) must(tb testing.TB, r request) gjson.Result {
	tb.Helper()
	doc, _, err := s.try(tb, r)
	if err != nil {
		tb.Fatalf("%s %s %s: %v", r.op, r.body, r.query.Encode(), errors.Join(err, errors.Unwrap(err)))
	}
	return doc
}

// next is a number that nothing else has got.
func (s *stand) next() int64 { return s.last.Add(1) }

// writes returns how often the site was asked to change something.
func (s *stand) writes() (n int) {
	if s.server == nil {
		return 0
	}
	for _, r := range s.server.Requests() {
		if r.Method != http.MethodGet {
			n++
		}
	}
	return n
}

// age makes everything in the ledger so much older: as if as much time had
// passed.
func (s *stand) age(tb testing.TB, d time.Duration) {
	tb.Helper()
	if _, err := s.open(tb).ExecContext(tb.Context(), "UPDATE ledger SET created = created - ?, doubtful = doubtful - ?", d.Milliseconds(), d.Milliseconds()); err != nil {
		tb.Fatal(err)
	}
}

// supported lists the operations that the backend does, in contract order.
func (s *stand) supported() (ids []api.Operation) {
	for _, op := range s.contract.Operations() {
		if s.all.Supports(op.ID) {
			ids = append(ids, op.ID)
		}
	}
	return ids
}

// does reports whether the backend does the operation.
func (s *stand) does(op api.Operation) bool { return s.all.Supports(op) }

func mustContract(tb testing.TB) *openapi.Contract {
	tb.Helper()
	contract, err := openapi.Load()
	if err != nil {
		tb.Fatalf("loading the contract: %v", err)
	}
	return contract
}
