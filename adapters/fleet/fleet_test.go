package fleet

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// site is a backend that remembers its calls and answers them by do.
type site struct {
	do           func(*api.Call) (*api.Reply, error)
	capabilities api.Capabilities

	mu    sync.Mutex
	calls []api.Call
}

func (s *site) Do(_ context.Context, call *api.Call) (*api.Reply, error) {
	s.mu.Lock()
	s.calls = append(s.calls, *call)
	s.mu.Unlock()
	return s.do(call)
}

func (s *site) Capabilities() api.Capabilities { return s.capabilities }

// last is the last call, and the number of all since the last look.
func (s *site) last() (call api.Call, calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if calls = len(s.calls); calls > 0 {
		call = s.calls[calls-1]
	}
	s.calls = nil
	return call, calls
}

// careful is a site that heeds a call's Idempotency.
type careful struct{ *site }

func (careful) Idempotent() {}

// all supports every operation.
func all() api.Capabilities {
	c := api.Capabilities{}
	for _, op := range []api.Operation{
		api.CreateLink, api.CreateLinks, api.UpdateLink, api.GetLink, api.DeleteLink, api.GetLinkStatistics, api.ListLinks, api.ListFiles,
		api.UploadFile, api.DeleteFile, api.AssignLinkToCampaign, api.AssignItemToChannel, api.ListQRCodes, api.GetCampaign,
	} {
		c[op] = api.Capability{Support: api.Native}
	}
	return c
}

// saying returns a site that gives every call one answer.
func saying(document string) *site {
	return &site{capabilities: all(), do: func(*api.Call) (*api.Reply, error) { return &api.Reply{Document: []byte(document)}, nil }}
}

// branded are branded domains of the native shortener, by host.
type branded map[string]*shortener.Domain

func (b branded) Lookup(host string) (*shortener.Domain, bool) {
	d, ok := b[host]
	return d, ok
}

func (b branded) Owned(account string) bool {
	for _, d := range b {
		if d.Account == account {
			return true
		}
	}
	return false
}

func (b branded) Of(account string) (all []*shortener.Domain) {
	for _, d := range b {
		if d.Account == account {
			all = append(all, d)
		}
	}
	return all
}

// numbers gives out numbers as the database does.
func numbers() func(context.Context, string) (int64, error) {
	known := map[string]int64{}
	return func(_ context.Context, name string) (int64, error) {
		if known[name] == 0 {
			known[name] = int64(len(known) + 1)
		}
		return known[name], nil
	}
}

// The numbers of the backends of trio, shifted.
const (
	dgBit     = 1 << idBits
	krBit     = 2 << idBits
	nativeBit = 3 << idBits
)

// trio is an account with three backends, dg, kr and native. Links on
// links.kr.example live on kr, those on dg.example and dg2.example on dg, and
// those on go.example on native.
type trio struct {
	dg, kr, native *site
	backends       map[string]adapters.Backend
}

