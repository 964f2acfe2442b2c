package store

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/linkquay/linkquay/store/postgrestest"
)

// eachDurable runs the benchmark on every database as it is in production.
func eachDurable(b *testing.B, bench func(b *testing.B, s *Store)) {
	b.Run(SQLite, func(b *testing.B) { bench(b, openTemp(b)) })
	b.Run(Postgres, func(b *testing.B) {
		server := postgrestest.Start(b, "fsync=on", "full_page_writes=on", "autovacuum=on")
		bench(b, openConfig(b, Config{Driver: Postgres, Source: server.Database(b)}))
	})
}

// BenchmarkStore_CreateLink counts creates that are on the disk.
func BenchmarkStore_CreateLink(b *testing.B) {
	eachDurable(b, func(b *testing.B, s *Store) {
		var next atomic.Int64
		for _, writers := range []int{1, 64} {
			b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
				var n atomic.Int64
				done := make(chan error, writers)
				b.ResetTimer()
				for range writers {
					go func() {
						for n.Add(1) <= int64(b.N) {
							err := create(b.Context(), s, newLink("main", fmt.Sprintf("a%d", next.Add(1))))
							if err != nil {
								done <- err
								return
							}
						}
						done <- nil
					}()
				}
				for range writers {
					if err := <-done; err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
			})
		}
	})
}

func BenchmarkStore_LinkByAlias(b *testing.B) {
	eachDurable(b, func(b *testing.B, s *Store) {
		const links = 10_000
		fill(b, s, links)
		b.Run("serial", func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				if _, err := s.LinkByAlias(b.Context(), "", fmt.Sprintf("a%d", i%links)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("parallel", func(b *testing.B) {
			var next atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := s.LinkByAlias(b.Context(), "", fmt.Sprintf("a%d", next.Add(1)%links)); err != nil {
						b.Error(err)
					}
				}
			})
		})
	})
}

func fill(tb testing.TB, s *Store, links int) {
	tb.Helper()
	done := make(chan error, links)
	for i := range links {
		go func() { done <- create(tb.Context(), s, newLink("main", fmt.Sprintf("a%d", i))) }()
	}
	for range links {
		if err := <-done; err != nil {
			tb.Fatalf("CreateLink: %v", err)
		}
	}
}
