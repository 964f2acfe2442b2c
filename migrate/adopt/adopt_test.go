package adopt_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate/adopt"
)

// TestAdopter_Adopt: what a visitor gets, what is written, and who was asked.
func TestAdopter_Adopt(t *testing.T) {
	const away = "https://example.com/away"
	for name, c := range map[string]struct {
		config func(*adopt.Config, *adopt.Domain)
		setup  func(p *provider)
		to     string
		code   api.Code // empty: taken over or passed on
		asked  string
		want   string // what is stored; empty for nothing
		locked bool
		count  adopt.Outcome
		asks   string // the same again
	}{
		"WholeByAPI": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away","custom":"abc","domain":"go.example.com","metatitle":"T","expiry":"2030-01-01T00:00:00Z"}`)
			},
			asked: "api abc",
			want:  `{"url":"https://example.com/away","custom":"abc","domain":"go.example.com","metatitle":"T","expiry":"2030-01-01T00:00:00Z"}`,
			count: adopt.TakenOver,
		},
		"WithoutWhatItRefersTo": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away","campaign":3,"channel":4,"pixels":[5],"type":"overlay-9","status":"public"}`)
			},
			asked: "api abc", want: `{"url":"https://example.com/away","status":"public","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"SplashByNumber": {
			setup: func(p *provider) { p.links["abc"] = link(`{"url":"https://example.com/away","type":"12"}`) },
			asked: "api abc", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"NotThere": {code: api.NotFound, asked: "api abc", count: adopt.Missing},
		"PasswordKnownHash": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`)
				p.links["abc"].Protected, p.links["abc"].PasswordHash = true, "$argon2id$x"
			},
			asked: "api abc", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"PasswordTold": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`)
				p.links["abc"].Protected = true
			},
			asked: "api abc", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, locked: true, count: adopt.TakenOver,
		},
		"PasswordUntoldAndNone": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password")
				p.pages["abc"] = redirect("https://m.example.com/for-phones")
			},
			asked: "api abc, open abc, open RANDOM", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"PasswordUntoldAndThere": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password")
				p.pages["abc"] = page(200, passwordForm)
			},
			asked: "api abc, open abc, open RANDOM", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, locked: true, count: adopt.TakenOver,
		},
		"PasswordUntoldAndFormElsewhere": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password")
				p.pages["abc"] = redirect("https://old.example/unlock?abc")
			},
			asked: "api abc, open abc, open RANDOM", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, locked: true, count: adopt.TakenOver,
		},
		"PasswordUntoldAndPage": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away","type":"frame"}`, "password")
				p.pages["abc"] = page(200, `<iframe src="https://example.com/away">`)
			},
			asked: "api abc, open abc", want: `{"url":"https://example.com/away","type":"frame","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"PasswordUntoldAndDestinationAtProvider": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://old.example/pricing"}`, "password")
				p.pages["abc"] = redirect("https://old.example/pricing")
			},
			asked: "api abc, open abc", want: `{"url":"https://old.example/pricing","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"PasswordUntoldAndAddressUnknown": {
			setup: func(p *provider) { p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password") },
			code:  api.Unavailable, asked: "api abc, open abc", count: adopt.Failed, asks: "api abc, open abc",
		},
		"PasswordUntoldAndEnded": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away","expiry":"2026-06-30T00:00:00Z"}`, "password")
			},
			asked: "api abc, open abc", count: adopt.TakenOver,
			want: `{"url":"https://example.com/away","expiry":"2026-06-30T00:00:00Z","domain":"go.example.com","custom":"abc"}`,
		},
		"PasswordUntoldAndAddressAway": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password")
				p.openErr = errors.New("connection refused")
			},
			code: api.Unavailable, asked: "api abc, open abc", count: adopt.Failed, asks: "api abc, open abc",
		},
		"PasswordUntoldAndPageForEverybody": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password")
				p.every = page(200, "Welcome to a web server!")
			},
			code: api.Unavailable, asked: "api abc, open abc, open RANDOM", count: adopt.Failed, asks: "api abc, open abc",
		},
		"PasswordUntoldAndLoginForEverybody": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password")
				p.every = page(200, passwordForm)
			},
			code: api.Unavailable, asked: "api abc, open abc, open RANDOM", count: adopt.Failed, asks: "api abc, open abc",
		},
		"PasswordUntoldAndHomeForEverybody": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password")
				p.every = redirect("https://old.example/")
			},
			code: api.Unavailable, asked: "api abc, open abc, open RANDOM", count: adopt.Failed, asks: "api abc, open abc",
		},
		"PasswordUntoldAndParkedForEverybody": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password")
				p.every = redirect("https://parked.example/?from=ALIAS")
			},
			code: api.Unavailable, asked: "api abc, open abc, open RANDOM", count: adopt.Failed, asks: "api abc, open abc",
		},
		"PasswordUntoldAndItself": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`, "password")
				p.pages["abc"] = redirect("https://GO.example.com:443/abc?again=1")
			},
			code: api.Unavailable, asked: "api abc, open abc", count: adopt.Failed, asks: "api abc, open abc",
		},
		"LimitOfAPIPassesOn": {
			setup: func(p *provider) {
				p.apiErr = &api.Error{Code: api.RateLimited, Message: "Later."}
				p.pages["abc"] = redirect(away)
			},
			to: away, asked: "api abc, open abc", count: adopt.PassedOn, asks: "api abc, open abc",
		},
		"LimitOfAPIAndNotThere": {
			setup: func(p *provider) { p.apiErr = &api.Error{Code: api.RateLimited, Message: "Later."} },
			code:  api.NotFound, asked: "api abc, open abc", count: adopt.Missing, asks: "api abc, open abc",
		},
		"LimitOfAPIAndPage": {
			setup: func(p *provider) {
				p.apiErr = &api.Error{Code: api.RateLimited, Message: "Later."}
				p.pages["abc"] = page(200, "A page")
			},
			code: api.Unavailable, asked: "api abc, open abc", count: adopt.Failed, asks: "api abc, open abc",
		},
		"AllAway": {
			setup: func(p *provider) { p.apiErr, p.openErr = errors.New("refused"), errors.New("refused") },
			code:  api.Unavailable, asked: "api abc, open abc", count: adopt.Failed, asks: "api abc, open abc",
		},
		"NoSearchInAPI": {
			setup: func(p *provider) {
				p.apiErr = &api.Error{Code: api.Unsupported, Message: "No."}
				p.pages["abc"] = redirect(away)
			},
			asked: "api abc, open abc, open RANDOM", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"DeletedHere": {
			config: func(c *adopt.Config, _ *adopt.Domain) {
				c.Retired = func(_ context.Context, domain, alias string) (bool, error) {
					return domain == host && alias == "abc", nil
				}
			},
			setup: func(p *provider) { p.links["abc"] = link(`{"url":"https://example.com/away"}`) },
			code:  api.NotFound, count: adopt.Missing,
		},
		"WhetherDeletedUnknown": {
			config: func(c *adopt.Config, _ *adopt.Domain) {
				c.Retired = func(context.Context, string, string) (bool, error) { return false, errors.New("down") }
			},
			setup: func(p *provider) { p.links["abc"] = link(`{"url":"https://example.com/away"}`) },
			code:  api.Unavailable, count: adopt.Failed,
		},
		"ByLedger": {
			config: ledger,
			setup:  func(p *provider) { p.links["abc"] = link(`{"url":"https://example.com/away"}`) },
			asked:  "api abc", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"NotInLedger": {
			config: ledger,
			setup:  func(p *provider) { p.pages["abc"] = redirect(away) },
			asked:  "api abc, open abc, open RANDOM", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"ByAddress": {
			config: noAPI,
			setup:  func(p *provider) { p.pages["abc"] = redirect(away) },
			asked:  "open abc, open RANDOM", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"ByAddressNotThere": {config: noAPI, code: api.NotFound, asked: "open abc", count: adopt.Missing},
		"ByAddressGone":     {config: noAPI, setup: func(p *provider) { p.pages["abc"] = page(410, "") }, code: api.NotFound, asked: "open abc", count: adopt.Missing},
		"ByAddressLocked":   {config: noAPI, setup: func(p *provider) { p.pages["abc"] = page(200, passwordForm) }, code: api.NotFound, asked: "open abc", count: adopt.Refused},
		"ByAddressPage":     {config: noAPI, setup: func(p *provider) { p.pages["abc"] = page(200, "A page") }, code: api.NotFound, asked: "open abc", count: adopt.Refused},
		"ByAddressScript":   {config: noAPI, setup: func(p *provider) { p.pages["abc"] = redirect("javascript:alert(1)") }, code: api.NotFound, asked: "open abc", count: adopt.Refused},
		"ByAddressHome":     {config: noAPI, setup: func(p *provider) { p.pages["abc"] = redirect("https://go.example.com/") }, code: api.NotFound, asked: "open abc", count: adopt.Missing},
		"ByAddressProvider": {config: noAPI, setup: func(p *provider) { p.pages["abc"] = redirect("https://OLD.example:443/404") }, code: api.NotFound, asked: "open abc", count: adopt.Missing},
		"ByAddressItself": {
			config: noAPI, setup: func(p *provider) { p.pages["abc"] = redirect("http://go.example.com/abc/") },
			code: api.Unavailable, asked: "open abc", count: adopt.Failed, asks: "open abc",
		},
		"ByAddress403": {
			config: noAPI, setup: func(p *provider) { p.pages["abc"] = page(403, "") },
			code: api.Unavailable, asked: "open abc", count: adopt.Failed, asks: "open abc",
		},
		"ByAddress500": {
			config: noAPI, setup: func(p *provider) { p.pages["abc"] = page(500, "") },
			code: api.Unavailable, asked: "open abc", count: adopt.Failed, asks: "open abc",
		},
		"ByAddressForEverybody": {
			config: noAPI, setup: func(p *provider) { p.every = redirect("https://shop.example/") },
			code: api.NotFound, asked: "open abc, open RANDOM", count: adopt.Missing,
		},
		"ByAddressForEverybodyWithAlias": {
			config: noAPI, setup: func(p *provider) { p.every = redirect("https://shop.example/lost?path=ALIAS") },
			code: api.NotFound, asked: "open abc, open RANDOM", count: adopt.Missing,
		},
		"ByAddressBesideEverybody": {
			config: noAPI,
			setup: func(p *provider) {
				p.every = redirect("https://shop.example/")
				p.pages["abc"] = redirect(away)
			},
			asked: "open abc, open RANDOM", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"WithoutWhatIsRefused": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away","devicetarget":[{"device":"toaster","link":"https://example.com/"}],"deeplink":{"apple":"x"},"externalid":"7","metatitle":"T"}`)
			},
			asked: "api abc", want: `{"url":"https://example.com/away","metatitle":"T","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"RefusedHere": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"ftp://example.com/"}`)
				p.refuse = api.InvalidField("url", "Please enter a valid URL.")
			},
			code: api.NotFound, asked: "api abc", count: adopt.Refused,
		},
		"TakenMeanwhile": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`)
				p.refuse = &api.Error{Code: api.Conflict, Message: "Taken.", Fields: []api.FieldError{{Field: "custom", Message: "Taken."}}}
			},
			asked: "api abc", count: adopt.Refused,
		},
		"DomainOfAnotherAccount": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`)
				p.domainErr = &api.Error{Code: api.Conflict, Message: "The domain has been already used."}
			},
			code: api.NotFound, asked: "api abc", count: adopt.Refused,
		},
		"DomainMadeMeanwhile": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`)
				p.made = true
				p.domainErr = &api.Error{Code: api.Conflict, Message: "The domain has been already used."}
			},
			asked: "api abc", want: `{"url":"https://example.com/away","domain":"go.example.com","custom":"abc"}`, count: adopt.TakenOver,
		},
		"DomainRefused": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`)
				p.domainErr = api.InvalidField("domain", "is where this service's own short links stand")
			},
			code: api.NotFound, asked: "api abc", count: adopt.Refused,
		},
		"DatabaseAway": {
			setup: func(p *provider) {
				p.links["abc"] = link(`{"url":"https://example.com/away"}`)
				p.refuse = &api.Error{Code: api.Unavailable, Message: "Later."}
			},
			code: api.Unavailable, asked: "api abc", count: adopt.Failed, asks: "api abc",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			if c.setup != nil {
				c.setup(p)
			}
			a := p.adopter(c.config)
			to, err := a.Adopt(t.Context(), host, "abc", visitor)
			if to != c.to || (err == nil) != (c.code == "") || err != nil && api.AsError(err).Code != c.code {
				t.Errorf("Adopt = %q, %v; want %q, %q", to, err, c.to, c.code)
			}
			if got := p.took(); got != c.asked {
				t.Errorf("asked: %s; want %s", got, c.asked)
			}
			stored, ok := p.stored["abc"]
			if string(stored.Document) != c.want || ok && (stored.ID != 0 || stored.Channels != nil) || stored.PasswordHash == "" && stored.Protected != c.locked {
				t.Errorf("stored %s, protected: %t; want %s, %t", stored.Document, stored.Protected, c.want, c.locked)
			}
			if ok && !slices.Equal(p.forgot, []string{host + "/abc"}) {
				t.Errorf("forgot %v", p.forgot)
			}
			if p.counts[c.count] != 1 {
				t.Errorf("counted %v; want one %s", p.counts, c.count)
			}
			if c.code == "" && c.to == "" {
				return
			}
			again, errAgain := a.Adopt(t.Context(), host, "abc", visitor)
			if again != to || fmt.Sprint(api.AsError(errAgain).Code) != fmt.Sprint(api.AsError(err).Code) {
				t.Errorf("again: %q, %v; want %q, %v", again, errAgain, to, err)
			}
			if got := p.took(); got != c.asks {
				t.Errorf("again asked: %s; want %s", got, c.asks)
			}
		})
	}
}

