package server

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Outcomes of clicks and impressions besides the reasons.
const (
	outcomeServed = "served"
	// outcomeUncounted is a prefetch or a HEAD request.
	outcomeUncounted = "uncounted"
)

// metrics count what the public port did. Labels are reason codes and names from this
// package, never anything from a request: a caller must not make new series.
type metrics struct {
	events *prometheus.CounterVec
	// served are events with outcomeServed, so that a click looks no label up.
	served     [actions]prometheus.Counter
	postbacks  *prometheus.CounterVec
	turnedAway *prometheus.CounterVec
	answer     prometheus.Histogram
}

// newMetrics registers the metrics; a nil registry counts for nothing that reads it.
func newMetrics(registry prometheus.Registerer) *metrics {
	m := &metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waypost_tracker_events_total",
			Help: "Clicks and impressions by outcome: served, uncounted (prefetch, HEAD), or the reason why not.",
		}, []string{"event", "outcome"}),
		postbacks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waypost_tracker_postbacks_total",
			Help: "Postbacks and pixels by the verdict and reason that they were answered with.",
		}, []string{"verdict", "reason"}),
		turnedAway: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "waypost_tracker_turned_away_total",
			Help: "Requests that were not looked at any further: too large, too many, malformed.",
		}, []string{"why"}),
		answer: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "waypost_tracker_postback_seconds",
			Help:    "Time from a postback's arrival to its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}),
	}
	for _, a := range []action{actClick, actImpression} {
		m.served[a] = m.events.WithLabelValues(actionNames[a], outcomeServed)
	}
	if registry != nil {
		registry.MustRegister(m.events, m.postbacks, m.turnedAway, m.answer)
	}
	return m
}

// count counts a click or an impression that is not served; served has ready counters.
func (m *metrics) count(a action, outcome string) {
	m.events.WithLabelValues(actionNames[a], outcome).Inc()
}
