package guard_test

import (
	"net/netip"
	"testing"

	"github.com/linkquay/linkquay/guard"
)

func TestIsPublic(t *testing.T) {
	for ip, want := range map[string]bool{
		"8.8.8.8":                true,
		"1.1.1.1":                true,
		"100.63.255.255":         true,
		"100.128.0.0":            true,
		"172.15.255.255":         true,
		"172.32.0.0":             true,
		"198.17.255.255":         true,
		"223.255.255.255":        true,
		"2001:4860:4860::8888":   true,
		"2606:4700::1111":        true,
		"::ffff:8.8.8.8":         true,
		"64:ff9b::808:808":       true,
		"0.0.0.0":                false,
		"0.1.2.3":                false,
		"10.255.255.255":         false,
		"100.64.0.1":             false,
		"100.100.100.200":        false,
		"127.0.0.1":              false,
		"127.255.255.254":        false,
		"168.63.129.16":          false,
		"169.254.169.254":        false,
		"172.16.0.1":             false,
		"172.31.255.255":         false,
		"192.0.0.192":            false,
		"192.0.2.1":              false,
		"192.168.1.1":            false,
		"198.19.0.1":             false,
		"224.0.0.1":              false,
		"239.255.255.255":        false,
		"255.255.255.255":        false,
		"::":                     false,
		"::1":                    false,
		"::7f00:1":               false,
		"::ffff:127.0.0.1":       false,
		"::ffff:169.254.169.254": false,
		"64:ff9b::a00:1":         false,
		"64:ff9b::a9fe:a9fe":     false,
		"64:ff9b:1::808:808":     false,
		"100::1":                 false,
		"2001::1":                false,
		"2001:db8::1":            false,
		"2002:808:808::1":        false,
		"2002:a00:1::1":          false,
		"3fff::1":                false,
		"5f00::1":                false,
		"fc00::1":                false,
		"fd00:ec2::254":          false,
		"fe80::1":                false,
		"fec0::1":                false,
		"ff02::1":                false,
		"2606:4700::1111%eth0":   false,
	} {
		if got := guard.IsPublic(netip.MustParseAddr(ip)); got != want {
			t.Errorf("IsPublic(%s) = %v; want %v", ip, got, want)
		}
	}
	if guard.IsPublic(netip.Addr{}) {
		t.Error("IsPublic of no address is true")
	}
}
