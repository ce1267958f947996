package metrics

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// A second operator in one process goes on with the same metrics.
func TestNewTwice(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	first, err := New(registry)
	if err != nil {
		t.Fatal(err)
	}
	second, err := New(registry)
	if err != nil {
		t.Fatal(err)
	}
	first.Revision.Set(7)
	second.StatusWrites.WithLabelValues("written").Inc()
	if got := value(t, second.Revision); got != 7 {
		t.Errorf("the second sees revision %v", got)
	}
	if got := value(t, first.StatusWrites.WithLabelValues("written")); got != 1 {
		t.Errorf("the first sees %v writes", got)
	}
}

func TestNewConflict(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "waypost_trackers", Help: "Another help."}))
	if _, err := New(registry); err == nil {
		t.Error("a metric of the same name with another meaning goes unnoticed")
	}
}

func TestNames(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	m, err := New(registry)
	if err != nil {
		t.Fatal(err)
	}
	m.PublishFailures.WithLabelValues("api").Inc()
	m.StatusWrites.WithLabelValues("written").Inc()
	m.Objects.WithLabelValues("Offer", "accepted").Inc()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if !strings.HasPrefix(family.GetName(), "waypost_") {
			t.Errorf("%s has not our prefix", family.GetName())
		}
		counter := family.GetType() == dto.MetricType_COUNTER
		if total := strings.HasSuffix(family.GetName(), "_total"); total != counter {
			t.Errorf("%s: counters end in _total, others do not", family.GetName())
		}
		if family.GetHelp() == "" {
			t.Errorf("%s has no help", family.GetName())
		}
	}
}

func value(t *testing.T, metric prometheus.Metric) float64 {
	t.Helper()
	var out dto.Metric
	if err := metric.Write(&out); err != nil {
		t.Fatal(err)
	}
	if out.Counter != nil {
		return out.Counter.GetValue()
	}
	return out.Gauge.GetValue()
}