// TestAdopter_Misses: what leads nowhere is asked for again when its time is
// over, and then found.
func TestAdopter_Misses(t *testing.T) {
	p := newProvider(t)
	a := p.adopter(func(_ *adopt.Config, d *adopt.Domain) { d.Misses = time.Minute })
	for step, c := range []struct {
		wait  time.Duration
		found bool
		asked string
	}{
		{0, false, "api abc"}, {59 * time.Second, false, ""}, {time.Second, true, "api abc"},
	} {
		if p.now = p.now.Add(c.wait); c.found {
			p.links["abc"] = link(`{"url":"https://example.com/away"}`)
		}
		_, err := a.Adopt(t.Context(), host, "abc", visitor)
		if got := p.took(); (err == nil) != c.found || got != c.asked {
			t.Errorf("step %d: %v, asked %q; want found: %t, asked %q", step, err, got, c.found, c.asked)
		}
	}
}

// TestAdopter_Limit: an address that guesses is told to wait, and nobody else.
func TestAdopter_Limit(t *testing.T) {
	p := newProvider(t)
	a := p.adopter(func(c *adopt.Config, _ *adopt.Domain) { c.Rate = api.Rate{Requests: 3, Window: time.Minute} })
	for i := range 10 {
		alias := fmt.Sprintf("good-%d", i)
		p.links[alias] = link(`{"url":"https://example.com/away"}`)
		if _, err := a.Adopt(t.Context(), host, alias, visitor); err != nil {
			t.Fatalf("link %d: %v", i, err)
		}
	}
	for i := range 6 {
		want := api.NotFound
		if i >= 3 {
			want = api.RateLimited
		}
		_, err := a.Adopt(t.Context(), host, fmt.Sprintf("guess-%d", i), visitor)
		if e := api.AsError(err); e.Code != want || want == api.RateLimited && e.RetryAfter != time.Minute {
			t.Errorf("guess %d: %v; want %s", i, err, want)
		}
	}
	if _, err := a.Adopt(t.Context(), host, "guess-0", visitor); api.AsError(err).Code != api.NotFound {
		t.Errorf("what is remembered: %v; want it to cost nothing", err)
	}
	if _, err := a.Adopt(t.Context(), host, "guess-9", netip.MustParseAddr("192.0.2.8")); api.AsError(err).Code != api.NotFound {
		t.Errorf("another address: %v", err)
	}
	if n := len(strings.Split(p.took(), ", ")); n != 10+3+1 {
		t.Errorf("%d lookups; want 14", n)
	}
}

