package records_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

// header begins a file whose ids are kept.
const header = `{"kind":"linkquay","version":1,"secrets":true,"files":true}` + "\n"

// file puts the lines between a header and an end.
func file(lines ...string) []byte {
	return fmt.Appendf(nil, "%s%s\n{\"kind\":\"end\",\"records\":%d}\n", header, strings.Join(lines, "\n"), len(lines))
}

// TestReader_Deep: a record that is nested deeper than any parser recurses is
// refused, and the next one is read.
func TestReader_Deep(t *testing.T) {
	deep := strings.Repeat(`[`, records.MaxRecord-100)
	rs, wrong, err := readAll(t, `{"kind":"link","geotarget":`+deep+"\n"+`{"kind":"link","url":"a"}`+"\n")
	if err != nil || len(rs) != 1 || len(wrong) != 1 {
		t.Errorf("%d records, %d errors, %v", len(rs), len(wrong), err)
	}
}

// TestImport_Refuses: what would harm everybody is refused, each alone, and the
// records around it are taken.
func TestImport_Refuses(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, cfg store.Config) {
		p := newPlace(t, cfg)
		bad := map[string]string{
			`{"kind":"link","id":2,"custom":"clicks","url":"https://example.com/","clicks":9223372036854775807}`:                                                                                          "clicks",
			`{"kind":"link","id":3,"custom":"less","url":"https://example.com/","clicks":-1}`:                                                                                                             "clicks",
			`{"kind":"link","id":4,"custom":"carried","url":"https://example.com/","carriedclicks":9223372036854775807}`:                                                                                  "carriedclicks",
			`{"kind":"link","id":5,"custom":"taken","url":"https://example.com/","taken":9223372036854775807}`:                                                                                            "taken",
			`{"kind":"link","id":6,"custom":"late","url":"https://example.com/","startdate":"9999-12-31T23:59:59-14:00"}`:                                                                                 "startdate",
			`{"kind":"link","id":7,"custom":"early","url":"https://example.com/","expiry":"0000-01-01T00:00:00+14:00"}`:                                                                                   "expiry",
			`{"kind":"link","id":8,"custom":"hash","url":"https://example.com/","passwordhash":"x"}`:                                                                                                      "passwordhash",
			`{"kind":"link","id":9,"custom":"costly","url":"https://example.com/","passwordhash":"$argon2id$v=19$m=99999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`: "passwordhash",
			`{"kind":"link","id":10,"custom":"filed","url":"https://example.com/","file":{"name":"x","filename":"x","stored":"","size":1,"contenttype":"a"}}`:                                             "file",
			`{"kind":"link","id":10,"custom":"coded","url":"https://example.com/","qr":{"type":"text","data":"x"}}`:                                                                                       "qr",
			`{"kind":"hour","link":1,"clicks":1}`:                                                                             "hour",
			`{"kind":"hour","link":1,"hour":"1969-12-31T23:00:00Z","clicks":1}`:                                               "hour",
			`{"kind":"hour","link":1,"hour":"2026-01-02T03:00:00Z","clicks":9223372036854775807}`:                             "clicks",
			`{"kind":"hour","link":1,"hour":"2026-01-02T03:00:00Z","bots":-1}`:                                                "bots",
			`{"kind":"day","link":1,"day":"1969-12-31","dimension":"countries","clicks":1}`:                                   "day",
			`{"kind":"day","link":1,"day":"2026-01-02","dimension":"countries","clicks":-1}`:                                  "clicks",
			`{"kind":"orphan","path":"x","visits":9223372036854775807,"last":"2026-01-02T03:00:00Z"}`:                         "visits",
			`{"kind":"lastid","of":"link","id":9223372036854775807}`:                                                          "id",
			`{"kind":"lastid","of":"backend","id":99999}`:                                                                     "id",
			`{"kind":"backend","name":"far","id":1099511627776}`:                                                              "id",
			`{"kind":"key","name":"k","keyhash":"` + sha("k") + `","scopes":"read","limited":true,"requests":-1,"window":-5}`: "requests",
			`{"kind":"ledger","backend":"dg","shorturl":"https://a/b","document":"{"}`:                                        "document",
			`{"kind":"ledger","backend":"dg","shorturl":"https://a/b","document":"[]"}`:                                       "document",
			`{"kind":"account","name":"a","passwordhash":"x"}`:                                                                "passwordhash",
		}
		const good = `{"kind":"link","id":1,"custom":"good","url":"https://example.com/"}`
		for line, field := range bad {
			_, failed := p.read(file(good, line, `{"kind":"link","custom":"behind","url":"https://example.com/"}`), p.options())
			if len(failed) != 1 || !strings.Contains(failed[0], field+": ") && !strings.Contains(failed[0], "invalid") {
				t.Errorf("%s: failed are %q; want it for %s", line, failed, field)
			}
		}
		// Whatever was in the file, life goes on.
		for i := range 3 {
			l := &shortener.Link{Account: "main", Alias: fmt.Sprint("next", i), URL: "https://example.com/", Type: "direct"}
			if _, err := p.store.CreateLink(t.Context(), l, shortener.Creation{}); err != nil || l.ID > 1000 {
				t.Errorf("the next link is %d, %v", l.ID, err)
			}
		}
		out := p.write(records.JSONL, true)
		if _, failed := p.read(out, p.options()); len(failed) > 0 {
			t.Errorf("its own export fails: %q", failed)
		}
	})
}

