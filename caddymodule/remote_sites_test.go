package caddymodule_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/simulate"
	"github.com/linkquay/linkquay/simulate/dglnk"
	"github.com/linkquay/linkquay/simulate/gempixel"
)

// The keys that the simulated sites take.
const (
	gempixelSiteKey = "the-gempixel-site-key-0123456789"
	dglnkSiteKey    = "the-dglnk-site-key-0123456789"
)

// remoteKinds are the kinds of sites that a backend can be.
var remoteKinds = []string{"gempixel", "dglnk 1", "dglnk 3"}

// remoteSite is a simulated site of one kind, to be a backend.
type remoteSite struct {
	*simulate.Server
	kind string

	// create is where links are made.
	create string

	// shorts returns the short URLs of all its links, oldest first.
	shorts func() []string

	// targets returns where they lead, each with the short URLs that lead there.
	targets func() map[string][]string
}

// simulated starts a site of the kind.
func simulated(t testing.TB, kind string, o simulate.Options) *remoteSite {
	t.Helper()
	s := &remoteSite{kind: kind}
	var err error
	if kind == "gempixel" {
		site := gempixel.New(gempixel.Options{Keys: map[string]string{gempixelSiteKey: "main"}})
		s.create = "/api/url/add"
		s.shorts = func() (all []string) {
			for _, l := range site.Links() {
				all = append(all, l.ShortURL)
			}
			return all
		}
		s.targets = func() map[string][]string {
			all := map[string][]string{}
			for _, l := range site.Links() {
				all[l.URL] = append(all[l.URL], l.ShortURL)
			}
			return all
		}
		s.Server, err = simulate.Start(t.Context(), site, o)
	} else {
		s.create = "/api/links/create"
		version := 1
		if kind == "dglnk 3" {
			version, s.create = 3, "/api/v1/link"
		}
		site := dglnk.New(dglnk.Options{APIVersion: version, Key: dglnkSiteKey})
		s.shorts = func() (all []string) {
			for _, l := range site.Links() {
				all = append(all, s.URL+"/"+cmp.Or(l.Alias, l.Hash))
			}
			return all
		}
		s.targets = func() map[string][]string {
			all := map[string][]string{}
			for _, l := range site.Links() {
				if l.DeletedAt.IsZero() {
					all[l.LongURL] = append(all[l.LongURL], s.URL+"/"+cmp.Or(l.Alias, l.Hash))
				}
			}
			return all
		}
		s.Server, err = simulate.Start(t.Context(), site, o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// backend is the site as a backend in the global block, with a key to it. The
// gempixel key has all scopes. Options are further lines of the backend.
func (s *remoteSite) backend(name, key string, options ...string) string {
	adapter, siteKey := "gempixel", gempixelSiteKey
	if kind, version, ok := strings.Cut(s.kind, " "); ok {
		adapter, siteKey = kind, dglnkSiteKey
		options = append(options, "api_version "+version)
	}
	return fmt.Sprintf(`
		backend %s %s %s {
			api_key %s
			%s
		}
		key %s %s {
			backend %s
			scopes admin
		}
`, name, adapter, s.URL, siteKey, strings.Join(options, "\n\t\t\t"), name, key, name)
}

// fail sets faults.
func (s *remoteSite) fail(t testing.TB, faults ...simulate.Fault) {
	t.Helper()
	if err := s.Fail(faults...); err != nil {
		t.Fatal(err)
	}
}
