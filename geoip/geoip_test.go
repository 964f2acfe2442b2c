package geoip_test

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/linkquay/linkquay/geoip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func city(code string) mmdbtype.DataType {
	return mmdbtype.Map{
		"registered_country": mmdbtype.Map{"iso_code": mmdbtype.String("XX")},
		"country":            mmdbtype.Map{"iso_code": mmdbtype.String(code)},
	}
}

// database returns a file with the networks.
func database(tb testing.TB, networks map[string]mmdbtype.DataType) []byte {
	tb.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test-Country", IncludeReservedNetworks: true, RecordSize: 24})
	if err != nil {
		tb.Fatal(err)
	}
	for cidr, record := range networks {
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			tb.Fatal(err)
		}
		if err := tree.Insert(network, record); err != nil {
			tb.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := tree.WriteTo(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// put replaces the file at once, as a program that updates databases does.
func put(tb testing.TB, path string, data []byte) {
	tb.Helper()
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		tb.Fatal(err)
	}
}

func open(tb testing.TB, path string, o geoip.Options) *geoip.DB {
	tb.Helper()
	d, err := geoip.Open(tb.Context(), path, o)
	if err != nil {
		tb.Fatalf("Open() = %v", err)
	}
	tb.Cleanup(d.Close)
	return d
}

func TestDB_Country(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.mmdb")
	put(t, path, database(t, map[string]mmdbtype.DataType{
		"192.0.2.0/24":     city("FR"),
		"2001:db8::/32":    city("KR"),
		"198.51.100.0/24":  mmdbtype.Map{"registered_country": mmdbtype.Map{"iso_code": mmdbtype.String("US")}},
		"203.0.113.0/24":   mmdbtype.Map{"country": mmdbtype.String("text")},
		"203.0.114.128/25": mmdbtype.Map{},
	}))
	d := open(t, path, geoip.Options{})
	for addr, want := range map[string]string{
		"192.0.2.9": "FR", "::ffff:192.0.2.9": "FR", "2001:db8::1": "KR", "198.51.100.1": "", "203.0.113.1": "",
		"203.0.114.200": "", "10.0.0.1": "", "::1": "",
	} {
		if got := d.Country(netip.MustParseAddr(addr)); got != want {
			t.Errorf("Country(%s) = %q; want %q", addr, got, want)
		}
	}
	if got := d.Country(netip.Addr{}); got != "" {
		t.Errorf("Country of no address = %q", got)
	}
	addr := netip.MustParseAddr("192.0.2.9")
	if n := testing.AllocsPerRun(100, func() { d.Country(addr) }); n != 0 {
		t.Errorf("Country() allocates %v times", n)
	}
}

func TestDB_FlatDatabases(t *testing.T) {
	for name, record := range map[string]mmdbtype.DataType{
		"country_code": mmdbtype.Map{"country_code": mmdbtype.String("SE"), "country": mmdbtype.String("Sweden")},
		"country":      mmdbtype.Map{"country": mmdbtype.String("SE")},
	} {
		path := filepath.Join(t.TempDir(), "c.mmdb")
		put(t, path, database(t, map[string]mmdbtype.DataType{"192.0.2.0/24": record}))
		if got := open(t, path, geoip.Options{}).Country(netip.MustParseAddr("192.0.2.1")); got != "SE" {
			t.Errorf("%s: Country() = %q; want SE", name, got)
		}
	}
}

func TestOpen_Refuses(t *testing.T) {
	whole := database(t, map[string]mmdbtype.DataType{"192.0.2.0/24": city("FR")})
	for name, data := range map[string][]byte{
		"nothing":        {},
		"another file":   []byte("<html>"),
		"half a file":    whole[:len(whole)/2],
		"no countries":   database(t, map[string]mmdbtype.DataType{"192.0.2.0/24": mmdbtype.Map{"asn": mmdbtype.Uint32(1)}}),
		"empty database": database(t, nil),
	} {
		path := filepath.Join(t.TempDir(), "c.mmdb")
		put(t, path, data)
		if d, err := geoip.Open(t.Context(), path, geoip.Options{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: Open() = %v, %v; want an error that names the file", name, d, err)
		}
	}
	if _, err := geoip.Open(t.Context(), filepath.Join(t.TempDir(), "none"), geoip.Options{}); err == nil {
		t.Error("a file that does not exist was opened")
	}
}

// The file is replaced, broken, deleted and put right while it is read from.
func TestDB_RereadsWhatChanged(t *testing.T) {
	core, logs := observer.New(zapcore.InfoLevel)
	path := filepath.Join(t.TempDir(), "c.mmdb")
	version := func(code string) []byte {
		return database(t, map[string]mmdbtype.DataType{"192.0.2.0/24": city(code), "198.51.100.0/24": city("US")})
	}
	put(t, path, version("FR"))
	d := open(t, path, geoip.Options{Every: time.Millisecond, Logger: zap.New(core)})
	addr, steady := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.1")

	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got := d.Country(steady); got != "US" {
					t.Errorf("while the file changes Country() = %q; want US", got)
					return
				}
			}
		})
	}
	wait := func(what string, done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: it did not happen; Country() = %q, log: %v", what, d.Country(addr), logs.All())
			}
		}
	}
	for _, code := range []string{"KR", "DE", "SE"} {
		put(t, path, version(code))
		wait("replacing it by "+code, func() bool { return d.Country(addr) == code })
	}
	errorLines := func() int { return logs.FilterLevelExact(zapcore.ErrorLevel).Len() }
	put(t, path, []byte("broken"))
	wait("breaking it", func() bool { return errorLines() == 1 })
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	wait("deleting it", func() bool { return errorLines() == 2 })
	time.Sleep(50 * time.Millisecond) // many more looks
	if got := d.Country(addr); got != "SE" {
		t.Errorf("without a good file Country() = %q; want what was known before", got)
	}
	put(t, path, version("NO"))
	wait("putting it right", func() bool { return d.Country(addr) == "NO" })
	if n := errorLines(); n != 2 {
		t.Errorf("%d errors are logged; want one for each fault", n)
	}
	close(stop)
	wg.Wait()
	d.Close()
	if got := d.Country(addr); got != "NO" {
		t.Errorf("after Close() Country() = %q; want NO", got)
	}
}

func BenchmarkDB_Country(b *testing.B) {
	path := filepath.Join(b.TempDir(), "c.mmdb")
	put(b, path, database(b, map[string]mmdbtype.DataType{"192.0.2.0/24": city("FR")}))
	d := open(b, path, geoip.Options{})
	addr := netip.MustParseAddr("192.0.2.1")
	b.ReportAllocs()
	for range b.N {
		d.Country(addr)
	}
}
