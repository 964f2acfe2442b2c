package shortener

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// put adds a target as a visit does.
func put(x *Index, domain, alias string, t Target) {
	_, _, tk := x.get(domain, alias)
	x.add(domain, alias, &t, tk)
}

func TestIndex(t *testing.T) {
	x := NewIndex()
	if _, k, _ := x.get("", "abc"); k != knownNot {
		t.Fatal("an empty index knows a link")
	}
	want := Target{LinkID: 7, URL: "https://example.com/", Expires: 123, Code: 302}
	put(x, "", "abc", want)
	if got, k, _ := x.get("", "abc"); k != knownLink || !cmp.Equal(got, want) {
		t.Errorf("get = %+v, %v; want %+v", got, k, want)
	}
	for _, a := range []Address{{"other.example", "abc"}, {"", "ABC"}, {"abc", ""}} {
		if _, k, _ := x.get(a.Domain, a.Alias); k != knownNot {
			t.Errorf("%+v is known", a)
		}
	}
	branded := Target{LinkID: 8, URL: "https://example.org/", Code: 301}
	put(x, "other.example", "abc", branded)
	x.Remove("", "abc")
	if _, k, _ := x.get("", "abc"); k != knownNot {
		t.Error("a removed link is still known")
	}
	if got, _, _ := x.get("other.example", "abc"); !cmp.Equal(got, branded) {
		t.Errorf("get = %+v; want %+v", got, branded)
	}
	x.Clear()
	if _, k, _ := x.get("other.example", "abc"); k != knownNot {
		t.Error("a cleared index knows a link")
	}
}

// TestIndex_StaleReadIsNotKept: what was read before a change must not be
// added after it.
func TestIndex_StaleReadIsNotKept(t *testing.T) {
	for name, change := range map[string]func(x *Index){
		"Remove": func(x *Index) { x.Remove("", "abc") },
		"Clear":  (*Index).Clear,
	} {
		t.Run(name, func(t *testing.T) {
			x := NewIndex()
			_, _, tk := x.get("", "abc")
			change(x) // somebody changes the link between read and add
			x.add("", "abc", &Target{LinkID: 1, URL: "https://old.example/", Code: 302}, tk)
			x.addMissing("", "abc", tk)
			if got, k, _ := x.get("", "abc"); k != knownNot {
				t.Errorf("the old target %q was kept (%d)", got.URL, k)
			}
		})
	}
}

func TestIndex_Missing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewIndex()
		_, _, tk := x.get("", "abc")
		time.Sleep(missingKept / 2) // the store is slow
		x.addMissing("", "abc", tk)
		if _, k, _ := x.get("", "abc"); k != knownNone {
			t.Fatalf("get = %d; want %d", k, knownNone)
		}
		if _, k, _ := x.get("b.example", "abc"); k != knownNot {
			t.Error("the alias is missing on another domain")
		}
		time.Sleep(missingKept / 2) // what another process made meanwhile is visible
		if _, k, _ := x.get("", "abc"); k != knownNot {
			t.Error("a missing alias is remembered too long")
		}

		_, _, tk = x.get("", "abc")
		x.addMissing("", "abc", tk)
		x.Remove("", "abc") // somebody creates it
		if _, k, _ := x.get("", "abc"); k != knownNot {
			t.Error("a created alias is still missing")
		}
		_, _, tk = x.get("", "abc")
		x.addMissing("", "abc", tk)
		x.Clear()
		if _, k, _ := x.get("", "abc"); k != knownNot {
			t.Error("a cleared index knows what is missing")
		}
	})
}

