package native_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/native"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/postgrestest"
)

// speedEnv is how many links TestAdapter_Speed moves. It is for people who want
// to know how long that takes: nothing is moved without it.
const speedEnv = "LINKQUAY_TEST_MOVED_LINKS"

func TestAdapter_Speed(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv(speedEnv))
	if err != nil || n < 1 {
		t.Skipf("set %s to a number of links", speedEnv)
	}
	contract, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	open := func(cfg store.Config) *native.Adapter {
		s, err := store.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return native.New(native.Config{
			Contract: contract, Origin: origin, Zone: time.UTC,
			Shortener: shortener.New(shortener.Config{Store: s, Index: shortener.NewIndex(), OwnHosts: []string{"go.example.com"}}),
		})
	}
	file := func(name string) store.Config {
		return store.Config{Driver: store.SQLite, Source: filepath.Join(t.TempDir(), name)}
	}
	source := open(file("source.db"))
	measure(t, "made on SQLite", n, func(after int64, limit int) ([]adapters.Record, error) {
		return manyLinks(int(after), min(limit, n-int(after))), nil
	}, source)
	export := func(after int64, limit int) ([]adapters.Record, error) {
		return source.Export(t.Context(), "main", adapters.KindLink, after, limit)
	}
	target := open(file("target.db"))
	measure(t, "SQLite to SQLite", n, export, target)
	measure(t, "the same again", n, export, target)
	t.Run("Postgres", func(t *testing.T) {
		measure(t, "SQLite to PostgreSQL", n, export, open(store.Config{Driver: store.Postgres, Source: postgrestest.Database(t)}))
	})
}

// manyLinks makes links as sites have them: each fourth one has more than a
// destination.
func manyLinks(from, n int) []adapters.Record {
	records := make([]adapters.Record, n)
	for i := range records {
		k := from + i
		doc := fmt.Sprintf(`{"url":"https://www.example.com/campaigns/2026/spring/landing-page-%d?utm_source=mail","custom":"link-%d"}`, k, k)
		if k%4 == 0 {
			doc = fmt.Sprintf(`{"url":"https://www.example.com/p/%d","custom":"link-%d","metatitle":"Page %d","status":"public",`+
				`"geotarget":[{"location":"Canada","link":"https://example.com/ca/%d"}],"devicetarget":[{"device":"iPhone","link":"https://example.com/ios"}],`+
				`"expiry":"2031-01-02T03:04:05Z"}`, k, k, k, k)
		}
		records[i] = adapters.Record{
			Kind: adapters.KindLink, ID: 0, Document: []byte(doc), Clicks: int64(k % 100), UniqueClicks: int64(k % 70),
			Created: time.Date(2025, 1, 1, 0, 0, k%86400, 0, time.UTC),
		}
	}
	return records
}

func measure(t *testing.T, what string, n int, next func(after int64, limit int) ([]adapters.Record, error), to *native.Adapter) {
	t.Helper()
	began := time.Now()
	var after int64
	var reading time.Duration
	var most uint64
	total := 0
	for {
		at := time.Now()
		records, err := next(after, 1000)
		reading += time.Since(at)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			break
		}
		if after = records[len(records)-1].ID; after == 0 {
			after = int64(total + len(records))
		}
		for i := range records {
			records[i].ID = 0
		}
		done, err := to.Import(t.Context(), "main", records)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range done {
			if d.Err != nil {
				t.Fatal(d.Err)
			}
		}
		if total += len(records); total%100_000 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.Sys)
		}
	}
	took := time.Since(began)
	t.Logf("%s: %d links in %v, %.0f/s (reading %v), at most %d MiB from the system", what, total,
		took.Round(time.Millisecond), float64(total)/took.Seconds(), reading.Round(time.Millisecond), most>>20)
	if total != n {
		t.Errorf("%s: %d links; want %d", what, total, n)
	}
}
