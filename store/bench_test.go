package store

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/linkquay/linkquay/clicks"
)

// BenchmarkStore_CreateLink counts creates that are on the disk.
func BenchmarkStore_CreateLink(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := openTemp(b)
			var n, next atomic.Int64
			done := make(chan error, writers)
			b.ResetTimer()
			for range writers {
				go func() {
					for n.Add(1) <= int64(b.N) {
						err := s.CreateLink(b.Context(), newLink("main", fmt.Sprintf("a%d", next.Add(1))))
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
}

func BenchmarkStore_LinkByAlias(b *testing.B) {
	s := openTemp(b)
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
}

// BenchmarkStore_AddClicks adds to a thousand links at once.
func BenchmarkStore_AddClicks(b *testing.B) {
	s := openTemp(b)
	const links = 10_000
	fill(b, s, links)
	counts := make([]clicks.Count, 1000)
	for i := range counts {
		counts[i] = clicks.Count{LinkID: int64(i*(links/1000) + 1), Visits: 3}
	}
	b.ResetTimer()
	for range b.N {
		if err := s.AddClicks(b.Context(), counts); err != nil {
			b.Fatal(err)
		}
	}
}

func fill(tb testing.TB, s *Store, links int) {
	tb.Helper()
	done := make(chan error, links)
	for i := range links {
		go func() { done <- s.CreateLink(tb.Context(), newLink("main", fmt.Sprintf("a%d", i))) }()
	}
	for range links {
		if err := <-done; err != nil {
			tb.Fatalf("CreateLink: %v", err)
		}
	}
}
