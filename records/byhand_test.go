package records_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
)

// TestImport_ByHand: what people write becomes links, once however often it is
// imported.
func TestImport_ByHand(t *testing.T) {
	p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
	const file = `{"kind":"campaign","id":1,"name":"Spring"}
{"kind":"link","url":"https://example.com/a","custom":"docs","password":"right","campaign":1}
{"kind":"link","url":"https://example.com/b"}
{"kind":"link","id":77,"url":"https://example.com/b"}
{"kind":"link","url":"https://example.com/c","campaign":2}
{"kind":"link","url":"javascript:alert(1)"}
{"kind":"link","url":"https://example.com/d","geotarget":[{"location":"KR","link":"data:text/html,x"}]}
{"kind":"link","custom":"nowhere"}
{"kind":"link","url":"https://example.com/e","custom":"a b"}
{"kind":"link","url":"https://example.com/e","type":"<script>"}
{"kind":"link","url":"https://example.com/e","domain":"go.example.com"}
{"kind":"domain","domain":"nodots..example"}
{"kind":"file","custom":"file","file":{"name":"x","filename":"x","stored":"../../etc/passwd","size":1,"contenttype":"a"}}
{"kind":"hour","link":99,"hour":"2026-01-02T03:00:00Z","clicks":1}
{"kind":"content","link":5,"part":3,"data":"AAAA"}
`
	o := p.options()
	o.Account = "shop"
	for range 2 {
		s, failed := p.read([]byte(file), o)
		if len(failed) != 11 || s.Count("", records.Failed) != 11 {
			t.Errorf("%d failed: %s", len(failed), strings.Join(failed, "\n"))
		}
		links, n, err := p.store.Links(t.Context(), shortener.Filter{Account: "shop", Limit: 10})
		if err != nil || n != 2 {
			t.Fatalf("%d links, %v; want 2", n, err)
		}
		made, docs := links[0], links[1]
		if len(made.Alias) < 10 || made.URL != "https://example.com/b" || docs.Alias != "docs" || docs.Campaign != 1 {
			t.Errorf("links are %+v, %+v", made, docs)
		}
		if ok, err := shortener.VerifyPassword(t.Context(), docs.PasswordHash, "right"); err != nil || !ok {
			t.Errorf("the password does not open it: %v", err)
		}
	}
	if out := p.write(records.JSONL, true); bytes.Contains(out, []byte("right")) {
		t.Error("the export shows a password")
	}
}

// TestImport_WithoutSecrets: a link whose password is not in the file is switched
// off, and not open to everybody.
func TestImport_WithoutSecrets(t *testing.T) {
	from := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
	if _, failed := from.read(encoded(t, records.JSONL, true, everything()), from.options()); len(failed) > 0 {
		t.Fatal(failed)
	}
	locked := &shortener.Link{Account: "main", Alias: "locked", URL: "https://example.com/", Type: "direct", PasswordHash: phc}
	if _, err := from.store.CreateLink(t.Context(), locked, shortener.Creation{}); err != nil {
		t.Fatal(err)
	}
	file := from.write(records.JSONL, false)
	for _, secret := range []string{phc, sha("key"), "signatures", `"kind":"key"`} {
		if bytes.Contains(file, []byte(secret)) {
			t.Errorf("the export shows %q", secret)
		}
	}
	to := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
	for range 2 {
		var notices []string
		o := to.options()
		o.Notice = func(_ int, r records.Record, text string) { notices = append(notices, records.Label(r)+": "+text) }
		if _, failed := to.read(file, o); len(failed) > 0 {
			t.Fatal(failed)
		}
		if len(notices) != 1 || !strings.HasPrefix(notices[0], "link /locked: its password") {
			t.Errorf("notices are %q", notices)
		}
		if l := to.link("locked"); !l.Options.Disabled || l.PasswordHash != "" {
			t.Errorf("the link is %+v; want it switched off", l)
		}
	}
}

