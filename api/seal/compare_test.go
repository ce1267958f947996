package seal

import (
	"testing"
	"time"
)

func TestLost(t *testing.T) {
	now := time.Unix(100, 0)
	for _, test := range []struct{ what, known, there, want string }{
		{"nothing known", "", "a@1", ""},
		{"the same", "a@1", "a@1", ""},
		{"added", "a@1", "a@1 b@2", ""},
		{"retired", "a@1 b@2", "b@2", ""},
		{"rotated and retired", "a@1 b@2", "b@2 c@200", ""},
		{"an older copy", "a@1 b@2", "a@1", "b"},
		{"an older copy that was rotated", "a@1 b@2", "a@1 c@200", "b"},
		{"another's", "a@1", "x@1", "a"},
		{"none", "a@1", "", "a"},
		{"yet to begin", "a@1 b@200", "a@1", ""},
		{"yet to begin, another's", "a@1 b@200", "x@1", "a"},
		{"begun this second", "a@1 b@100", "a@1", "b"},
		{"of an earlier version", "a b", "a@1", "b"},
	} {
		if got := Lost(test.known, test.there, now); got != test.want {
			t.Errorf("%s: %q, want %q", test.what, got, test.want)
		}
	}
}

// TestLossCodesDiffer: each names its loss alone.
func TestLossCodesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, of := range [][]string{{""}, {"a"}, {"a", "b"}, {"b", "a"}, {"a b"}} {
		if code := LossCode(of...); seen[code] {
			t.Errorf("%q has the code of another", of)
		} else {
			seen[code] = true
		}
	}
}
