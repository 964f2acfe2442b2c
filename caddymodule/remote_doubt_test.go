package caddymodule_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/linkquay/linkquay/simulate"
)

// between is what happens before a client repeats its request.
var between = map[string]func(t *testing.T, s *site, config string){
	"at once": func(*testing.T, *site, string) {},
	"after a reload": func(t *testing.T, s *site, config string) {
		if err := s.load(strings.Replace(config, "rate_limit off", "rate_limit 1000 1m", 1)); err != nil {
			t.Fatal(err)
		}
	},
	"after a restart": func(t *testing.T, s *site, config string) {
		if err := caddy.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := s.load(config); err != nil {
			t.Fatal(err)
		}
	},
}

// TestRemote_OneLink: whatever becomes of the answer to a create, a client that
// repeats its request until it is answered has one link, and is told which.
func TestRemote_OneLink(t *testing.T) {
	faults := map[string]simulate.Fault{
		"late":             {Kind: simulate.Late, Delay: 3 * time.Second, Times: 1},
		"die after commit": {Kind: simulate.DieAfterCommit, Times: 1},
		"5xx after commit": {Kind: simulate.Status, Status: 502, Commit: true, Times: 1},
		"cut off":          {Kind: simulate.HalfBody, Times: 1},
	}
	bodies := map[string]string{
		"":        `{"url":"https://example.com/one?a=1&b=2"}`,
		", alias": `{"url":"https://example.com/one?a=1&b=2","custom":"chosen"}`,
	}
	for _, kind := range remoteKinds {
		for name, fault := range faults {
			for alias, body := range bodies {
				if name == "late" && alias == "" {
					continue // it takes as long as a timeout
				}
				t.Run(kind+"/"+name+alias, func(t *testing.T) {
					remote := simulated(t, kind, simulate.Options{})
					fault.Method, fault.Path = "POST", remote.create
					s := nativeSite(t, inDoubt(remote, "timeout 1s"))
					remote.fail(t, fault)
					s.repeated(remote, gempixelKey, body)
				})
			}
		}
		for name, happens := range between {
			for alias, body := range bodies {
				t.Run(kind+"/"+name+alias, func(t *testing.T) {
					remote := simulated(t, kind, simulate.Options{})
					options := inDoubt(remote, "timeout 5s")
					s := nativeSite(t, options)
					remote.fail(t,
						simulate.Fault{Kind: simulate.DieAfterCommit, Method: "POST", Path: remote.create, Times: 1},
						simulate.Fault{Kind: simulate.Status, Status: 500, Method: "GET"},
					)
					a := s.do("POST", "/api/url/add", gempixelKey, body)
					if a.Status != 503 || !strings.Contains(a.Body, "may have been created") {
						t.Errorf("nobody knows what came of it: %d %s; want a 503 that says so", a.Status, a.Body)
					}
					happens(t, s, siteConfig(options))
					remote.Heal()
					s.repeated(remote, gempixelKey, body)
				})
			}
		}
	}
}

// inDoubt are the options of a site with a remote backend, on whose short URLs
// it may look where they lead.
func inDoubt(remote *remoteSite, options ...string) string {
	return "rate_limit off\n\t\tprivate_networks 127.0.0.0/8\n" + remote.backend("there", gempixelKey, options...)
}

// repeated sends a create until it is answered, and checks that the site has
// one link and that it is the answered one.
func (s *site) repeated(remote *remoteSite, key, body string) {
	s.t.Helper()
	var a answer
	for try := range 4 {
		if a = s.do("POST", "/api/url/add", key, body); a.Status == 200 {
			break
		}
		if a.Status != 503 {
			s.t.Fatalf("try %d: %d %s; want 200 or 503", try+1, a.Status, a.Body)
		}
	}
	if a.Status != 200 {
		s.t.Fatalf("it is never answered: %d %s", a.Status, a.Body)
	}
	s.single(remote, key, a)
}

// single checks that the site has the one link that was answered.
func (s *site) single(remote *remoteSite, key string, a answer) {
	s.t.Helper()
	short := a.get("shorturl").String()
	if got := remote.shorts(); !slices.Equal(got, []string{short}) {
		s.t.Errorf("the site has %v; want %q, which was answered", got, short)
	}
	if got := s.do("GET", fmt.Sprintf("/api/url/%d", a.get("id").Int()), key, ""); got.get("details.shorturl").String() != short {
		s.t.Errorf("the answered id is of %d %s; want %q", got.Status, got.Body, short)
	}
	list := s.do("GET", "/api/urls", key, "")
	if list.get("data.urls.#").Int() != 1 || list.get("data.urls.0.id").Int() != a.get("id").Int() {
		s.t.Errorf("the list is %d %s; want the one link", list.Status, list.Body)
	}
}

// TestRemote_ClientGone: a client whose connection is cut before it is answered
// sends its request again, and has one link.
func TestRemote_ClientGone(t *testing.T) {
	const body = `{"url":"https://example.com/gone"}`
	// The answer takes a second.
	ways := map[string]struct {
		happens string
		after   time.Duration
	}{
		"under way":                {"at once", 0},
		"under way, with a reload": {"after a reload", 200 * time.Millisecond},
		"over, with a restart":     {"after a restart", 1400 * time.Millisecond},
	}
	for _, kind := range remoteKinds {
		for name, way := range ways {
			t.Run(kind+"/"+name, func(t *testing.T) {
				remote := simulated(t, kind, simulate.Options{})
				options := inDoubt(remote, "timeout 10s")
				s := nativeSite(t, options)
				remote.fail(t, simulate.Fault{Kind: simulate.Late, Delay: time.Second, Method: "POST", Path: remote.create, Times: 1})
				s.abandoned(t, "/api/url/add", body, func() bool { return len(remote.shorts()) == 1 })
				time.Sleep(way.after)
				between[way.happens](t, s, siteConfig(options))
				s.repeated(remote, gempixelKey, body)
			})
		}
	}
}

// abandoned sends a create and hangs up, unanswered, as soon as the site is seen
// to have some of it.
func (s *site) abandoned(t *testing.T, path, body string, seen func() bool) {
	t.Helper()
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", gempixelKey)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if resp, err := http.DefaultClient.Do(r); err == nil {
			t.Error("it was answered before it could hang up")
			_ = resp.Body.Close()
		}
	}()
	eventually(t, "the site has it", seen)
	hangUp()
	<-gone
}
