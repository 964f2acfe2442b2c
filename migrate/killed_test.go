package migrate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/emulate"
	"github.com/linkquay/linkquay/adapters/gempixel"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/simulate"
	gempixelsite "github.com/linkquay/linkquay/simulate/gempixel"
	"github.com/linkquay/linkquay/store/storetest"
)

const (
	// killedChild is the environment variable that makes a test the process that
	// is killed. It names the sites and the database.
	killedChild = "LINKQUAY_TEST_MIGRATE"

	// kills is how often that is done.
	kills = 10
)

// TestCopyKilled moves links between two sites that have faults, by a process
// that is killed again and again.
func TestCopyKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	links := 10_000
	if raced {
		links = 1000
	}
	from, source := killedSite(t, "https://kr.example")
	to, target := killedSite(t, "https://us.example")
	at := from.placeForTest(t, source)
	var campaigns, channels []int64
	for i := range 5 {
		campaigns = append(campaigns, idOf(t, at, api.CreateCampaign, `{"name":"Campaign %d"}`, i))
		channels = append(channels, idOf(t, at, api.CreateChannel, `{"name":"Channel %d"}`, i/2)) // names are not unique
	}
	pixel := idOf(t, at, api.CreatePixel, `{"type":"fbpixel","name":"Shop","tag":"1234"}`)
	for i := range links {
		idOf(t, at, api.CreateLink, `{"url":"https://a.example/%d","custom":"alias%d","campaign":%d,"channel":%d,"pixels":[%d],"metatitle":"Link %d"}`,
			i, i, campaigns[i%5], channels[i%5], pixel, i)
	}
	source.faulty(t,
		simulate.Fault{Kind: simulate.Status, Status: 503, Percent: 2},
		simulate.Fault{Kind: simulate.HalfBody, Percent: 1, After: 7},
		simulate.Fault{Kind: simulate.RateLimit, RetryAfter: time.Second, Times: 5, After: links / 10},
		simulate.Fault{Kind: simulate.Login, Times: 2, After: links / 5},
	)
	target.faulty(t,
		simulate.Fault{Kind: simulate.DieAfterCommit, Method: "POST", Path: "/api/url/add", Percent: 2},
		simulate.Fault{Kind: simulate.CutJSON, Method: "POST", Path: "/api/url/add", Percent: 1, After: 13},
		simulate.Fault{Kind: simulate.DieAfterCommit, Method: "POST", Path: "/api/campaign/add", Times: 2},
		simulate.Fault{Kind: simulate.DieAfterCommit, Method: "POST", Path: "/api/channel/add", After: 1, Times: 2},
		simulate.Fault{Kind: simulate.Reset, Method: "POST", Path: "/api/url/add", After: links / 20, Times: 2},
		simulate.Fault{Kind: simulate.Reset, Method: "GET", Percent: 2},
		simulate.Fault{Kind: simulate.HTML, Method: "GET", Percent: 1, After: 5},
	)
	path := filepath.Join(t.TempDir(), "linkquay.db")
	where := strings.Join([]string{source.URL, target.URL, path}, " ")

	for n := range kills {
		child := startChild(t, where)
		child.killWhen(func() bool {
			if n == 0 {
				return len(source.Requests()) > links+20 // it is listing
			}
			return to.count() >= n*links/(kills+1)
		})
	}
	child := startChild(t, where)
	child.mustSucceed()
	to.check(t, from, links)
	checkRows(t, path, links)
}

