package records_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

// TestImport_StartsToTheNanosecond: what is kept finer than a millisecond comes out
// as it went in.
func TestImport_StartsToTheNanosecond(t *testing.T) {
	p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
	l := &shortener.Link{Account: "main", Alias: "fine", URL: "https://example.com/", Type: "direct"}
	l.Options.Starts = time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.UTC)
	if _, err := p.store.CreateLink(t.Context(), l, shortener.Creation{}); err != nil {
		t.Fatal(err)
	}
	out := p.write(records.JSONL, true)
	to := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
	for _, to := range []*place{p, to} {
		if _, failed := to.read(out, to.options()); len(failed) > 0 {
			t.Errorf("failed are %q", failed)
		}
		if again := to.write(records.JSONL, true); !bytes.Contains(again, []byte("05.123456789Z")) {
			t.Errorf("exported again it is %s", again)
		}
	}
}

// TestImport_StoredOfAnother: a record that names a file of the folder that is
// another link's gets a copy, so that deleting one leaves the other whole.
func TestImport_StoredOfAnother(t *testing.T) {
	p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
	stored, err := p.files.Put(t.Context(), strings.NewReader("confidential"), 100)
	if err != nil {
		t.Fatal(err)
	}
	theirs := fmt.Sprintf(`{"kind":"file","account":"theirs","custom":"report","file":{"name":"r","filename":"r","stored":%q,"size":12,"contenttype":"text/plain"}}`, stored.Name)
	if _, failed := p.read([]byte(theirs), p.options()); len(failed) > 0 {
		t.Fatal(failed)
	}
	if _, failed := p.read([]byte(theirs), p.options()); len(failed) > 0 {
		t.Errorf("imported again, failed are %q", failed)
	}
	o := p.options()
	o.Account = "mine"
	for range 2 {
		if _, failed := p.read([]byte(strings.ReplaceAll(theirs, `"report"`, `"mine"`)), o); len(failed) > 0 {
			t.Error(failed)
		}
	}
	if is := p.link("report").Options.File.Stored; is != stored.Name {
		t.Errorf("the other link has %q now", is)
	}
	mine := p.link("mine").Options.File.Stored
	if f, _, err := p.files.OpenFile(mine); err != nil || mine == stored.Name {
		t.Errorf("the file is %q, as the other's is; %v", mine, err)
	} else {
		_ = f.Close()
	}
	if n, err := p.files.Sweep(t.Context(), p.known(), -1); err != nil || n != 0 {
		t.Errorf("%d files are nobody's, %v; want none", n, err)
	}
}

// TestImport_ProtectedStays: a file without hashes does not take the passwords of
// links that are there.
func TestImport_ProtectedStays(t *testing.T) {
	for _, conflict := range []records.Conflict{records.Fail, records.Replace} {
		p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
		l := &shortener.Link{Account: "main", Alias: "locked", URL: "https://example.com/", Type: "direct", PasswordHash: phc}
		if _, err := p.store.CreateLink(t.Context(), l, shortener.Creation{}); err != nil {
			t.Fatal(err)
		}
		out := p.write(records.JSONL, false)
		o := p.options()
		o.OnConflict = conflict
		if _, failed := p.read(out, o); len(failed) > 0 {
			t.Errorf("%s: failed are %q", conflict, failed)
		}
		if is := p.link("locked"); is.PasswordHash != phc || is.Options.Disabled {
			t.Errorf("%s: the link is %+v; want it as it was", conflict, is)
		}
	}
}

// TestImport_DryDomain: a dry run knows whose a domain is.
func TestImport_DryDomain(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, cfg store.Config) {
		p := newPlace(t, cfg)
		if _, failed := p.read([]byte(`{"kind":"domain","account":"theirs","domain":"theirs.example"}`), p.options()); len(failed) > 0 {
			t.Fatal(failed)
		}
		const rows = `{"kind":"link","custom":"bad","domain":"theirs.example","url":"https://example.com/"}
{"kind":"domain","domain":"mine.example"}
{"kind":"link","custom":"good","domain":"mine.example","url":"https://example.com/"}
`
		for _, dry := range []bool{true, false} {
			o := p.options()
			o.DryRun = dry
			s, failed := p.read([]byte(rows), o)
			if len(failed) != 1 || !strings.HasPrefix(failed[0], "link theirs.example/bad") || s.Count(records.KindLink, records.Added) != 1 {
				t.Errorf("dry %v: failed are %q", dry, failed)
			}
		}
	})
}

// TestImport_ItemOfAnother: nobody's channel shows another account's link.
func TestImport_ItemOfAnother(t *testing.T) {
	p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
	_, failed := p.read(file(
		`{"kind":"channel","id":1,"account":"mine","name":"c"}`,
		`{"kind":"link","id":1,"account":"theirs","custom":"theirs","url":"https://example.com/"}`,
		`{"kind":"channelitem","channel":1,"link":1}`,
	), p.options())
	if len(failed) != 1 {
		t.Errorf("failed are %q", failed)
	}
}

// TestExport_OfAnAccount has nothing of another's.
func TestExport_OfAnAccount(t *testing.T) {
	p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
	if _, failed := p.read(encoded(t, records.JSONL, true, everything()), p.options()); len(failed) > 0 {
		t.Fatal(failed)
	}
	for account, theirs := range map[string][]string{
		"shop": {"main", "go.example.com", "Spring", "Poster", "wp-login", "signatures", "Ads", phc, "12345678"},
		"main": {"shop", "Twin", "report", "dglnk", "partner", sha("key"), "signatures", "wp-login"},
		"none": {"main", "shop", "lastid", "backend"},
	} {
		for _, f := range []records.Format{records.JSONL, records.CSV} {
			var b bytes.Buffer
			_, err := records.Export(t.Context(), p.store, records.NewWriter(&b, f), records.ExportOptions{
				ReadOptions: records.ReadOptions{Account: account, Secrets: true}, Files: p.files,
			})
			if err != nil {
				t.Fatal(err)
			}
			_, rows, _ := strings.Cut(b.String(), "\n") // the names of columns
			for _, text := range theirs {
				if strings.Contains(rows, text) {
					t.Errorf("the %s of %s shows %q", f, account, text)
				}
			}
			if account != "none" && !strings.Contains(rows, account) {
				t.Errorf("the %s of %s is %s", f, account, rows)
			}
		}
	}
}
