package emulate_test

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/emulate"
	"github.com/linkquay/linkquay/adapters/native"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/files"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

const (
	origin  = "https://go.example.com"
	backend = "dg"
)

// site is a backend of little ability, with what it lacks.
type site struct {
	t         *testing.T
	contract  *openapi.Contract
	store     *store.Store
	shortener *shortener.Shortener
	native    adapters.Backend
	inner     *inner
	backend   adapters.Backend
	logs      *observer.ObservedLogs
}

func newSite(t *testing.T, in *inner, options ...func(*emulate.Config)) *site {
	t.Helper()
	contract, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := files.Open(filepath.Join(t.TempDir(), "files"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	s := &site{t: t, contract: contract, store: storetest.Open(t), inner: in}
	in.t = t
	s.shortener = shortener.New(shortener.Config{Store: s.store, Index: shortener.NewIndex(), OwnHosts: []string{"go.example.com"}})
	s.native = native.New(native.Config{
		Contract: contract, Shortener: s.shortener, Statistics: s.store, Files: dir, Logos: noLogos{}, Zone: time.UTC,
	})
	core, logs := observer.New(zapcore.DebugLevel)
	s.logs = logs
	cfg := emulate.Config{Name: backend, Native: s.native, Store: s.store, Logger: zap.New(core)}
	for _, o := range options {
		o(&cfg)
	}
	s.backend = emulate.Wrap(in, cfg)
	return s
}

type noLogos struct{}

func (noLogos) Get(context.Context, string, int64) ([]byte, http.Header, error) {
	return nil, nil, &api.Error{Code: api.Unavailable, Message: "There are no logos here."}
}

// in is a request in the contract's terms.
type in struct {
	account  string // "main" if empty
	id, item int64
	itemType string
	query    string
	body     string
}

// call returns a call that the contract accepts.
func (s *site) call(op api.Operation, in in) *api.Call {
	s.t.Helper()
	query, err := url.ParseQuery(in.query)
	if err != nil {
		s.t.Fatal(err)
	}
	if in.account == "" {
		in.account = api.MainAccount
	}
	call := &api.Call{
		Operation: op,
		Path:      api.Path{ID: in.id, ItemID: in.item, ItemType: in.itemType},
		Query:     query,
		Key:       &api.Key{Account: in.account, Backend: backend, Scopes: api.ScopeAdmin},
		Origin:    origin,
	}
	if in.body != "" {
		call.Document = []byte(in.body)
	}
	operation := s.contract.Operation(op)
	if err := operation.Validate(call); err != nil {
		s.t.Fatalf("%s %s is no request: %v", op, in.body, err)
	}
	call.Items = operation.Items(call)
	return call
}

// try carries out a call. A reply that breaks the contract fails the test.
func (s *site) try(ctx context.Context, op api.Operation, in in) (*api.Reply, error) {
	s.t.Helper()
	reply, err := s.backend.Do(ctx, s.call(op, in))
	if err != nil {
		return nil, err
	}
	if err := s.contract.Operation(op).ValidateReply(http.StatusOK, reply.Document); err != nil {
		s.t.Errorf("%v\n%s", err, reply.Document)
	}
	return reply, nil
}

// do carries out a call that must succeed without a warning.
func (s *site) do(op api.Operation, in in) gjson.Result {
	s.t.Helper()
	reply, err := s.try(s.t.Context(), op, in)
	if err != nil {
		s.t.Fatalf("%s %s%s: %v", op, in.body, in.query, err)
	}
	if len(reply.Warnings) > 0 {
		s.t.Errorf("%s %s warns: %v", op, in.body, reply.Warnings)
	}
	return gjson.ParseBytes(reply.Document)
}

// refused carries out a call that must fail with the code and exactly these
// fields. It returns the message.
func (s *site) refused(op api.Operation, in in, code api.Code, fields ...string) string {
	s.t.Helper()
	reply, err := s.try(s.t.Context(), op, in)
	if err == nil {
		s.t.Errorf("%s %s%s answered %s; want %s", op, in.body, in.query, reply.Document, code)
		return ""
	}
	failure := api.AsError(err)
	if failure.Code != code || !slices.Equal(names(failure.Fields), fields) {
		s.t.Errorf("%s %s%s: %v %v; want %s about %v", op, in.body, in.query, failure, failure.Fields, code, fields)
	}
	return failure.Message
}

func names(fields []api.FieldError) (names []string) {
	for _, f := range fields {
		names = append(names, f.Field)
	}
	return names
}

// expect compares values of a reply, by their gjson paths, as JSON.
func (s *site) expect(doc gjson.Result, want map[string]string) {
	s.t.Helper()
	for path, value := range want {
		if got := doc.Get(path).Raw; got != value {
			s.t.Errorf("%s = %s; want %s\nin %s", path, got, value, doc.Raw)
		}
	}
}

// link makes a link and returns its id.
func (s *site) link(body string) int64 {
	s.t.Helper()
	return s.do(api.CreateLink, in{body: js(body)}).Get("id").Int()
}

// campaign and channel make one of the account's emulated ones, and return its
// id.
func (s *site) campaign(account, name string) int64 {
	s.t.Helper()
	return s.do(api.CreateCampaign, in{account: account, body: `{"name":"` + name + `","slug":"` + strings.ToLower(name) + `","public":true}`}).Get("id").Int()
}

func (s *site) channel(account, name string) int64 {
	s.t.Helper()
	return s.do(api.CreateChannel, in{account: account, body: `{"name":"` + name + `"}`}).Get("id").Int()
}

func js(s string) string { return strings.ReplaceAll(s, "'", `"`) }
