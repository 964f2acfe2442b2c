package records_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/linkquay/linkquay/files"
	"github.com/linkquay/linkquay/records"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 5e6, time.UTC)

const phc = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaA"

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// everything is a record of every kind in which every field has a value at least
// once, without Header and End. Ids have gaps and come in more than one order.
func everything() []records.Record {
	options := shortener.Options{
		Geo:        []shortener.GeoRule{{Location: "KR", Link: "https://example.com/kr?a=1&b=2"}},
		Devices:    []shortener.DeviceRule{{Device: "iPhone", Link: "https://example.com/<iphone>"}},
		Languages:  []shortener.LanguageRule{{Language: "ko", Link: "https://example.com/ko"}},
		Parameters: []shortener.Parameter{{Name: "utm_source", Value: "=cmd|'/c calc'!A0"}},
		Pixels:     []int64{3},
		DeepLink:   &shortener.DeepLink{Auto: true, Apple: "https://apps.apple.com/app/id1"},

		RedirectCode: 307, ClickLimit: 9, ExpiredURL: "https://example.com/over", Starts: noon,
		ForwardQuery: true, Disabled: true, Adopted: true,
	}
	full := &records.Link{
		Of: records.KindLink, ID: 5, Account: "main", Domain: "go.example.com", Alias: "full", URL: "https://example.com/ü",
		Type: "overlay-2", PasswordHash: phc, Protected: true, Expires: noon.AddDate(1, 0, 0), Public: true,
		MetaTitle: "=1+1", MetaDescription: "'quoted\r\nlines\nand \x00 \"", MetaImage: "https://example.com/i.png", Description: `'"note`,
		Campaign: 4, ExternalID: "-5", Options: options, Clicks: 40, UniqueClicks: 30, CarriedClicks: 7, CarriedUniques: 6, Taken: 3,
		Created: noon, Updated: noon.Add(time.Hour),
	}
	plain := func(id int64, account, alias, linkType string) *records.Link {
		return &records.Link{
			Of: records.KindLink, ID: id, Account: account, Alias: alias, URL: "https://example.com/" + alias, Type: linkType,
			Plain: linkType == "direct", Created: noon, Updated: noon,
		}
	}
	file := plain(12, "shop", "report", "direct")
	file.Of, file.ID, file.Link, file.URL, file.Plain = records.KindFile, 2, 12, "", false
	file.Options.File = &shortener.File{Name: "Report", Filename: "r.txt", Size: 11, ContentType: "text/plain; charset=utf-8"}
	qr := plain(13, "main", "qrqrqrq", "direct")
	qr.Of, qr.ID, qr.Link, qr.Plain = records.KindQR, 7, 13, false
	qr.Options.QR = &shortener.QR{
		Name: "Poster", Type: "link", Data: json.RawMessage(`"https://example.com/qrqrqrq"`), Foreground: "#000000",
		Background: "rgb(1,2,3)", Logo: "https://example.com/logo.png",
	}
	second := plain(14, "main", "qrsecond", "direct")
	// Codes that were made at the same time may have ids in another order than
	// their links.
	second.Of, second.ID, second.Link, second.Plain = records.KindQR, 6, 14, false
	second.Options.QR = &shortener.QR{Type: "text", Data: json.RawMessage(`"hi"`)}
	second.URL = ""
	remote := plain(15, "shop", "shop/77", "direct")
	remote.Of, remote.Plain, remote.Public, remote.ForwardQuery, remote.Campaign = records.KindRemote, false, true, true, 9
	day := records.Day{Link: 5, Day: "2026-03-04", Clicks: 40}
	days := []records.Record{}
	for _, d := range []string{"countries", "referrers", "browsers"} {
		one := day
		one.Dimension, one.Value = d, map[string]string{"countries": "KR", "browsers": "Chrome"}[d]
		days = append(days, &one)
	}
	big := bytes.Repeat([]byte("0123456789"), 5000)
	parts := []records.Record{}
	for i := 0; i*24_000 < len(big); i++ {
		parts = append(parts, &records.Content{Link: 13, Part: int64(i), Data: big[i*24_000 : min(len(big), (i+1)*24_000)]})
	}
	parts[len(parts)-1].(*records.Content).SHA256 = sha(string(big))
	all := []records.Record{
		&records.Account{ID: 1, Name: "main", Email: "a@example.com", PasswordHash: phc, Registered: noon},
		&records.Account{ID: 3, Name: "shop", Registered: noon},
		&records.Backend{ID: 2, Name: "kr"},
		&records.Secret{Name: "signatures", Value: []byte("\x00\xff01")},
		&records.Key{
			Name: "partner", Account: "shop", Backend: "kr", KeyHash: sha("key"), Scopes: "read create", Limited: true, Requests: 7,
			Window: 60_000, Created: noon, Expires: noon.AddDate(1, 0, 0), Revoked: noon,
		},
		&records.Domain{ID: 2, Account: "main", Host: "go.example.com", Scheme: "https", RedirectRoot: "https://example.com/", Redirect404: "https://example.com/404", Created: noon},
		&records.Pixel{ID: 3, Account: "main", Type: "bing", Name: "p", Tag: "12345678", Created: noon},
		&records.Splash{ID: 1, Account: "main", Name: "s", Title: "t", Message: "m", Image: "https://example.com/i.png", Button: "b", Counter: 10, Created: noon},
		&records.Splash{ID: 2, Account: "shop", Name: "none", Counter: 0, Created: noon},
		&records.Overlay{
			ID: 2, Account: "main", Name: "o", Type: "message", Message: "m", Label: "l", Button: "b", Link: "https://example.com/o",
			Email: "a@example.com", Position: "top", Background: "#000000", Foreground: "#ffffff", Created: noon,
		},
		&records.Campaign{ID: 4, Account: "main", Name: "Spring", Slug: "spring", Public: true, Created: noon},
		&records.Campaign{ID: 8, Account: "shop", Name: "Twin", Created: noon},
		&records.Campaign{ID: 9, Account: "shop", Name: "Twin", Created: noon},
		&records.Channel{ID: 1, Account: "main", Name: "Ads", Description: "d", Color: "#fff", Starred: true, Created: noon},
		&records.Channel{ID: 6, Account: "main", Name: "Empty", Created: noon},
		full, plain(6, "main", "splashed", "1"), plain(9, "shop", "full", "direct"),
		&records.Content{Link: 12, Data: []byte("the content"), SHA256: sha("the content")}, file,
	}
	all = append(append(append(all, parts...), qr, second, remote,
		&records.Retired{Account: "main", Domain: "go.example.com", Alias: "gone"},
		&records.Item{Channel: 1, Link: 5, Added: noon}, &records.Item{Channel: 6, Link: 5, Added: noon.Add(time.Second)},
		&records.Item{Channel: 1, Link: 13, Added: noon},
		&records.Hour{Link: 5, Hour: noon.Truncate(time.Hour), Clicks: 40, Uniques: 30, Bots: 2, Previews: 1, Scans: 4},
		&records.Hour{Link: 13, Hour: noon.Truncate(time.Hour), Clicks: 1},
	), days...)
	return append(all,
		&records.Orphan{Visits: 1, Programs: 5, Last: noon.Truncate(time.Second)},
		&records.Orphan{Domain: "go.example.com", Path: "wp-login.php", Visits: 1, Programs: 5, Last: noon.Truncate(time.Second)},
		&records.Ledger{
			ID: 3, Account: "shop", Backend: "dg", RemoteID: "77", Alias: "al", ShortURL: "https://dglnk.example/al", Title: "T",
			LongURL: "https://example.com/l", Document: `{ "url": "https://example.com/l" }`, Fingerprint: sha("f"), Created: noon, Completed: noon,
		},
		&records.Ledger{ID: 4, Account: "shop", Backend: "dg", LongURL: "https://example.com/?", Created: noon, Doubtful: noon},
		&records.LastID{Of: records.KindAccount, ID: 3}, &records.LastID{Of: records.KindBackend, ID: 2},
		&records.LastID{Of: records.KindDomain, ID: 2}, &records.LastID{Of: records.KindPixel, ID: 30},
		&records.LastID{Of: records.KindSplash, ID: 2}, &records.LastID{Of: records.KindOverlay, ID: 2},
		&records.LastID{Of: records.KindCampaign, ID: 9}, &records.LastID{Of: records.KindChannel, ID: 6},
		&records.LastID{Of: records.KindLink, ID: 99}, &records.LastID{Of: records.KindQR, ID: 7},
		&records.LastID{Of: records.KindFile, ID: 2}, &records.LastID{Of: records.KindLedger, ID: 4},
	)
}

