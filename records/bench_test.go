package records_test

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

// TestMillion imports as many links as LINKQUAY_TEST_RECORDS says, each with an
// hour of visits, and exports them. It tells how long it took.
func TestMillion(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("LINKQUAY_TEST_RECORDS"))
	if err != nil {
		t.Skip("set LINKQUAY_TEST_RECORDS to a number of links")
	}
	storetest.EachConfig(t, func(t *testing.T, cfg store.Config) {
		p := newPlace(t, cfg)
		name := t.TempDir() + "/links.jsonl"
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w := records.NewWriter(f, records.JSONL)
		write := func(r records.Record) {
			if err := w.Write(r); err != nil {
				t.Fatal(err)
			}
		}
		write(&records.Header{Version: records.Version, Secrets: true})
		for i := range n {
			alias := fmt.Sprint("alias-", i)
			write(&records.Link{
				Of: records.KindLink, ID: int64(i + 1), Account: "main", Alias: alias, URL: "https://example.com/" + alias, Type: "direct", Clicks: 1,
				MetaTitle: "A title of usual length", Created: noon, Updated: noon,
			})
		}
		for i := range n {
			write(&records.Hour{Link: int64(i + 1), Hour: noon.Truncate(time.Hour), Clicks: 1})
		}
		write(&records.End{Records: int64(2 * n)})
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		for _, what := range []string{"import", "import again"} {
			if _, err := f.Seek(0, 0); err != nil {
				t.Fatal(err)
			}
			r, err := records.NewReader(bufio.NewReader(f), "", time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			s, err := records.Import(t.Context(), p.store, r, p.options())
			if err != nil || s.Count("", records.Failed) > 0 {
				t.Fatal(err, s)
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			t.Logf("%s: %d records in %s; %d MiB from the system", what, s.Records, time.Since(begun), m.Sys>>20)
		}
		begun := time.Now()
		out, err := os.Create(name + ".out")
		if err != nil {
			t.Fatal(err)
		}
		records, err := records.Export(t.Context(), p.store, records.NewWriter(out, records.JSONL), records.ExportOptions{})
		t.Logf("export: %d records in %s, %v", records, time.Since(begun), err)
	})
}
