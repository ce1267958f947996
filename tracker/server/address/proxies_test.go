package address_test

import (
	"net/netip"
	"testing"

	"github.com/waypost/waypost/tracker/server/address"
)

func TestClient(t *testing.T) {
	proxies, err := address.ParseProxies([]string{"10.0.0.0/8", " 192.0.2.1 ", "fd00::/8", ""})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"a stranger is himself", "203.0.113.9", nil, "203.0.113.9"},
		{"a stranger's header does not count", "203.0.113.9", []string{"198.51.100.1"}, "203.0.113.9"},
		{"behind a proxy", "10.1.2.3", []string{"198.51.100.1"}, "198.51.100.1"},
		{"the proxy alone", "10.1.2.3", nil, "10.1.2.3"},
		{"what the visitor made up stands further left", "10.1.2.3", []string{"1.1.1.1, 198.51.100.1"}, "198.51.100.1"},
		{"behind two proxies", "10.1.2.3", []string{"198.51.100.1, 192.0.2.1"}, "198.51.100.1"},
		{"two headers are one list", "10.1.2.3", []string{"1.1.1.1", "198.51.100.1,10.9.9.9"}, "198.51.100.1"},
		{"no stranger at all", "10.1.2.3", []string{"10.0.0.1"}, "10.0.0.1"},
		{"nonsense ends the search", "10.1.2.3", []string{"198.51.100.1, unknown"}, "10.1.2.3"},
		{"nonsense beyond a proxy", "10.1.2.3", []string{"_hidden, 10.0.0.7"}, "10.0.0.7"},
		{"empty elements", "10.1.2.3", []string{"198.51.100.1, ,"}, "198.51.100.1"},
		{"with a port", "10.1.2.3", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		{"v6", "fd00::1", []string{"2001:db8::5"}, "2001:db8::5"},
		{"v6 in brackets", "fd00::1", []string{"[2001:db8::5]:443"}, "2001:db8::5"},
		{"v6 with an open bracket", "fd00::1", []string{"[2001:db8::5"}, "fd00::1"},
		{"a v4 address in v6 clothes", "::ffff:10.1.2.3", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"a zone is nobody's business", "10.1.2.3", []string{"fe80::1%eth0"}, "fe80::1"},
		{"endless", "10.1.2.3", []string{"198.51.100.1, " + string(make([]byte, 200))}, "10.1.2.3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var forwarded [][]byte
			for _, f := range tt.forwarded {
				forwarded = append(forwarded, []byte(f))
			}
			if got := proxies.Client(netip.MustParseAddr(tt.peer), forwarded); got.String() != tt.want {
				t.Errorf("client is %s, want %s", got, tt.want)
			}
		})
	}
}

func TestParseProxiesNamesWhatIsWrong(t *testing.T) {
	for _, bad := range []string{"example.net", "10.0.0.0/33", "10.0.0"} {
		if _, err := address.ParseProxies([]string{bad}); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestNobodyIsTrustedByDefault(t *testing.T) {
	var proxies address.Proxies
	got := proxies.Client(netip.MustParseAddr("127.0.0.1"), [][]byte{[]byte("198.51.100.1")})
	if got.String() != "127.0.0.1" {
		t.Errorf("client is %s", got)
	}
}

func FuzzClient(f *testing.F) {
	f.Add("198.51.100.1, [::1]:80")
	f.Add("[,]")
	f.Add(":::,%")
	proxies, err := address.ParseProxies([]string{"10.0.0.0/8"})
	if err != nil {
		f.Fatal(err)
	}
	peer := netip.MustParseAddr("10.0.0.1")
	f.Fuzz(func(t *testing.T, header string) {
		if got := proxies.Client(peer, [][]byte{[]byte(header)}); !got.IsValid() {
			t.Errorf("%q gives no address", header)
		}
	})
}
