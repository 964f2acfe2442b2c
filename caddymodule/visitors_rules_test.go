package caddymodule_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// countries writes a MaxMind database with the networks' countries.
func countries(t *testing.T, path string, networks map[string]string) {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "GeoLite2-Country", IncludeReservedNetworks: true, RecordSize: 24})
	if err != nil {
		t.Fatal(err)
	}
	for cidr, code := range networks {
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(network, mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code)}}); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Create(path + ".new")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// Addresses of the test's countries.
const (
	fromFrance = "198.51.100.7"
	fromCanada = "203.0.113.7"
)

// geoSite is a site that knows the countries of two networks.
func geoSite(t *testing.T) *site {
	t.Helper()
	path := filepath.Join(t.TempDir(), "countries.mmdb")
	countries(t, path, map[string]string{"198.51.100.0/24": "FR", "203.0.113.0/24": "CA", "2001:db8::/32": "KR"})
	return start(t, behindProxy(siteConfig("rate_limit off\n\t\tgeoip "+path)))
}

func TestVisitor_Rules(t *testing.T) {
	s := geoSite(t)
	s.create(nativeKey, `{"url":"https://example.com/all","custom":"ruled","parameters":[{"name":"via","value":"q"}],
		"languagetarget":[{"language":"pt-BR","link":"https://example.com/brazil"},{"language":"fr","link":"https://example.com/fr"}],
		"devicetarget":[{"device":"iPhone","link":"https://example.com/iphone"},{"device":"tablet","link":"https://example.com/tablet"},
			{"device":"Android","link":"https://example.com/android"},{"device":"Windows","link":"https://example.com/windows"},
			{"device":"macOS","link":"https://example.com/mac"}],
		"geotarget":[{"location":"Canada","link":"https://example.com/canada"},{"location":"FR","link":"https://example.com/france"},
			{"location":"South Korea","link":"https://example.com/korea"}]}`)
	for name, c := range map[string]struct{ agent, language, address, to string }{
		"Nothing":             {browser, "", "", "all"},
		"Language":            {browser, "fr-CH, fr;q=0.9, en;q=0.8", "", "fr"},
		"Language_Weights":    {browser, "fr;q=0.1, pt-BR;q=0.7, en;q=0.2", "", "brazil"},
		"Language_Zero":       {browser, "en, fr;q=0", "", "all"},
		"Language_Other":      {browser, "de", "", "all"},
		"Device_iPhone":       {iphone, "en", "", "iphone"},
		"Device_Tablet":       {tablet, "en", "", "tablet"},
		"Device_Android":      {android, "en", "", "android"},
		"Device_Windows":      {windows, "en", "", "windows"},
		"Device_Mac":          {mac, "en", "", "mac"},
		"Country":             {browser, "en", fromCanada, "canada"},
		"Country_Code":        {browser, "en", fromFrance, "france"},
		"Country_IPv6":        {browser, "en", "2001:db8::1", "korea"},
		"Country_Unknown":     {browser, "en", "192.0.2.1", "all"},
		"LanguageBeforeAll":   {iphone, "fr", fromCanada, "fr"},
		"DeviceBeforeCountry": {android, "en", fromCanada, "android"},
		"NoLanguageHeader":    {browser, "*", fromFrance, "france"},
		"BrokenLanguage":      {browser, ";;q=x,,fr;q=2;;" + strings.Repeat("a", 300), fromCanada, "canada"},
	} {
		header := []string{"User-Agent", c.agent, "Accept-Language", c.language}
		if c.address != "" {
			header = append(header, "X-Forwarded-For", c.address)
		}
		leadsTo(t, name, s.visit("/ruled", header...), 302, "https://example.com/"+c.to+"?via=q")
	}
}

// TestVisitor_GeoIPIsRereadAndOptional: a new database is heeded without a
// restart, and without one the rules by country are skipped.
func TestVisitor_GeoIPIsRereadAndOptional(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countries.mmdb")
	countries(t, path, map[string]string{"203.0.113.0/24": "CA"})
	config := behindProxy(siteConfig("rate_limit off\n\t\tgeoip " + path))
	s := start(t, config)
	s.create(nativeKey, `{"url":"https://example.com/","custom":"geo","geotarget":[{"location":"France","link":"https://example.com/fr"},{"location":"Canada","link":"https://example.com/ca"}]}`)
	visit := func() answer { return s.visit("/geo", "X-Forwarded-For", fromCanada) }
	leadsTo(t, "at first", visit(), 302, "https://example.com/ca")
	countries(t, path, map[string]string{"203.0.113.0/24": "FR"})
	// A reload opens the file anew, too; the watcher has a test of its own.
	if err := s.load(strings.Replace(config, "rate_limit off", "rate_limit 1000 1m", 1)); err != nil {
		t.Fatal(err)
	}
	leadsTo(t, "with the new database", visit(), 302, "https://example.com/fr")
	if err := s.load(behindProxy(siteConfig("rate_limit off"))); err != nil {
		t.Fatal(err)
	}
	leadsTo(t, "without one", visit(), 302, "https://example.com/")
	if err := s.load(behindProxy(siteConfig("geoip /nowhere/countries.mmdb"))); err == nil || !strings.Contains(err.Error(), "/nowhere/countries.mmdb") {
		t.Errorf("a database that is not there: %v; want its path", err)
	}
}

func TestVisitor_Devices(t *testing.T) {
	s := nativeSite(t, "rate_limit off")
	for device, agents := range map[string][]string{
		"iPhone": {iphone}, "iPad": {tablet}, "Android": {android}, "Windows": {windows}, "macOS": {mac}, "Linux": {browser},
		"mobile": {iphone, android}, "tablet": {tablet}, "desktop": {windows, mac, browser},
	} {
		alias := "on-" + device
		s.create(nativeKey, fmt.Sprintf(`{"url":"https://example.com/","custom":%q,"devicetarget":[{"device":%q,"link":"https://example.com/hit"}]}`, alias, device))
		for _, agent := range []string{iphone, tablet, android, windows, mac, browser} {
			want := "https://example.com/"
			for _, a := range agents {
				if a == agent {
					want = "https://example.com/hit"
				}
			}
			leadsTo(t, device+" for "+agent, s.visit("/"+alias, "User-Agent", agent), 302, want)
		}
	}
}
