package macro

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParseRefuses(t *testing.T) {
	for _, test := range []struct {
		name, url string
		err       error
		says      string // what the message must tell
	}{
		{"unknown macro", "https://x.example/?a={clikid}", ErrUnknown, "{clikid}"},
		{"misspelt macro", "https://x.example/?a={clickId}", ErrUnknown, "did you mean {click"},
		{"unknown CAKE macro", "https://x.example/?a=#price#", ErrUnknown, "#price# in offer URLs; write %23 "},
		{"a sixth CAKE sub id", "https://x.example/?a=#s6#", ErrUnknown, "#s6#"},
		{"unknown generic macro", "https://x.example/?a=<AMOUNT>", ErrUnknown, "<AMOUNT> in offer URLs; write %3C and %3E "},
		{"lower case generic macro", "https://x.example/?a=<tracker>", ErrUnknown, "<tracker>"},
		{"eleventh sub id", "https://x.example/?a={sub11}", ErrUnknown, "{sub11}"},
		{"sub id zero", "https://x.example/?a={sub0}", ErrUnknown, "{sub0}"},
		{"sixteenth custom field", "https://x.example/?a={custom_field16}", ErrUnknown, ""},
		{"macro of another place", "https://x.example/?a={payout}", ErrUnknown, "partner postback"},
		{"unknown in the path", "https://x.example/{nope}/", ErrUnknown, "{nope}"},
		{"unknown in the fragment", "https://x.example/#/{nope}", ErrUnknown, "{nope}"},
		{"open brace", "https://x.example/?a={clickid", ErrURL, "%7B"},
		{"close brace", "https://x.example/?a=clickid}", ErrURL, "%7D"},
		{"braces twice", "https://x.example/?a={{clickid}}", ErrURL, "%7B"},
		{"space in braces", "https://x.example/?a={click id}", ErrURL, "%7B"},
		{"empty braces", "https://x.example/?a={}", ErrURL, "%7B"},
		{"JSON", `https://x.example/?a={"b":1}`, ErrURL, "%7B"},
		{"open angle", "https://x.example/?a=<TRACKER", ErrURL, "%3C"},
		{"close angle", "https://x.example/?a=TRACKER>", ErrURL, "%3E"},
		{"a second fragment", "https://x.example/#a/#b", ErrURL, "%23"},
		{"a name too long", "https://x.example/?a={" + strings.Repeat("a", 65) + "}", ErrURL, "%7B"},
		{"macro alone", "{clickid}", ErrURL, "begin with"},
		{"macro as scheme", "{source}://x.example/", ErrURL, "begin with"},
		{"macro before the scheme", "{sub1}https://x.example/", ErrURL, "begin with"},
		{"generic macro as scheme", "<TRACKER>://x.example/", ErrURL, "begin with"},
		{"CAKE macro as scheme", "#s1#://x.example/", ErrURL, "begin with"},
		{"macro as host", "https://{sub1}/", ErrURL, "host"},
		{"macro as host alone", "https://{sub1}", ErrURL, "host"},
		{"macro in the host", "https://a.{sub1}.example/", ErrURL, "host"},
		{"macro ends the host", "https://x.example{sub1}/", ErrURL, "host"},
		{"CAKE macro ends the host", "https://x.example#s1#/", ErrURL, "host"},
		{"generic macro ends the host", "https://x.example<TRACKER>", ErrURL, "host"},
		{"macro as port", "https://x.example:{sub1}/", ErrURL, "host"},
		{"macro as user", "https://{sub1}@x.example/", ErrURL, "host"},
		{"user", "https://me@x.example/", ErrURL, "user"},
		{"user and password", "https://me:secret@x.example/", ErrURL, "user"},
		{"backslash in the host", `https://x.example\@evil.example/`, ErrURL, ""},
		{"backslash ends the host", `https://x.example\evil`, ErrURL, "host name"},
		{"no scheme", "//x.example/", ErrURL, "http://"},
		{"no slashes", "https:x.example", ErrURL, "http://"},
		{"one slash", "https:/x.example/", ErrURL, "http://"},
		{"three slashes", "https:///x.example/", ErrURL, "host name"},
		{"relative", "/landing", ErrURL, "http://"},
		{"other scheme", "ftp://x.example/", ErrURL, "http://"},
		{"script", "javascript://x.example/%0aalert(1)", ErrURL, "http://"},
		{"data", "data:text/html,x", ErrURL, "http://"},
		{"space before", " https://x.example/", ErrURL, "http://"},
		{"empty", "", ErrURL, "http://"},
		{"no host", "https://", ErrURL, "host name"},
		{"no host but a port", "https://:80/", ErrURL, "host name"},
		{"port zero", "https://x.example:0/", ErrURL, "port"},
		{"port too large", "https://x.example:65536/", ErrURL, "port"},
		{"empty port", "https://x.example:/", ErrURL, "port"},
		{"no number as port", "https://x.example:8o/", ErrURL, "port"},
		{"two ports", "https://x.example:80:80/", ErrURL, "host name"},
		{"bad IPv6", "https://[::g]/", ErrURL, "IPv6"},
		{"IPv4 in brackets", "https://[1.2.3.4]/", ErrURL, "IPv6"},
		{"IPv6 with zone", "https://[fe80::1%25eth0]/", ErrURL, "IPv6"},
		{"IPv6 without brackets", "https://::1/", ErrURL, ""},
		{"space in the host", "https://x .example/", ErrURL, "host name"},
		{"percent in the host", "https://x%2eexample/", ErrURL, "host name"},
		{"two dots in the host", "https://x..example/", ErrURL, "host name"},
		{"bad international host", "https://ü\u2028.example/", ErrURL, "host name"},
		{"line break", "https://x.example/\r\nSet-Cookie: a=b", ErrURL, "line break"},
		{"tab", "https://x.example/\t", ErrURL, "control"},
		{"null", "https://x.example/\x00", ErrURL, "control"},
		{"delete", "https://x.example/\x7f", ErrURL, "control"},
		{"percent alone", "https://x.example/?a=100%", ErrURL, "%25"},
		{"percent and one digit", "https://x.example/?a=%4", ErrURL, "%25"},
		{"percent and a letter", "https://x.example/?a=%zz", ErrURL, "%25"},
		{"too long", "https://x.example/" + strings.Repeat("a", MaxLength), ErrURL, "2048"},
	} {
		got, err := Parse(test.url, Offer)
		if !errors.Is(err, test.err) || got != nil {
			t.Errorf("%s: Parse(%.60q): %v, want %v", test.name, test.url, err, test.err)
			continue
		}
		if !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: the message %q does not say %q", test.name, err, test.says)
		}
	}
}

