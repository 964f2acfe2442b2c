package migrate_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/emulate"
	"github.com/linkquay/linkquay/adapters/gempixel"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/migratetest"
	"github.com/linkquay/linkquay/simulate"
	gempixelsite "github.com/linkquay/linkquay/simulate/gempixel"
)

// siteNamed is a site of the script as a backend of that name.
func (s *stand) siteNamed(tb testing.TB, name, shortDomain string) (*migrate.Place, *gempixelsite.Site, *simulate.Server) {
	tb.Helper()
	site := gempixelsite.New(gempixelsite.Options{Keys: map[string]string{siteKey.Reveal(): "main"}, ShortDomain: shortDomain})
	server := serve(tb, site)
	return s.placeAt(tb, name, shortDomain, server), site, server
}

// placeAt is the site behind a server.
func (s *stand) placeAt(tb testing.TB, name, shortDomain string, server *simulate.Server) *migrate.Place {
	tb.Helper()
	a, err := gempixel.New(gempixel.Config{Name: name}, s.client(tb, name, server, ""))
	if err != nil {
		tb.Fatal(err)
	}
	return &migrate.Place{
		Name: name, Account: api.MainAccount, Origin: shortDomain,
		Backend: emulate.Wrap(a, emulate.Config{Name: name, Native: s.native, Store: s.store}),
	}
}

// newMover is a move between two places, in memory.
func newMover(tb testing.TB, source, target *migrate.Place) *migrate.Mover {
	tb.Helper()
	store := &migratetest.Memory{}
	move, err := store.OpenMove(tb.Context(), migrate.Move{
		Source: source.Name, Target: target.Name, SourceAccount: source.Account, TargetAccount: target.Account,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return &migrate.Mover{Store: store, Move: move, Source: source, Target: target, Patience: -1}
}

// idOf is the id of what a create has made.
func idOf(tb testing.TB, p *migrate.Place, op api.Operation, format string, args ...any) int64 {
	tb.Helper()
	id := int64Of(tb, do(tb, p, op, api.Path{}, format, args...), "id")
	if id == 0 {
		tb.Fatalf("%s made nothing", op)
	}
	return id
}

// mustCarry carries an object, which must be taken.
func mustCarry(tb testing.TB, m *migrate.Mover, kind adapters.Kind, id int64, toTarget bool, e *migrate.Entry) *migrate.Row {
	tb.Helper()
	row, err := m.Carry(tb.Context(), kind, id, toTarget, e)
	if err != nil {
		tb.Fatalf("carrying %s %d: %v", kind, id, err)
	}
	if row.Status != migrate.Copied {
		tb.Fatalf("carrying %s %d: %s: %s", kind, id, row.Status, row.Error)
	}
	return row
}

// mustGet reads an object at a place.
func mustGet(tb testing.TB, p *migrate.Place, kind adapters.Kind, id int64) *adapters.Record {
	tb.Helper()
	r, err := p.Get(context.WithoutCancel(tb.Context()), kind, id)
	if err != nil {
		tb.Fatalf("reading %s %d: %v", kind, id, err)
	}
	return r
}

// tomorrow is a time to come, as sites write it.
func tomorrow() string { return time.Now().UTC().Add(24 * time.Hour).Format("2006-01-02 15:04:05") }

func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// refuse has a site refuse what is sent to a path.
func refuse(tb testing.TB, server *simulate.Server, path string) {
	tb.Helper()
	err := server.Fail(simulate.Fault{Kind: simulate.Status, Status: 400, Body: `{"error":1,"message":"Not today."}`, Path: path})
	if err != nil {
		tb.Fatal(err)
	}
}

// fill makes many links.
func fill(tb testing.TB, p *migrate.Place, items []string) {
	tb.Helper()
	for some := range slices.Chunk(items, 1000) {
		call := &api.Call{
			Operation: api.CreateLinks, Origin: p.Origin, Document: []byte(`{"urls":[` + strings.Join(some, ",") + `]}`),
			Key: &api.Key{ID: "test", Name: "test", Account: p.Account, Backend: p.Name, Scopes: api.ScopeAdmin},
		}
		for _, item := range some {
			call.Items = append(call.Items, api.Item{Document: []byte(item)})
		}
		reply, err := p.Backend.Do(tb.Context(), call)
		if err != nil {
			tb.Fatal(err)
		}
		if n := int64Of(tb, reply.Document, "data.failed"); n > 0 {
			tb.Fatalf("%d links were refused: %s", n, reply.Document[:500])
		}
	}
}

// watched is a backend that waits twice for somebody after each call of an
// operation, until the channel is closed.
type watched struct {
	adapters.Backend
	after api.Operation
	tell  chan struct{}
}

func (w *watched) Do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	reply, err := w.Backend.Do(ctx, call)
	if call.Operation == w.after {
		<-w.tell
		<-w.tell
	}
	return reply, err
}

// placeAgain is a place as another process has it.
func (s *stand) placeAgain(p *migrate.Place) *migrate.Place {
	b := p.Backend
	if w, ok := b.(*watched); ok {
		b = w.Backend
	}
	return &migrate.Place{Name: p.Name, Account: p.Account, Origin: p.Origin, Backend: b}
}
