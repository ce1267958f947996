package release

import (
	"testing"
	"time"
)

// start is an arbitrary moment; the tests speak in milliseconds after it.
var start = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func at(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }

func TestWindowDue(t *testing.T) {
	tests := []struct {
		name  string
		fired int // ms of the previous burst; -1 for none
		notes []int
		want  int
	}{
		{"first change ever goes at once", -1, []int{0}, 0},
		{"idle: at once", 0, []int{500}, 500},
		{"long idle: at once, further changes do not delay it", 0, []int{900, 910}, 900},
		{"busy: a quiet moment", 0, []int{499}, 549},
		{"busy: the pause begins again with each change", 0, []int{100, 120, 140}, 190},
		{"busy: never later than the bound", 0, []int{100, 140, 180, 220, 260, 300, 340, 380, 420, 460, 500, 540, 580}, 600},
		{"busy: the bound counts from the first change", 0, []int{10, 495}, 510},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var w window
			if tt.fired >= 0 {
				w.note(at(tt.fired))
				w.fire(at(tt.fired))
			}
			for _, ms := range tt.notes {
				w.note(at(ms))
			}
			due, ok := w.due()
			if !ok || !due.Equal(at(tt.want)) {
				t.Fatalf("due() = %v ms, %v; want %d ms", due.Sub(start).Milliseconds(), ok, tt.want)
			}
		})
	}
}

func TestWindowClosed(t *testing.T) {
	var w window
	if _, ok := w.due(); ok {
		t.Fatal("a window without changes is due")
	}
	w.note(at(0))
	w.note(at(7))
	if got := w.fire(at(9)); !got.Equal(at(0)) {
		t.Fatalf("fire() = %v, want the first change", got)
	}
	if _, ok := w.due(); ok {
		t.Fatal("a fired window is still due")
	}
}

// A steady stream of changes is published at most twice a second and never
// starves, whatever their spacing.
func TestWindowSustained(t *testing.T) {
	for _, spacing := range []int{1, 7, 20, 49, 50, 51, 200, 499} {
		var w window
		fires, oldest := 0, time.Duration(0)
		for ms := 0; ms < 10_000; ms++ {
			if ms%spacing == 0 {
				w.note(at(ms))
			}
			if due, ok := w.due(); ok && !due.After(at(ms)) {
				if waited := at(ms).Sub(w.fire(at(ms))); waited > oldest {
					oldest = waited
				}
				fires++
			}
		}
		if oldest > longest {
			t.Errorf("spacing %d ms: a change waited %v", spacing, oldest)
		}
		if spacing < 50 && (fires < 19 || fires > 22) {
			t.Errorf("spacing %d ms: %d publications in 10 s, want about 20", spacing, fires)
		}
	}
}