// TestIndex_Memory: overwriting leaves garbage that is compacted, a full shard
// starts anew instead of growing, and nothing huge is kept.
func TestIndex_Memory(t *testing.T) {
	x := NewIndex()
	long := "https://example.com/" + strings.Repeat("x", 8000)
	for i := range 2000 {
		alias := fmt.Sprintf("alias%d", i%10)
		_, _, tk := x.get("", alias)
		s, _ := x.find("", alias)
		tk.version = s.version // as if it had not been known
		x.add("", alias, &Target{LinkID: int64(i), URL: long}, tk)
	}
	for i := range 10 {
		got, k, _ := x.get("", fmt.Sprintf("alias%d", i))
		if k != knownLink || got.URL != long || got.LinkID != int64(1990+i) {
			t.Fatalf("alias%d: id %d, %v", i, got.LinkID, k)
		}
	}
	for i := range x.shards {
		if s := &x.shards[i]; len(s.slab) > 30*len(long) {
			t.Errorf("shard %d holds %d bytes for at most ten links", i, len(s.slab))
		}
	}
	x.limit = 64 << 10
	for i := range 2000 {
		put(x, "", fmt.Sprintf("full%d", i), Target{URL: long})
	}
	for i := range x.shards {
		if s := &x.shards[i]; len(s.slab) > x.limit+2*len(long) {
			t.Errorf("shard %d holds %d bytes; want at most %d", i, len(s.slab), x.limit)
		}
	}
	put(x, "", "huge", Target{URL: strings.Repeat("x", maxEntry)})
	if _, k, _ := x.get("", "huge"); k != knownNot {
		t.Error("a target larger than maxEntry is kept")
	}
	put(x, strings.Repeat("x", 256), "abc", Target{URL: long})
	if _, k, _ := x.get(strings.Repeat("x", 256), "abc"); k != knownNot {
		t.Error("a domain that no entry can hold is kept")
	}
}

func TestIndex_Concurrent(t *testing.T) {
	x := NewIndex()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 5000 {
				alias := fmt.Sprintf("a%d", i%50)
				got, k, tk := x.get("", alias)
				switch {
				case k == knownNot && i%3 == 0:
					x.addMissing("", alias, tk)
				case k == knownNot:
					x.add("", alias, &Target{URL: alias, LinkID: int64(i), Rules: []Rule{{ByCountry, "KR", alias}}}, tk)
				case k == knownLink && (got.URL != alias || got.Rules[0].URL != alias):
					t.Errorf("get(%q) = %+v", alias, got)
				}
				switch {
				case i%7 == w:
					x.Remove("", alias)
				case i%997 == w:
					x.Clear()
				}
			}
		})
	}
	wg.Wait()
}

// TestIndex_Model: the index agrees with a map, whatever is done in which order.
func TestIndex_Model(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := NewIndex()
		model := map[Address]string{}
		address := rapid.Custom(func(t *rapid.T) Address {
			return Address{rapid.SampledFrom([]string{"", "b.example"}).Draw(t, "domain"), fmt.Sprintf("a%d", rapid.IntRange(0, 2000).Draw(t, "alias"))}
		})
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				first, n := address.Draw(t, "first"), rapid.IntRange(1, 300).Draw(t, "n")
				for i := range n {
					a := Address{first.Domain, fmt.Sprintf("%s-%d", first.Alias, i)}
					s, _ := x.find(a.Domain, a.Alias)
					url := rapid.StringMatching(`[a-z]{0,9}`).Draw(t, "url")
					x.add(a.Domain, a.Alias, &Target{URL: url}, ticket{version: s.version})
					model[a] = url
				}
			},
			"remove": func(t *rapid.T) {
				part := rapid.IntRange(1, 5).Draw(t, "one in")
				for a := range model {
					if int(a.Alias[len(a.Alias)-1])%part == 0 {
						x.Remove(a.Domain, a.Alias)
						delete(model, a)
					}
				}
			},
			"": func(t *rapid.T) {
				for a, want := range model {
					if got, k, _ := x.get(a.Domain, a.Alias); k != knownLink || got.URL != want {
						t.Fatalf("get(%v) = %q, %d; want %q", a, got.URL, k, want)
					}
				}
				n := 0
				for i := range x.shards {
					n += x.shards[i].entries.n
				}
				if n != len(model) {
					t.Fatalf("the index holds %d targets; want %d", n, len(model))
				}
			},
		})
	})
}

// perLink fills an index with n links of 60 bytes and returns what each costs.
func perLink(n int) (x *Index, bytes float64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x = NewIndex()
	for i := range n {
		put(x, "", fmt.Sprintf("%07d", i), Target{LinkID: int64(i), URL: fmt.Sprintf("https://www.example.com/%036d", i), Code: 302})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	return x, float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
}

func TestIndex_BytesPerLink(t *testing.T) {
	x, bytes := perLink(100_000)
	if bytes > 300 {
		t.Errorf("a link costs %.0f bytes; want at most 300", bytes)
	}
	t.Logf("%.0f bytes per link", bytes)
	runtime.KeepAlive(x)
}

func BenchmarkIndex_Get(b *testing.B) {
	x, bytes := perLink(1_000_000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		x.get("", "0077777")
	}
	b.ReportMetric(bytes, "B/link")
}
