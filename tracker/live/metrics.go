package live

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waypost/waypost/api/snapshot"
)

// metrics are what a holder counts itself; the rest is read from it when asked.
type metrics struct {
	refusals *prometheus.CounterVec
	load     prometheus.Histogram
}

func newMetrics() *metrics {
	return &metrics{
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waypost_snapshot_refusals_total",
			Help: "Times that a newer snapshot could not be served or the source not be read, by reason.",
		}, []string{"reason"}),
		load: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "waypost_snapshot_load_seconds",
			Help:    "Time from seeing a revision to serving from it.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}),
	}
}

// swapped counts a swap and how long it took since the revision was seen.
func (m *metrics) swapped(took time.Duration) { m.load.Observe(took.Seconds()) }

var (
	revisionMetric = prometheus.NewDesc("waypost_snapshot_revision",
		"Revision that is served; 0 before the first.", nil, nil)
	loadedMetric = prometheus.NewDesc("waypost_snapshot_loaded_timestamp_seconds",
		"When the served revision was loaded, in seconds since 1970; 0 before the first.", nil, nil)
	currentMetric = prometheus.NewDesc("waypost_snapshot_current",
		"1 while the newest known revision is served, 0 while an error keeps an older one.", nil, nil)
	recordsMetric = prometheus.NewDesc("waypost_snapshot_records",
		"Records in the served snapshot, by kind.", []string{"kind"}, nil)
)

// Describe implements prometheus.Collector.
func (h *Holder) Describe(ch chan<- *prometheus.Desc) {
	h.metrics.refusals.Describe(ch)
	h.metrics.load.Describe(ch)
	for _, d := range []*prometheus.Desc{revisionMetric, loadedMetric, currentMetric, recordsMetric} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (h *Holder) Collect(ch chan<- prometheus.Metric) {
	h.metrics.refusals.Collect(ch)
	h.metrics.load.Collect(ch)
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	current, status := h.Current(), h.Status()
	gauge(revisionMetric, float64(status.Revision))
	loaded, isCurrent := 0.0, 0.0
	if status.LoadedAt != nil {
		loaded = float64(status.LoadedAt.UnixMilli()) / 1000
	}
	if status.LastError == "" && status.Revision > 0 {
		isCurrent = 1
	}
	gauge(loadedMetric, loaded)
	gauge(currentMetric, isCurrent)
	for kind := snapshot.KindNetwork; kind <= snapshot.KindPayoutStructure; kind++ {
		gauge(recordsMetric, float64(current.counts[kind]), kind.String())
	}
}