// TestImpressionsHaveNoClickID holds for every spelling of the click id.
func TestImpressionsHaveNoClickID(t *testing.T) {
	spellings := []string{"<TRACKER>", "#reqid#"}
	for name, m := range byName {
		if m == ClickID {
			spellings = append(spellings, "{"+name+"}")
		}
	}
	if len(spellings) != 6 {
		t.Errorf("%d spellings of the click id, docs/rules.md has 6: %v", len(spellings), spellings)
	}
	for _, spelling := range spellings {
		for _, url := range []string{"https://x.example/?a=" + spelling, "https://x.example/" + spelling, "https://x.example/#" + spelling} {
			if _, err := Parse(url, Impression); !errors.Is(err, ErrClickID) || !strings.Contains(err.Error(), "{aimp_id}") {
				t.Errorf("%s in an impression destination: %v, want ErrClickID", url, err)
			}
			if _, err := Parse(url, Offer); err != nil {
				t.Errorf("%s in an offer URL: %v", url, err)
			}
		}
	}
}

func TestParseUnknownVocabulary(t *testing.T) {
	if _, err := Parse("https://x.example/", Vocabulary(9)); err == nil {
		t.Error("a vocabulary that does not exist was accepted")
	}
}

func TestUses(t *testing.T) {
	template := mustParse(t, "https://x.example/{pid}?a={aff_sub2}&b=#s2#&c=<TRACKER>", Offer)
	if want := []Macro{ClickID, PartnerID, Sub2}; !slices.Equal(template.Macros(), want) {
		t.Errorf("uses %v, want %v", template.Macros(), want)
	}
	if !template.Uses(ClickID) || template.Uses(Sub1) || template.Uses(none) {
		t.Error("Uses does not say what Macros says")
	}
}

func TestHost(t *testing.T) {
	for url, want := range map[string]string{
		"https://Shop.Example/":             "shop.example",
		"HTTPS://shop.example:8443/x":       "shop.example",
		"http://shop.example.?a=b":          "shop.example.",
		"https://a_b.example#x":             "a_b.example",
		"https://MÜLLER.example/":           "xn--mller-kva.example",
		"https://xn--mller-kva.example/":    "xn--mller-kva.example",
		"https://127.0.0.1/":                "127.0.0.1",
		"https://[2001:DB8:0:0:0:0:0:1]:8/": "2001:db8::1",
	} {
		if got := mustParse(t, url, Offer).Host(); got != want {
			t.Errorf("the host of %s is %q, want %q", url, got, want)
		}
	}
}

func mustParse(t testing.TB, url string, v Vocabulary) *Template {
	t.Helper()
	template, err := Parse(url, v)
	if err != nil {
		t.Fatal(err)
	}
	return template
}
