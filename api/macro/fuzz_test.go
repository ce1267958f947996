package macro

import (
	"net/url"
	"slices"
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

// checkBound binds each macro alone, and all: the URL stays.
func checkBound(t *testing.T, template *Template, values Values, want string) {
	t.Helper()
	all := template.Macros()
	for _, bound := range append(chunks(all), nil, all) {
		b := template.Bind(bound, values)
		if got := string(b.Append(nil, values)); got != want {
			t.Fatalf("%q with %v bound became %q, want %q", template, bound, got, want)
		}
		for _, m := range bound {
			if b.Uses(m) {
				t.Fatalf("%q with %v bound still uses it", template, m)
			}
		}
		if got, want := string(template.AppendWithQuery(nil, values, b)), string(template.AppendWithQuery(nil, values, template)); got != want {
			t.Fatalf("%q with the query of %v bound became %q, want %q", template, bound, got, want)
		}
	}
}

func chunks(macros []Macro) [][]Macro { return slices.Collect(slices.Chunk(macros, 1)) }

func checkExpansion(t *testing.T, template *Template, value string) {
	t.Helper()
	text := string(template.Append(nil, every(value)))
	checkBound(t, template, every(value), text)
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

// FuzzUnexpanded: nothing panics, and a value without brackets, escaped or not, always passes.
func FuzzUnexpanded(f *testing.F) {
	for _, seed := range []string{"{payout}", "#s1#", "<AMOUNT>", "{{x}}", "${y}", "{", "{{", "}}", "ü{"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if Unexpanded(value) && !strings.ContainsAny(value, "{#<%&") {
			t.Fatalf("%q holds no macro", value)
		}
	})
}
