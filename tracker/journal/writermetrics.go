package journal

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The outcomes of Postback as the metric names them.
const (
	outcomeVerdict    = "verdict"
	outcomeQueued     = "queued"
	outcomeNotDurable = "not_durable"
	outcomeRefused    = "not_taken"
)

// WriterMetrics counts what a Writer does. A nil pointer counts nothing.
type WriterMetrics struct {
	entries     *prometheus.CounterVec
	lost        *prometheus.CounterVec
	postbacks   *prometheus.CounterVec
	batches     prometheus.Counter
	retries     prometheus.Counter
	spoolErrors prometheus.Counter
	bytes       prometheus.Counter
	seconds     prometheus.Histogram
	memoryBytes prometheus.Gauge
	spoolBytes  prometheus.Gauge
	inTrouble   prometheus.Gauge
}

// NewWriterMetrics makes the metrics of a Writer and registers them.
func NewWriterMetrics(reg prometheus.Registerer) *WriterMetrics {
	m := &WriterMetrics{
		entries:     counterVec("entries_total", "Entries that became durable in the journal.", "kind"),
		lost:        counterVec("lost_entries_total", "Entries lost because the journal did not take them and there was no room.", "kind"),
		postbacks:   counterVec("postbacks_total", "Postbacks by how they could be answered.", "outcome"),
		batches:     counter("batches_total", "Batches that became durable in the journal."),
		retries:     counter("retries_total", "Attempts to append a batch that failed or whose outcome stayed unknown."),
		spoolErrors: counter("spool_errors_total", "Failures to write or read the spool."),
		bytes:       counter("bytes_total", "Bytes of batches that became durable in the journal."),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "waypost_journal_append_seconds",
			Help:    "Time from sending a batch to its acknowledgement.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 5},
		}),
		memoryBytes: gauge("memory_bytes", "Bytes of closed batches kept in memory."),
		spoolBytes:  gauge("spool_bytes", "Bytes of batches that wait in the spool."),
		inTrouble:   gauge("trouble_seconds", "For how long the journal has not taken entries; 0 when it does."),
	}
	for _, k := range kindNames {
		m.entries.WithLabelValues(k)
		m.lost.WithLabelValues(k)
	}
	reg.MustRegister(m.entries, m.lost, m.postbacks, m.batches, m.retries, m.spoolErrors, m.bytes,
		m.seconds, m.memoryBytes, m.spoolBytes, m.inTrouble)
	return m
}

func counterVec(name, help, label string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "waypost_journal_" + name, Help: help}, []string{label})
}

// acked counts a batch; the entries of one read from the spool are not known by kind.
func (m *WriterMetrics) acked(f *flight, took time.Duration) {
	if m == nil {
		return
	}
	m.batches.Inc()
	m.bytes.Add(float64(len(f.data)))
	m.seconds.Observe(took.Seconds())
	add(m.entries, countsOf(f))
}

// countsOf returns the entries of a batch by kind. One from the spool is decoded
// for it: that is rare, and the sums must be right.
func countsOf(f *flight) (counts [entryKinds]int) {
	if f.batch != nil {
		return f.batch.counts
	}
	b, err := DecodeBatch(f.data)
	if err != nil {
		return counts
	}
	for _, x := range b.Entries {
		counts[kindOf(x)]++
	}
	return counts
}

func add(v *prometheus.CounterVec, counts [entryKinds]int) {
	for k, n := range counts {
		if n > 0 {
			v.WithLabelValues(kindNames[k]).Add(float64(n))
		}
	}
}

func (m *WriterMetrics) lose(k entryKind, n int) {
	if m != nil {
		m.lost.WithLabelValues(kindNames[k]).Add(float64(n))
	}
}

func (m *WriterMetrics) loseCounts(counts [entryKinds]int) {
	if m != nil {
		add(m.lost, counts)
	}
}

func (m *WriterMetrics) loseBatch(f *flight) {
	if m != nil {
		add(m.lost, countsOf(f))
	}
}

func (m *WriterMetrics) answered(outcome string) {
	if m != nil {
		m.postbacks.WithLabelValues(outcome).Inc()
	}
}

func (m *WriterMetrics) retried() {
	if m != nil {
		m.retries.Inc()
	}
}

func (m *WriterMetrics) spoolFailed() {
	if m != nil {
		m.spoolErrors.Inc()
	}
}

func (m *WriterMetrics) memory(bytes int) {
	if m != nil {
		m.memoryBytes.Set(float64(bytes))
	}
}

func (m *WriterMetrics) spool(bytes int64) {
	if m != nil {
		m.spoolBytes.Set(float64(bytes))
	}
}

func (m *WriterMetrics) trouble(since time.Time) {
	switch {
	case m == nil:
	case since.IsZero():
		m.inTrouble.Set(0)
	default:
		m.inTrouble.Set(time.Since(since).Seconds())
	}
}
