package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/linkquay/linkquay/clicks"
)

// BenchmarkStore_RollVisits adds up visits of many visitors: of ten links that
// everybody knows, and of ten thousand that nobody comes to twice.
func BenchmarkStore_RollVisits(b *testing.B) {
	const links = 10_000
	for _, test := range []struct {
		name  string
		visit func(i int) clicks.Visit
	}{
		{"humans of ten links", func(i int) clicks.Visit { return visitor(int64(i%10+1), i, noon) }},
		{"humans of many links", func(i int) clicks.Visit { return visitor(rand.Int64N(links)+1, i, noon) }},
		{"bots of many links", func(int) clicks.Visit { return clicks.Visit{LinkID: rand.Int64N(links) + 1, At: noon} }},
	} {
		b.Run(test.name, func(b *testing.B) {
			s := openTemp(b)
			fill(b, s, links)
			visits := make([]clicks.Visit, b.N)
			for i := range visits {
				visits[i] = test.visit(i)
				visits[i].Referer = fmt.Sprintf("https://site%d.example/", i%50)
				visits[i].AcceptLanguage = "de"
			}
			for begin := 0; begin < len(visits); begin += 50_000 {
				mustRecord(b, s, visits[begin:min(begin+50_000, len(visits))]...)
			}
			var longest time.Duration
			rolls, rows := 0, 0
			b.ResetTimer()
			for {
				sum, ids, _, err := s.sumBatches(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				if len(ids) == 0 {
					break
				}
				began := time.Now()
				err = s.writer.do(b.Context(), func(tx *session) error { return roll{sum: sum}.run(tx, ids, nil) })
				if err != nil {
					b.Fatal(err)
				}
				longest = max(longest, time.Since(began))
				rolls++
				rows += sum.Rows()
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "visits/s")
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(rolls), "rolls")
			b.ReportMetric(float64(longest.Milliseconds()), "longest-ms")
		})
	}
}
