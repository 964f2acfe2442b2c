package shortener

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestIndex(t *testing.T) {
	x := NewIndex()
	_, version, ok := x.get("", "abc")
	if ok {
		t.Fatal("an empty index knows a link")
	}
	want := Target{LinkID: 7, URL: "https://example.com/", Expires: 123, Whole: true}
	x.add("", "abc", want, version)
	if got, _, ok := x.get("", "abc"); !ok || got != want {
		t.Errorf("get = %+v, %v; want %+v", got, ok, want)
	}
	if _, _, ok := x.get("other.example", "abc"); ok {
		t.Error("the alias is known on another domain")
	}
	x.Remove("", "abc")
	if _, _, ok := x.get("", "abc"); ok {
		t.Error("a removed link is still known")
	}
}

// TestIndex_StaleReadIsNotKept: a target that was read before a change must
// not be added after it.
func TestIndex_StaleReadIsNotKept(t *testing.T) {
	x := NewIndex()
	_, version, _ := x.get("", "abc")
	x.Remove("", "abc") // somebody updates the link between read and add
	x.add("", "abc", Target{LinkID: 1, URL: "https://old.example/"}, version)
	if got, _, ok := x.get("", "abc"); ok {
		t.Errorf("the old target %q was kept", got.URL)
	}
}

// TestIndex_Memory: overwriting leaves garbage that is compacted, and a full
// shard starts anew instead of growing.
func TestIndex_Memory(t *testing.T) {
	x := NewIndex()
	long := "https://example.com/" + strings.Repeat("x", 8000)
	for i := range 2000 {
		alias := fmt.Sprintf("alias%d", i%10)
		_, version, _ := x.get("", alias)
		x.add("", alias, Target{LinkID: int64(i), URL: long}, version)
	}
	for i := range 10 {
		got, _, ok := x.get("", fmt.Sprintf("alias%d", i))
		if !ok || got.URL != long || got.LinkID != int64(1990+i) {
			t.Fatalf("alias%d: id %d, %v", i, got.LinkID, ok)
		}
	}
	for i := range x.shards {
		if s := &x.shards[i]; len(s.slab) > 30*len(long) {
			t.Errorf("shard %d holds %d bytes for at most ten links", i, len(s.slab))
		}
	}
	x.limit = 64 << 10
	for i := range 2000 {
		alias := fmt.Sprintf("full%d", i)
		_, version, _ := x.get("", alias)
		x.add("", alias, Target{URL: long}, version)
	}
	for i := range x.shards {
		if s := &x.shards[i]; len(s.slab) > x.limit+2*len(long) {
			t.Errorf("shard %d holds %d bytes; want at most %d", i, len(s.slab), x.limit)
		}
	}
}

func TestIndex_Concurrent(t *testing.T) {
	x := NewIndex()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 5000 {
				alias := fmt.Sprintf("a%d", i%50)
				if got, version, ok := x.get("", alias); !ok {
					x.add("", alias, Target{URL: alias, LinkID: int64(i)}, version)
				} else if got.URL != alias {
					t.Errorf("get(%q) = %q", alias, got.URL)
				}
				if i%7 == w {
					x.Remove("", alias)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkIndex_Get(b *testing.B) {
	x := NewIndex()
	for i := range 100_000 {
		alias := fmt.Sprintf("alias%d", i)
		_, version, _ := x.get("", alias)
		x.add("", alias, Target{URL: "https://example.com/some/path?with=query", LinkID: int64(i)}, version)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		x.get("", "alias77777")
	}
}
