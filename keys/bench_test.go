package keys_test

import (
	"fmt"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/keys"
)

func BenchmarkRing_Authenticate(b *testing.B) {
	secret := mustGenerate(b)
	records := []keys.Record{{Name: "mine", Hash: keys.Hash(secret)}}
	for i := range 1000 {
		records = append(records, keys.Record{Name: fmt.Sprint(i), Hash: keys.Hash(mustGenerate(b))})
	}
	ring := mustRing(b, keys.Config{Configured: records, ForwardBackend: "remote"})
	b.Run("known", func(b *testing.B) { benchAuthenticate(b, ring, secret) })
	b.Run("forwarded", func(b *testing.B) { benchAuthenticate(b, ring, "the-callers-own-credential") })
}

func benchAuthenticate(b *testing.B, ring *keys.Ring, secret api.Secret) {
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := ring.Authenticate(secret); err != nil {
				b.Error(err)
			}
		}
	})
}

func mustGenerate(tb testing.TB) api.Secret {
	tb.Helper()
	secret, err := keys.Generate()
	if err != nil {
		tb.Fatal(err)
	}
	return secret
}

func mustRing(tb testing.TB, cfg keys.Config) *keys.Ring {
	tb.Helper()
	ring, err := keys.NewRing(cfg)
	if err != nil {
		tb.Fatalf("NewRing() = %v", err)
	}
	return ring
}