// TestImport_HugeIDs: ids that no Linkquay gets to are changed.
func TestImport_HugeIDs(t *testing.T) {
	p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
	for i, id := range []string{"549755813887", "9007199254740993", "9223372036854775807", "-9223372036854775808"} {
		_, failed := p.read(file(
			fmt.Sprintf(`{"kind":"account","name":"a%d","id":%s}`, i, id),
			fmt.Sprintf(`{"kind":"campaign","name":"c%d","id":%s}`, i, id),
			fmt.Sprintf(`{"kind":"link","id":%s,"custom":"huge%d","url":"https://example.com/"}`, id, i),
			fmt.Sprintf(`{"kind":"qr","id":%s,"link":%[1]s,"custom":"code%d","qr":{"type":"text","data":"x"}}`, id, i),
		), p.options())
		if len(failed) > 0 {
			t.Errorf("%s: %q", id, failed)
		}
	}
	last, err := p.store.LastIDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for kind, id := range last {
		if id > 100 {
			t.Errorf("the last id of %s is %d", kind, id)
		}
	}
}

// TestImport_NewerFile: a file of a later version is not taken for one that was
// written by hand, whatever its header has.
func TestImport_NewerFile(t *testing.T) {
	for _, head := range []string{
		`{"kind":"linkquay","version":2}`,
		`{"kind":"linkquay","version":2,"packed":"zstd"}`,
		`{"kind":"linkquay","version":"2.0"}`,
		`{"kind":"linkquay"}`,
		`{"kind":"linkquay","version":-1}`,
	} {
		p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
		_, _, err := p.tryRead([]byte(head+"\n"+`{"kind":"link","url":"https://example.com/","custom":"new"}`+"\n"+`{"kind":"end","records":1}`+"\n"), p.options())
		if err == nil {
			t.Errorf("%s is taken", head)
		}
		if _, err := p.store.LinkByAlias(t.Context(), "", "new"); err == nil {
			t.Errorf("%s: records of it are there", head)
		}
	}
}

// TestImport_MessagesAreText: a message has nothing in it that a terminal obeys.
func TestImport_MessagesAreText(t *testing.T) {
	p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
	_, failed := p.read([]byte(`{"kind":"campaign","name":"\u001b]0;owned\u0007\n\u202e","slug":"`+strings.Repeat("x", 10)+`"}
{"kind":"link","custom":"\u001b[2J","url":"https://example.com/"}
{"kind":"link","`+strings.Repeat("y", 1000)+`":1}
`), p.options())
	if len(failed) == 0 {
		t.Fatal("nothing failed")
	}
	for _, f := range failed {
		if strings.ContainsAny(f, "\x1b\x07\n\u202e") || len(f) > 400 {
			t.Errorf("a message is %q", f)
		}
	}
}

