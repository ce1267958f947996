package ledger

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// TestKeysOfAnotherInstallationAreRefused by their fingerprints; a rotated ring is not.
func TestKeysOfAnotherInstallationAreRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		s := newSite(t, target)
		code := ""
		for _, step := range []struct {
			name    string
			prints  string
			accepts bool
			fails   bool
		}{
			{"the first", "a", false, false}, {"rotated", "a b", false, false}, {"retired", "b", false, false},
			{"rotated, yet to begin", "b@1 c@4000000000", false, false}, {"mounted later, or taken back", "b@1", false, false},
			{"another's", "x", false, true}, {"another's, accepted", "x", true, false}, {"accepted before", "x", false, false},
			{"the first again, the flag left on", "b", true, true},
		} {
			s.keys, s.newKeys = strings.Fields(step.prints), ""
			if step.accepts {
				s.newKeys = code
			}
			s.open("")
			switch {
			case !step.fails:
				s.post(1)
			case code == "":
				code = s.wantRefused("the sealing keys are not those")
			default:
				s.wantRefused("the sealing keys are not those")
			}
			s.close()
		}
	})
}

// TestAnOlderCopyOfTheKeysIsRefused, by the key that it lacks: clicks of that one would
// be bad_click_id for good.
func TestAnOlderCopyOfTheKeysIsRefused(t *testing.T) {
	s := newSite(t, storetest.SQLite(t))
	code := ""
	for _, step := range []struct{ prints, accepts, problem string }{
		{"a@1", "", ""}, {"a@1 b@2", "", ""}, {"a@1", "", "the fingerprint b, is missing"}, {"a@1 b@2", "", ""},
		{"b@2 c@3 d@4000000000", "", ""}, {"a@1 b@2", "", "the fingerprint c, is missing"}, {"a@1 b@2 x@3", "", "the fingerprint c, is missing"},
		{"a@1 b@2 x@3", "code", ""}, {"a@1 b@2 x@3", "", ""},
	} {
		s.keys, s.newKeys = strings.Fields(step.prints), ""
		if step.accepts != "" {
			s.newKeys = code
		}
		s.open("")
		if step.problem == "" {
			s.post(1)
		} else {
			code = s.wantRefused(step.problem)
		}
		s.close()
	}
}

// TestKeysChangeUnderTheLedger: what is added is kept, so that a start years of rotations
// later finds it; others hold the journal until those before are back.
func TestKeysChangeUnderTheLedger(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s := newSite(t, storetest.SQLite(t))
	s.keys = []string{"a"}
	s.open("")
	s.post(2)
	for _, ring := range []string{"a b", "b", "b c", "c"} {
		s.office.ledger.SetKeys(strings.Fields(ring))
		s.awaitKeys(ctx, ring)
	}
	s.office.ledger.SetKeys([]string{"x"})
	for held := false; !held; {
		state, err := s.conn.Inspect(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		held = state.Held
	}
	s.wantRefused("the sealing keys are not those")
	s.office.ledger.SetKeys([]string{"c"})
	for err := journal.ErrNotDurable; errors.Is(err, journal.ErrNotDurable) && ctx.Err() == nil; {
		_, err = s.writer.Postback(ctx, postEntry(s.next, 0, 500).Postback)
	}
	s.post(2)
	if n := countOf(t, s.postbacks()); n < 4 { // and the refused one, if it became durable afterwards
		t.Errorf("%d postbacks in the books, want 4", n)
	}
}

// awaitKeys returns when the books have these fingerprints.
func (s *site) awaitKeys(ctx context.Context, prints string) {
	s.t.Helper()
	for known := ""; known != prints; {
		var err error
		if known, err = s.office.store.KeyPrints(ctx); err != nil {
			s.t.Fatal(err)
		}
	}
}
