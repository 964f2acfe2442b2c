package caddymodule_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

// crew is clients at work, each with links of its own. One that is answered by
// anything but success, or by what it has not written, ends the work.
type crew struct {
	t      *testing.T
	cancel context.CancelFunc
	done   sync.WaitGroup
	calls  atomic.Int64
	failed atomic.Pointer[error]

	// killed says that the server was killed: what is not answered is no failure
	// then.
	killed atomic.Bool

	clients []*worker
}

// worker is one of a crew.
type worker struct {
	crew   *crew
	site   *site
	key    string
	name   string
	random *rand.Rand
	http   *http.Client

	// host is a branded domain that some links are made on, empty for none.
	host string

	made  int
	links map[int64]*known

	// gone are links that were deleted, and are no more.
	gone map[int64]bool

	// channel and campaign are those of the client, 0 before there are; grouping
	// says that there may be.
	channel, campaign int64
	grouping          bool
	filed             map[int64]bool // links in the channel

	// asked is the target of a write that was never answered, by the link's id; 0
	// is a create.
	asked map[int64]string

	// doubtful are the targets of such writes, once it is settled what came of
	// them, and unsure the links that they were of: the other side has these a
	// minute later.
	doubtful map[string]bool
	unsure   map[int64]bool

	// leaving is a link whose delete was never answered, 0 for none.
	leaving int64
}

// known is a link as its client knows it.
type known struct {
	short, target string

	// ids are all that the client was ever told.
	ids map[int64]bool
}

// recruit starts clients.
func recruit(t *testing.T, s *site, key, host string, grouping bool, clients int) *crew {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	w := &crew{t: t, cancel: cancel}
	t.Cleanup(func() { cancel(); w.done.Wait() })
	for n := range clients {
		c := &worker{
			crew: w, site: s, key: key, name: fmt.Sprint("crew", n), random: rand.New(rand.NewPCG(uint64(n), 7)), http: &http.Client{Timeout: 30 * time.Second},
			host: host, grouping: grouping, links: map[int64]*known{}, gone: map[int64]bool{}, filed: map[int64]bool{}, asked: map[int64]string{}, doubtful: map[string]bool{}, unsure: map[int64]bool{},
		}
		w.clients = append(w.clients, c)
	}
	w.start(ctx)
	return w
}

// start has the clients work until the context's end.
func (w *crew) start(ctx context.Context) {
	for _, c := range w.clients {
		w.done.Go(func() {
			for ctx.Err() == nil {
				// A request that was begun is ended.
				if err := c.step(context.WithoutCancel(ctx)); err != nil {
					if !w.killed.Load() {
						err = fmt.Errorf("client %s, after %d calls: %w", c.name, w.calls.Load(), err)
						w.failed.CompareAndSwap(nil, &err)
					}
					return
				}
				w.calls.Add(1)
				time.Sleep(30 * time.Millisecond) // the machine is to do more than this
			}
		})
	}
}

// more waits for so many calls of clients.
func (w *crew) more(calls int64) {
	w.t.Helper()
	for until := w.calls.Load() + calls; w.calls.Load() < until; time.Sleep(10 * time.Millisecond) {
		w.check()
	}
}

// check ends the test where a client has failed.
func (w *crew) check() {
	w.t.Helper()
	if err := w.failed.Load(); err != nil {
		w.t.Fatal(*err)
	}
}

// stop ends the work.
func (w *crew) stop() {
	w.t.Helper()
	w.cancel()
	w.done.Wait()
	w.check()
	w.t.Logf("%d calls", w.calls.Load())
}

// settle asks what became of the writes that a killed server has not answered,
// each of which was either made or not.
func (w *crew) settle() {
	w.t.Helper()
	for _, c := range w.clients {
		if id := c.leaving; id != 0 {
			if a := c.site.do("GET", fmt.Sprintf("/api/url/%d", id), c.key, ""); a.Status == 404 || a.get("error").Int() != 0 {
				delete(c.links, id)
			}
			c.unsure[id] = true
		}
		for id, target := range c.asked {
			c.doubtful[target], c.unsure[id] = true, true
			if id != 0 && c.get(w.t.Context(), id) != nil {
				c.links[id].target = target
			}
		}
		c.asked, c.leaving = map[int64]string{}, 0
	}
}

// targets are where the links of all clients lead, by what was answered.
func (w *crew) targets() (all []string) {
	for _, c := range w.clients {
		for id, l := range c.links {
			if !c.unsure[id] {
				all = append(all, l.target)
			}
		}
	}
	return all
}

