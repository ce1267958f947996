package progress

import "testing"

// The objects are written when there has been no tracker for a while, and again
// when there is one that serves everything; never for one that restarts.
func TestPresence(t *testing.T) {
	type sweep struct {
		at       float64 // seconds
		trackers int
		complete bool
		turned   bool
	}
	tests := []struct {
		name   string
		sweeps []sweep
		none   bool
	}{
		{"always there", []sweep{{0, 2, true, false}, {30, 2, true, false}}, false},
		{"none from the beginning", []sweep{{0, 0, false, false}, {1, 0, false, false}, {3, 0, false, true}, {60, 0, false, false}}, true},
		{"a restart", []sweep{{0, 1, true, false}, {30, 0, false, false}, {32.9, 1, true, false}, {60, 1, true, false}}, false},
		{"gone and come back", []sweep{{0, 1, true, false}, {30, 0, false, false}, {33, 0, false, true}, {40, 1, false, false}, {41, 1, true, true}}, false},
		{"back, but behind", []sweep{{0, 0, false, false}, {3, 0, false, true}, {40, 1, false, false}}, true},
		{"gone twice", []sweep{{0, 0, false, false}, {3, 0, false, true}, {4, 1, true, true}, {5, 0, false, false}, {7, 0, false, false}, {8, 0, false, true}}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p trackerPresence
			for i, s := range tt.sweeps {
				if turned := p.count(s.trackers, s.complete, seconds(s.at)); turned != s.turned {
					t.Fatalf("sweep %d: turned %v", i, turned)
				}
			}
			if p.none != tt.none {
				t.Errorf("none = %v", p.none)
			}
		})
	}
}

// That there is none is confirmed by one more sweep, asked for once.
func TestPresenceConfirms(t *testing.T) {
	var p trackerPresence
	if !p.due().IsZero() || p.confirm(noon) {
		t.Fatal("nothing is to be confirmed yet")
	}
	p.count(0, false, noon)
	if due := p.due(); !due.Equal(seconds(3)) {
		t.Fatalf("due %v", due)
	}
	if p.confirm(seconds(2.9)) || !p.confirm(seconds(3)) || p.confirm(seconds(4)) {
		t.Error("confirmed too early, not at all, or twice")
	}
	p.count(1, true, seconds(4))
	p.count(0, false, seconds(5))
	if due := p.due(); !due.Equal(seconds(8)) {
		t.Errorf("due %v after the trackers had come back", due)
	}
}
