package clicks

import (
	"context"
	"net/netip"
	"strconv"
	"testing"
	"time"
)

type saltStore struct{}

func (saltStore) AddVisits(context.Context, []Batch) error         { return nil }
func (saltStore) VisitorSalt(context.Context, int64) (Salt, error) { return Salt{1}, nil }

// benchVisit is the i-th of many different visits.
func benchVisit(i int) Visit {
	return Visit{
		LinkID: int64(i%1000 + 1), Domain: "go.example.com", At: time.Unix(1e9, 0), Addr: netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}),
		UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/" + strconv.Itoa(100+i%50) + ".0.0.0 Safari/537.36",
		Referer:   "https://www.example" + strconv.Itoa(i%200) + ".com/page", AcceptLanguage: "de-DE,de;q=0.9,en;q=0.8",
	}
}

// BenchmarkRecorder_Visit is what a redirect pays.
func BenchmarkRecorder_Visit(b *testing.B) {
	r := &Recorder{queue: newQueue(1 << 17)}
	var drained []Visit
	v := benchVisit(1)
	b.ReportAllocs()
	for i := range b.N {
		r.Visit(v)
		if i%6400 == 6399 {
			b.StopTimer()
			drained = r.queue.drain(drained[:0])
			b.StartTimer()
		}
	}
}

// BenchmarkFlush is what a visit costs behind the queue.
func BenchmarkFlush(b *testing.B) {
	visits := make([]Visit, 6400)
	for i := range visits {
		visits[i] = benchVisit(i)
	}
	for name, kind := range map[string]Kind{"human": Auto, "bot": Bot} {
		b.Run(name, func(b *testing.B) {
			r := &Recorder{store: saltStore{}, queue: newQueue(1 << 17), classifier: newClassifier(saltStore{}, func(netip.Addr) string { return "DE" })}
			r.o.MaxQueued, r.o.MaxKept = 1<<17, 1<<20
			for i := range visits {
				visits[i].Kind = kind
			}
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				r.queue.add(&visits[i%len(visits)])
				if i%len(visits) == len(visits)-1 {
					if err := r.flush(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkRollup_Add(b *testing.B) {
	var e encoder
	c := newClassifier(saltStore{}, nil)
	var batches []Batch
	for i := range 64 * batchVisits {
		v := benchVisit(i)
		var r record
		if err := c.classify(b.Context(), &v, &r); err != nil {
			b.Fatal(err)
		}
		if e.add(&r); e.visits == batchVisits {
			batches = append(batches, e.batch())
		}
	}
	b.ReportAllocs()
	b.ReportMetric(float64(len(batches[0].Data))/batchVisits, "B/visit")
	sum := NewRollup()
	for i := 0; i < b.N; i += batchVisits {
		if i/batchVisits%len(batches) == 0 {
			sum = NewRollup()
		}
		if err := sum.Add(batches[i/batchVisits%len(batches)].Data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkKindOf(b *testing.B) {
	for name, userAgent := range map[string]string{
		"browser": benchVisit(0).UserAgent,
		"curl":    "curl/8.5.0",
		"preview": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
		"app":     "Instagram 300.0.0.29.110 Android (33/13; 420dpi; 1080x2186; samsung; SM-G991B; o1s; exynos2100; en_GB; 515111)",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				KindOf(userAgent)
			}
		})
	}
}

func BenchmarkParseAgent(b *testing.B) {
	for range b.N {
		parseAgent(benchVisit(0).UserAgent)
	}
}
