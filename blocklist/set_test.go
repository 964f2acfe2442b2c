package blocklist_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/linkquay/linkquay/blocklist"
)

func mustParse(t testing.TB, list string) *blocklist.Set {
	t.Helper()
	s, err := blocklist.Parse(strings.NewReader(list), int64(len(list)))
	if err != nil {
		t.Fatalf("Parse(%q): %v", list, err)
	}
	return s
}

const sample = "\ufeff# A list.\r\n" + `
plain.example
*.star.example   # and a comment
.dot.example
  UPPER.Example.
bücher.example
xn--caf-dma.example
under_score.example
0.0.0.0 hosts.example other.example
127.0.0.1	localhost localhost.localdomain
::1 ip6-localhost six.example # comment
0.0.0.0 0.0.0.0
198.51.100.7
2001:DB8::0:1
invalidtld
https://pages.example/bad
http://pages.example/deep/er/
https://query.example/q?id=1&b=2
https://root.example/
https://Port.example:8443/x%20y#fragment
`

func TestSet_Blocked(t *testing.T) {
	s := mustParse(t, sample)
	if s.Skipped != 0 {
		t.Errorf("%d lines are skipped, the first is line %d", s.Skipped, s.FirstSkipped)
	}
	if s.Len() != 18 {
		t.Errorf("Len = %d; want 18", s.Len())
	}
	for url, want := range map[string]bool{
		"https://plain.example":                                      true,
		"https://plain.example/any?thing#at-all":                     true,
		"HTTP://PLAIN.EXAMPLE/":                                      true,
		"http://www.plain.example":                                   true,
		"http://a.b.c.plain.example:8080/":                           true,
		"http://plain.example.":                                      true,
		"http://user:pass@plain.example/":                            true,
		"http://good.example@plain.example/":                         true,
		"ftp://plain.example/":                                       true,
		"myapp://plain.example/":                                     true,
		"http:plain.example":                                         true,
		`http:\\plain.example\x`:                                     true,
		`http://plain.example\@good.example/`:                        true,
		"  http://plain.example ":                                    true,
		"ht\ntp://pla\tin.exa\r\nmple/":                              true,
		"http://pl%61in.example/":                                    true,
		"http://plain。example/":                                      true,
		"http://plain.example/":                                      true,
		"http://pla\u00adin.example/":                                true,
		"https://notplain.example":                                   false,
		"https://plain.example.org":                                  false,
		"https://good.example/plain.example":                         false,
		"https://good.example/?u=http://plain.example":               false,
		"https://good.example/#@plain.example":                       false,
		"https://plain.example@good.example/":                        false,
		"https://example":                                            false,
		"plain.example":                                              false,
		"//plain.example":                                            false,
		"mailto:a@plain.example":                                     false,
		"":                                                           false,
		"http://":                                                    false,
		"http://[":                                                   false,
		"http://]/":                                                  false,
		"http://%zz/":                                                false,
		"https://star.example":                                       true,
		"https://x.star.example":                                     true,
		"https://dot.example":                                        true,
		"https://x.dot.example":                                      true,
		"https://upper.example":                                      true,
		"https://bücher.example":                                     true,
		"https://BÜCHER.example":                                     true,
		"https://xn--bcher-kva.example":                              true,
		"https://www.XN--BCHER-KVA.example":                          true,
		"https://café.example":                                       true,
		"https://cafe\u0301.example":                                 true,
		"https://under_score.example":                                true,
		"https://hosts.example":                                      true,
		"https://x.other.example":                                    true,
		"https://six.example":                                        true,
		"http://localhost/":                                          false,
		"http://0.0.0.0/":                                            false,
		"http://127.0.0.1/":                                          false,
		"http://198.51.100.7/x":                                      true,
		"http://3325256711/":                                         true,
		"http://0xc6.51.0144.7/":                                     true,
		"http://0xC6336407/":                                         true,
		"http://198.51.25607/":                                       true,
		"http://[::ffff:198.51.100.7]/":                              true,
		"http://198.51.100.8/":                                       false,
		"http://1.198.51.100.7/":                                     false,
		"http://51.100.7/":                                           false,
		"http://[2001:db8::1]:80/":                                   true,
		"http://[2001:db8:0:0::1]/":                                  true,
		"http://[2001:db8::2]/":                                      false,
		"http://x.invalidtld/":                                       true,
		"http://invalidtld":                                          true,
		"https://pages.example/bad":                                  true,
		"http://pages.example/bad/":                                  true,
		"http://pages.example/bad/below?x#y":                         true,
		"http://pages.example/bad?x=y":                               true,
		"http://pages.example:8080/%62ad":                            true,
		"http://pages.example//bad":                                  true,
		"http://pages.example/./x/../bad":                            true,
		`http://pages.example\bad`:                                   true,
		"http://pages.example/badly":                                 false,
		"http://pages.example/Bad":                                   false,
		"http://pages.example/":                                      false,
		"http://pages.example/good/bad":                              false,
		"http://www.pages.example/bad":                               false,
		"http://pages.example/deep":                                  false,
		"http://pages.example/deep/er":                               true,
		"http://pages.example/deep/er/and/er":                        true,
		"http://query.example/q":                                     false,
		"http://query.example/q?id=1":                                false,
		"http://query.example/q?id=1&b=2":                            true,
		"http://query.example/q?id=1&b=2&c=3":                        true,
		"http://query.example/q?id=1&b=22":                           false,
		"http://query.example/":                                      false,
		"http://root.example":                                        true,
		"http://root.example/x":                                      true,
		"http://root.example?x":                                      true,
		"http://www.root.example/":                                   false,
		"http://port.example/x%20y":                                  true,
		"http://port.example/x y/z":                                  true,
		"http://port.example/x":                                      false,
		"http://pages.example/" + strings.Repeat("a/", 5000) + "bad": false,
	} {
		if got := s.Blocked(url); got != want {
			t.Errorf("Blocked(%.80q) = %v; want %v", url, got, want)
		}
	}
}

