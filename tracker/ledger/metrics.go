package ledger

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/waypost/waypost/tracker/journal"
)

// Metrics are the ledger's figures. A nil *Metrics counts nothing.
type Metrics struct {
	verdicts *prometheus.CounterVec
	entries  prometheus.Counter
	groups   prometheus.Histogram
	lost     prometheus.Counter
	failed   prometheus.Counter
	position prometheus.Gauge
	behind   prometheus.Gauge
	ahead    prometheus.Gauge
	missing  prometheus.Counter
	mismatch prometheus.Gauge
	holes    prometheus.Gauge
	leapt    prometheus.Gauge
	heldBack prometheus.Counter
	damaged  prometheus.Gauge
}

// NewMetrics registers the ledger's figures.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "waypost_ledger_verdicts_total", Help: "Postbacks judged, by verdict and reason."}, []string{"verdict", "reason"}),
		entries:  prometheus.NewCounter(prometheus.CounterOpts{Name: "waypost_ledger_entries_total", Help: "Journal entries folded into the tables."}),
		groups: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "waypost_ledger_commit_seconds", Help: "Time to fold and commit one group of batches.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14)}),
		lost:     prometheus.NewCounter(prometheus.CounterOpts{Name: "waypost_ledger_races_lost_total", Help: "Groups that another ledger had folded first."}),
		failed:   prometheus.NewCounter(prometheus.CounterOpts{Name: "waypost_ledger_failures_total", Help: "Groups that failed and were tried again."}),
		position: prometheus.NewGauge(prometheus.GaugeOpts{Name: "waypost_ledger_position", Help: "Position in the journal up to which the tables are."}),
		behind:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "waypost_ledger_behind_seconds", Help: "Age of the last batch folded when it was committed."}),
		ahead:    prometheus.NewGauge(prometheus.GaugeOpts{Name: "waypost_ledger_tick_ahead_seconds", Help: "How far the last tick in the tables is ahead of this ledger's clock; 0 where it is not."}),
	}
	m.missing = prometheus.NewCounter(prometheus.CounterOpts{Name: "waypost_ledger_missing_batches_total", Help: "Batches that a writer sent before others and that are not in the journal."})
	m.mismatch = prometheus.NewGauge(prometheus.GaugeOpts{Name: "waypost_ledger_journal_mismatch", Help: "1 while journal, books and sealing keys do not belong together and nothing is folded."})
	m.holes = prometheus.NewGauge(prometheus.GaugeOpts{Name: "waypost_ledger_journal_holes", Help: "Batches that are gone from the middle of the journal, at its last check."})
	m.leapt = prometheus.NewGauge(prometheus.GaugeOpts{Name: "waypost_ledger_clock_leap_seconds", Help: "How far this ledger's clock is ahead of the time that it goes by, while a leap is held back; else 0."})
	m.heldBack = prometheus.NewCounter(prometheus.CounterOpts{Name: "waypost_ledger_ticks_held_back_total", Help: "Ticks that were more than a day ahead of the journal's server and were held back to its time."})
	m.damaged = prometheus.NewGauge(prometheus.GaugeOpts{Name: "waypost_ledger_journal_unreadable_bytes", Help: "Bytes of the journal that its server could not read, as long as it holds batches of before that, at its last check."})
	reg.MustRegister(m.verdicts, m.entries, m.groups, m.lost, m.failed, m.position, m.behind, m.ahead, m.missing, m.mismatch, m.holes, m.leapt, m.heldBack, m.damaged)
	return m
}

func (m *Metrics) committed(c *changes, batches []*journal.Batch, took time.Duration, now time.Time) {
	if m == nil {
		return
	}
	for _, v := range c.verdicts {
		m.verdicts.WithLabelValues(v.verdict.Verdict, v.verdict.Reason).Inc()
	}
	for _, b := range batches {
		m.entries.Add(float64(len(b.Entries)))
	}
	m.missing.Add(float64(c.gaps))
	m.heldBack.Add(float64(len(c.heldBack)))
	last := batches[len(batches)-1]
	m.groups.Observe(took.Seconds())
	m.position.Set(float64(last.Position))
	if !last.Stored.IsZero() {
		m.behind.Set(now.Sub(last.Stored).Seconds())
	}
}

// time compares the last tick in the tables with the clock.
func (m *Metrics) time(now time.Time, folded int64) {
	if m != nil {
		m.ahead.Set(max(0, time.UnixMicro(folded).Sub(now).Seconds()))
	}
}

// leap shows how much of a leap is held back.
func (m *Metrics) leap(ahead time.Duration) {
	if m != nil {
		m.leapt.Set(ahead.Seconds())
	}
}

func (m *Metrics) inspected(mismatch bool, s journal.State) {
	if m == nil {
		return
	}
	m.mismatch.Set(0)
	if mismatch {
		m.mismatch.Set(1)
	}
	m.holes.Set(float64(s.Holes))
	m.damaged.Set(float64(s.Damaged))
}

func (m *Metrics) raceLost() {
	if m != nil {
		m.lost.Inc()
	}
}

func (m *Metrics) failure() {
	if m != nil {
		m.failed.Inc()
	}
}
