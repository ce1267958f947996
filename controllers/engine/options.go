package engine

import (
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel/trace"
	"k8s.io/apimachinery/pkg/types"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/controllers/acks"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/metrics"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/secrets"
	"github.com/waypost/waypost/controllers/status"
)

const (
	// slowAfter is how long an object may be on its way before its status says so.
	slowAfter = time.Second
	// overdueAfter is how long trackers may take before the status says that the
	// object is served by some only.
	overdueAfter = time.Minute
	// emptyGrace is how long there must be no tracker before the objects say so:
	// a single tracker that restarts is no reason to write all of them.
	emptyGrace = 3 * time.Second
	// collectFirst and collectEvery are when unused shards are removed.
	collectFirst, collectEvery = 10 * time.Second, 5 * time.Minute
	// collectSoon is when the shards are looked through after one was removed:
	// usually several are.
	collectSoon = time.Second
	// Waits after a publication that failed.
	retryFirst, retryLast = 100 * time.Millisecond, 5 * time.Second
	// doubtEvery bounds how often a tracker's complaint makes all shards be compared.
	doubtEvery = 30 * time.Second
	// watchLag is how long the informer may show another manifest than the
	// published one before that is looked into.
	watchLag = time.Second
	// maxRevision is the highest revision that a tracker is believed.
	maxRevision = 1 << 53
)

// Options are the parts that an Engine connects. All but Keys are required.
type Options struct {
	// World is a new compiler; the engine alone uses it.
	World *compile.Compiler
	// Publisher writes the snapshots; the engine alone uses it.
	Publisher *publish.Publisher
	// Poller asks the trackers. The engine runs it.
	Poller *acks.Poller
	// Secrets reads what objects name. The engine runs it.
	Secrets *secrets.Reader
	// Writer writes statuses. The engine runs it.
	Writer *status.Writer
	// Inbox gets the informers' events.
	Inbox *Inbox
	// Synced is closed once all objects that exist are in the inbox. Nothing is
	// published before.
	Synced <-chan struct{}
	// Keys delivers rotated sealing keys; nil when they do not rotate.
	Keys <-chan *seal.Keyring
	// Recorder tells Events about revisions and networks.
	Recorder status.Recorder
	// Metrics are the operator's.
	Metrics *metrics.Metrics
	// Manifest is where the snapshot is published, for messages.
	Manifest types.NamespacedName
	// Tracer gets a span of each revision's way; nil for none.
	Tracer trace.Tracer
	// Now is the clock.
	Now func() time.Time
	// Log hears of what people should know.
	Log logr.Logger
}
