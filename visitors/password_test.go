package visitors_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/ratelimit"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/visitors"
)

const secret = "correct horse & battery"

const secretForm = "password=correct+horse+%26+battery"

func TestHandler_PasswordForm(t *testing.T) {
	s := newSite(t, []shortener.Link{{
		Alias: "locked", URL: "https://example.com/secret", MetaTitle: "Secret title", PasswordHash: hash(t, secret),
	}})
	for _, agent := range []string{chrome, slack} {
		resp := s.get("/locked", "User-Agent", agent)
		wantStatus(t, resp, 200)
		wantHeader(t, resp, "Cache-Control", "no-store")
		wantHeader(t, resp, "X-Robots-Tag", "noindex")
		text := body(t, resp)
		wantContains(t, text, `<form method="post">`, `<label for="password">Password</label>`, `autocomplete="current-password"`)
		wantWithout(t, text, "example.com/secret", "Secret title", `aria-invalid="true">`, "<script")
		// form-action would stop the redirect to the destination.
		wantWithout(t, resp.Header.Get("Content-Security-Policy"), "form-action", "script-src")
	}
	resp := s.send(s.request(http.MethodHead, "/locked"))
	wantStatus(t, resp, 200)
	s.wantVisits(0)
}

func TestHandler_Unlock(t *testing.T) {
	s := newSite(t, []shortener.Link{{
		Alias: "locked", URL: "https://example.com/secret", PasswordHash: hash(t, secret),
		Options: shortener.Options{RedirectCode: 301, ForwardQuery: true},
	}})
	resp := s.unlock("/locked?a=1&password=x", secretForm, "Referer", origin+"/locked")
	wantStatus(t, resp, http.StatusSeeOther)
	wantHeader(t, resp, "Location", "https://example.com/secret?a=1")
	wantHeader(t, resp, "Cache-Control", "no-store")
	wantHeader(t, resp, "Set-Cookie", "")
	s.wantVisits(1)
}

func TestHandler_UnlockRefused(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "locked", URL: "https://example.com/secret", PasswordHash: hash(t, secret)}})
	for name, c := range map[string]struct {
		form   string
		header []string
		status int
		text   string
	}{
		"Wrong":    {"password=wrong", nil, 403, "That password is not right."},
		"Case":     {strings.ToUpper(secretForm[:9]) + secretForm[9:], nil, 403, "Enter the password."},
		"Empty":    {"password=", nil, 403, "Enter the password."},
		"Missing":  {"", nil, 403, "Enter the password."},
		"TooLong":  {"password=" + strings.Repeat("x", 4097), nil, 413, "longer than a password can be"},
		"JSON":     {`{"password":"x"}`, []string{"Content-Type", "application/json"}, 403, "Enter the password."},
		"BadForm":  {"password=%zz", nil, 403, "Enter the password."},
		"NoType":   {secretForm, []string{"Content-Type", ""}, 403, "Enter the password."},
		"InTheURL": {"", nil, 403, "Enter the password."},
	} {
		t.Run(name, func(t *testing.T) {
			path := "/locked"
			if name == "InTheURL" {
				path += "?" + secretForm
			}
			resp := s.unlock(path, c.form, c.header...)
			wantStatus(t, resp, c.status)
			wantHeader(t, resp, "Location", "")
			wantHeader(t, resp, "Cache-Control", "no-store")
			text := body(t, resp)
			wantContains(t, text, c.text, `aria-describedby="problem why"`, `aria-invalid="true">`, `id="problem" role="alert"`)
			wantWithout(t, text, "example.com/secret", "battery", "<script")
		})
	}
	s.wantVisits(0)
}

func TestHandler_UnlockComesAfterTheEnd(t *testing.T) {
	s := newSite(t, []shortener.Link{{
		Alias: "locked", URL: "https://example.com", Expires: now, PasswordHash: hash(t, secret),
		Options: shortener.Options{ExpiredURL: "https://example.com/instead"},
	}})
	resp := s.unlock("/locked", secretForm)
	wantStatus(t, resp, http.StatusSeeOther)
	wantHeader(t, resp, "Location", "https://example.com/instead")
}