// TestCopyKilledChild is the process that is killed.
func TestCopyKilledChild(t *testing.T) {
	where := strings.Fields(os.Getenv(killedChild))
	if len(where) != 3 {
		t.Skip("it is no child")
	}
	s := newStandAt(t, where[2])
	side := func(name, url, domain string) *migrate.Place {
		client, err := upstream.New(upstream.Config{Backend: name, BaseURL: url, Key: siteKey, Timeout: 10 * time.Second, RetryPause: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		a, err := gempixel.New(gempixel.Config{Name: name, Ledger: s.store.Ledger(), Timeout: 10 * time.Second}, client)
		if err != nil {
			t.Fatal(err)
		}
		return &migrate.Place{
			Name: name, Account: api.MainAccount, Origin: domain,
			Backend: emulate.Wrap(a, emulate.Config{Name: name, Native: s.native, Store: s.store}),
		}
	}
	m := &migrate.Mover{
		Store: s.store.Moves(), Source: side("kr", where[0], "https://kr.example"), Target: side("us", where[1], "https://us.example"),
	}
	var err error
	m.Move, err = m.Store.OpenMove(t.Context(), migrate.Move{Source: "kr", Target: "us", SourceAccount: api.MainAccount, TargetAccount: api.MainAccount})
	if err != nil {
		t.Fatal(err)
	}
	// An object that had bad luck five times in a row waits for the next one.
	for range 3 {
		summary, err := m.Copy(t.Context(), migrate.CopyOptions{Workers: 8, Retry: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v", summary)
		if summary.Failed == 0 {
			return
		}
	}
	t.Error("some rows keep failing")
}

// checkRows wants every link's row to be copied, compared and alike.
func checkRows(t *testing.T, path string, links int) {
	t.Helper()
	db := storetest.OpenPath(t, path)
	counts, err := db.Moves().CountRows(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range counts {
		if c.Status != migrate.Copied || c.Kind == adapters.KindLink && (c.Rows != links || c.Same != links) {
			t.Errorf("rows are %+v", c)
		}
	}
}

// child is the process that is killed.
type child struct {
	*exec.Cmd
	t    *testing.T
	out  bytes.Buffer
	done chan error
}

func startChild(t *testing.T, where string) *child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, Cmd: exec.CommandContext(t.Context(), exe, "-test.run=^TestCopyKilledChild$", "-test.v"), done: make(chan error, 1)}
	// It leaves its files behind, and they are to go with the test's.
	c.Env = append(os.Environ(), killedChild+"="+where, "TMPDIR="+t.TempDir())
	c.Stdout, c.Stderr = &c.out, &c.out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { c.done <- c.Wait() }()
	return c
}

// killWhen kills the process as soon as its time has come.
func (c *child) killWhen(due func() bool) {
	c.t.Helper()
	for !due() {
		select {
		case err := <-c.done:
			c.t.Fatalf("the process has ended before its time: %v\n%s", err, c.out.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := c.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	<-c.done
}

func (c *child) mustSucceed() {
	c.t.Helper()
	if err := <-c.done; err != nil {
		c.t.Fatalf("the last process: %v\n%s", err, c.out.String())
	}
	c.t.Logf("%s", c.out.String())
}

// site is a simulated one.
type site struct {
	*gempixelsite.Site
	domain string
}

type siteServer struct{ *simulate.Server }

func killedSite(t *testing.T, domain string) (*site, *siteServer) {
	t.Helper()
	s := gempixelsite.New(gempixelsite.Options{Keys: map[string]string{siteKey.Reveal(): "main"}, ShortDomain: domain})
	return &site{s, domain}, &siteServer{serve(t, s)}
}

func (s *site) placeForTest(t *testing.T, server *siteServer) *migrate.Place {
	t.Helper()
	return newStand(t).placeAt(t, "kr", s.domain, server.Server)
}

func (s *siteServer) faulty(t *testing.T, faults ...simulate.Fault) {
	t.Helper()
	if err := s.Fail(faults...); err != nil {
		t.Fatal(err)
	}
}

// count is how many links the site has.
func (s *site) count() int {
	var state struct{ Links int }
	text, err := json.Marshal(s.State())
	if err != nil || json.Unmarshal(text, &state) != nil {
		return len(s.Links())
	}
	return state.Links
}

// check wants the site to have each link of another one once, with what belongs
// to it.
func (s *site) check(t *testing.T, from *site, links int) {
	t.Helper()
	name := func(of *site, kind string, id int) string {
		for _, o := range of.Objects(kind) {
			if o.ID == id {
				return fmt.Sprint(o.Sent["name"])
			}
		}
		return ""
	}
	wanted := map[string]gempixelsite.Link{}
	for _, l := range from.Links() {
		wanted[l.Alias] = l
	}
	wrong := 0
	got := s.Links()
	seen := map[string]bool{}
	for _, l := range got {
		w, ok := wanted[l.Alias]
		if !ok || seen[l.Alias] || w.URL != l.URL || w.Sent["metatitle"] != l.Sent["metatitle"] || len(l.Channels) != 1 ||
			name(from, "campaign", w.Campaign) != name(s, "campaign", l.Campaign) || name(from, "channel", w.Channels[0]) != name(s, "channel", l.Channels[0]) {
			if wrong++; wrong < 10 {
				t.Errorf("the target has %+v; the source %+v", l, w)
			}
		}
		seen[l.Alias] = true
	}
	if len(got) != links || len(seen) != links {
		t.Errorf("the target has %d links, %d aliases; want %d", len(got), len(seen), links)
	}
	for _, kind := range []string{"campaign", "channel", "pixel"} {
		if has, want := len(s.Objects(kind)), len(from.Objects(kind)); has != want {
			t.Errorf("the target has %d of %s; want %d", has, kind, want)
		}
	}
}