// do sends a request, and holds the answer against the contract.
func (c *worker) do(ctx context.Context, method, path, body string) (gjson.Result, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.site.base+path, strings.NewReader(body))
	if err != nil {
		return gjson.Result{}, err
	}
	r.Header.Set("Authorization", "Bearer "+c.key)
	resp, err := c.http.Do(r)
	if err != nil {
		return gjson.Result{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return gjson.Result{}, err
	}
	a := answer{resp.StatusCode, resp.Header, string(text)}
	if path, _, ok := strings.Cut(path, "?"); ok || path != "" {
		r.URL.Path = path
		c.site.checkReply(r, a)
	}
	if a.Status != 200 || a.get("error").Int() != 0 {
		return gjson.Result{}, fmt.Errorf("%s %s %s: %d %s", method, path, body, a.Status, a.Body)
	}
	return gjson.Parse(a.Body), nil
}

// step makes a call or two, and checks the answers.
func (c *worker) step(ctx context.Context) error {
	var id int64
	for id = range c.links {
		break
	}
	n := c.random.IntN(24)
	switch {
	case id == 0 || n < 5:
		return c.create(ctx)
	case n < 9:
		return c.update(ctx, id)
	case n < 13:
		return c.get(ctx, id)
	case n < 16:
		return c.list(ctx)
	case n < 18:
		return c.search(ctx, id)
	case n < 20:
		return c.remove(ctx, id)
	case !c.grouping:
		return c.get(ctx, id)
	case n < 22:
		return c.file(ctx, id)
	default:
		return c.assign(ctx, id)
	}
}

func (c *worker) create(ctx context.Context) error {
	c.made++
	target := fmt.Sprintf("https://example.com/%s/%d", c.name, c.made)
	fields := fmt.Sprintf(`"url":%q,"metatitle":"Title %d"`, target, c.made)
	if c.made%3 > 0 {
		fields += fmt.Sprintf(`,"custom":"%s-%d"`, c.name, c.made)
	}
	if c.host != "" && c.made%2 == 0 {
		fields += fmt.Sprintf(`,"domain":%q`, c.host)
	}
	if c.campaign != 0 && c.made%4 == 0 {
		fields += fmt.Sprintf(`,"campaign":%d`, c.campaign)
	}
	c.asked[0] = target
	reply, err := c.do(ctx, "POST", "/api/url/add", "{"+fields+"}")
	if err != nil {
		return err
	}
	delete(c.asked, 0)
	id := reply.Get("id").Int()
	if id < 1 || c.links[id] != nil || c.gone[id] {
		return fmt.Errorf("a create gave the id %d", id)
	}
	c.links[id] = &known{short: reply.Get("shorturl").String(), target: target, ids: map[int64]bool{id: true}}
	return nil
}

func (c *worker) update(ctx context.Context, id int64) error {
	c.made++
	target := fmt.Sprintf("https://example.com/%s/changed/%d", c.name, c.made)
	c.asked[id] = target
	if err := c.write(ctx, id, "PUT", fmt.Sprintf("/api/url/%d/update", id), fmt.Sprintf(`{"url":%q}`, target)); err != nil {
		return err
	}
	delete(c.asked, id)
	c.links[id].target = target
	return nil
}

// write writes to a link. One that a killed server was writing to as the primary
// changed is unavailable, and has changed nothing, until a minute has told what
// came of that.
func (c *worker) write(ctx context.Context, id int64, method, path, body string) error {
	for begun := time.Now(); ; time.Sleep(time.Second) {
		_, err := c.do(ctx, method, path, body)
		if err == nil || !c.unsure[id] || !strings.Contains(err.Error(), ": 503 ") || time.Since(begun) > 2*time.Minute {
			return err
		}
	}
}

func (c *worker) get(ctx context.Context, id int64) error {
	for one := range c.links[id].ids {
		reply, err := c.do(ctx, "GET", fmt.Sprintf("/api/url/%d", one), "")
		if err != nil {
			return err
		}
		if got := reply.Get("details.longurl").String(); got != c.links[id].target {
			return fmt.Errorf("the link %d (first %d) leads to %s; want %s", one, id, got, c.links[id].target)
		}
	}
	return nil
}

