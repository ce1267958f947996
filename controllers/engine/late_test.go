package engine

import (
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/status"
)

func TestLateness(t *testing.T) {
	var l lateness
	if !l.next().IsZero() {
		t.Fatal("nothing is expected, yet something is late")
	}
	a, b := status.Key{Kind: snapshot.KindOffer, Name: "a"}, status.Key{Kind: snapshot.KindOffer, Name: "b"}
	l.overdueOnly(a, &object{}, noon)
	l.expect(b, &object{}, seconds(10))
	steps := []struct {
		at, next      float64 // seconds; next 0 for none
		slow, overdue int
	}{
		{10.5, 11, 0, 0},
		{11, 60, 1, 0},
		{60, 70, 0, 1},
		{70, 0, 0, 1},
		{80, 0, 0, 0},
	}
	for _, s := range steps {
		if n := len(due(&l.slow, seconds(s.at))); n != s.slow {
			t.Errorf("at %v s %d are slow, want %d", s.at, n, s.slow)
		}
		if n := len(due(&l.overdue, seconds(s.at))); n != s.overdue {
			t.Errorf("at %v s %d are overdue, want %d", s.at, n, s.overdue)
		}
		if next := l.next(); s.next == 0 != next.IsZero() || s.next > 0 && !next.Equal(seconds(s.next)) {
			t.Errorf("after %v s the next one is late at %v, want %v s", s.at, next, s.next)
		}
	}
}
