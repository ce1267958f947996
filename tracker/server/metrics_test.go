package server_test

import (
	"testing"

	dto "github.com/prometheus/client_model/go"
)

// counted returns the value of a counter with a label.
func counted(t *testing.T, w *world, name, label, value string) float64 {
	t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			if hasLabel(m, label, value) {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func hasLabel(m *dto.Metric, label, value string) bool {
	for _, l := range m.GetLabel() {
		if l.GetName() == label && l.GetValue() == value {
			return true
		}
	}
	return false
}

func TestMetricsSayWhatHappened(t *testing.T) {
	w := newWorld(t, nil)
	w.get(t, "/click?offer=1001&partner=2002")
	w.get(t, "/click?offer=1001&partner=2002")
	w.get(t, "/click?offer=1001&partner=2002", "Sec-Purpose: prefetch")
	w.get(t, "/click?offer=9999&partner=2002")
	w.get(t, "/postback")
	for _, tt := range []struct {
		name, label, value string
		want               float64
	}{
		{"waypost_tracker_events_total", "outcome", "served", 2},
		{"waypost_tracker_events_total", "outcome", "uncounted", 1},
		{"waypost_tracker_events_total", "outcome", "unknown_offer", 1},
		{"waypost_tracker_postbacks_total", "reason", "missing_click_id", 1},
	} {
		if got := counted(t, w, tt.name, tt.label, tt.value); got != tt.want {
			t.Errorf("%s{%s=%q} is %v, want %v", tt.name, tt.label, tt.value, got, tt.want)
		}
	}
}
