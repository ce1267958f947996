package seal

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestSealedLinkRoundTrips(t *testing.T) {
	ring := mustNew(t, start)
	seen := map[string]bool{}
	for _, fields := range [][3]string{
		{"default", "1001", "2"},
		{"default", "100", "12"},
		{"default1", "00", "12"},
		{"", "", ""},
		{"n", "", "x"},
		{"ünï", "o/f&f er", "\x00"},
		{strings.Repeat("n", 253), strings.Repeat("o", 253), strings.Repeat("g", 64)},
	} {
		link := SealLink(ring, fields[0], fields[1], fields[2])
		if link != SealLink(ring, fields[0], fields[1], fields[2]) {
			t.Error("the same link was sealed in two ways")
		}
		if seen[link] || !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(link) {
			t.Errorf("link %q repeats another or does not fit a URL", link)
		}
		seen[link] = true
		network, offer, goal, err := OpenLink(ring, link)
		if err != nil || [3]string{network, offer, goal} != fields {
			t.Errorf("opened %q %q %q, %v; want %q", network, offer, goal, err, fields)
		}
	}
}

// TestEveryChangedCharacterOfALinkIsRefused tries all characters at all places.
func TestEveryChangedCharacterOfALinkIsRefused(t *testing.T) {
	ring := mustRotate(t, mustNew(t, start), start)
	link := SealLink(ring, "default", "1001", "2")
	for i := range link {
		for c := range 256 {
			changed := link[:i] + string([]byte{byte(c)}) + link[i+1:]
			if _, _, _, err := OpenLink(ring, changed); err == nil && changed != link {
				t.Fatalf("%q passed as %q", changed, link)
			}
		}
	}
	for _, changed := range []string{link[1:], link[:len(link)-1], link + "A", link + "=", link + "\n", link[:5] + "\r\n" + link[5:], " " + link, ""} {
		if _, _, _, err := OpenLink(ring, changed); err == nil {
			t.Errorf("%q passed as %q", changed, link)
		}
	}
}

func TestLinksOutliveARotationButNotTheirKey(t *testing.T) {
	old := mustNew(t, start)
	link := SealLink(old, "default", "1001", "2")
	rotated := mustRotate(t, old, start)
	if _, _, _, err := OpenLink(rotated, link); err != nil {
		t.Errorf("after a rotation: %v", err)
	}
	if SealLink(rotated, "default", "1001", "2") == link {
		t.Error("new links are still sealed with the old key")
	}
	retired, err := rotated.Retire(start.AddDate(1, 0, 0), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := OpenLink(retired, link); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("after retirement: %v, want ErrUnknownKey", err)
	}
	if _, _, _, err := OpenLink(mustNew(t, start), link); !errors.Is(err, ErrLink) {
		t.Errorf("in another installation: %v, want ErrLink", err)
	}
}

func FuzzOpenLink(f *testing.F) {
	ring := mustNew(f, start)
	link := SealLink(ring, "default", "1001", "2")
	f.Add(link)
	f.Add(link[:20])
	f.Add("")
	f.Add(strings.Repeat("A", maxLink+1))
	f.Fuzz(func(t *testing.T, s string) {
		network, offer, goal, err := OpenLink(ring, s)
		if err == nil && SealLink(ring, network, offer, goal) != s {
			t.Fatalf("%q opened, but is not how it is sealed", s)
		}
	})
}

func FuzzSplitFields(f *testing.F) {
	f.Add(appendFields(nil, "default", "1001", "2"))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, plain []byte) {
		fields, ok := splitFields(plain)
		if !ok {
			return
		}
		if again, ok := splitFields(appendFields(nil, fields[:]...)); !ok || again != fields {
			t.Fatalf("%q came back as %q", fields, again)
		}
	})
}

func BenchmarkOpenLink(b *testing.B) {
	ring := mustNew(b, start)
	link := SealLink(ring, "default", "1001", "2")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, err := OpenLink(ring, link); err != nil {
			b.Fatal(err)
		}
	}
}