// TestAdopter_Guesses: strangers who guess, each from an address of its own, do
// not use up what the API allows, and links go on being taken over.
func TestAdopter_Guesses(t *testing.T) {
	p := newProvider(t)
	a := p.adopter(nil)
	for i := range 100 {
		_, err := a.Adopt(t.Context(), host, fmt.Sprintf("guess-%d", i), netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}))
		if api.AsError(err).Code != api.NotFound {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	if n := strings.Count(p.took(), "api "); n != 10 {
		t.Errorf("100 guesses cost %d calls; want 10", n)
	}
	p.links["good"] = link(`{"url":"https://example.com/away","metatitle":"T"}`)
	p.pages["good"] = redirect("https://example.com/away")
	if _, err := a.Adopt(t.Context(), host, "good", visitor); err != nil || p.took() != "open good, api good" {
		t.Errorf("a link meanwhile: %v", err)
	}
}

// TestAdopter_OutageLimit: while the provider is away, an address that asks for
// many links has few of them looked up, and gets the same answer.
func TestAdopter_OutageLimit(t *testing.T) {
	p := newProvider(t)
	p.apiErr, p.openErr = errors.New("refused"), errors.New("refused")
	a := p.adopter(func(c *adopt.Config, _ *adopt.Domain) { c.Rate = api.Rate{Requests: 3, Window: time.Minute} })
	ask := func(i int, client netip.Addr) {
		t.Helper()
		if _, err := a.Adopt(t.Context(), host, fmt.Sprintf("link-%d", i), client); api.AsError(err).Code != api.Unavailable || api.AsError(err).RetryAfter <= 0 {
			t.Errorf("link %d: %v", i, err)
		}
	}
	for i := range 10 {
		ask(i, visitor)
	}
	ask(10, netip.MustParseAddr("192.0.2.8"))
	if n := strings.Count(p.took(), "open "); n != 4 {
		t.Errorf("%d lookups; want 4", n)
	}
	p.apiErr, p.openErr = nil, nil
	p.now = p.now.Add(time.Minute)
	p.links["link-0"] = link(`{"url":"https://example.com/away"}`)
	if _, err := a.Adopt(t.Context(), host, "link-0", visitor); err != nil {
		t.Errorf("after the outage: %v", err)
	}
}

