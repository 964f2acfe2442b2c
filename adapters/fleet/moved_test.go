package fleet

import (
	"context"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// moving is a site whose links are brought to the native backend, domains with
// ids above 0 among them.
type moving struct {
	*site
	moved  bool
	native adapters.Backend
}

func (m *moving) Current(string) adapters.Backend {
	if m.moved {
		return m.native
	}
	return m.site
}

func (m *moving) Home(account string) (name, owner string) {
	if m.moved {
		return api.NativeBackend, account
	}
	return "kr", account
}

func (m *moving) Brought(_ context.Context, _, name, _ string, kind adapters.Kind, id int64) (bool, error) {
	return name == api.NativeBackend && kind == adapters.KindDomain && id > 0, nil
}

func (m *moving) Do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	return m.Current("").Do(ctx, call)
}

// TestRouter_Moving: while links are copied to the native backend, the domain
// that came there with them is still their own backend's, and nothing is listed
// twice. When they were handed over, it is as before: by their keys.
func TestRouter_Moving(t *testing.T) {
	list := `{"error":0,"data":{"result":1,"perpage":15,"currentpage":1,"nextpage":null,"maxpage":1,"urls":[{"id":7}]}}`
	kr, dg, native := saying(list), saying(list), saying(list)
	m := &moving{site: kr, native: careful{native}}
	domains := branded{"go.example": &shortener.Domain{ID: 5, Account: "main"}}
	backends, err := New(t.Context(), Config{
		Account: "main", Native: careful{native}, Domains: domains, Number: numbers(),
		Remotes: []Remote{{"kr", m, nil}, {"dg", dg, []string{"dg.example"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	calls := func(op api.Operation, document string, key string) string {
		t.Helper()
		for _, s := range []*site{kr, dg, native} {
			s.last()
		}
		call := &api.Call{Operation: op, Key: &api.Key{Account: "main", Backend: key}, Document: []byte(document)}
		if op == api.UpdateLink {
			call.Path.ID = 7
		}
		if _, err := backends[key].Do(t.Context(), call); err != nil {
			t.Errorf("%s: %v", op, err)
		}
		var names []string
		for name, s := range map[string]*site{"kr": kr, "dg": dg, "native": native} {
			if _, n := s.last(); n > 0 {
				names = append(names, name)
			}
		}
		return joined(names)
	}
	for _, c := range []struct {
		moved                  bool
		op                     api.Operation
		document, key, reaches string
	}{
		{false, api.CreateLink, `{"domain":"go.example"}`, "kr", "kr"},
		{false, api.UpdateLink, `{"domain":"go.example"}`, "kr", "kr"},
		{false, api.ListLinks, ``, "kr", "dg kr"},
		{true, api.CreateLink, `{"domain":"go.example"}`, "kr", "native"},
		{true, api.UpdateLink, `{"domain":"go.example"}`, "kr", "native"},
		{true, api.ListLinks, ``, "kr", "dg native"},
		{true, api.CreateLink, `{"domain":"go.example"}`, "native", "native"},
	} {
		m.moved = c.moved
		if got := calls(c.op, c.document, c.key); got != c.reaches {
			t.Errorf("moved %t: %s %s by a key of %s reaches %s; want %s", c.moved, c.op, c.document, c.key, got, c.reaches)
		}
	}
	// Nothing is native's own, and then something is.
	domains["mine.example"] = &shortener.Domain{Account: "main"}
	m.moved = false
	if got := calls(api.ListLinks, "", "kr"); got != "dg kr native" {
		t.Errorf("a list reaches %s; want native, too", got)
	}
	if got := calls(api.CreateLink, `{"domain":"mine.example"}`, "kr"); got != "native" {
		t.Errorf("a create on a domain of the native backend reaches %s", got)
	}
	for moved, want := range map[bool]bool{false: false, true: true} {
		m.moved = moved
		if _, ok := adapters.Answering(backends["kr"], "main").(adapters.Idempotent); ok != want {
			t.Errorf("moved %t: idempotent %t; want %t", moved, ok, want)
		}
	}
}

// joined returns names in order.
func joined(names []string) string {
	var all []string
	for _, name := range []string{"dg", "kr", "native"} {
		for _, n := range names {
			if n == name {
				all = append(all, n)
			}
		}
	}
	return strings.Join(all, " ")
}
