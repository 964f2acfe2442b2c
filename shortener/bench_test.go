package shortener

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkVisit resolves and decides visits of links in an index of a million.
func BenchmarkVisit(b *testing.B) {
	const links = 1_000_000
	plain, _ := perLink(links)
	rules := NewIndex()
	link := Link{URL: "https://www.example.com/somewhere", Options: Options{
		Languages: []LanguageRule{{"ko", "https://www.example.com/ko"}, {"pt-BR", "https://www.example.com/pt"}},
		Devices:   []DeviceRule{{"iPhone", "https://www.example.com/iphone"}, {"tablet", "https://www.example.com/tablet"}},
		Geo:       []GeoRule{{"Canada", "https://www.example.com/ca"}, {"KR", "https://www.example.com/kr"}},
	}}
	target := NewTarget(&link)
	for i := range links {
		target.LinkID = int64(i)
		put(rules, "", fmt.Sprintf("%07d", i), target)
	}
	aliases := make([]string, 1<<16)
	for i := range aliases {
		aliases[i] = fmt.Sprintf("%07d", rand.IntN(links))
	}
	for name, c := range map[string]struct {
		index *Index
		v     Visitor
	}{
		"plain": {plain, Visitor{}},
		"rules": {rules, Visitor{UserAgent: windows, AcceptLanguage: "en-US,en;q=0.9,fr;q=0.8", Country: "KR"}},
	} {
		b.Run(name, func(b *testing.B) {
			c.v.Now = now
			b.ReportAllocs()
			s := New(Config{Index: c.index})
			i := 0
			for b.Loop() {
				i++
				t, err := s.Resolve(b.Context(), "", aliases[i%len(aliases)])
				if err != nil {
					b.Fatal(err)
				}
				if d := Decide(&t, &c.v); d.Outcome != Redirect {
					b.Fatal(d)
				}
			}
		})
	}
}
