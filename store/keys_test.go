package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/keys"
)

func TestStore_Keys(t *testing.T) {
	now := noon
	eachAt(t, func() time.Time { return now }, func(t *testing.T, s *Store) {
		now = noon
		full := keys.Record{
			Name: "partner", Hash: keys.Hash("one"), Account: "acme", Backend: "kr", Scopes: api.ScopeRead | api.ScopeCreate,
			Rate: &api.Rate{Requests: 120, Window: 90 * time.Second}, Created: noon.Add(-time.Hour), Expires: noon.Add(time.Hour),
		}
		unlimited := keys.Record{Name: "unlimited", Hash: keys.Hash("two"), Rate: &api.Rate{}}
		plain := keys.Record{Name: "plain", Hash: keys.Hash("three")}
		configured := keys.Record{Name: "configured", Hash: keys.Hash("four")}

		revision := int64(-1)
		// step runs one call and says whether the revision must change.
		step := func(name string, changes bool, code api.Code, err error) {
			t.Helper()
			if code != "" {
				wantCode(t, name, err, code)
			} else if err != nil {
				t.Errorf("%s = %v", name, err)
			}
			got, err := s.KeysRevision(t.Context())
			if err != nil || (got != revision) != changes {
				t.Errorf("%s: revision %d after %d, %v; want a change: %v", name, got, revision, err, changes)
			}
			revision = got
		}
		ctx := t.Context()
		step("nothing", true, "", nil)
		step("CreateKey(full)", true, "", s.CreateKey(ctx, &full))
		step("CreateKey(unlimited)", true, "", s.CreateKey(ctx, &unlimited))
		step("CreateKey(plain)", true, "", s.CreateKey(ctx, &plain))
		step("CreateKey, name taken", false, api.Conflict, s.CreateKey(ctx, &keys.Record{Name: "plain", Hash: keys.Hash("five")}))
		step("CreateKey, key taken", false, api.Conflict, s.CreateKey(ctx, &keys.Record{Name: "new", Hash: plain.Hash}))
		now = noon.Add(time.Minute)
		step("RevokeKey(plain)", true, "", s.RevokeKey(ctx, &keys.Record{Name: "plain", Hash: plain.Hash}))
		step("RevokeKey of a configured one", true, "", s.RevokeKey(ctx, &configured))
		now = noon.Add(time.Hour)
		step("RevokeKey again", true, "", s.RevokeKey(ctx, &keys.Record{Hash: plain.Hash}))
		step("CreateKey of a revoked one", false, api.Conflict, s.CreateKey(ctx, &keys.Record{Name: "back", Hash: plain.Hash}))
		again := keys.Record{Name: "plain", Hash: keys.Hash("six")}
		step("CreateKey with the name of a revoked one", true, "", s.CreateKey(ctx, &again))

		unlimited.Created, plain.Created, again.Created = noon, noon, noon.Add(time.Hour)
		plain.Revoked, configured.Revoked = noon.Add(time.Minute), noon.Add(time.Minute)
		got, err := s.Keys(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]keys.Record{full, unlimited, plain, configured, again}, got); diff != "" {
			t.Errorf("Keys() (-want +got):\n%s", diff)
		}
	})
}

// A running server notices what a command does to the keys within a second.
func TestStore_KeysWatchedFromAnotherHandle(t *testing.T) {
	each(t, func(t *testing.T, cfg Config) {
		server, command := openConfig(t, cfg), openConfig(t, cfg)
		ring, err := keys.NewRing(keys.Config{Configured: []keys.Record{{Name: "configured", Hash: keys.Hash("configured")}}})
		if err != nil {
			t.Fatal(err)
		}
		w, err := keys.Watch(t.Context(), ring, server, keys.WatchOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		within := func(what string, credential api.Secret, want bool) {
			t.Helper()
			for deadline := time.Now().Add(time.Second); ; time.Sleep(10 * time.Millisecond) {
				if _, err := ring.Authenticate(credential); (err == nil) == want {
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("a second after %s: opens = %v; want %v", what, !want, want)
				}
			}
		}
		record := keys.Record{Name: "made", Hash: keys.Hash("made")}
		if err := command.CreateKey(t.Context(), &record); err != nil {
			t.Fatal(err)
		}
		within("creating", "made", true)
		if err := command.RevokeKey(t.Context(), &record); err != nil {
			t.Fatal(err)
		}
		within("revoking", "made", false)
		within("nothing", "configured", true)
		if err := command.RevokeKey(t.Context(), &keys.Record{Name: "configured", Hash: keys.Hash("configured")}); err != nil {
			t.Fatal(err)
		}
		within("revoking a configured one", "configured", false)
	})
}