// TestImport_Account brings an account's records to another account.
func TestImport_Account(t *testing.T) {
	p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
	file := encoded(t, records.JSONL, true, everything())
	o := p.options()
	o.Account = "new"
	s, failed := p.read(file, o)
	// Two accounts had the alias on the main domain, one of them on another.
	if len(failed) > 0 {
		t.Fatal(failed)
	}
	if n := s.Count(records.KindAccount, records.Skipped); n != 2 {
		t.Errorf("%d accounts are skipped; want 2", n)
	}
	var accounts []string
	err := p.store.ReadRecords(t.Context(), records.ReadOptions{Secrets: true, Account: "new"}, func(r records.Record) error {
		accounts = append(accounts, string(r.Kind()))
		return nil
	})
	if err != nil || !slices.Contains(accounts, "key") || !slices.Contains(accounts, "ledger") || slices.Contains(accounts, "backend") {
		t.Errorf("the account has %q, %v", accounts, err)
	}
	for _, account := range []string{"main", "shop"} {
		err := p.store.ReadRecords(t.Context(), records.ReadOptions{Account: account}, func(r records.Record) error {
			t.Errorf("%s has %+v", account, r)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if remote, err := p.store.RemoteLinks(t.Context(), "new", []int64{77}); err != nil || len(remote) != 1 {
		t.Errorf("remote links are %v, %v", remote, err)
	}
}

// TestImport_Files refuses contents that are not whole, and keeps none of them.
func TestImport_Files(t *testing.T) {
	file := &records.Link{
		Of: records.KindFile, ID: 1, Link: 1, Account: "main", Alias: "afile", Type: "direct",
		Options: shortener.Options{File: &shortener.File{Name: "n", Filename: "n", Size: 4, ContentType: "text/plain"}},
	}
	part := func(n int64, data, sum string) *records.Content {
		return &records.Content{Link: 1, Part: n, Data: []byte(data), SHA256: sum}
	}
	for name, contents := range map[string][]records.Record{
		"none":         nil,
		"no end":       {part(0, "ab", ""), part(1, "cd", "")},
		"wrong sum":    {part(0, "ab", ""), part(1, "cd", sha("other"))},
		"gap":          {part(0, "ab", ""), part(2, "cd", sha("abcd"))},
		"other size":   {part(0, "abc", sha("abc"))},
		"another link": {&records.Content{Link: 2, Data: []byte("abcd"), SHA256: sha("abcd")}},
	} {
		p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
		fresh := *file
		s, failed := p.read(encoded(t, records.JSONL, true, append(contents, &fresh)), p.options())
		if s.Count(records.KindFile, records.Failed) != 1 {
			t.Errorf("%s: failed are %q", name, failed)
		}
		if n, err := p.files.Sweep(t.Context(), p.known(), -1); err != nil || n != 0 {
			t.Errorf("%s: %d files are left, %v", name, n, err)
		}
	}
	p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
	if _, failed := p.read(encoded(t, records.JSONL, true, []records.Record{part(0, "ab", ""), part(1, "cd", sha("abcd")), file}), p.options()); len(failed) > 0 {
		t.Errorf("failed are %q", failed)
	}
}

func TestImport_Ends(t *testing.T) {
	whole := encoded(t, records.JSONL, true, everything())
	for name, tt := range map[string]struct{ file, want string }{
		"cut off":     {string(whole[:len(whole)/2]), "cut off"},
		"newer":       {`{"kind":"linkquay","version":2}`, "newer Linkquay"},
		"two files":   {string(whole) + string(whole), "a second file"},
		"behind it":   {string(whole) + `{"kind":"campaign","name":"x"}`, "behind the last one"},
		"broken line": {"url,custom\n\"a\"b,c\n", "line 2"},
	} {
		p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
		if _, _, err := p.tryRead([]byte(tt.file), p.options()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want an error with %q", name, err, tt.want)
		}
	}
	p := newPlace(t, store.Config{Source: t.TempDir() + "/linkquay.db"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := records.NewReader(bytes.NewReader(whole), "", noon.Location())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := records.Import(ctx, p.store, r, p.options()); err == nil {
		t.Error("a canceled import has no error")
	}
}
