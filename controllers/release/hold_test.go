package release

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// ids returns the ids from first to last.
func ids(first, last int) []string {
	var all []string
	for i := first; i <= last; i++ {
		all = append(all, fmt.Sprintf("offer-%03d", i))
	}
	return all
}

// leave is a removal of offers.
func leave(ids []string) *removal { return &removal{gone: ids} }

func TestJudge(t *testing.T) {
	tests := []struct {
		name string
		live int
		gone []string
		held bool
	}{
		{"nothing goes", 40, nil, false},
		{"a few of many", 1000, ids(1, 30), false},
		{"exactly half", 40, ids(1, 20), false},
		{"more than half", 40, ids(1, 21), true},
		{"all of them", 20, ids(1, 20), true},
		{"all, but fewer than twenty", 19, ids(1, 19), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var n network
			if held := n.judge("shop", tt.live, leave(tt.gone), nil, noon); held != tt.held {
				t.Fatalf("held = %v: %+v", held, n.hold)
			}
			if !tt.held {
				return
			}
			if want := fmt.Sprintf("%d of %d offers", len(tt.gone), tt.live); !strings.Contains(n.hold.String(), want) {
				t.Errorf("the hold is %q, want %q", n.hold, want)
			}
			r := leave(tt.gone)
			if n.judge("shop", tt.live, r, []string{"other", n.hold.token}, noon) || !r.confirmed {
				t.Error("held although it is confirmed")
			}
		})
	}
}

func TestTokenNamesTheRemoval(t *testing.T) {
	first, shuffled := token("shop", ids(1, 30)), ids(1, 30)
	slices.Reverse(shuffled)
	if token("shop", shuffled) != first {
		t.Error("the token depends on the order")
	}
	for name, other := range map[string]string{
		"more": token("shop", ids(1, 31)), "others": token("shop", ids(2, 31)), "another network": token("mall", ids(1, 30)),
	} {
		if other == first {
			t.Errorf("%s: the same token", name)
		}
	}
	var n network
	if !n.judge("shop", 40, leave(ids(1, 31)), []string{first}, noon) {
		t.Error("a confirmation covers more than it named")
	}
}

// Deleting everything one by one is held when half is gone.
func TestSlowDeletion(t *testing.T) {
	var n network
	live := 100
	for i := 1; i <= 100; i++ {
		now := noon.Add(time.Duration(i) * 100 * time.Millisecond)
		gone := leave(ids(i, i))
		if n.judge("shop", live, gone, nil, now) {
			if i != 51 {
				t.Fatalf("held at the %dth offer, want the 51st", i)
			}
			if !n.judge("shop", live, gone, nil, now.Add(time.Hour)) {
				t.Fatal("the hold ended by itself")
			}
			if n.judge("shop", live, leave(nil), nil, now.Add(time.Hour)) {
				t.Fatal("held although the offer came back")
			}
			if n.judge("shop", live, gone, nil, now.Add(2*time.Hour)) {
				t.Fatal("one offer of fifty is held after the hold had ended")
			}
			return
		}
		n.published(gone, now)
		live--
	}
	t.Fatal("all offers were removed")
}

// The next operator holds what this one held, although it has not seen how it
// came to that.
func TestRestore(t *testing.T) {
	all := networks{}
	n := all.get("shop")
	n.published(leave(ids(1, 14)), noon)
	if !n.judge("shop", 16, leave(ids(15, 25)), nil, noon) {
		t.Fatal("25 of 30 are not held")
	}
	next := networks{}
	next.restore(all.held())
	r := leave(ids(15, 25))
	if !next["shop"].judge("shop", 16, r, nil, noon.Add(time.Hour)) || next["shop"].hold != n.hold {
		t.Errorf("after a restart: %+v; want %+v", next["shop"].hold, n.hold)
	}
	r.confirmed = true
	next["shop"].published(r, noon)
	if len(next.held()) != 0 {
		t.Errorf("held after the confirmation: %v", next.held())
	}
}

// Removals that lie apart are none of one command.
func TestPatientDeletion(t *testing.T) {
	var n network
	for i := range 60 {
		now := noon.Add(time.Duration(i) * 10 * time.Second)
		if n.judge("shop", 60-i, leave(ids(i, i)), nil, now) {
			t.Fatalf("held after %d: %+v", i, n.hold)
		}
		n.published(leave(ids(i, i)), now)
	}
}

// Replacing all objects, one by one, removes nothing in the end.
func TestReplacing(t *testing.T) {
	var n network
	for i := range 40 {
		if n.judge("shop", 40, leave(ids(i, i)), nil, noon) {
			t.Fatalf("held after %d: %+v", i, n.hold)
		}
		n.published(leave(ids(i, i)), noon)
		if len(n.removed) != 1 {
			t.Fatalf("removed lately: %v", n.removed)
		}
		n.published(&removal{came: ids(i, i)}, noon)
		if len(n.removed) != 0 {
			t.Fatal("an offer that came back is remembered")
		}
	}
}

// What was confirmed does not count any more.
func TestAfterConfirmation(t *testing.T) {
	var n network
	if !n.judge("shop", 60, leave(ids(1, 40)), nil, noon) {
		t.Fatal("not held")
	}
	r := leave(ids(1, 40))
	if n.judge("shop", 60, r, []string{n.hold.token}, noon) {
		t.Fatal("held although confirmed")
	}
	n.published(r, noon)
	if n.judge("shop", 20, leave(ids(41, 45)), nil, noon) {
		t.Errorf("five of the twenty that are left are held: %+v", n.hold)
	}
}
