package journal

import (
	"github.com/prometheus/client_golang/prometheus"
)

// ReaderMetrics counts what a Reader reads. A nil pointer counts nothing.
type ReaderMetrics struct {
	batches   prometheus.Counter
	entries   prometheus.Counter
	malformed prometheus.Counter
	missing   prometheus.Counter
	opens     prometheus.Counter
	position  prometheus.Gauge
}

// NewReaderMetrics makes the metrics of a Reader and registers them.
func NewReaderMetrics(reg prometheus.Registerer) *ReaderMetrics {
	m := &ReaderMetrics{
		batches:   counter("read_batches_total", "Batches read from the journal."),
		entries:   counter("read_entries_total", "Entries read from the journal."),
		malformed: counter("read_malformed_total", "Batches passed over because they did not decode."),
		missing:   counter("read_missing_total", "Batches that were trimmed before they were read."),
		opens:     counter("read_opened_total", "Times that the reader set its consumer up; more than one means lost connections or leaders."),
		position:  gauge("read_position", "Position in the journal of the last batch read."),
	}
	reg.MustRegister(m.batches, m.entries, m.malformed, m.missing, m.opens, m.position)
	return m
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: "waypost_journal_" + name, Help: help})
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Name: "waypost_journal_" + name, Help: help})
}

func (m *ReaderMetrics) read(b *Batch) {
	if m == nil {
		return
	}
	m.batches.Inc()
	m.entries.Add(float64(len(b.Entries)))
	m.position.Set(float64(b.Position))
	if b.Malformed != nil {
		m.malformed.Inc()
	}
}

func (m *ReaderMetrics) missed(n uint64) {
	if m != nil {
		m.missing.Add(float64(n))
	}
}

func (m *ReaderMetrics) opened() {
	if m != nil {
		m.opens.Inc()
	}
}
