package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/dialects"
	"github.com/linkquay/linkquay/dialects/gempixel"
	"github.com/linkquay/linkquay/dialects/yourls"
	"github.com/linkquay/linkquay/gateway"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/ratelimit"
	"github.com/linkquay/linkquay/translate"
)

// backend answers every call in one way.
type backend struct {
	do func(*api.Call) (*api.Reply, error)
}

func (b backend) Do(_ context.Context, call *api.Call) (*api.Reply, error) { return b.do(call) }

func (backend) Capabilities() api.Capabilities {
	return api.Capabilities{
		api.CreateLink:  {Support: api.Native},
		api.GetAccount:  {Support: api.Native},
		api.UploadFile:  {Support: api.Native},
		api.CreateLinks: {Support: api.Native},
		api.DeleteLink:  {Support: api.Native},

		api.ListChannels:  {Support: api.Native},
		api.CreateChannel: {Support: api.Native},
	}
}

// careful is a backend that heeds Idempotency-Key.
type careful struct{ backend }

func (careful) Idempotent() {}

// keyring knows one key.
type keyring struct{ key api.Key }

func (k keyring) Authenticate(credential api.Secret) (*api.Key, error) {
	if credential != "good" {
		return nil, api.Errorf(api.Unauthorized, "A valid API key is required to use this service.")
	}
	return &k.key, nil
}

func (k keyring) Signed(s *api.Signature) (*api.Key, error) { return k.Authenticate(s.Value) }

type metrics struct{}

func (metrics) Answered(api.Operation, string, api.Code, time.Duration) {}
func (metrics) Tolerated(string, translate.Kind)                        {}

// serve starts a gateway in front of the backend.
func serve(t *testing.T, do func(*api.Call) (*api.Reply, error), change func(*gateway.Config)) (*httptest.Server, *observer.ObservedLogs) {
	t.Helper()
	contract, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zapcore.DebugLevel)
	cfg := gateway.Config{
		Dialects:    []dialects.Dialect{gempixel.New(contract)},
		Contract:    contract,
		Keys:        keyring{api.Key{ID: "key:k", Name: "k", Account: "main", Backend: "b", Scopes: api.DefaultScopes}},
		Limits:      ratelimit.NewMemory(ratelimit.Options{}),
		Backends:    map[string]adapters.Backend{"b": backend{do}},
		BodyLimit:   1 << 20,
		UploadLimit: 1 << 20,
		BodyTimeout: 200 * time.Millisecond,
		Healthy:     func(context.Context) error { return nil },
		Metrics:     metrics{},
		Logger:      zap.New(core),
	}
	if change != nil {
		change(&cfg)
	}
	g := gateway.New(cfg)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.ServeHTTP(w, r, netip.MustParseAddr("192.0.2.1"))
	}))
	t.Cleanup(server.Close)
	return server, logs
}

func ask(t *testing.T, server *httptest.Server, method, path, key, body string) (int, string) {
	t.Helper()
	status, _, text := askWith(t, server, method, path, key, body, nil)
	return status, text
}

// askWith sends more headers, and returns those of the answer.
func askWith(t *testing.T, server *httptest.Server, method, path, key, body string, header http.Header) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	maps.Copy(r.Header, header)
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}

const create = `{"url":"https://example.com/"}`

