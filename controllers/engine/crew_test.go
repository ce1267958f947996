package engine

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func seconds(s float64) time.Time { return noon.Add(time.Duration(s * float64(time.Second))) }

// The objects are written when there has been no tracker for a while, and again
// when there is one that serves everything; never for one that restarts.
func TestCrew(t *testing.T) {
	type sweep struct {
		at       float64 // seconds
		trackers int
		complete bool
		turned   bool
	}
	tests := []struct {
		name   string
		sweeps []sweep
		nobody bool
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
			var c crew
			for i, s := range tt.sweeps {
				if turned := c.count(s.trackers, s.complete, seconds(s.at)); turned != s.turned {
					t.Fatalf("sweep %d: turned %v", i, turned)
				}
			}
			if c.nobody != tt.nobody {
				t.Errorf("nobody = %v", c.nobody)
			}
		})
	}
}

// That there is none is confirmed by one more sweep, asked for once.
func TestCrewConfirms(t *testing.T) {
	var c crew
	if !c.due().IsZero() || c.confirm(noon) {
		t.Fatal("nothing is to be confirmed yet")
	}
	c.count(0, false, noon)
	if due := c.due(); !due.Equal(seconds(3)) {
		t.Fatalf("due %v", due)
	}
	if c.confirm(seconds(2.9)) || !c.confirm(seconds(3)) || c.confirm(seconds(4)) {
		t.Error("confirmed too early, not at all, or twice")
	}
	c.count(1, true, seconds(4))
	c.count(0, false, seconds(5))
	if due := c.due(); !due.Equal(seconds(8)) {
		t.Errorf("due %v after the trackers had come back", due)
	}
}
