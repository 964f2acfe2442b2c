package main

import (
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/linkquay/linkquay/geoip"
)

func TestWriteCountries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countries.mmdb")
	if err := writeCountries(path); err != nil {
		t.Fatal(err)
	}
	db, err := geoip.Open(t.Context(), path, geoip.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if country := db.Country(netip.MustParseAddr("127.0.0.9")); country != visitorsCountry {
		t.Errorf("the visitors are in %q; want %s", country, visitorsCountry)
	}
}