func TestSet_empty(t *testing.T) {
	for _, list := range []string{"", "\n\n", "# nothing\n", "127.0.0.1 localhost\n"} {
		if s := mustParse(t, list); s.Len() != 0 || s.Blocked("http://localhost/") || s.Blocked("") {
			t.Errorf("Parse(%q) blocks something", list)
		}
	}
}

// A host that is too long for DNS is not worked through.
func TestSet_longHosts(t *testing.T) {
	s := mustParse(t, "plain.example\n")
	for name, host := range map[string]string{
		"letters":   strings.Repeat("a", 254),
		"labels":    strings.Repeat("a.", 200) + "good.example",
		"Unicode":   strings.Repeat("漢", 300),
		"invisible": "plain" + strings.Repeat("\u00ad", 600) + ".example",
		"escaped":   strings.Repeat("%41", 400),
	} {
		if !s.Blocked("https://" + host + "/") {
			t.Errorf("%s: a host of %d bytes is not blocked", name, len(host))
		}
	}
	if s.Blocked("https://" + strings.Repeat("a", 240) + ".good.example/") {
		t.Error("a host of 253 bytes is blocked")
	}
}

func TestParse_lines(t *testing.T) {
	for _, line := range []string{
		"two words", "a..b", "*", ".", "*.*.example", "a*.example", "exa mple.com", "example.com/path", "10.0.0.0/8", "example.com:80",
		"||adblock.example^", "ftp://example.com/", "1.2.3.4.5", "a.256", "<html>", `{"error":1}`, strings.Repeat("a.", 127) + "a", "1.2.3.4 a b..c", "\x00", "\xe6.example", "a\x03.example",
		"https://example.com/a%0Ab",
	} {
		s, err := blocklist.Parse(strings.NewReader("good.example\n"+line+"\n"), 0)
		if err != nil || s.Skipped != 1 || s.FirstSkipped != 2 {
			t.Errorf("Parse of line %q = %+v, %v; want it skipped", line, s, err)
		}
		if _, err := blocklist.Parse(strings.NewReader(line), 0); !errors.Is(err, blocklist.ErrBroken) {
			t.Errorf("Parse of %q alone: %v; want %v", line, err, blocklist.ErrBroken)
		}
	}
}

