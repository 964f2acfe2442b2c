package main

import (
	"bytes"
	"net"
	"os"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// writeCountries writes a database of countries that knows the visitors'.
func writeCountries(path string) error {
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Bench-Country", IncludeReservedNetworks: true})
	if err != nil {
		return err
	}
	loopback := &net.IPNet{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)}
	record := mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(visitorsCountry)}}
	if err := tree.Insert(loopback, record); err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := tree.WriteTo(&b); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}
