package records_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

// TestImport_Minimal: a record of any kind that says next to nothing is taken or
// refused, alone, and what is taken comes out as it went in.
func TestImport_Minimal(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, cfg store.Config) {
		p := newPlace(t, cfg)
		for line, want := range map[string]string{
			`{"kind":"account","name":"a"}`:                                          "",
			`{"kind":"account"}`:                                                     "name: is missing",
			`{"kind":"backend","name":"b"}`:                                          "",
			`{"kind":"secret","name":"s"}`:                                           "value: is missing",
			`{"kind":"key","name":"k","keyhash":"` + sha("k") + `"}`:                 "",
			`{"kind":"key","keyhash":"` + sha("l") + `","scopes":"read"}`:            "name: is missing",
			`{"kind":"key","name":"m","keyhash":"` + sha("m") + `","scopes":"read"}`: "",
			`{"kind":"domain","domain":"min.example"}`:                               "",
			`{"kind":"domain"}`:                                                      "domain",
			`{"kind":"pixel","type":"bing","tag":"1"}`:                               "",
			`{"kind":"pixel"}`:                                                       "type: is missing",
			`{"kind":"splash"}`:                                                      "",
			`{"kind":"overlay"}`:                                                     "",
			`{"kind":"campaign","name":"c"}`:                                         "",
			`{"kind":"channel","name":"c"}`:                                          "",
			`{"kind":"qr","qr":{}}`:                                                  "",
			`{"kind":"qr"}`:                                                          "qr is missing",
			`{"kind":"file","file":{}}`:                                              "what the file holds",
			`{"kind":"remote"}`:                                                      "custom",
			`{"kind":"remote","custom":"main/7","url":"https://r.example/x"}`:        "",
			`{"kind":"retired"}`:                                                     "domain: is missing",
			`{"kind":"retired","domain":"nobodys.example","custom":"gone"}`:          "Domain not found",
			`{"kind":"channelitem"}`:                                                 "channel",
			`{"kind":"channelitem","channel":1,"link":1}`:                            "",
			`{"kind":"hour"}`:                                                        "link",
			`{"kind":"day","link":1}`:                                                "day",
			`{"kind":"day","link":1,"day":"2026-01-02","dimension":"countries"}`:     "",
			`{"kind":"orphan"}`:                                                      "",
			`{"kind":"ledger","backend":"dg"}`:                                       "",
			`{"kind":"lastid"}`:                                                      "of",
			`{"kind":"content"}`:                                                     "part",
		} {
			rows := []string{
				`{"kind":"channel","id":1,"name":"first"}`,
				`{"kind":"link","id":1,"custom":"good","url":"https://example.com/"}`, line,
			}
			for range 2 {
				_, failed, err := p.tryRead(file(rows...), p.options())
				text := strings.Join(failed, "\n")
				if err != nil || len(failed) > 1 || (want == "") != (text == "") || !strings.Contains(text, want) || strings.Contains(text, "nternal") {
					t.Errorf("%s: failed are %q, %v; want %q", line, failed, err, want)
				}
			}
		}
		out := p.write(records.JSONL, true)
		to := newPlace(t, anotherDatabase(t, cfg))
		if _, failed := to.read(out, to.options()); len(failed) > 0 {
			t.Errorf("its export fails: %q", failed)
		}
		if again := to.write(records.JSONL, true); string(again) != string(out) {
			t.Errorf("exported again:\n%s\nwant\n%s", again, out)
		}
	})
}

// TestImport_TwoAtOnce: two that import the same at once have it once, and neither
// fails.
func TestImport_TwoAtOnce(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, cfg store.Config) {
		p := newPlace(t, cfg)
		whole := encoded(t, records.JSONL, true, storable(cfg))
		var importers sync.WaitGroup
		for range 3 {
			importers.Go(func() {
				if _, failed, err := p.tryRead(whole, p.options()); err != nil || len(failed) > 0 {
					t.Errorf("failed are %q, %v", failed, err)
				}
			})
		}
		importers.Wait()
		if out := p.write(records.JSONL, true); string(out) != string(whole) {
			t.Errorf("exported again it is\n%s\nwant\n%s", out, whole)
		}
		if n, err := p.files.Sweep(t.Context(), p.known(), -1); err != nil || n != 0 {
			t.Errorf("%d files are nobody's, %v", n, err)
		}
	})
}
