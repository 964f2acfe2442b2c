package live_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/live"
)

// TestMove_UnderLoad: clients of two servers create, change, read and delete links while these
// are copied, kept alike, handed over, taken back, and all of it again. No
// request fails, each client reads what it has written, by the ids that it was
// given, and at the end both sides have the same.
func TestMove_UnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	s := newStand(t)
	for i := range 30 {
		s.mustDo(t, api.CreateLink, api.Path{}, `{"url":"https://example.com/old/%d","custom":"old-%d"}`, i, i)
	}
	load := startLoad(t, s, 6)
	s.open(t)
	for round := range 2 {
		if round > 0 {
			must(t, s.mover.Store.SetPhase(t.Context(), s.mover.Move.ID, migrate.RolledBack, migrate.Copying))
			s.mover.Move.Phase = migrate.Copying
			s.noticed(t)
		}
		load.more(t, 40)
		s.copy(t)
		must(t, migrate.BeginDualWrite(t.Context(), s.mover))
		load.more(t, 40)
		parity, err := migrate.CutOver(t.Context(), s.mover, migrate.CutOverOptions{MinParity: 90})
		if err != nil {
			t.Fatalf("cutover: %v, parity %v", err, parity)
		}
		load.more(t, 100)
		if round == 0 {
			must(t, migrate.RollBack(t.Context(), s.mover, migrate.RollBackOptions{}))
			load.more(t, 40)
		}
	}
	load.stop(t)
	s.drained(t)
	load.check(t)
}

// load is clients at work.
type load struct {
	stand  *stand
	cancel context.CancelFunc
	done   sync.WaitGroup
	calls  atomic.Int64
	failed atomic.Pointer[error]

	clients []*client
}

// client has links of its own, by the ids that it was given.
type client struct {
	number  int
	server  *live.Switch
	made    int
	changed int
	links   map[int64]string // their destinations
	random  *rand.Rand
}

func startLoad(t *testing.T, s *stand, clients int) *load {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	l := &load{stand: s, cancel: cancel}
	t.Cleanup(func() { cancel(); l.done.Wait() })
	for n := range clients {
		c := &client{number: n, server: s.kr, links: map[int64]string{}, random: rand.New(rand.NewPCG(uint64(n), 7))}
		if n%2 == 1 {
			c.server = s.other
		}
		l.clients = append(l.clients, c)
		l.done.Go(func() {
			for ctx.Err() == nil {
				// A request that was begun is ended.
				if err := c.step(context.WithoutCancel(ctx)); err != nil {
					err = fmt.Errorf("client %d, after %d calls: %w", n, l.calls.Load(), err)
					l.failed.CompareAndSwap(nil, &err)
					return
				}
				l.calls.Add(1)
				// A machine that is slow at carrying gets fewer writes.
				time.Sleep(20*time.Millisecond + time.Duration(min(l.waiting(ctx), 500))*time.Millisecond)
			}
		})
	}
	return l
}

// waiting is how many writes are to be carried, as far as it can be told.
func (l *load) waiting(ctx context.Context) int {
	n, _, _ := l.stand.store.Moves().CountEntries(ctx, 1)
	return n
}

// more waits for so many calls of clients.
func (l *load) more(t *testing.T, calls int64) {
	t.Helper()
	for until := l.calls.Load() + calls; l.calls.Load() < until; {
		if err := l.failed.Load(); err != nil {
			t.Fatal(*err)
		}
		l.stand.noticed(t)
	}
}

func (l *load) stop(t *testing.T) {
	t.Helper()
	l.cancel()
	l.done.Wait()
	if err := l.failed.Load(); err != nil {
		t.Fatal(*err)
	}
	t.Logf("%d calls", l.calls.Load())
}

func (c *client) do(ctx context.Context, op api.Operation, path api.Path, document string) (gjson.Result, error) {
	return ask(ctx, adapters.Answering(c.server, api.MainAccount), "kr", op, path, document)
}

// step makes one call, and checks its answer.
func (c *client) step(ctx context.Context) error {
	var id int64
	for id = range c.links {
		break
	}
	switch n := c.random.IntN(10); {
	case id == 0 || n < 3:
		c.made++
		url := fmt.Sprintf("https://example.com/%d/%d", c.number, c.made)
		reply, err := c.do(ctx, api.CreateLink, api.Path{}, fmt.Sprintf(`{"url":%q,"custom":"c%d-%d"}`, url, c.number, c.made))
		if err != nil {
			return err
		}
		made := reply.Get("id").Int()
		if made < 1 || c.links[made] != "" {
			return fmt.Errorf("a create gave the id %d", made)
		}
		c.links[made] = url
	case n < 6:
		c.changed++
		url := fmt.Sprintf("https://example.com/%d/changed/%d", c.number, c.changed)
		if _, err := c.do(ctx, api.UpdateLink, api.Path{ID: id}, fmt.Sprintf(`{"url":%q}`, url)); err != nil {
			return err
		}
		c.links[id] = url
	case n < 9:
		reply, err := c.do(ctx, api.GetLink, api.Path{ID: id}, "")
		if err != nil {
			return err
		}
		if got := reply.Get("details.longurl").String(); got != c.links[id] || reply.Get("details.id").Int() != id {
			return fmt.Errorf("link %d is %s; want %s", id, reply.Get("details").Raw, c.links[id])
		}
	default:
		if _, err := c.do(ctx, api.DeleteLink, api.Path{ID: id}, ""); err != nil {
			return err
		}
		delete(c.links, id)
	}
	return nil
}

// check compares what clients know with what each side has.
func (l *load) check(t *testing.T) {
	t.Helper()
	s := l.stand
	want := map[string]bool{}
	for i := range 30 {
		want[fmt.Sprintf("https://example.com/old/%d", i)] = true
	}
	for _, c := range l.clients {
		for id, url := range c.links {
			want[url] = true
			reply := s.mustDo(t, api.GetLink, api.Path{ID: id}, "")
			if got := reply.Get("details.longurl").String(); got != url {
				t.Errorf("link %d leads to %s; want %s", id, got, url)
			}
		}
	}
	for name, p := range s.places {
		got := map[string]int{}
		for page := 0; ; {
			list, err := p.List(t.Context(), "link", page)
			must(t, err)
			for _, r := range list.Records {
				full, err := p.Get(t.Context(), "link", r.ID)
				must(t, err)
				got[destination(full.Document)]++
			}
			if page = list.Next; page == 0 {
				break
			}
		}
		for url, n := range got {
			if !want[url] || n != 1 {
				t.Errorf("%s has %d links to %s", name, n, url)
			}
		}
		for url := range want {
			if got[url] == 0 {
				t.Errorf("%s has no link to %s", name, url)
			}
		}
	}
}
