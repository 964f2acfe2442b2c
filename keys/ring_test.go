package keys_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/keys"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secret = api.Secret("the-key-of-the-partner")
	other  = api.Secret("the-key-of-somebody-else")
)

var (
	noon        = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	defaultRate = api.Rate{Requests: 30, Window: time.Minute}
)

func record(name string, key api.Secret) keys.Record {
	return keys.Record{Name: name, Hash: keys.Hash(key)}
}

func TestRing_Authenticate(t *testing.T) {
	full := record("partner", secret)
	full.Account, full.Backend, full.Scopes = "acme", "kr", api.ScopeRead
	full.Rate, full.Expires = &api.Rate{Requests: 5, Window: time.Hour}, noon.Add(time.Second)
	unlimited := record("partner", secret)
	unlimited.Rate = &api.Rate{}
	revoked := record("partner", secret)
	revoked.Revoked = noon.Add(-time.Hour)
	expired := record("partner", secret)
	expired.Expires = noon
	stored := record("stored", secret)
	stored.Account = "stored"

	plain := &api.Key{
		ID: "key:partner", Name: "partner", Account: "main", Backend: "native",
		Scopes: api.DefaultScopes, Rate: defaultRate,
	}
	const unknown, ended = "A valid API key is required to use this service.", "The API key has expired."
	tests := []struct {
		name       string
		configured []keys.Record
		stored     []keys.Record
		credential api.Secret
		want       *api.Key
		wantErr    string
	}{
		{name: "configured", configured: []keys.Record{record("partner", secret)}, credential: secret, want: plain},
		{name: "stored", stored: []keys.Record{record("partner", secret)}, credential: secret, want: plain},
		{name: "all fields", configured: []keys.Record{full}, credential: secret, want: &api.Key{
			ID: "key:partner", Name: "partner", Account: "acme", Backend: "kr", Scopes: api.ScopeRead,
			Rate: api.Rate{Requests: 5, Window: time.Hour}, Expires: noon.Add(time.Second),
		}},
		{name: "no limit", stored: []keys.Record{unlimited}, credential: secret, want: &api.Key{
			ID: "key:partner", Name: "partner", Account: "main", Backend: "native", Scopes: api.DefaultScopes,
		}},
		{name: "configured beats stored", configured: []keys.Record{record("partner", secret)}, stored: []keys.Record{stored}, credential: secret, want: plain},
		{name: "unknown", configured: []keys.Record{record("partner", secret)}, credential: other, wantErr: unknown},
		{name: "empty", configured: []keys.Record{record("partner", secret)}, wantErr: unknown},
		{name: "part of a key", configured: []keys.Record{record("partner", secret)}, credential: secret[:10], wantErr: unknown},
		{name: "other letter case", configured: []keys.Record{record("partner", secret)}, credential: api.Secret(strings.ToUpper(string(secret))), wantErr: unknown},
		{name: "huge", credential: api.Secret(strings.Repeat("k", 1<<20)), wantErr: unknown},
		{name: "stored and revoked", stored: []keys.Record{revoked}, credential: secret, wantErr: unknown},
		{name: "revoked beats configured", configured: []keys.Record{record("partner", secret)}, stored: []keys.Record{revoked}, credential: secret, wantErr: unknown},
		{name: "revoked under another name", configured: []keys.Record{record("renamed", secret)}, stored: []keys.Record{revoked}, credential: secret, wantErr: unknown},
		{name: "others stay", configured: []keys.Record{record("mine", other)}, stored: []keys.Record{revoked}, credential: other, want: &api.Key{
			ID: "key:mine", Name: "mine", Account: "main", Backend: "native", Scopes: api.DefaultScopes, Rate: defaultRate,
		}},
		{name: "expired", configured: []keys.Record{expired}, credential: secret, wantErr: ended},
		{name: "configured as expired, stored without", configured: []keys.Record{expired}, stored: []keys.Record{stored}, credential: secret, wantErr: ended},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ring := mustRing(t, keys.Config{Configured: tt.configured, DefaultRate: defaultRate, Now: func() time.Time { return noon }})
			ring.Load(tt.stored)
			got, err := ring.Authenticate(tt.credential)
			checkAuthenticated(t, tt.credential, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestRing_AuthenticateForwarded(t *testing.T) {
	revoked := record("gone", other)
	revoked.Revoked = noon
	expired := record("ended", "a-key-that-has-ended")
	expired.Expires = noon
	id := fmt.Sprintf("fwd:%x", keys.Hash("a-key-of-a-site"))[:len("fwd:")+32]
	const unknown = "A valid API key is required to use this service."
	tests := []struct {
		name       string
		credential api.Secret
		want       *api.Key
		wantErr    string
	}{
		{name: "of a site", credential: "a-key-of-a-site", want: &api.Key{
			ID: id, Account: id, Backend: "kr", Scopes: api.DefaultScopes | api.ScopeAdmin, Rate: defaultRate, Forwarded: "a-key-of-a-site",
		}},
		{name: "too short", credential: "seven77", wantErr: unknown},
		{name: "ours", credential: secret, want: &api.Key{
			ID: "key:partner", Name: "partner", Account: "main", Backend: "native", Scopes: api.DefaultScopes, Rate: defaultRate,
		}},
		{name: "revoked", credential: other, wantErr: unknown},
		{name: "expired", credential: "a-key-that-has-ended", wantErr: "The API key has expired."},
		{name: "shape of ours", credential: "lq_mistyped", wantErr: "The API key is mistyped or cut off."},
		{name: "empty", credential: "", wantErr: unknown},
		{name: "too long", credential: api.Secret(strings.Repeat("k", 513)), wantErr: unknown},
		{name: "header injection", credential: "key\r\nX-Admin: 1", wantErr: unknown},
		{name: "space", credential: "two words", wantErr: unknown},
		{name: "not ASCII", credential: "schlüssel", wantErr: unknown},
	}
	ring := mustRing(t, keys.Config{
		Configured: []keys.Record{record("partner", secret)}, ForwardBackend: "kr",
		DefaultRate: defaultRate, Now: func() time.Time { return noon },
	})
	ring.Load([]keys.Record{revoked, expired})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ring.Authenticate(tt.credential)
			checkAuthenticated(t, tt.credential, got, err, tt.want, tt.wantErr)
		})
	}
	t.Run("same credential, same account", func(t *testing.T) {
		a, _ := ring.Authenticate("key-one-1")
		b, _ := ring.Authenticate("key-one-1")
		c, _ := ring.Authenticate("key-two-2")
		if a.ID != b.ID || a.Account != b.Account || a.ID == c.ID || a.Account == c.Account {
			t.Errorf("accounts %q, %q, %q; want the first two alike and the third apart", a.Account, b.Account, c.Account)
		}
	})
}

