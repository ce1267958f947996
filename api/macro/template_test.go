package macro

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// fixed gives values by macro.
type fixed map[Macro]string

func (f fixed) AppendMacro(dst []byte, m Macro) []byte { return append(dst, f[m]...) }

// every gives the same value for all macros.
type every string

func (e every) AppendMacro(dst []byte, _ Macro) []byte { return append(dst, e...) }

func TestAppend(t *testing.T) {
	values := fixed{
		ClickID: "Ab-_9", Sub1: "a b&c=d", Sub2: "", Sub3: "ü", Source: "50%", Ref: "x/y?z#w",
		PartnerID: "2002", UserAgent: "Mozilla/5.0 (X11)", Payout: "1.40", Timestamp: "1795176000",
	}
	for _, test := range []struct {
		name, template, want string
		vocabulary           Vocabulary
	}{
		{"an offer's", "https://shop.example/landing?cid={clickid}&s={sub1}", "https://shop.example/landing?cid=Ab-_9&s=a%20b%26c%3Dd", Offer},
		{"a partner's", "https://blog.example/pb?id={sub1}&goal={goal_name}&sum={payout}", "https://blog.example/pb?id=a%20b%26c%3Dd&goal=&sum=1.40", PartnerPostback},
		{"no macro", "https://x.example/a?b=c#d", "https://x.example/a?b=c#d", Offer},
		{"no path", "https://x.example?a={sub2}", "https://x.example?a=", Offer},
		{"path segment", "https://x.example/{sub1}/{ref}/z", "https://x.example/a%20b%26c%3Dd/x%2Fy%3Fz%23w/z", Offer},
		{"within a segment", "https://x.example/a-{pid}-b", "https://x.example/a-2002-b", Offer},
		{"parameter name", "https://x.example/?{source}=1", "https://x.example/?50%25=1", Offer},
		{"fragment", "https://x.example/#/r?c={clickid}&u={sub3}", "https://x.example/#/r?c=Ab-_9&u=%C3%BC", Offer},
		{"neighbours", "https://x.example/?a={sub3}{sub3}{pid}", "https://x.example/?a=%C3%BC%C3%BC2002", Offer},
		{"CAKE and a fragment", "https://x.example/?a=#reqid#&b=#s3##end", "https://x.example/?a=Ab-_9&b=%C3%BC#end", Offer},
		{"fragment, then CAKE", "https://x.example/?a=b#x=#s3#", "https://x.example/?a=b#x=%C3%BC", Offer},
		{"a fragment that looks like half a macro", "https://x.example/#s1", "https://x.example/#s1", Offer},
		{"generic", "https://x.example/?t=<TRACKER>", "https://x.example/?t=Ab-_9", Offer},
		{"shell spelling", "https://x.example/?t=${clickid}", "https://x.example/?t=$Ab-_9", Offer},
		{"empty query and fragment", "https://x.example/?#", "https://x.example/?#", Offer},
		{"question mark in the query", "https://x.example/?a=?&b={pid}", "https://x.example/?a=?&b=2002", Offer},
		{"encoded by hand", "https://x.example/?j=%7B%22a%22%3A{pid}%7D", "https://x.example/?j=%7B%22a%22%3A2002%7D", Offer},
		{"characters that browsers encode", `https://x.example/ö a|b?q="x"^` + "`\\", "https://x.example/%C3%B6%20a%7Cb?q=%22x%22%5E%60%5C", Offer},
		{"scheme and host in capitals", "HTTPS://X.Example:443/A", "https://x.example:443/A", Offer},
		{"IPv6", "http://[::1]:8080/{pid}", "http://[::1]:8080/2002", Offer},
		{"an id of 50 characters survives", "https://x.example/?c={transaction_id}&ua={ua}", "https://x.example/?c=Ab-_9&ua=Mozilla%2F5.0%20%28X11%29", Offer},
	} {
		template := mustParse(t, test.template, test.vocabulary)
		checkBound(t, template, values, test.want)
		if got := string(template.Append(nil, values)); got != test.want {
			t.Errorf("%s: %s became\n\t%s, want\n\t%s", test.name, test.template, got, test.want)
		}
		if template.String() != test.template {
			t.Errorf("%s: the template forgot how it was written: %s", test.name, template)
		}
	}
}

