package live_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/emulate"
	"github.com/linkquay/linkquay/adapters/gempixel"
	"github.com/linkquay/linkquay/adapters/native"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/files"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/live"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/simulate"
	gempixelsite "github.com/linkquay/linkquay/simulate/gempixel"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

// siteKey is the key of the simulated site.
const siteKey api.Secret = "the-key-of-a-simulated-site"

// every is how often a test's registry looks for changes.
const every = 20 * time.Millisecond

// stand is a server with two backends: kr, a simulated site, and the native one.
type stand struct {
	store    *store.Store
	places   map[string]*migrate.Place
	site     *gempixelsite.Site
	server   *simulate.Server
	database string
	mover    *migrate.Mover

	// kr and native are the switches of one server; other is kr's of another one.
	kr, native, other *live.Switch
}

func newStand(tb testing.TB) *stand {
	tb.Helper()
	contract, err := openapi.Load()
	if err != nil {
		tb.Fatal(err)
	}
	s := &stand{database: filepath.Join(tb.TempDir(), "linkquay.db")}
	s.store = storetest.OpenPath(tb, s.database)
	dir, err := files.Open(filepath.Join(tb.TempDir(), "files"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = dir.Close() })
	own := native.New(native.Config{
		Contract:   contract,
		Shortener:  shortener.New(shortener.Config{Store: s.store, Index: shortener.NewIndex(), OwnHosts: []string{"go.example.com"}}),
		Statistics: s.store, Files: dir, Zone: time.UTC,
	})
	s.site = gempixelsite.New(gempixelsite.Options{Keys: map[string]string{siteKey.Reveal(): "main"}})
	if s.server, err = simulate.Start(tb.Context(), s.site, simulate.Options{}); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.server.Close)
	client, err := upstream.New(upstream.Config{
		Backend: "kr", BaseURL: s.server.URL, Key: siteKey, Timeout: 10 * time.Second, RetryPause: time.Millisecond,
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.Close)
	site, err := gempixel.New(gempixel.Config{Name: "kr", Ledger: s.store.Ledger()}, client)
	if err != nil {
		tb.Fatal(err)
	}
	whole := emulate.Wrap(site, emulate.Config{Name: "kr", Native: own, Store: s.store})
	s.places = map[string]*migrate.Place{
		"kr":              {Name: "kr", Backend: whole, Account: api.MainAccount, Origin: s.server.URL},
		api.NativeBackend: {Name: api.NativeBackend, Backend: own, Account: api.MainAccount, Origin: "https://go.example.com"},
	}
	s.kr, s.native = s.serve(tb, live.Config{})
	s.other, _ = s.serve(tb, live.Config{})
	return s
}

// serve starts another server with the backends.
func (s *stand) serve(tb testing.TB, cfg live.Config) (kr, native *live.Switch) {
	tb.Helper()
	cfg.Store, cfg.Every, cfg.Place = s.store.Moves(), every, s.place
	r := live.New(cfg)
	kr, native = r.Switch("kr", s.places["kr"].Backend), r.Switch(api.NativeBackend, s.places[api.NativeBackend].Backend)
	must(tb, r.Start(tb.Context()))
	tb.Cleanup(r.Close)
	return kr, native
}

func (s *stand) place(name, _ string) (*migrate.Place, error) {
	if p, ok := s.places[name]; ok {
		return p, nil
	}
	return nil, fmt.Errorf("there is no backend %q", name)
}

// open begins the move from kr to the native backend.
func (s *stand) open(tb testing.TB) {
	tb.Helper()
	s.openMove(tb, "kr", api.NativeBackend)
}

func (s *stand) openMove(tb testing.TB, source, target string) {
	tb.Helper()
	move, err := s.store.Moves().OpenMove(tb.Context(), migrate.Move{
		Source: source, SourceAccount: api.MainAccount, Target: target, TargetAccount: api.MainAccount,
	})
	must(tb, err)
	s.mover = &migrate.Mover{Store: s.store.Moves(), Move: move, Source: s.places[source], Target: s.places[target]}
	s.noticed(tb)
}

// noticed waits until the registry has seen what the store has.
func (s *stand) noticed(testing.TB) { time.Sleep(5 * every) }

func (s *stand) copy(tb testing.TB) {
	tb.Helper()
	if _, err := s.mover.Copy(tb.Context(), migrate.CopyOptions{}); err != nil {
		tb.Fatal(err)
	}
}

// must ends the test where a step of the move fails.
func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// drained waits until no entry is left that servers apply in the phase.
func (s *stand) drained(tb testing.TB) {
	tb.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(every) {
		waiting, givenUp, err := s.store.Moves().CountEntries(tb.Context(), s.mover.Move.ID)
		must(tb, err)
		if givenUp > 0 {
			report, _ := migrate.StatusOf(tb.Context(), s.store.Moves(), s.mover.Move)
			tb.Fatalf("%d entries were given up: %+v", givenUp, report.Refused)
		}
		if waiting == 0 {
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("%d entries are left", waiting)
		}
	}
}

// do makes a call of a client whose key is of kr.
func (s *stand) do(ctx context.Context, op api.Operation, path api.Path, document string) (gjson.Result, error) {
	return ask(ctx, adapters.Answering(s.kr, api.MainAccount), "kr", op, path, document)
}

func ask(ctx context.Context, b adapters.Backend, name string, op api.Operation, path api.Path, document string) (gjson.Result, error) {
	call := &api.Call{
		Operation: op, Path: path, Origin: "https://go.example.com",
		Key: &api.Key{ID: "client", Name: "client", Account: api.MainAccount, Backend: name, Scopes: api.ScopeAdmin},
	}
	if document != "" {
		call.Document = []byte(document)
	}
	reply, err := b.Do(ctx, call)
	if err != nil {
		return gjson.Result{}, fmt.Errorf("%s %+v %s: %w", op, path, document, err)
	}
	return gjson.ParseBytes(reply.Document), nil
}

// mustDo is do for calls that must succeed.
func (s *stand) mustDo(tb testing.TB, op api.Operation, path api.Path, format string, args ...any) gjson.Result {
	tb.Helper()
	reply, err := s.do(tb.Context(), op, path, fmt.Sprintf(format, args...))
	must(tb, err)
	return reply
}

func destination(document []byte) string { return gjson.GetBytes(document, "url").String() }

// atTarget and atSource wait until both servers answer by that side.
func (s *stand) atTarget(tb testing.TB) { s.answers(tb, s.mover.Target.Name) }
func (s *stand) atSource(tb testing.TB) { s.answers(tb, s.mover.Source.Name) }

func (s *stand) answers(tb testing.TB, name string) {
	tb.Helper()
	one, two := s.kr, s.other
	if s.mover.Source.Name == api.NativeBackend {
		one, two = s.native, s.native
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(every) {
		a, _ := one.Home(api.MainAccount)
		b, _ := two.Home(api.MainAccount)
		if a == name && b == name {
			return
		}
	}
	tb.Fatalf("%s does not answer", name)
}

// requests is how many requests the site has had.
func (s *stand) requests() int { return len(s.server.Requests()) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