// encoded is a whole file.
func encoded(t *testing.T, f records.Format, secrets bool, rs []records.Record) []byte {
	t.Helper()
	var b bytes.Buffer
	w := records.NewWriter(&b, f)
	all := slices.Concat([]records.Record{&records.Header{Version: records.Version, Secrets: secrets, Files: true}}, rs,
		[]records.Record{&records.End{Records: int64(len(rs))}})
	for _, r := range all {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestEverything_IsComplete: what the other tests compare has every field of every
// kind.
func TestEverything_IsComplete(t *testing.T) {
	set := map[string]bool{}
	all := append(everything(), &records.Header{Version: 1, Secrets: true, Files: true}, &records.End{Records: 1})
	all = append(all, &records.Link{Password: "by hand", Plain: true, Link: 1})
	for _, r := range all {
		v := reflect.ValueOf(r).Elem()
		for _, f := range reflect.VisibleFields(v.Type()) {
			name := v.Type().Name() + "." + f.Name
			set[name] = set[name] || !v.FieldByIndex(f.Index).IsZero()
		}
	}
	for name, ok := range set {
		if !ok {
			t.Errorf("%s has no value in any record", name)
		}
	}
}

// place is a Linkquay to import into.
type place struct {
	t     *testing.T
	store *store.Store
	files *files.Dir
}

func newPlace(t *testing.T, cfg store.Config) *place {
	t.Helper()
	dir, err := files.Open(filepath.Join(t.TempDir(), "files"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	return &place{t, storetest.OpenConfig(t, cfg), dir}
}

func (p *place) options() records.ImportOptions {
	return records.ImportOptions{
		Files:   p.files,
		Checker: shortener.New(shortener.Config{Store: p.store, Index: shortener.NewIndex()}),
	}
}

// read imports a file and returns what failed.
func (p *place) read(file []byte, o records.ImportOptions) (*records.Summary, []string) {
	p.t.Helper()
	s, failed, err := p.tryRead(file, o)
	if err != nil {
		p.t.Fatalf("Import: %v, %q", err, failed)
	}
	return s, failed
}

func (p *place) tryRead(file []byte, o records.ImportOptions) (*records.Summary, []string, error) {
	p.t.Helper()
	var failed []string
	o.Failed = func(_ int, r records.Record, err error) {
		label := ""
		if r != nil {
			label = records.Label(r)
		}
		failed = append(failed, label+": "+err.Error())
	}
	r, err := records.NewReader(bytes.NewReader(file), "", time.UTC)
	if err != nil {
		p.t.Fatal(err)
	}
	s, err := records.Import(p.t.Context(), p.store, r, o)
	return s, failed, err
}

func (p *place) write(f records.Format, secrets bool) []byte {
	p.t.Helper()
	var b bytes.Buffer
	_, err := records.Export(p.t.Context(), p.store, records.NewWriter(&b, f), records.ExportOptions{
		ReadOptions: records.ReadOptions{Secrets: secrets}, Files: p.files,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return b.Bytes()
}
