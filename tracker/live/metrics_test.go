package live

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// gathered returns the holder's metrics as name{label value} and value; of a
// histogram the count.
func gathered(t *testing.T, h *Holder) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(h)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v, %v", problems, err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			name := f.GetName()
			if len(labels) > 0 {
				name += "{" + strings.Join(labels, ",") + "}"
			}
			all[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

func TestMetrics(t *testing.T) {
	h := NewHolder(Options{Log: quiet(t)})
	expect := func(want map[string]float64) {
		t.Helper()
		got := gathered(t, h)
		for name, value := range want {
			if v, ok := got[name]; !ok || v != value {
				t.Errorf("%s is %v (there: %v), want %v", name, v, ok, value)
			}
		}
	}
	expect(map[string]float64{
		"waypost_snapshot_current": 0, "waypost_snapshot_revision": 0, "waypost_snapshot_loaded_timestamp_seconds": 0,
		"waypost_snapshot_load_seconds": 0, "waypost_snapshot_records{Offer}": 0,
	})
	if err := h.Apply(endless, update(t, 7, titled("one", offerRecord("shoes", "1001"), offerRecord("hats", "1002"))...)); err != nil {
		t.Fatal(err)
	}
	expect(map[string]float64{
		"waypost_snapshot_current": 1, "waypost_snapshot_revision": 7, "waypost_snapshot_load_seconds": 1,
		"waypost_snapshot_loaded_timestamp_seconds": float64(h.Current().LoadedAt.UnixMilli()) / 1000,
		"waypost_snapshot_records{Offer}":           2, "waypost_snapshot_records{Network}": 1, "waypost_snapshot_records{Goal}": 0,
	})
	h.Report(noManifest)
	expect(map[string]float64{"waypost_snapshot_current": 0, "waypost_snapshot_refusals_total{no_manifest}": 1})
}