func TestGateway_ErrorsOfBackends(t *testing.T) {
	for _, c := range []struct {
		name   string
		err    error
		status int
		said   string
		level  zapcore.Level
	}{
		{"Invalid", api.InvalidField("url", "Please enter a valid URL."), 400, "Please enter a valid URL.", zapcore.DebugLevel},
		{"Conflict", api.Errorf(api.Conflict, "Taken."), 400, "Taken.", zapcore.DebugLevel},
		{"NotFound", api.Errorf(api.NotFound, "None."), 404, "None.", zapcore.DebugLevel},
		{"UnsupportedField", &api.Error{Code: api.Unsupported, Message: "No.", Fields: []api.FieldError{{Field: "type"}}}, 400, "No.", zapcore.DebugLevel},
		{"UnsupportedOperation", api.Errorf(api.Unsupported, "No."), 501, "No.", zapcore.DebugLevel},
		{"Unavailable", api.Errorf(api.Unavailable, "Away."), 503, "Away.", zapcore.WarnLevel},
		{"OurKeyRefused", api.Errorf(api.Unauthorized, "Bad key."), 503, "The backend does not accept the API key that it is configured with.", zapcore.WarnLevel},
		{"Uncoded", errors.New("secret detail"), 500, "An internal error occurred.", zapcore.ErrorLevel},
		{"Deadline", fmt.Errorf("calling: %w", context.DeadlineExceeded), 503, "The request took too long.", zapcore.WarnLevel},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, logs := serve(t, func(*api.Call) (*api.Reply, error) { return nil, c.err }, nil)
			status, body := ask(t, server, "POST", "/api/url/add", "good", create)
			if status != c.status || gjson.Get(body, "message").String() != c.said || strings.Contains(body, "secret detail") {
				t.Errorf("%d %s; want %d %q", status, body, c.status, c.said)
			}
			if entries := logs.All(); len(entries) != 1 || entries[0].Level != c.level {
				t.Errorf("logged %v; want one entry at %s", entries, c.level)
			}
		})
	}
}

// TestGateway_NothingReadBeforeTheKey: a stranger's body is not looked at.
func TestGateway_NothingReadBeforeTheKey(t *testing.T) {
	called := false
	server, _ := serve(t, func(*api.Call) (*api.Reply, error) { called = true; return &api.Reply{Document: []byte("{}")}, nil }, nil)
	if status, body := ask(t, server, "POST", "/api/url/add", "bad", "no JSON at all"); status != 401 || called {
		t.Errorf("%d %s, backend called: %v; want 401 before anything else", status, body, called)
	}
}

func TestGateway_BackendOfAnotherAccount(t *testing.T) {
	called := false
	do := func(*api.Call) (*api.Reply, error) { called = true; return &api.Reply{Document: []byte("{}")}, nil }
	server, _ := serve(t, do, func(cfg *gateway.Config) { cfg.Owners = map[string]string{"b": "other"} })
	if status, _ := ask(t, server, "POST", "/api/url/add", "good", create); status != 503 || called {
		t.Errorf("%d, backend called: %v; want 503", status, called)
	}
}

func TestGateway_Warnings(t *testing.T) {
	server, logs := serve(t, func(*api.Call) (*api.Reply, error) {
		return &api.Reply{Document: []byte(`{"error":0,"id":1}`), Warnings: []api.FieldError{{Field: "type", Message: "is lost"}}}, nil
	}, nil)
	status, body := ask(t, server, "POST", "/api/url/add", "good", create)
	if status != 200 || body != `{"error":0,"id":1,"warnings":[{"field":"type","message":"is lost"}]}` {
		t.Errorf("%d %s", status, body)
	}
	if logs.FilterMessage("sent without what the backend does not support").Len() != 1 {
		t.Errorf("not logged: %v", logs.All())
	}
}

// TestGateway_StalledBody: a client that stops sending is answered, and does
// not hold anything for ever.
func TestGateway_StalledBody(t *testing.T) {
	for name, head := range map[string]string{
		"json": "POST /api/url/add HTTP/1.1\r\nAuthorization: good\r\n",
		// Of a form, however its type is written, nobody knows whose it is.
		"form": "POST /yourls-api.php HTTP/1.1\r\nContent-Type:  Application/X-WWW-Form-URLencoded ; charset=x\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			server, _ := serve(t, func(*api.Call) (*api.Reply, error) { return nil, errors.New("called") }, func(cfg *gateway.Config) {
				cfg.Dialects = append(cfg.Dialects, yourls.New(time.UTC))
			})
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
			fmt.Fprintf(conn, "%sHost: localhost\r\nContent-Length: 1000\r\n\r\n{", head)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != 400 || !strings.Contains(string(body), "The body did not come in time.") {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
		})
	}
}

func TestGateway_Health(t *testing.T) {
	server, _ := serve(t, nil, func(cfg *gateway.Config) {
		cfg.Healthy = func(context.Context) error { return errors.New("secret detail") }
	})
	if status, body := ask(t, server, "GET", "/api/health", "", ""); status != 503 || strings.Contains(body, "secret") {
		t.Errorf("%d %s", status, body)
	}
}