// TestAdopter_Crowd: of a crowd at one link one asks; of many links few are
// looked up at once, and who would wait too long is told so.
func TestAdopter_Crowd(t *testing.T) {
	p := newProvider(t)
	p.links["same"] = link(`{"url":"https://example.com/away"}`)
	var (
		mu           sync.Mutex
		atOnce, most int
		going        = make(chan struct{})
		release      = make(chan struct{})
	)
	a := p.adopter(func(c *adopt.Config, d *adopt.Domain) {
		c.Rate = api.Rate{Requests: 1000, Window: time.Minute}
		d.Find = func(ctx context.Context, link *adapters.Record) (*adapters.Record, error) {
			mu.Lock()
			atOnce++
			most = max(most, atOnce)
			mu.Unlock()
			going <- struct{}{}
			<-release
			mu.Lock()
			atOnce--
			mu.Unlock()
			return p.Find(ctx, link)
		}
	})
	var wg sync.WaitGroup
	errs := make(chan error, 300)
	ask := func(alias string) {
		wg.Go(func() {
			_, err := a.Adopt(t.Context(), host, alias, visitor)
			errs <- err
		})
	}
	// The leader leaves, and the lookup goes on for those who wait.
	leader, leave := context.WithCancel(t.Context())
	wg.Go(func() {
		_, err := a.Adopt(leader, host, "same", visitor)
		errs <- err
	})
	<-going
	leave()
	for range 20 {
		ask("same")
	}
	const others = 150
	for i := range others {
		ask(fmt.Sprintf("other-%d", i))
	}
	// Seven more are under way, 64 wait, and the rest is turned away.
	for range 7 {
		<-going
	}
	busy := 0
	for busy < others-7-64 {
		if err := <-errs; api.AsError(err).Code != api.Unavailable {
			t.Fatalf("before any lookup has ended: %v", err)
		}
		busy++
	}
	go func() {
		for range going {
		}
	}()
	close(release)
	wg.Wait()
	close(errs)
	close(going)
	found, missing := 0, 0
	for err := range errs {
		switch {
		case err == nil:
			found++
		case api.AsError(err).Code == api.NotFound:
			missing++
		default:
			t.Errorf("%v", err)
		}
	}
	if found != 21 || missing != 71 || most != 8 || strings.Count(p.took(), "api same") != 1 {
		t.Errorf("%d found the link, %d others not, up to %d at once; want 21, 71 and 8, and one lookup of the link", found, missing, most)
	}
}