func TestHandler_UnlockTakesAVisit(t *testing.T) {
	s := newSite(t, []shortener.Link{{
		Alias: "locked", URL: "https://example.com", PasswordHash: hash(t, secret), Options: shortener.Options{ClickLimit: 1},
	}})
	wantStatus(t, s.unlock("/locked", "password=wrong"), 403)
	wantStatus(t, s.get("/locked"), 200)
	wantStatus(t, s.unlock("/locked", secretForm), 303)
	wantStatus(t, s.unlock("/locked", secretForm), 410)
	s.wantVisits(1)
}

func TestHandler_UnlockShowsThePage(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "locked", Type: "splash", URL: "https://example.com/to", PasswordHash: hash(t, secret)}})
	resp := s.unlock("/locked", secretForm)
	wantStatus(t, resp, 200)
	wantContains(t, body(t, resp), `href="https://example.com/to"`)
	s.wantVisits(1)
}

func TestHandler_AttemptsLimited(t *testing.T) {
	s := newSite(t, []shortener.Link{
		{Alias: "locked", URL: "https://example.com/1", PasswordHash: hash(t, secret)},
		{Alias: "other", URL: "https://example.com/2", PasswordHash: hash(t, secret)},
	}, func(s *site) { s.config.Attempts = api.Rate{Requests: 2, Window: 5 * time.Minute} })
	for range 2 {
		wantStatus(t, s.unlock("/locked", "password=wrong"), 403)
	}
	s.clock = now.Add(10 * time.Second)
	resp := s.unlock("/locked", secretForm, "Accept-Language", "fr")
	wantStatus(t, resp, http.StatusTooManyRequests)
	wantHeader(t, resp, "Retry-After", "290")
	wantContains(t, body(t, resp), "Trop de tentatives", "dans 5 minutes", `href="/locked"`)
	if s.outcomes[len(s.outcomes)-1] != visitors.Limited {
		t.Errorf("outcomes = %v", s.outcomes)
	}
	// Another link, another address, and the same after the window.
	wantStatus(t, s.unlock("/other", secretForm), 303)
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/locked", strings.NewReader(secretForm))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := s.handler.ServeHTTP(w, r, netip.MustParseAddr("192.0.2.8")); err != nil || w.Code != 303 {
		t.Errorf("another address got %d, %v", w.Code, err)
	}
	s.clock = now.Add(5 * time.Minute)
	wantStatus(t, s.unlock("/locked", secretForm), 303)
}

// An address cannot start over by taking another one of its own network.
func TestHandler_AttemptsOfANetwork(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "locked", URL: "https://example.com", PasswordHash: hash(t, secret)}},
		func(s *site) { s.config.Attempts = api.Rate{Requests: 1, Window: time.Minute} })
	for _, c := range []struct {
		address string
		status  int
	}{{"2001:db8::1", 303}, {"2001:db8::2", 429}, {"2001:db8:0:1::2", 303}} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/locked", strings.NewReader(secretForm))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if err := s.handler.ServeHTTP(w, r, netip.MustParseAddr(c.address)); err != nil || w.Code != c.status {
			t.Errorf("%s got %d, %v; want %d", c.address, w.Code, err, c.status)
		}
	}
}

type brokenLimiter struct{ ratelimit.Limiter }

func (brokenLimiter) Take(context.Context, string, api.Rate) (ratelimit.Result, error) {
	return ratelimit.Result{}, errors.New("connection refused")
}

// Whoever cannot count attempts lets none through.
func TestHandler_AttemptsUncounted(t *testing.T) {
	s := newSite(t, []shortener.Link{{Alias: "locked", URL: "https://example.com", PasswordHash: hash(t, secret)}},
		func(s *site) { s.config.Limiter = brokenLimiter{} })
	wantStatus(t, s.unlock("/locked", secretForm), http.StatusServiceUnavailable)
	s.wantVisits(0)
}
