package visitors_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors"
)

// adopter is a fake that takes over the domain brand.example: each alias does
// what its name says.
type adopter struct {
	s     *site
	asked []string
}

func (a *adopter) Domain(host string) *shortener.Domain {
	if strings.TrimSuffix(host, ":8443") != "brand.example" {
		return nil
	}
	return &shortener.Domain{Account: "main", Host: "brand.example", Scheme: "https"}
}

func (a *adopter) Adopt(_ context.Context, host, alias string, client netip.Addr) (string, error) {
	a.asked = append(a.asked, host+"/"+alias)
	if !client.IsValid() {
		a.s.t.Error("no client address was given")
	}
	switch alias {
	case "taken", "same", "limited":
		l := &shortener.Link{ID: 100, Account: "main", Domain: host, Alias: alias, URL: "https://example.com/" + alias, Type: shortener.TypeDirect}
		l.Options.Disabled = alias == "limited"
		a.s.store.links[host+"/"+alias] = l
		a.s.index.Remove(host, alias)
		return "", nil
	case "passed":
		return "https://example.com/passed?x=1", nil
	case "evil":
		return "https://evil.example/", nil
	case "wait":
		return "", &api.Error{Code: api.RateLimited, Message: "Wait."}
	case "away":
		return "", &api.Error{Code: api.Unavailable, Message: "Later."}
	case "lost":
		return "", nil // but it is not there
	}
	return "", &api.Error{Code: api.NotFound, Message: "No."}
}

func TestHandler_Adopt(t *testing.T) {
	for name, c := range map[string]struct {
		method, host, path string
		err                api.Code // empty for none, NotFound for ErrNotFound
		status             int
		to                 string
		outcomes           []visitors.Outcome
		asked, visits      int
	}{
		"TakenOver":      {path: "/taken", status: 302, to: "https://example.com/taken", outcomes: []visitors.Outcome{visitors.Redirected}, asked: 1, visits: 1},
		"Slash":          {path: "/taken/", status: 302, to: "https://example.com/taken", outcomes: []visitors.Outcome{visitors.Redirected}, asked: 1, visits: 1},
		"Port":           {host: "Brand.example.:8443", path: "/taken", status: 302, to: "https://example.com/taken", outcomes: []visitors.Outcome{visitors.Redirected}, asked: 1, visits: 1},
		"Head":           {method: "HEAD", path: "/taken", status: 302, to: "https://example.com/taken", outcomes: []visitors.Outcome{visitors.Redirected}, asked: 1},
		"NotTheMainOne":  {path: "/same", status: 302, to: "https://example.com/same", outcomes: []visitors.Outcome{visitors.Redirected}, asked: 1, visits: 1},
		"Disabled":       {path: "/limited", status: 410, outcomes: []visitors.Outcome{visitors.Gone}, asked: 1},
		"PassedOn":       {path: "/passed", status: 302, to: "https://example.com/passed?x=1", outcomes: []visitors.Outcome{visitors.Redirected}, asked: 1},
		"PassedToEvil":   {path: "/evil", status: 403, outcomes: []visitors.Outcome{visitors.Blocked}, asked: 1},
		"NotThere":       {path: "/nothing", err: api.NotFound, asked: 1},
		"Lost":           {path: "/lost", err: api.NotFound, asked: 1},
		"Wait":           {path: "/wait", err: api.RateLimited, outcomes: []visitors.Outcome{visitors.Limited}, asked: 1},
		"Away":           {path: "/away", err: api.Unavailable, outcomes: []visitors.Outcome{visitors.Failed}, asked: 1},
		"Post":           {method: "POST", path: "/taken", err: api.NotFound},
		"NoAlias":        {path: "/no.alias", err: api.NotFound},
		"Root":           {path: "/", err: api.NotFound},
		"Statistics":     {path: "/taken+", err: api.NotFound},
		"Picture":        {path: "/qr/taken", err: api.NotFound},
		"MainDomain":     {host: "go.example.com", path: "/taken", err: api.NotFound},
		"MainDomainLink": {host: "go.example.com", path: "/same", status: 302, to: "https://example.com/main", outcomes: []visitors.Outcome{visitors.Redirected}, visits: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var a *adopter
			s := newSite(t, []shortener.Link{{Alias: "same", URL: "https://example.com/main"}}, func(s *site) {
				a = &adopter{s: s}
				s.config.Adopter = a
			})
			if c.method == "" {
				c.method = http.MethodGet
			}
			if c.host == "" {
				c.host = "brand.example"
			}
			r := s.request(c.method, c.path)
			r.Host = c.host
			w := httptest.NewRecorder()
			err := s.handler.ServeHTTP(w, r, client)
			switch {
			case c.err == "" && err != nil, c.err == api.NotFound && !errors.Is(err, visitors.ErrNotFound),
				c.err != "" && c.err != api.NotFound && api.AsError(err).Code != c.err:
				t.Errorf("error = %v; want %q", err, c.err)
			}
			if c.err == "" && (w.Code != c.status || w.Header().Get("Location") != c.to) {
				t.Errorf("%d to %q; want %d to %q", w.Code, w.Header().Get("Location"), c.status, c.to)
			}
			if name == "PassedOn" && w.Header().Get("Cache-Control") != "no-store" {
				t.Error("a browser may keep where the link led this time")
			}
			if !slices.Equal(s.outcomes, c.outcomes) || len(a.asked) != c.asked {
				t.Errorf("counted %v, asked %v; want %v, %d", s.outcomes, a.asked, c.outcomes, c.asked)
			}
			s.wantVisits(c.visits)
		})
	}
}
