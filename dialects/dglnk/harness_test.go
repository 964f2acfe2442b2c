package dglnk_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/native"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/dialects/dglnk"
	"github.com/linkquay/linkquay/gateway"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/ratelimit"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/translate"
)

const (
	good   = "good-key-0123456789"
	create = dglnk.CreatePath + "?api_token=" + good
)

var seoul = time.FixedZone("KST", 9*60*60)

// backend answers calls as it is told, and keeps them. An operation without an
// answer is not supported.
type backend struct {
	mu      sync.Mutex
	calls   []*api.Call
	answers map[api.Operation]func(*api.Call) (*api.Reply, error)
}

func (b *backend) Do(_ context.Context, call *api.Call) (*api.Reply, error) {
	b.mu.Lock()
	b.calls = append(b.calls, call)
	b.mu.Unlock()
	return b.answers[call.Operation](call)
}

func (b *backend) Capabilities() api.Capabilities {
	c := api.Capabilities{}
	for op := range b.answers {
		c[op] = api.Capability{Support: api.Native}
	}
	return c
}

// sent is what the backend was sent for the operation, by documents or paths.
func (b *backend) sent(op api.Operation) []*api.Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []*api.Call
	for _, c := range b.calls {
		if c.Operation == op {
			list = append(list, c)
		}
	}
	return list
}

func reply(document string) func(*api.Call) (*api.Reply, error) {
	return func(*api.Call) (*api.Reply, error) { return &api.Reply{Document: []byte(document)}, nil }
}

func failure(err error) func(*api.Call) (*api.Reply, error) {
	return func(*api.Call) (*api.Reply, error) { return nil, err }
}

const saved = `{"error":0,"id":80,"shorturl":"https://sml.life/oV5Ox","short":"https://sml.life/oV5Ox"}`

// played is a backend that makes links, and does nothing else but what is added.
func played(more map[api.Operation]func(*api.Call) (*api.Reply, error)) *backend {
	b := &backend{answers: map[api.Operation]func(*api.Call) (*api.Reply, error){
		api.CreateLink: reply(saved),
		api.CreateLinks: func(call *api.Call) (*api.Reply, error) {
			var results adapters.Results
			for i, item := range call.Items {
				if item.Err != nil {
					results.Failed(item.Err)
					continue
				}
				results.Created(int64(i+1), "https://sml.life/"+strings.Repeat("x", i+1))
			}
			return results.Reply(), nil
		},
	}}
	for op, answer := range more {
		b.answers[op] = answer
	}
	return b
}

type keyring struct{ key api.Key }

func (k keyring) Authenticate(credential api.Secret) (*api.Key, error) {
	if credential != good {
		return nil, api.Errorf(api.Unauthorized, "A valid API key is required to use this service.")
	}
	return &k.key, nil
}

func (k keyring) Signed(s *api.Signature) (*api.Key, error) { return k.Authenticate(s.Value) }

// metrics keeps what it is told.
type metrics struct {
	mu         sync.Mutex
	operations []api.Operation
	habits     []translate.Kind
}

func (m *metrics) Answered(op api.Operation, _ string, _ api.Code, _ time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.operations = append(m.operations, op)
}

func (m *metrics) Tolerated(_ string, kind translate.Kind) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.habits = append(m.habits, kind)
}

func (m *metrics) last() api.Operation {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.operations[len(m.operations)-1]
}

func (m *metrics) tolerated() []translate.Kind {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.habits)
}

func loadContract(t testing.TB) *openapi.Contract {
	t.Helper()
	contract, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	return contract
}

// client speaks dgLnk to a gateway.
type client struct {
	t       *testing.T
	server  *httptest.Server
	metrics *metrics
}

// serve starts a gateway in front of the backend.
func serve(t *testing.T, b adapters.Backend, change func(*gateway.Config, *api.Key)) *client {
	t.Helper()
	contract, m := loadContract(t), &metrics{}
	key := api.Key{ID: "key:k", Name: "k", Account: "main", Backend: "b", Scopes: api.DefaultScopes}
	cfg := gateway.Config{
		Dialects:    []dialects.Dialect{dglnk.New(contract, seoul)},
		Contract:    contract,
		Limits:      ratelimit.NewMemory(ratelimit.Options{}),
		Backends:    map[string]adapters.Backend{"b": b},
		ShortDomain: "https://go.example.com",
		BodyLimit:   1 << 20,
		UploadLimit: 1 << 20,
		BodyTimeout: 10 * time.Second,
		Metrics:     m,
		Logger:      zap.NewNop(),
	}
	if change != nil {
		change(&cfg, &key)
	}
	cfg.Keys = keyring{key}
	g := gateway.New(cfg)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.ServeHTTP(w, r, netip.MustParseAddr("192.0.2.1"))
	}))
	t.Cleanup(server.Close)
	return &client{t, server, m}
}

// send sends a request as it is, with a key in the header unless that is empty.
func (c *client) send(method, target, key, body string) (*http.Response, gjson.Result) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.server.URL+target, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := c.server.Client().Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if method != http.MethodHead && !gjson.ValidBytes(text) {
		c.t.Fatalf("%s %s answered %q", method, target, text)
	}
	return resp, gjson.ParseBytes(text)
}

// post sends a request of version 1 that is to be answered with the status.
func (c *client) post(body string, status int) gjson.Result {
	c.t.Helper()
	resp, doc := c.send(http.MethodPost, create, "", body)
	if resp.StatusCode != status {
		c.t.Fatalf("%s: %d %s; want %d", body, resp.StatusCode, doc, status)
	}
	return doc
}

// nativeOn returns the native backend on a database.
func nativeOn(t *testing.T, s *store.Store) adapters.Backend {
	t.Helper()
	return native.New(native.Config{
		Contract:   loadContract(t),
		Shortener:  shortener.New(shortener.Config{Store: s, Index: shortener.NewIndex(), OwnHosts: []string{"go.example.com"}}),
		Statistics: noVisits{},
		Zone:       seoul,
		Now:        time.Now,
	})
}

// noVisits is the statistics of links that nobody has visited.
type noVisits struct{}

func (noVisits) Summary(context.Context, int64) (*clicks.Summary, error) {
	return &clicks.Summary{}, nil
}

func (noVisits) Series(context.Context, int64, time.Time, time.Time, clicks.Interval, *time.Location, string) (*clicks.Series, error) {
	return &clicks.Series{}, nil
}

func (noVisits) Orphans(context.Context, string, int, int) ([]clicks.Orphan, int, error) {
	return nil, 0, nil
}