// TestAdopter_Outage tells of an outage once, and of its end once.
func TestAdopter_Outage(t *testing.T) {
	p := newProvider(t)
	a := p.adopter(nil)
	for _, failing := range []bool{true, true, false, false, true} {
		p.apiErr, p.openErr = nil, nil
		if failing {
			p.apiErr, p.openErr = errors.New("refused"), errors.New("refused")
		}
		_, _ = a.Adopt(t.Context(), host, fmt.Sprint("alias-", len(p.asked)), visitor)
	}
	var levels []string
	for _, entry := range p.logs.All() {
		levels = append(levels, entry.Level.String())
	}
	if got := strings.Join(levels, " "); got != "warn info warn" {
		t.Errorf("logged %s: %v", got, p.logs.All())
	}
}

func TestAdopter_Domain(t *testing.T) {
	a := newProvider(t).adopter(nil)
	for _, asked := range []string{host, host + ":8443"} {
		if d := a.Domain(asked); d == nil || d.Host != host || d.Account != "shop" || d.Scheme != "https" {
			t.Errorf("Domain(%s) = %+v", asked, d)
		}
	}
	for _, asked := range []string{"", "example.com", "sub." + host, ":8443"} {
		if d := a.Domain(asked); d != nil {
			t.Errorf("Domain(%q) = %+v; want nil", asked, d)
		}
	}
	if _, err := a.Adopt(t.Context(), "example.com", "abc", visitor); api.AsError(err).Code != api.NotFound {
		t.Errorf("on another host: %v", err)
	}
}
