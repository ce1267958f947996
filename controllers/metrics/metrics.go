// Package metrics holds the operator's Prometheus metrics.
//
// Labels are bounded: kinds, reasons and results, never the name of a network,
// an offer or a tracker. The event loop and the reconciler of statuses set them;
// controllers registers them with the registry of its manager.
package metrics

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the operator's metrics. They may be used concurrently.
type Metrics struct {
	// Revision is the published one, PinnedRevision the one it repeats, 0 for none.
	Revision, PinnedRevision prometheus.Gauge
	// Shards and Records are how many the snapshot has.
	Shards, Records prometheus.Gauge
	// CompileSeconds is the time of one compilation, PublishSeconds of writing
	// what it changed.
	CompileSeconds, PublishSeconds prometheus.Histogram
	// PropagationSeconds is the time from the first change of a revision until
	// every ready tracker served it.
	PropagationSeconds prometheus.Histogram
	// ShardsWritten and BytesWritten count shards, ManifestsWritten manifests.
	ShardsWritten, BytesWritten, ManifestsWritten prometheus.Counter
	// ShardsCollected counts shards that were removed that no retained revision names.
	ShardsCollected prometheus.Counter
	// PublishFailures counts by reason.
	PublishFailures *prometheus.CounterVec
	// StatusWrites counts by result.
	StatusWrites *prometheus.CounterVec
	// Objects counts by kind and by the compiler's verdict: accepted, refused,
	// unresolved or pending.
	Objects *prometheus.GaugeVec
	// Trackers is how many are ready, TrackersBehind how many of them do not
	// serve the published revision.
	Trackers, TrackersBehind prometheus.Gauge
	// Rejections counts revisions that a tracker refused to load.
	Rejections prometheus.Counter
	// NetworksHeld is how many networks wait for a mass deletion to be confirmed.
	NetworksHeld prometheus.Gauge
	// SealingKeysLost is 1 while the mounted sealing keys lack the newest that was in use.
	SealingKeysLost prometheus.Gauge
	// ObjectsWaiting is how many objects wait for trackers.
	ObjectsWaiting prometheus.Gauge
}

// New registers the metrics. A metric that is registered already is used again,
// so that an operator which lost its lease may start anew in the same process.
func New(registry prometheus.Registerer) (*Metrics, error) {
	r := &registrar{registry: registry}
	m := &Metrics{
		Revision:           r.gauge("snapshot_revision", "Published revision."),
		PinnedRevision:     r.gauge("snapshot_pinned_revision", "Earlier revision that a rollback pins; 0 for none."),
		Shards:             r.gauge("snapshot_shards", "Shards of the published snapshot."),
		Records:            r.gauge("snapshot_records", "Records of the published snapshot."),
		CompileSeconds:     r.histogram("compile_duration_seconds", "Time of one compilation."),
		PublishSeconds:     r.histogram("publish_duration_seconds", "Time to write the shards and the manifest of one revision."),
		PropagationSeconds: r.histogram("snapshot_propagation_seconds", "Time from the first change of a revision until every ready tracker served it."),
		ShardsWritten:      r.counter("shards_published_total", "Shards written."),
		BytesWritten:       r.counter("shard_bytes_published_total", "Compressed bytes of the shards written."),
		ManifestsWritten:   r.counter("manifests_published_total", "Manifests written."),
		ShardsCollected:    r.counter("shards_collected_total", "Shards removed because no retained revision uses them."),
		PublishFailures:    r.counters("publish_failures_total", "Publications that failed and are tried again, by reason.", "reason"),
		StatusWrites:       r.counters("status_writes_total", "Attempts to write a status, by result.", "result"),
		Objects:            r.gauges("objects", "Objects by kind and verdict.", "kind", "verdict"),
		Trackers:           r.gauge("trackers", "Ready trackers."),
		TrackersBehind:     r.gauge("trackers_behind", "Ready trackers that do not serve the published revision."),
		Rejections:         r.counter("tracker_rejections_total", "Revisions that a tracker refused to load."),
		NetworksHeld:       r.gauge("networks_held", "Networks whose mass deletion waits for a confirmation."),
		SealingKeysLost:    r.gauge("sealing_keys_lost", "1 while the mounted sealing keys lack the newest that was in use: an older copy of their Secret, or another's."),
		ObjectsWaiting:     r.gauge("objects_waiting", "Objects that are published and not served by every ready tracker yet."),
	}
	return m, r.err
}

// registrar registers metrics and keeps the first error.
type registrar struct {
	registry prometheus.Registerer
	err      error
}

const namespace = "waypost"

// buckets go from a millisecond to a minute.
var buckets = []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60}

func (r *registrar) gauge(name, help string) prometheus.Gauge {
	return register(r, prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}))
}

func (r *registrar) gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	return register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels))
}

func (r *registrar) counter(name, help string) prometheus.Counter {
	return register(r, prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}))
}

func (r *registrar) counters(name, help string, labels ...string) *prometheus.CounterVec {
	return register(r, prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels))
}

func (r *registrar) histogram(name, help string) prometheus.Histogram {
	return register(r, prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}))
}

// register returns the metric, or the one that was registered before it.
func register[M prometheus.Collector](r *registrar, metric M) M {
	err := r.registry.Register(metric)
	var already prometheus.AlreadyRegisteredError
	if errors.As(err, &already) {
		if same, ok := already.ExistingCollector.(M); ok {
			return same
		}
	}
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("register metrics: %w", err)
	}
	return metric
}
