package seal

import (
	"slices"
	"testing"

	"github.com/waypost/waypost/api/snapshot"
)

func TestMatchKey(t *testing.T) {
	ring := mustNew(t, start)
	one, two := DigestKey(ring, "first"), DigestKey(ring, "second")
	both := slices.Concat(one, two) // a Secret with two lines
	for _, test := range []struct {
		name      string
		digests   []snapshot.KeyDigest
		presented []string
		want      bool
	}{
		{"the key", one, []string{"first"}, true},
		{"one of two lines", both, []string{"second"}, true},
		{"among others", one, []string{"x", "", "first", "y"}, true},
		{"another", one, []string{"second"}, false},
		{"other case", one, []string{"First"}, false},
		{"longer", one, []string{"first "}, false},
		{"prefix", one, []string{"firs"}, false},
		{"two halves", both, []string{"firstsecond"}, false},
		{"none presented", one, nil, false},
		{"an empty one presented", DigestKey(ring, ""), []string{""}, false},
		{"none configured", nil, []string{"first"}, false},
		{"a digest of nothing", []snapshot.KeyDigest{{SealingKey: 1}}, []string{"first"}, false},
		{"a digest under an unknown key", []snapshot.KeyDigest{{SealingKey: 9, Digest: one[0].Digest}}, []string{"first"}, false},
	} {
		if got := MatchKey(ring, test.digests, test.presented); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
}

// TestKeysMatchWhileARotationArrives has operator and tracker at different rings:
// whoever is behind, the right key passes and the wrong one does not.
func TestKeysMatchWhileARotationArrives(t *testing.T) {
	old := mustNew(t, start)
	rotated := mustRotate(t, old, start)
	retired, err := rotated.Retire(start.AddDate(1, 0, 0), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name              string
		operator, tracker *Keyring
	}{
		{"tracker behind", rotated, old},
		{"operator behind", old, rotated},
		{"operator has retired", retired, rotated},
		{"tracker has retired", rotated, retired},
	} {
		digests := DigestKey(test.operator, "secret")
		if !MatchKey(test.tracker, digests, []string{"secret"}) || MatchKey(test.tracker, digests, []string{"wrong"}) {
			t.Errorf("%s: the right key was refused or the wrong one accepted", test.name)
		}
	}
}

func TestDigestIsNoPlainHash(t *testing.T) {
	a, b := DigestKey(mustNew(t, start), "secret"), DigestKey(mustNew(t, start), "secret")
	if string(a[0].Digest) == string(b[0].Digest) {
		t.Error("two installations have the same digest for one key")
	}
}

func BenchmarkMatchKey(b *testing.B) {
	ring := mustRotate(b, mustNew(b, start), start)
	digests, presented := DigestKey(ring, "a-key-of-some-length"), []string{"a-key-of-some-length"}
	b.ReportAllocs()
	for b.Loop() {
		if !MatchKey(ring, digests, presented) {
			b.Fatal("no match")
		}
	}
}
