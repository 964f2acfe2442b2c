package migrate_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/dglnk"
	"github.com/linkquay/linkquay/adapters/emulate"
	"github.com/linkquay/linkquay/adapters/gempixel"
	"github.com/linkquay/linkquay/adapters/native"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/files"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/simulate"
	dglnksite "github.com/linkquay/linkquay/simulate/dglnk"
	gempixelsite "github.com/linkquay/linkquay/simulate/gempixel"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

// siteKey is the key of simulated sites.
const siteKey api.Secret = "the-key-of-a-simulated-site"

// stand is a database with a native backend, and the places beside it.
type stand struct {
	store  *store.Store
	native *native.Adapter
}

func newStand(tb testing.TB) *stand {
	tb.Helper()
	return newStandAt(tb, filepath.Join(tb.TempDir(), "linkquay.db"))
}

// newStandAt is a stand on the database at the path.
func newStandAt(tb testing.TB, path string) *stand {
	tb.Helper()
	contract, err := openapi.Load()
	if err != nil {
		tb.Fatal(err)
	}
	s := &stand{store: storetest.OpenPath(tb, path)}
	dir, err := files.Open(filepath.Join(tb.TempDir(), "files"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = dir.Close() })
	s.native = native.New(native.Config{
		Contract:   contract,
		Shortener:  shortener.New(shortener.Config{Store: s.store, Index: shortener.NewIndex(), OwnHosts: []string{"go.example.com"}}),
		Statistics: s.store, Files: dir, Zone: time.UTC, Origin: "https://go.example.com",
	})
	return s
}

// place is the native backend of the stand.
func (s *stand) place() *migrate.Place {
	return &migrate.Place{Name: api.NativeBackend, Backend: s.native, Account: api.MainAccount, Origin: "https://go.example.com"}
}

// gempixel is a site of the script as a backend named kr.
func (s *stand) gempixel(tb testing.TB, o gempixelsite.Options) (*migrate.Place, *gempixelsite.Site, *simulate.Server) {
	tb.Helper()
	o.Keys = map[string]string{siteKey.Reveal(): "main"}
	site := gempixelsite.New(o)
	server := serve(tb, site)
	a, err := gempixel.New(gempixel.Config{Name: "kr", RemoteZone: o.Zone, Ledger: s.store.Ledger()}, s.client(tb, "kr", server, ""))
	if err != nil {
		tb.Fatal(err)
	}
	p := s.remote("kr", a, server)
	if o.ShortDomain != "" {
		p.Origin = o.ShortDomain
	}
	return p, site, server
}

// gempixelAt is a site of the script at a server, as a backend.
func (s *stand) gempixelAt(tb testing.TB, server *simulate.Server) adapters.Backend {
	tb.Helper()
	a, err := gempixel.New(gempixel.Config{Name: "kr", Ledger: s.store.Ledger()}, s.client(tb, "kr", server, ""))
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// dglnk is a dgLnk of the version as a backend named dg.
func (s *stand) dglnk(tb testing.TB, o dglnksite.Options) (*migrate.Place, *dglnksite.Site, *simulate.Server) {
	tb.Helper()
	o.Key = siteKey.Reveal()
	site := dglnksite.New(o)
	server := serve(tb, site)
	query := ""
	if o.APIVersion == 1 {
		query = dglnk.KeyQuery
	}
	hosts := map[string]int64{}
	for id, host := range o.Domains {
		hosts[host] = id
	}
	locate := guard.New(guard.Options{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}).Locate
	a, err := dglnk.New(dglnk.Config{Name: "dg", APIVersion: o.APIVersion, Domains: hosts, Locate: locate}, s.client(tb, "dg", server, query), s.store.Ledger())
	if err != nil {
		tb.Fatal(err)
	}
	p := s.remote("dg", a, server)
	p.Locate = locate
	for host := range hosts {
		p.Domains = append(p.Domains, host)
	}
	return p, site, server
}

func (s *stand) client(tb testing.TB, name string, server *simulate.Server, query string) *upstream.Client {
	tb.Helper()
	client, err := upstream.New(upstream.Config{Backend: name, BaseURL: server.URL, Key: siteKey, KeyQuery: query, Timeout: 10 * time.Second, RetryPause: time.Millisecond})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.Close)
	return client
}

func (s *stand) remote(name string, a adapters.Backend, server *simulate.Server) *migrate.Place {
	return &migrate.Place{
		Name: name, Account: api.MainAccount, Origin: server.URL,
		Backend: emulate.Wrap(a, emulate.Config{Name: name, Native: s.native, Store: s.store}),
	}
}

func serve(tb testing.TB, site http.Handler) *simulate.Server {
	tb.Helper()
	server, err := simulate.Start(tb.Context(), site, simulate.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(server.Close)
	return server
}

// do makes a call at a place that must succeed, and returns its document.
func do(tb testing.TB, p *migrate.Place, op api.Operation, path api.Path, format string, args ...any) []byte {
	tb.Helper()
	call := &api.Call{
		Operation: op, Path: path, Origin: p.Origin,
		Key: &api.Key{ID: "test", Name: "test", Account: p.Account, Backend: p.Name, Scopes: api.ScopeAdmin},
	}
	if format != "" {
		call.Document = fmt.Appendf(nil, format, args...)
	}
	reply, err := p.Backend.Do(context.WithoutCancel(tb.Context()), call)
	if err != nil {
		tb.Fatalf("%s %s: %v", op, call.Document, err)
	}
	return reply.Document
}
