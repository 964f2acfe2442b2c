package store

import (
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/store/postgrestest"
)

// proxy passes connections on to a server, until it falls silent.
type proxy struct {
	net.Listener
	silent atomic.Bool
	wg     sync.WaitGroup
}

func startProxy(t *testing.T, server string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l}
	p.wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				t.Error(err)
				return
			}
			p.wg.Go(func() { p.pass(upstream, client) })
			p.wg.Go(func() { p.pass(client, upstream) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.wg.Wait()
	})
	return p
}

// pass copies until either side closes. What comes in silence is lost.
func (p *proxy) pass(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if !p.silent.Load() {
			_, _ = to.Write(buffer[:n])
		}
		if err != nil {
			return
		}
	}
}

// A server that says nothing at all holds nobody up for longer than the store
// allows, and is used again when it speaks.
func TestPostgres_Silent(t *testing.T) {
	u, err := url.Parse(postgrestest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	p := startProxy(t, u.Host)
	u.Host = p.Addr().String()
	s := openConfig(t, Config{Driver: Postgres, Source: u.String()})
	for _, pool := range []*pool{s.pools.lookups, s.pools.lists, s.pools.write} {
		pool.timeout = 300 * time.Millisecond
	}
	l := mustCreate(t, s, newLink("main", "a"))
	p.silent.Store(true)
	var wg sync.WaitGroup
	for name, call := range calls(t.Context(), s, l) {
		wg.Go(func() { wantCode(t, name+" in silence", call(), api.Unavailable) })
	}
	wg.Wait()
	p.silent.Store(false)
	for deadline := time.Now().Add(30 * time.Second); s.Ping(t.Context()) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("the database is not used again")
		}
	}
	mustCreate(t, s, newLink("main", "b"))
}

// While the server is away every call is told so, and when it is back all goes
// on by itself: what was answered is there, though the server crashed.
func TestPostgres_AwayAndBack(t *testing.T) {
	server := postgrestest.Start(t)
	cfg := Config{Driver: Postgres, Source: server.Database(t)}
	s := openConfig(t, cfg)
	l := mustCreate(t, s, newLink("main", "first"))

	const writers, before = 64, 500
	var answered sync.Map
	var count atomic.Int64
	stop, enough := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				alias := fmt.Sprintf("%d-%d", w, i)
				if err := create(t.Context(), s, newLink("main", alias)); err != nil {
					wantCode(t, "CreateLink while the server goes", err, api.Unavailable)
					continue
				}
				answered.Store(alias, true)
				if count.Add(1) == before {
					close(enough)
				}
			}
		})
	}
	<-enough
	server.Stop(t, "immediate")
	for name, call := range calls(t.Context(), s, l) {
		wantCode(t, name+" without a server", call(), api.Unavailable)
	}
	if s, err := Open(t.Context(), cfg); err == nil {
		mustClose(t, s)
		t.Error("Open() without a server has no error")
	}
	server.Start(t)
	was := count.Load()
	for deadline := time.Now().Add(30 * time.Second); count.Load() < was+before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the writers do not go on")
		}
	}
	close(stop)
	wg.Wait()
	answered.Range(func(alias, _ any) bool {
		if _, err := s.LinkByAlias(t.Context(), "", alias.(string)); err != nil {
			t.Errorf("answered link %q is lost: %v", alias, err)
		}
		return true
	})
	checkWhole(t, s)
}