// list reads the newest links, among which those of the client are as it wrote
// them.
func (c *worker) list(ctx context.Context) error {
	reply, err := c.do(ctx, "GET", "/api/urls?limit=40", "")
	if err != nil {
		return err
	}
	own := map[string]*known{}
	for _, l := range c.links {
		own[l.target] = l
	}
	seen := map[string]int64{}
	for _, row := range reply.Get("data.urls").Array() {
		target, id := row.Get("longurl").String(), row.Get("id").Int()
		if !strings.Contains(target, "/"+c.name+"/") || own[target] == nil && c.doubtful[target] {
			continue
		}
		l := own[target]
		if l == nil || c.gone[id] {
			return fmt.Errorf("listed is what is no more: %s", row.Raw)
		}
		if other, ok := seen[target]; ok {
			return fmt.Errorf("the link to %s is listed as %d and as %d", target, other, id)
		}
		seen[target] = id
		l.ids[id] = true
	}
	return nil
}

// search finds a link by the short URL that its client was told.
func (c *worker) search(ctx context.Context, id int64) error {
	l := c.links[id]
	reply, err := c.do(ctx, "GET", "/api/urls?short="+url.QueryEscape(l.short), "")
	if err != nil {
		return err
	}
	if got := reply.Get("details.longurl").String(); got != l.target {
		return fmt.Errorf("%s leads to %s; want %s", l.short, got, l.target)
	}
	l.ids[reply.Get("id").Int()] = true
	return nil
}

func (c *worker) remove(ctx context.Context, id int64) error {
	c.leaving = id
	if err := c.write(ctx, id, "DELETE", fmt.Sprintf("/api/url/%d/delete", id), ""); err != nil {
		return err
	}
	c.leaving = 0
	for one := range c.links[id].ids {
		c.gone[one] = true
	}
	delete(c.links, id)
	delete(c.filed, id)
	return nil
}

// file puts a link into the client's channel, and reads that.
func (c *worker) file(ctx context.Context, id int64) error {
	if c.channel == 0 {
		reply, err := c.do(ctx, "POST", "/api/channel/add", fmt.Sprintf(`{"name":"channel of %s"}`, c.name))
		if err != nil {
			return err
		}
		c.channel = reply.Get("id").Int()
	}
	if _, err := c.do(ctx, "POST", fmt.Sprintf("/api/channel/%d/assign/links/%d", c.channel, id), ""); err != nil {
		return err
	}
	c.filed[id] = true
	reply, err := c.do(ctx, "GET", fmt.Sprintf("/api/channel/%d?limit=200", c.channel), "")
	if err != nil {
		return err
	}
	held := 0
	for _, item := range reply.Get("data.items").Array() {
		if !c.owns(item.Get("preview").String()) {
			return fmt.Errorf("channel %d holds what was deleted, or never put there: %s", c.channel, item.Raw)
		}
		held++
	}
	if held != len(c.filed) {
		return fmt.Errorf("channel %d holds %d links; want %v: %s", c.channel, held, slices.Collect(maps.Keys(c.filed)), reply.Raw)
	}
	return nil
}

// owns reports whether a link of the client's channel leads to the target.
func (c *worker) owns(target string) bool {
	for id := range c.filed {
		if c.links[id].target == target {
			return true
		}
	}
	return false
}

// assign puts a link into the client's campaign.
func (c *worker) assign(ctx context.Context, id int64) error {
	if c.campaign == 0 {
		reply, err := c.do(ctx, "POST", "/api/campaign/add", fmt.Sprintf(`{"name":"campaign of %s","slug":"%s"}`, c.name, c.name))
		if err != nil {
			return err
		}
		c.campaign = reply.Get("id").Int()
	}
	_, err := c.do(ctx, "POST", fmt.Sprintf("/api/campaign/%d/assign/%d", c.campaign, id), "")
	return err
}

// verify reads every link by every id that its client ever got, and what was
// deleted, which must be gone.
func (w *crew) verify() {
	w.t.Helper()
	for _, c := range w.clients {
		for id := range c.links {
			if err := c.get(w.t.Context(), id); err != nil {
				w.t.Errorf("client %s: %v", c.name, err)
			}
		}
		for id := range c.gone {
			if a := c.site.do("GET", fmt.Sprintf("/api/url/%d", id), c.key, ""); a.Status != 404 && a.get("error").Int() == 0 {
				w.t.Errorf("client %s has deleted the link %d, which is still there: %s", c.name, id, a.Body)
			}
		}
	}
}