func checkAuthenticated(t *testing.T, credential api.Secret, got *api.Key, err error, want *api.Key, wantErr string) {
	t.Helper()
	if wantErr == "" {
		if err != nil {
			t.Fatalf("Authenticate() = %v; want a key", err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Authenticate() (-want +got):\n%s", diff)
		}
		return
	}
	e, ok := errors.AsType[*api.Error](err)
	if !ok || e.Code != api.Unauthorized || e.Message != wantErr {
		t.Fatalf("Authenticate() = %v, %v; want unauthorized: %s", got, err, wantErr)
	}
	if credential != "" && strings.Contains(err.Error(), credential.Reveal()) {
		t.Errorf("the error shows the credential: %v", err)
	}
}

func TestRing_AuthenticateExpiryPasses(t *testing.T) {
	now := noon
	ending := record("ending", secret)
	ending.Expires = noon.Add(time.Minute)
	ring := mustRing(t, keys.Config{Configured: []keys.Record{ending}, Now: func() time.Time { return now }})
	if _, err := ring.Authenticate(secret); err != nil {
		t.Errorf("before its end: Authenticate() = %v", err)
	}
	now = noon.Add(time.Minute)
	if _, err := ring.Authenticate(secret); err == nil {
		t.Error("at its end: Authenticate() = nil; want an error")
	}
}

func TestNewRing_Refuses(t *testing.T) {
	tests := []struct {
		name       string
		configured []keys.Record
		want       string
	}{
		{"same name", []keys.Record{record("a", secret), record("a", other)}, `key "a" is configured twice`},
		{"same key", []keys.Record{record("a", secret), record("b", secret)}, `keys "a" and "b" are the same key`},
		{"no name", []keys.Record{record("", secret)}, "needs a name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := keys.NewRing(keys.Config{Configured: tt.configured})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("NewRing() = %v; want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), string(secret)) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

func TestRing_Records(t *testing.T) {
	revoked := record("b", other)
	revoked.Revoked = noon
	ring := mustRing(t, keys.Config{
		Configured:  []keys.Record{record("c", secret), record("was b", other)},
		DefaultRate: defaultRate,
	})
	ring.Load([]keys.Record{revoked, record("a", "a-third-key-of-ours")})
	var got []string
	for _, r := range ring.Records() {
		got = append(got, fmt.Sprintf("%s %s/%s %s %d revoked=%v", r.Name, r.Account, r.Backend, r.Scopes, r.Rate.Requests, !r.Revoked.IsZero()))
	}
	want := []string{
		"a main/native read create write 30 revoked=false",
		"c main/native read create write 30 revoked=false",
		"was b main/native read create write 30 revoked=true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Records() (-want +got):\n%s", diff)
	}
}

func TestRing_LoadWhileAuthenticating(t *testing.T) {
	ring := mustRing(t, keys.Config{Configured: []keys.Record{record("stays", secret)}})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := ring.Authenticate(secret); err != nil {
					t.Errorf("Authenticate(configured) = %v", err)
					return
				}
				if key, err := ring.Authenticate(other); err == nil && key.Name != "comes" {
					t.Errorf("Authenticate(stored) = %+v", key)
				}
				ring.Records()
			}
		})
	}
	for i := range 2000 {
		if i%2 == 0 {
			ring.Load([]keys.Record{record("comes", other)})
		} else {
			ring.Load(nil)
		}
	}
	close(stop)
	wg.Wait()
	if _, err := ring.Authenticate(other); err == nil {
		t.Error("a key that the store no longer has still opens")
	}
}

func TestRing_AuthenticateAllocatesNothing(t *testing.T) {
	ring := mustRing(t, keys.Config{Configured: []keys.Record{record("partner", secret)}})
	if n := testing.AllocsPerRun(100, func() { _, _ = ring.Authenticate(secret) }); n > 0 {
		t.Errorf("Authenticate() allocates %v times; want none", n)
	}
}