func TestParse_broken(t *testing.T) {
	page := "<!DOCTYPE html>\n<html>\n<head><title>Error</title></head>\n<body>\nerror\n</body>\n</html>\n"
	for name, list := range map[string]string{
		"page":         page,
		"endless line": "a.example\n" + strings.Repeat("a", 70<<10),
		"binary":       "\x1f\x8b\x08\x00\n\xff\xfe\n\x00\x01",
	} {
		if _, err := blocklist.Parse(strings.NewReader(list), 0); !errors.Is(err, blocklist.ErrBroken) {
			t.Errorf("%s: error is %v; want %v", name, err, blocklist.ErrBroken)
		}
	}
	if _, err := blocklist.Parse(strings.NewReader("a.example"), blocklist.MaxSize+1); !errors.Is(err, blocklist.ErrBroken) {
		t.Errorf("too large: error is %v; want %v", err, blocklist.ErrBroken)
	}
	disk := errors.New("disk")
	if _, err := blocklist.Parse(iotest.ErrReader(disk), 0); !errors.Is(err, disk) {
		t.Errorf("error is %v; want the reader's", err)
	}
}

// million is a list of as many hosts of a usual length.
func million(n int) string {
	var b strings.Builder
	letters := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		fmt.Fprintf(&b, "%x-%x.example%d.com\n", i, letters.Uint32(), i%1000)
	}
	return b.String()
}

func TestParse_memory(t *testing.T) {
	list := million(1_000_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := mustParse(t, list)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if s.Len() != 1_000_000 {
		t.Errorf("Len = %d", s.Len())
	}
	for i, line := 0, ""; i < 1000; i++ {
		line, list, _ = strings.Cut(list, "\n")
		if !s.Blocked("https://www."+line+"/") || s.Blocked("https://x"+line+"/") {
			t.Fatalf("%s is not told from its neighbours", line)
		}
	}
	used := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d MiB", used>>20)
	if used > 48<<20 {
		t.Errorf("a million hosts take %d MiB; want at most 48", used>>20)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample, "https://plain.example/")
	f.Add("0x1.2", "http://%5b::1]:/")
	f.Fuzz(func(t *testing.T, list, url string) {
		s, err := blocklist.Parse(strings.NewReader(list), int64(len(list)))
		if err != nil {
			return
		}
		blocked := s.Blocked(url)
		// More lines block more, and the order does not count.
		more, err := blocklist.Parse(strings.NewReader("fuzz.example\n"+list+"\nlast.example\n"), 0)
		if err != nil {
			return
		}
		if blocked && !strings.HasPrefix(list, "\ufeff") && !more.Blocked(url) {
			t.Errorf("%q blocks %q, but not with more lines", list, url)
		}
		if !more.Blocked("https://www.fuzz.example/" + url) {
			t.Errorf("a page of fuzz.example is not blocked: %q", url)
		}
	})
}

// FuzzBlocked holds that a host which is listed is blocked however it is
// written.
func FuzzBlocked(f *testing.F) {
	f.Add("plain.example")
	f.Add("bücher.example")
	f.Add("0300.1")
	f.Add("::1")
	f.Fuzz(func(t *testing.T, host string) {
		s, err := blocklist.Parse(strings.NewReader(host), 0)
		if err != nil || s.Len() != 1 || strings.ContainsAny(host, "#/:*\ufeff") || strings.HasPrefix(host, ".") || strings.Join(strings.Fields(host), " ") != host {
			return
		}
		for _, url := range []string{"http://" + host, "HTTPS://" + host + ":443/x?y", `http:\\` + host + `\x`} {
			if !s.Blocked(url) {
				t.Errorf("%q is listed, %q is not blocked", host, url)
			}
		}
	})
}

func BenchmarkSet_Blocked(b *testing.B) {
	s := mustParse(b, million(1_000_000)+"https://pages.example/bad\n")
	for name, url := range map[string]string{
		"miss": "https://www.some-host.example.org/a/long/path/to/a/page?with=parameters&and=more",
		"hit":  "https://www.fffff.example.com/",
		"page": "https://pages.example/a/long/path/to/a/page?with=parameters&and=more",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Blocked(url)
			}
		})
	}
}