func TestAppendKeepsWhatWasThere(t *testing.T) {
	template := mustParse(t, "https://x.example/{sub1}?{sub1}", Offer)
	got := string(template.Append([]byte("Location: "), every("é&")))
	if want := "Location: https://x.example/%C3%A9%26?%C3%A9%26"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestDotsDoNotClimb: no value turns into a path segment that a browser or a
// server resolves upwards.
func TestDotsDoNotClimb(t *testing.T) {
	template := mustParse(t, "https://x.example/private/{sub1}/end?q={sub1}#{sub1}", Offer)
	for value, want := range map[string]string{
		".":   "https://x.example/private/%252E/end?q=.#.",
		"..":  "https://x.example/private/%252E%252E/end?q=..#..",
		"...": "https://x.example/private/.../end?q=...#...",
		"a..": "https://x.example/private/a../end?q=a..#a..",
	} {
		if got := string(template.Append(nil, every(value))); got != want {
			t.Errorf("value %q: %s, want %s", value, got, want)
		}
	}
	halves := mustParse(t, "https://x.example/private/{sub1}{sub2}/end", Offer)
	u, err := url.Parse(string(halves.Append(nil, every("."))))
	if err != nil || !strings.HasPrefix(u.JoinPath().EscapedPath(), "/private/") {
		t.Errorf("two macros with a dot each climbed to %v, %v", u, err)
	}
}

func TestAppendWithQuery(t *testing.T) {
	values := fixed{ClickID: "C", Sub1: "s/1", PartnerID: "2002"}
	destination := "https://shop.example/landing?cid={clickid}&s={sub1}#top"
	for _, test := range []struct{ name, deep, destination, want string }{
		{"no query", "https://shop.example/p/7", destination, "https://shop.example/p/7?cid=C&s=s%2F1"},
		{"a query", "https://shop.example/p?x={pid}", destination, "https://shop.example/p?x=2002&cid=C&s=s%2F1"},
		{"a fragment", "https://shop.example/p#size", destination, "https://shop.example/p?cid=C&s=s%2F1#size"},
		{"both", "https://shop.example/p?x=1#{sub1}", destination, "https://shop.example/p?x=1&cid=C&s=s%2F1#s%2F1"},
		{"empty query", "https://shop.example/p?", destination, "https://shop.example/p?cid=C&s=s%2F1"},
		{"nothing to add", "https://shop.example/p?x=1", "https://shop.example/landing", "https://shop.example/p?x=1"},
		{"nothing at all", "https://shop.example/p", "https://shop.example/?", "https://shop.example/p"},
	} {
		got := mustParse(t, test.deep, Offer).AppendWithQuery(nil, values, mustParse(t, test.destination, Offer))
		if string(got) != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestEveryByteStaysInItsPlace sends each byte, and then all of them, through
// path, query and fragment.
func TestEveryByteStaysInItsPlace(t *testing.T) {
	template := mustParse(t, "https://x.example/a/{sub1}/b?k={sub1}&l=1#{sub1}", Offer)
	all := make([]byte, 0, 256)
	for c := range 256 {
		all = append(all, byte(c))
		checkPlaces(t, template, "v"+string([]byte{byte(c)})+"w")
	}
	checkPlaces(t, template, string(all))
	checkPlaces(t, template, "//evil.example/..//?&=#@:")
	checkPlaces(t, template, "\r\nLocation: https://evil.example")
}

// checkPlaces expands the template of TestEveryByteStaysInItsPlace and takes the
// result apart with another parser.
func checkPlaces(t *testing.T, template *Template, value string) {
	t.Helper()
	text := string(template.Append(nil, every(value)))
	u, err := url.Parse(text)
	if err != nil {
		t.Fatalf("value %q: %v", value, err)
	}
	query := u.Query()
	switch {
	case u.Host != "x.example" || u.Scheme != "https":
		t.Errorf("value %q reached the host: %s", value, text)
	case strings.Count(u.EscapedPath(), "/") != 3 || u.Path != "/a/"+value+"/b":
		t.Errorf("value %q left its segment: %s", value, u.EscapedPath())
	case !slices.Equal(slices.Sorted(maps.Keys(query)), []string{"k", "l"}) || query.Get("k") != value:
		t.Errorf("value %q left its parameter: %v", value, query)
	case u.Fragment != value:
		t.Errorf("value %q left the fragment: %q", value, u.Fragment)
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	template := mustParse(t, "https://shop.example/{sub1}?cid={clickid}&s={sub1}#{sub1}", Offer)
	values := every("a b/ü")
	buffer := make([]byte, 0, 512)
	if n := testing.AllocsPerRun(100, func() { buffer = template.Append(buffer[:0], &values) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	template := mustParse(b, "https://shop.example/landing?cid={clickid}&s={sub1}&t={sub2}&p={partner_id}", Offer)
	values := every("VWsANkABAgMEBQYHCBESExQVFhcYISIjJCUmJyhICrbzViLpkQ")
	buffer := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buffer = template.Append(buffer[:0], &values)
	}
}

func BenchmarkAppendEscaping(b *testing.B) {
	template := mustParse(b, "https://shop.example/landing?cid={clickid}&s={sub1}", Offer)
	values := every("summer sale / größe 42")
	buffer := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buffer = template.Append(buffer[:0], &values)
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("https://shop.example/landing?cid={clickid}&s={sub1}", Offer); err != nil {
			b.Fatal(err)
		}
	}
}
