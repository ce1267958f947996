package clickid

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/seal"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestIDsRoundTrip(t *testing.T) {
	ring := mustRing(t)
	minter := mustMinter(t, ring)
	urlSafe := regexp.MustCompile(`^[A-Za-z0-9_-]{50}$`)
	random := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		now := time.Unix(random.Int64N(math.MaxUint32+1), random.Int64N(1e9))
		offer, partner := random.Uint64(), random.Uint64()
		for kind, s := range map[Kind]string{
			Click:      string(minter.AppendClick(nil, now, offer, partner)),
			Impression: string(minter.AppendImpression(nil, now, offer, partner)),
		} {
			id, err := Open(ring, s)
			if err != nil || !urlSafe.MatchString(s) {
				t.Fatalf("%s id %q: %v", kind, s, err)
			}
			if id.Kind != kind || id.OfferHash != offer || id.PartnerHash != partner || !id.Time().Equal(now.Truncate(time.Second)) {
				t.Fatalf("%s id came back as %+v", kind, id)
			}
		}
	}
}

func TestAppendKeepsWhatWasThere(t *testing.T) {
	minter := mustMinter(t, mustRing(t))
	if got := string(minter.AppendClick([]byte("cid="), noon, 1, 2)); !strings.HasPrefix(got, "cid=") || len(got) != 4+Length {
		t.Errorf("appended %q", got)
	}
}

// TestEveryChangedCharacterIsRefused tries every byte at every place, on ids of
// both kinds.
func TestEveryChangedCharacterIsRefused(t *testing.T) {
	ring := mustRing(t)
	minter := mustMinter(t, ring)
	for range 20 {
		for _, s := range []string{
			string(minter.AppendClick(nil, noon, 1, 2)),
			string(minter.AppendImpression(nil, noon, rand.Uint64(), rand.Uint64())),
		} {
			refuseChanges(t, ring, s)
		}
	}
}

func refuseChanges(t *testing.T, ring *seal.Keyring, s string) {
	t.Helper()
	for i := range s {
		for c := range 256 {
			changed := s[:i] + string([]byte{byte(c)}) + s[i+1:]
			if _, err := Open(ring, changed); changed != s && !errors.Is(err, ErrInvalid) {
				t.Fatalf("%q passed as %q: %v", changed, s, err)
			}
		}
	}
}

// TestTwoChangesAreRefused swaps and replaces characters in pairs, which a
// checksum might miss.
func TestTwoChangesAreRefused(t *testing.T) {
	ring := mustRing(t)
	s := string(mustMinter(t, ring).AppendClick(nil, noon, 1, 2))
	for i := range s {
		for j := i + 1; j < len(s); j++ {
			changed := []byte(s)
			changed[i], changed[j] = changed[j], changed[i]
			if _, err := Open(ring, string(changed)); string(changed) != s && err == nil {
				t.Fatalf("%q passed as %q", changed, s)
			}
		}
	}
}

func TestOtherTextIsRefused(t *testing.T) {
	ring := mustRing(t)
	s := string(mustMinter(t, ring).AppendClick(nil, noon, 1, 2))
	for _, text := range []string{
		"", "x", s[1:], s[:49], s + "A", s + "=", s + "\n", "\n" + s[1:], s[:25] + "\r\n" + s[27:],
		" " + s, s + " ", strings.ToUpper(s), strings.ToLower(s), strings.Repeat("A", Length),
		strings.Repeat("_", Length), "{clickid}", "550e8400-e29b-41d4-a716-446655440000",
		strings.Repeat("A", 1<<20),
	} {
		if _, err := Open(ring, text); !errors.Is(err, ErrInvalid) {
			t.Errorf("%.60q: %v, want ErrInvalid", text, err)
		}
	}
}

// TestForeignHeads has ids whose MAC is right but whose first byte is of a
// version, kind or key that does not exist.
func TestForeignHeads(t *testing.T) {
	ring := mustRing(t)
	for head := range 256 {
		var raw [Size]byte
		raw[0] = byte(head)
		key, _ := newMACKey(ring, 1)
		binary.BigEndian.PutUint64(raw[offsetMAC:], key.mac(&raw))
		id, err := Open(ring, encoding.EncodeToString(raw[:]))
		wanted := head == int(Click)<<6|1<<4|1 || head == int(Impression)<<6|1<<4|1
		if (err == nil) != wanted {
			t.Errorf("head %08b opened as %+v, %v", head, id, err)
		}
	}
}

func TestRotation(t *testing.T) {
	old := mustRing(t)
	minter := mustMinter(t, old)
	before := string(minter.AppendClick(nil, noon, 1, 2))
	rotated, err := old.Rotate(noon)
	if err != nil {
		t.Fatal(err)
	}
	minter.SetKeyring(rotated)
	for _, test := range []struct {
		after time.Duration
		key   uint8
	}{{0, 1}, {seal.RotationDelay - time.Second, 1}, {seal.RotationDelay, 2}} {
		s := string(minter.AppendClick(nil, noon.Add(test.after), 1, 2))
		id, err := Open(rotated, s)
		if err != nil || id.KeyID != test.key {
			t.Errorf("%s after the rotation: key %d, %v; want key %d", test.after, id.KeyID, err, test.key)
		}
		if _, err := Open(old, s); (err == nil) != (test.key == 1) {
			t.Errorf("%s after the rotation, a tracker without it: %v", test.after, err)
		}
	}
	if _, err := Open(rotated, before); err != nil {
		t.Errorf("an id from before the rotation: %v", err)
	}
	retired, err := rotated.Retire(noon.AddDate(1, 0, 0), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(retired, before); !errors.Is(err, ErrInvalid) || !errors.Is(err, seal.ErrUnknownKey) {
		t.Errorf("an id of a retired key: %v, want ErrInvalid and ErrUnknownKey", err)
	}
}

func TestAnotherInstallationsIDsAreRefused(t *testing.T) {
	s := string(mustMinter(t, mustRing(t)).AppendClick(nil, noon, 1, 2))
	if _, err := Open(mustRing(t), s); !errors.Is(err, ErrInvalid) {
		t.Errorf("%v, want ErrInvalid", err)
	}
}

// FuzzOpen: nothing panics, and whatever opens has exactly that spelling.
func FuzzOpen(f *testing.F) {
	ring := mustRing(f)
	minter := mustMinter(f, ring)
	f.Add(string(minter.AppendClick(nil, noon, 1, 2)))
	f.Add(string(minter.AppendImpression(nil, noon, 1, 2)))
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := Open(ring, s)
		if err != nil {
			if !errors.Is(err, ErrInvalid) || id != (ID{}) {
				t.Fatalf("%q: %+v, %v", s, id, err)
			}
			return
		}
		var raw [Size]byte
		id.encode(&raw)
		key, _ := newMACKey(ring, id.KeyID)
		binary.BigEndian.PutUint64(raw[offsetMAC:], key.mac(&raw))
		if encoding.EncodeToString(raw[:]) != s {
			t.Fatalf("%q opened, but is not how it is written", s)
		}
	})
}

func mustRing(t testing.TB) *seal.Keyring {
	t.Helper()
	ring, err := seal.New(noon)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func mustMinter(t testing.TB, ring *seal.Keyring) *Minter {
	t.Helper()
	minter, err := NewMinter(ring)
	if err != nil {
		t.Fatal(err)
	}
	return minter
}
