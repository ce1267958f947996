package server

import (
	"net/url"
	"strings"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/live"
)

var linkOffer = &live.Offer{Body: &snapshot.Offer{
	DestinationURL: "https://shop.example/landing?cid={clickid}&s={sub1}",
	DeepLinkHosts:  []string{"shop.example", "xn--bcher-kva.example"},
}}

// No spelling leads anywhere but to an allowed host.
func TestDeepLinksThatAreRefused(t *testing.T) {
	for _, link := range []string{
		"", "/", "/path", "shop.example", "shop.example/path",
		"//evil.example", "//evil.example/shop.example", "///evil.example", "//shop.example/x",
		`\\evil.example`, `/\evil.example`, `https:\\evil.example`, `https://shop.example\@evil.example/`,
		`https://shop.example\.evil.example/`, `https://shop.example/\evil.example`, `https:/\evil.example`,
		"https://evil.example", "https://evil.example/https://shop.example/", "https://evil.example?https://shop.example/",
		"https://evil.example#https://shop.example/", "https://evil.example/?x=shop.example",
		"https://shop.example.evil.example/", "https://evilshop.example/", "https://sub.shop.example/", "https://example/",
		"https://shop.example@evil.example/", "https://user:pass@shop.example/", "https://shop.example:pw@evil.example/",
		"https://shop.example%40evil.example/", "https://shop.example%2F@evil.example/", "https://evil.example%2Fshop.example/",
		"https://%73hop.example/", "https://shop.example%00/", "https://shop.example%2eevil.example/",
		"https://shop.example:8443/", "http://shop.example:443/", "https://shop.example:/x:y@evil.example/", "https://shop.example:0443/",
		"https:shop.example/", "https:/shop.example/", "https:///shop.example/", "https://",
		"javascript:alert(1)", "javascript://shop.example/%0aalert(1)", "data:text/html,x", "ftp://shop.example/", "httpss://shop.example/",
		" https://shop.example/", "\thttps://shop.example/", "https://shop.example/\r\nSet-Cookie: a=b", "https://shop.\texample/",
		"https://shop.example/\x00", "https://shop.example\n.evil.example/", "java\nscript:alert(1)", "https://shop.example/\x7f",
		"https://shop.example./", "https://shop.example../", "https://.shop.example/", "https://shop..example/",
		"https://ѕhop.example/", // a Cyrillic letter
		"https://shop。evil.example/", "https://evil。example/", "https://shop.example。evil.example/", "https://shop.example／evil.example/",
		"https://shop.example＠evil.example/", "https://b\u00fccher.example.evil.example/",
		"https://[::1]/", "https://[shop.example]/", "https://127.0.0.1/", "https://2130706433/",
		"https://{sub1}/", "https://{sub1}.shop.example/", "https://shop.example{sub1}/", "{sub1}://shop.example/", "https://shop.example:{sub1}/",
		"https://shop.example/{unknown}", "https://shop.example/<x>", "https://shop.example/{", strings.Repeat("https://shop.example/", 200),
	} {
		if got := parseDeepLink(link, linkOffer); got != nil {
			t.Errorf("%q is allowed as %s", link, got.Append(nil, noValues{}))
		}
	}
}

func TestDeepLinksThatAreAllowed(t *testing.T) {
	for link, want := range map[string]string{
		"https://shop.example":                        "https://shop.example?cid=&s=",
		"http://shop.example/":                        "http://shop.example/?cid=&s=",
		"HTTPS://SHOP.example/A?b=C#d":                "https://shop.example/A?b=C&cid=&s=#d",
		"https://shop.example/?cid=x":                 "https://shop.example/?cid=&s=",
		"https://shop.example/?a=1&cid=x&b=2":         "https://shop.example/?a=1&b=2&cid=&s=",
		"https://shop.example/?cidx=1":                "https://shop.example/?cidx=1&cid=&s=",
		"https://shop.example/?a=#s1#&cid=#s2#&b=1":   "https://shop.example/?a=&b=1&cid=&s=",
		"https://shop.example/p#frag?cid=1":           "https://shop.example/p?cid=&s=#frag?cid=1",
		"https://shop.example/a b":                    "https://shop.example/a%20b?cid=&s=",
		"https://shop.example//evil.example/":         "https://shop.example//evil.example/?cid=&s=",
		"https://shop.example/@evil.example":          "https://shop.example/@evil.example?cid=&s=",
		"https://shop.example/{sub1}":                 "https://shop.example/?cid=&s=",
		"https://bücher.example/":                     "https://xn--bcher-kva.example/?cid=&s=",
		"https://xn--bcher-kva.example/":              "https://xn--bcher-kva.example/?cid=&s=",
		"https://shop.example:443/":                   "https://shop.example:443/?cid=&s=",
		"https://shop.example?next=//evil.example":    "https://shop.example?next=//evil.example&cid=&s=",
		"https://shop.example/ключ?x=%E2%82%AC&y=100": "https://shop.example/%D0%BA%D0%BB%D1%8E%D1%87?x=%E2%82%AC&y=100&cid=&s=",
	} {
		checkLink(t, link, want)
	}
}

func checkLink(t *testing.T, link, want string) {
	t.Helper()
	template := parseDeepLink(link, linkOffer)
	if template == nil {
		t.Errorf("%q is refused", link)
		return
	}
	destination, err := parseDestination()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(template.AppendWithQuery(nil, noValues{}, destination)); got != want {
		t.Errorf("%q becomes\n%s, want\n%s", link, got, want)
	}
}

// FuzzDeepLinks: whatever is allowed leads, for a browser's parser too, to an
// allowed host.
func FuzzDeepLinks(f *testing.F) {
	for _, s := range []string{"https://shop.example/x?a=b#c", `https://shop.example\@evil`, "https://shop.example/#s1#", "//x", "https://{sub1}"} {
		f.Add(s)
	}
	destination, err := parseDestination()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, link string) {
		template := parseDeepLink(link, linkOffer)
		if template == nil {
			return
		}
		sent := string(template.AppendWithQuery(nil, noValues{}, destination))
		u, err := url.Parse(sent)
		if err != nil {
			t.Fatalf("%q becomes %q: %v", link, sent, err)
		}
		if host := u.Hostname(); host != "shop.example" && host != "xn--bcher-kva.example" || u.User != nil {
			t.Errorf("%q leads to %q", link, u.Host)
		}
		for i := range len(sent) {
			if sent[i] <= ' ' || sent[i] >= 0x7f || sent[i] == '\\' {
				t.Errorf("%q is sent as %q", link, sent)
			}
		}
	})
}