// TestImport_Long: a text that is too long for an index of PostgreSQL fails alone,
// on every database.
func TestImport_Long(t *testing.T) {
	long := ""
	for i := range 200 {
		long += sha(fmt.Sprint(i))
	}
	storetest.EachConfig(t, func(t *testing.T, cfg store.Config) {
		p := newPlace(t, cfg)
		for _, line := range []string{
			`{"kind":"account","name":"LONG"}`,
			`{"kind":"backend","name":"LONG"}`,
			`{"kind":"key","name":"LONG","keyhash":"` + sha("k") + `","scopes":"read"}`,
			`{"kind":"pixel","type":"bing","tag":"LONG"}`,
			`{"kind":"campaign","name":"c","slug":"LONG"}`,
			`{"kind":"link","custom":"external","url":"https://example.com/","externalid":"LONG"}`,
			`{"kind":"link","account":"LONG","custom":"account","url":"https://example.com/"}`,
			`{"kind":"day","link":1,"day":"2026-01-02","dimension":"countries","value":"LONG","clicks":1}`,
			`{"kind":"orphan","path":"LONG","visits":1,"last":"2026-01-02T03:00:00Z"}`,
			`{"kind":"ledger","backend":"dg","custom":"LONG","url":"https://example.com/"}`,
			`{"kind":"secret","name":"LONG","value":"AAAA"}`,
			`{"kind":"splash","name":"s","counter":1099511627777}`,
		} {
			_, failed := p.read(file(
				`{"kind":"link","id":1,"custom":"good","url":"https://example.com/"}`, strings.ReplaceAll(line, "LONG", long),
			), p.options())
			if len(failed) != 1 {
				t.Errorf("%s: failed are %.300q", line, failed)
			}
		}
		// What is in no index may be as long as it likes.
		_, failed := p.read(file(`{"kind":"link","custom":"described","url":"https://example.com/?`+long+`","description":"`+long+`","metatitle":"`+long+`"}`,
			`{"kind":"channel","name":"`+long+`"}`), p.options())
		if len(failed) > 0 {
			t.Errorf("failed are %.300q", failed)
		}
	})
}

// target counts what it is given at once.
type target struct {
	*store.Store
	most int
}

func (g *target) WriteRecords(ctx context.Context, rs []records.Record, p records.Policy) ([]records.Outcome, error) {
	size := 0
	for _, r := range rs {
		size += len(r.(*records.Link).Description)
	}
	g.most = max(g.most, size)
	return g.Store.WriteRecords(ctx, rs, p)
}

// TestImport_Bounded: large records are not gathered.
func TestImport_Bounded(t *testing.T) {
	large := strings.Repeat("x", 1<<20)
	for name, head := range map[string]string{"jsonl": "", "csv": "custom,url,description\n"} {
		p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
		var b strings.Builder
		b.WriteString(head)
		for i := range 30 {
			if head == "" {
				fmt.Fprintf(&b, "{\"kind\":\"link\",\"custom\":\"large%d\",\"url\":\"https://example.com/\",\"description\":\"%s\"}\n", i, large)
			} else {
				fmt.Fprintf(&b, "large%d,https://example.com/,%s\n", i, large)
			}
		}
		r, err := records.NewReader(strings.NewReader(b.String()), "", time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		g := &target{Store: p.store}
		s, err := records.Import(t.Context(), g, r, p.options())
		if err != nil || s.Count(records.KindLink, records.Added) != 30 {
			t.Errorf("%s: %d links, %v", name, s.Count(records.KindLink, records.Added), err)
		}
		if g.most > 10<<20 {
			t.Errorf("%s: %d bytes were gathered", name, g.most)
		}
	}
}
