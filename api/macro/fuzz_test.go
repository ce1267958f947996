package macro

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzMacro: whatever Parse accepts expands, with any value, to a URL with the
// same host, sendable in a header, with no macro left in it, and whose structure
// no value changes.
func FuzzMacro(f *testing.F) {
	for _, seed := range []string{
		"https://shop.example/landing?cid={clickid}&s={sub1}", "https://x.example/{sub1}#{sub2}",
		"https://x.example/?a=#s1##b", "http://[::1]:80/<TRACKER>", "https://mü.example/ä%20",
		"https://x.example\\@y/", "https://x.example#s1#", "{clickid}",
	} {
		f.Add(seed, "a b/../?&#")
		f.Add(seed, "..")
	}
	f.Fuzz(func(t *testing.T, source, value string) {
		for _, v := range []Vocabulary{Offer, Impression, PartnerPostback} {
			if template, err := Parse(source, v); err == nil {
				checkExpansion(t, template, value)
			}
		}
	})
}

func checkExpansion(t *testing.T, template *Template, value string) {
	t.Helper()
	text := string(template.Append(nil, every(value)))
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("{}<>\"\\", c) >= 0 {
			t.Fatalf("%q with %q became %q: byte %q cannot be sent", template, value, text, c)
		}
	}
	u, err := url.Parse(text)
	if err != nil {
		t.Fatalf("%q with %q became %q: %v", template, value, text, err)
	}
	if u.Hostname() != template.Host() || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		t.Fatalf("%q with %q became %q with host %q, want %q", template, value, text, u.Hostname(), template.Host())
	}
	plain := string(template.Append(nil, every("x")))
	for _, c := range []string{"/", "?", "&", "=", "#", ";"} {
		if strings.Count(text, c) != strings.Count(plain, c) {
			t.Fatalf("%q with %q became %q: a value brought a %q", template, value, text, c)
		}
	}
}

// FuzzUnexpanded: nothing panics, and a value without brackets always passes.
func FuzzUnexpanded(f *testing.F) {
	for _, seed := range []string{"{payout}", "#s1#", "<AMOUNT>", "{{x}}", "${y}", "{", "{{", "}}", "ü{"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if Unexpanded(value) && !strings.ContainsAny(value, "{#<") {
			t.Fatalf("%q holds no macro", value)
		}
	})
}
