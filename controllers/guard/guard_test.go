package guard

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
			var g Guard
			hold, held := g.Judge("shop", tt.live, tt.gone, nil, noon)
			if held != tt.held {
				t.Fatalf("Judge() = %+v, %v", hold, held)
			}
			if !held {
				return
			}
			if want := fmt.Sprintf("%d of %d offers", len(tt.gone), tt.live); !strings.Contains(hold.String(), want) {
				t.Errorf("the hold says %q, want %q", hold, want)
			}
			if _, held := g.Judge("shop", tt.live, tt.gone, []string{"other", hold.Token}, noon); held {
				t.Error("held although it is confirmed")
			}
		})
	}
}

func TestTokenNamesTheRemoval(t *testing.T) {
	var g Guard
	first, _ := g.Judge("shop", 40, ids(1, 30), nil, noon)
	shuffled := ids(1, 30)
	slices.Reverse(shuffled)
	if same, _ := g.Judge("shop", 40, shuffled, nil, noon); same.Token != first.Token {
		t.Error("the token depends on the order")
	}
	for name, other := range map[string]Hold{
		"more":            must(g.Judge("shop", 40, ids(1, 31), nil, noon)),
		"others":          must(g.Judge("shop", 40, ids(2, 31), nil, noon)),
		"another network": must(g.Judge("mall", 40, ids(1, 30), nil, noon)),
	} {
		if other.Token == first.Token {
			t.Errorf("%s: the same token", name)
		}
	}
	if _, held := g.Judge("shop", 40, ids(1, 31), []string{first.Token}, noon); !held {
		t.Error("a confirmation covers more than it named")
	}
}

func must(h Hold, _ bool) Hold { return h }

// Deleting everything one by one is held when half is gone.
func TestSlowDeletion(t *testing.T) {
	var g Guard
	live := 100
	for i := 1; i <= 100; i++ {
		now := noon.Add(time.Duration(i) * 100 * time.Millisecond)
		gone := ids(i, i)
		if _, held := g.Judge("shop", live, gone, nil, now); held {
			if i != 51 {
				t.Fatalf("held at the %dth offer, want the 51st", i)
			}
			if _, held := g.Judge("shop", live, gone, nil, now.Add(time.Hour)); !held {
				t.Fatal("the hold ended by itself")
			}
			if _, held := g.Judge("shop", live, nil, nil, now.Add(time.Hour)); held {
				t.Fatal("held although the offer came back")
			}
			if _, held := g.Judge("shop", live, gone, nil, now.Add(2*time.Hour)); held {
				t.Fatal("one offer of fifty is held after the hold had ended")
			}
			return
		}
		g.Published("shop", gone, nil, false, now)
		live--
	}
	t.Fatal("all offers were removed")
}

// The next operator holds what this one held, although it has not seen how it
// came to that.
func TestRestore(t *testing.T) {
	var g Guard
	g.Published("shop", ids(1, 14), nil, false, noon)
	hold, held := g.Judge("shop", 16, ids(15, 25), nil, noon)
	if !held {
		t.Fatal("25 of 30 are not held")
	}
	var next Guard
	for network, lately := range g.Held() {
		next.Restore(network, lately)
	}
	again, held := next.Judge("shop", 16, ids(15, 25), nil, noon.Add(time.Hour))
	if !held || again != hold {
		t.Errorf("after a restart: %+v, %v; want %+v", again, held, hold)
	}
	next.Published("shop", ids(15, 25), nil, true, noon)
	if len(next.Held()) != 0 {
		t.Errorf("held after the confirmation: %v", next.Held())
	}
}

// Removals that lie apart are none of one command.
func TestPatientDeletion(t *testing.T) {
	var g Guard
	for i := range 60 {
		now := noon.Add(time.Duration(i) * 10 * time.Second)
		if hold, held := g.Judge("shop", 60-i, ids(i, i), nil, now); held {
			t.Fatalf("held after %d: %+v", i, hold)
		}
		g.Published("shop", ids(i, i), nil, false, now)
	}
}

// Replacing all objects, one by one, removes nothing in the end.
func TestReplacing(t *testing.T) {
	var g Guard
	for i := range 40 {
		if hold, held := g.Judge("shop", 40, ids(i, i), nil, noon); held {
			t.Fatalf("held after %d: %+v", i, hold)
		}
		g.Published("shop", ids(i, i), nil, false, noon)
		if id := ids(i, i)[0]; !g.Remembers("shop", id) || g.Remembers("mall", id) {
			t.Fatalf("%s is not remembered where it was removed", id)
		}
		g.Published("shop", nil, ids(i, i), false, noon)
		if g.Remembers("shop", ids(i, i)[0]) {
			t.Fatal("an offer that came back is remembered")
		}
	}
}

// What was confirmed does not count any more.
func TestAfterConfirmation(t *testing.T) {
	var g Guard
	hold, held := g.Judge("shop", 60, ids(1, 40), nil, noon)
	if !held {
		t.Fatal("not held")
	}
	if _, held := g.Judge("shop", 60, ids(1, 40), []string{hold.Token}, noon); held {
		t.Fatal("held although confirmed")
	}
	g.Published("shop", ids(1, 40), nil, true, noon)
	if hold, held := g.Judge("shop", 20, ids(41, 45), nil, noon); held {
		t.Errorf("five of the twenty that are left are held: %+v", hold)
	}
}

func TestNetworksAreApart(t *testing.T) {
	var g Guard
	g.Published("mall", ids(1, 30), nil, false, noon)
	if hold, held := g.Judge("shop", 100, ids(1, 10), nil, noon); held {
		t.Errorf("held: %+v", hold)
	}
}