func newTrio(t *testing.T) *trio {
	t.Helper()
	f := &trio{dg: saying(`{"error":0,"id":7}`), kr: saying(`{"error":0,"id":7}`), native: saying(`{"error":0,"id":7}`)}
	var err error
	f.backends, err = New(t.Context(), Config{
		Account: "main",
		Remotes: []Remote{{"kr", f.kr, []string{"links.kr.example"}}, {"dg", f.dg, []string{"dg.example", "dg2.example"}}},
		Native:  careful{f.native},
		Domains: branded{"go.example": {Account: "main"}, "other.example": {Account: "other"}},
		Number:  numbers(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// called is the name of the one backend that was called, and its call.
func (f *trio) called(t *testing.T) (name string, call api.Call) {
	t.Helper()
	for _, s := range []struct {
		name string
		site *site
	}{{"dg", f.dg}, {"kr", f.kr}, {"native", f.native}} {
		if c, n := s.site.last(); n > 0 {
			if name != "" || n > 1 {
				t.Errorf("%s was called after %q, %d times", s.name, name, n)
			}
			name, call = s.name, c
		}
	}
	return name, call
}

func (f *trio) do(t *testing.T, backend string, call api.Call) (string, *api.Error) {
	t.Helper()
	call.Key = &api.Key{Account: "main", Backend: backend}
	reply, err := f.backends[backend].Do(t.Context(), &call)
	if err != nil {
		return "", api.AsError(err)
	}
	if !gjson.ValidBytes(reply.Document) {
		t.Errorf("%s answered %s", call.Operation, reply.Document)
	}
	return string(reply.Document), nil
}

// TestNew_Accounts: an account finds neither the domains nor the ids of another
// one, and nothing changes for one that routes nothing.
func TestNew_Accounts(t *testing.T) {
	number := numbers()
	fleetOf := func(account string, remotes ...Remote) (map[string]adapters.Backend, *site) {
		native := saying(`{"error":0,"id":1}`)
		backends, err := New(t.Context(), Config{
			Account: account, Remotes: remotes, Native: native, Number: number,
			Domains: branded{"go.example": {Account: "a"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return backends, native
	}
	ours, theirs := saying(`{"error":0,"id":1}`), saying(`{"error":0,"id":1}`)
	a, _ := fleetOf("a", Remote{"ours", ours, []string{"ours.example"}})
	b, native := fleetOf("b", Remote{"theirs", theirs, []string{"theirs.example"}})
	if c, _ := fleetOf("c", Remote{"quiet", saying(""), nil}); c != nil {
		t.Errorf("an account without domains has %v", c)
	}

	create := func(host string) *api.Call {
		return &api.Call{Operation: api.CreateLink, Key: &api.Key{Account: "a"}, Document: []byte(`{"domain":"` + host + `"}`)}
	}
	reply, err := a["native"].Do(t.Context(), create("ours.example"))
	if err != nil {
		t.Fatal(err)
	}
	id := gjson.GetBytes(reply.Document, "id").Int()
	if _, err := a["native"].Do(t.Context(), &api.Call{Operation: api.GetLink, Path: api.Path{ID: id}}); err != nil {
		t.Errorf("getLink of one's own: %v", err)
	}
	for _, own := range []string{"theirs", "native"} {
		if _, err := b[own].Do(t.Context(), &api.Call{Operation: api.GetLink, Path: api.Path{ID: id}}); err == nil || api.AsError(err).Code != api.NotFound {
			t.Errorf("getLink of another account by a key of %s: %v; want not found", own, err)
		}
	}
	// go.example is a's: to a key of b it is as unknown as any.
	native.last()
	theirs.last()
	if _, err := b["theirs"].Do(t.Context(), create("go.example")); err != nil {
		t.Fatal(err)
	}
	if _, n := native.last(); n != 0 {
		t.Error("a link was made on a domain of another account")
	}
	// Without a domain on the native shortener, b's keys of theirs see nothing
	// there. It got the first number.
	if _, err := b["theirs"].Do(t.Context(), &api.Call{Operation: api.GetLink, Path: api.Path{ID: 1<<idBits | 1}}); err == nil || api.AsError(err).Code != api.NotFound {
		t.Errorf("getLink on a backend where nothing is routed to: %v; want not found", err)
	}
}

func TestNew_Errors(t *testing.T) {
	two := []Remote{{"a", saying(""), []string{"x.example"}}, {"b", saying(""), []string{"x.example"}}}
	failed := errors.New("the database is away")
	for name, c := range map[string]struct {
		remotes []Remote
		number  int64
		err     error
		want    string
	}{
		"DomainOfTwo":   {two, 1, nil, `the domain x.example is that of two backends, "a" and "b"`},
		"NumberTooHigh": {two[:1], maxNumber + 1, nil, `backend "a" has the number 8192; ids have room for 1 to 8191`},
		"Database":      {two[:1], 0, failed, failed.Error()},
	} {
		_, err := New(t.Context(), Config{
			Account: "main", Remotes: c.remotes, Native: saying(""), Domains: branded{},
			Number: func(context.Context, string) (int64, error) { return c.number, c.err },
		})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v; want %s", name, err, c.want)
		}
	}
}
