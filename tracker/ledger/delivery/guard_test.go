package delivery

import (
	"net/netip"
	"testing"
)

func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8":            true,
		"2606:4700::1111":    true,
		"64:ff9b::808:808":   true, // NAT64 of 8.8.8.8
		"127.0.0.1":          false,
		"127.8.9.10":         false,
		"0.0.0.0":            false,
		"10.1.2.3":           false,
		"172.16.0.1":         false,
		"192.168.1.1":        false,
		"169.254.169.254":    false, // metadata services
		"100.64.0.1":         false,
		"192.0.2.1":          false,
		"198.18.0.1":         false,
		"224.0.0.1":          false,
		"255.255.255.255":    false,
		"::1":                false,
		"::":                 false,
		"fe80::1":            false,
		"fe80::1%eth0":       false,
		"fc00::1":            false,
		"fd12:3456::1":       false,
		"ff02::1":            false,
		"::ffff:127.0.0.1":   false,
		"::ffff:10.0.0.1":    false,
		"64:ff9b::7f00:1":    false, // NAT64 of 127.0.0.1
		"64:ff9b::a9fe:a9fe": false, // NAT64 of 169.254.169.254
		"2002:7f00:1::":      false, // 6to4 of 127.0.0.1
		"2001:db8::1":        false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("public(%s) = %t, want %t", address, got, want)
		}
	}
}
