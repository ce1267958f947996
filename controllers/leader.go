package controllers

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/metrics"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/secrets"
	"github.com/waypost/waypost/controllers/status"
	"github.com/waypost/waypost/controllers/suspensions"
	"github.com/waypost/waypost/controllers/trackers"
)

// eventSource is the reporter of Events.
const eventSource = "waypost-operator"

// clockSettles is long enough to set a clock right that has leapt.
const clockSettles = time.Hour

// leader runs the event loop while this operator has the lease.
type leader struct {
	options  Options
	manager  manager.Manager
	metrics  *metrics.Metrics
	direct   client.Client // without a cache
	secrets  *secrets.Reconciler
	statuses *status.Reconciler
	began    atomic.Bool
	ended    chan struct{}
}

// addLeader adds the event loop and the reconcilers beside it to a manager. Statuses and
// Secrets have a client without a cache: writes need none, and a cache of Secrets would
// need the right to list them.
func addLeader(mgr manager.Manager, o Options, measured *metrics.Metrics) (*leader, error) {
	direct, err := client.New(mgr.GetConfig(), client.Options{
		HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(),
	})
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	recorder := mgr.GetEventRecorder(eventSource)
	l := &leader{
		options: o, manager: mgr, metrics: measured, direct: direct, ended: make(chan struct{}),
		secrets: secrets.New(direct, o.SecretInterval, o.Log.WithName("secrets")),
		statuses: status.New(status.Options{
			Client: direct, Reader: mgr.GetCache(), Recorder: recorder,
			OnWrite: func(result string) { measured.StatusWrites.WithLabelValues(result).Inc() },
		}),
	}
	setups := []func(manager.Manager) error{l.secrets.SetupWithManager, l.statuses.SetupWithManager}
	if o.LedgerURL != "" {
		setups = append(setups, suspensions.New(suspensions.Options{
			URL: strings.TrimRight(o.LedgerURL, "/"), TokenFile: o.LedgerTokenFile, Networks: o.WatchNamespaces,
			Client: direct, Reader: mgr.GetCache(), Recorder: recorder, Log: o.Log.WithName("suspensions"),
		}).SetupWithManager)
	}
	for _, setup := range setups {
		if err := setup(mgr); err != nil {
			return nil, fmt.Errorf("add a reconciler: %w", err)
		}
	}
	if err := mgr.Add(l); err != nil {
		return nil, fmt.Errorf("add the event loop: %w", err)
	}
	return l, nil
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (l *leader) NeedLeaderElection() bool { return true }

// wait returns when the event loop has ended, if it ever began. A manager that loses its
// lease returns while the loop still runs, and a second one must not begin beside it.
func (l *leader) wait() {
	if l.began.Load() {
		<-l.ended
	}
}

// Start implements manager.Runnable. The manager calls it with the lease in hand and the
// caches started. It directs the informers to an inbox, and runs the loop until ctx ends.
// What it has started ends before it returns, handlers of informers included.
func (l *leader) Start(ctx context.Context) error {
	l.began.Store(true)
	defer close(l.ended)
	ctx, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()

	poller, box := trackers.NewPoller(l.targets), newInbox()
	registrations, err := l.register(ctx, box, poller)
	defer func() {
		for _, r := range registrations {
			r.remove()
		}
	}()
	if err != nil {
		return err
	}
	stop, err := watchShards(l.manager, l.options, box)
	if err != nil {
		return err
	}
	defer stop()
	synced, rings := make(chan struct{}), make(chan *seal.Keyring)
	beside.Go(func() { l.waitSynced(ctx, registrations, synced) })
	beside.Go(func() { l.watchKeys(ctx, rings) })
	o := l.options
	return newLoop(parts{
		compiler: compile.New(compile.Options{PublicURL: o.PublicURL, Keys: o.Keys, Settle: clockSettles}),
		publisher: publish.New(publish.Options{
			Client: l.direct, Namespace: o.SnapshotsNamespace,
			Key: o.SigningKey, Trusted: o.TrustedKeys, Keep: o.KeepRevisions,
		}),
		poller: poller, secrets: l.secrets, statuses: l.statuses,
		inbox: box, synced: synced, keys: rings,
		recorder: l.manager.GetEventRecorder(eventSource), metrics: l.metrics, tracer: o.Tracer,
		manifest: types.NamespacedName{Namespace: o.SnapshotsNamespace, Name: snapshot.ManifestName},
		log:      o.Log.WithName("loop"),
	}).run(ctx)
}

// register directs the informers to the event loop: those of all kinds, that of the
// manifest, and that of tracker pods, whose changes make the poller ask at once. On an
// error it returns what it has registered so far.
func (l *leader) register(ctx context.Context, box *inbox, poller *trackers.Poller) (all []registration, err error) {
	add := func(kind client.Object, h toolscache.ResourceEventHandler) {
		if err != nil {
			return
		}
		var r registration
		if r, err = handle(ctx, l.manager.GetCache(), kind, h); err == nil {
			all = append(all, r)
		}
	}
	for _, kind := range objects() {
		add(kind, box.objectHandler())
	}
	add(&corev1.ConfigMap{}, box.manifestHandler())
	if len(l.options.TrackerURLs) == 0 {
		ask := func(any) { poller.Now() }
		add(&corev1.Pod{}, toolscache.ResourceEventHandlerFuncs{
			AddFunc: ask, DeleteFunc: ask, UpdateFunc: func(_, pod any) { ask(pod) },
		})
	}
	return all, err
}

// waitSynced closes done when all handlers have seen everything that exists.
func (l *leader) waitSynced(ctx context.Context, registrations []registration, done chan<- struct{}) {
	checks := make([]toolscache.InformerSynced, 0, len(registrations))
	for _, r := range registrations {
		checks = append(checks, r.HasSynced)
	}
	if toolscache.WaitForCacheSync(ctx.Done(), checks...) {
		close(done)
	}
}

// watchKeys delivers rotated sealing keys.
func (l *leader) watchKeys(ctx context.Context, rings chan<- *seal.Keyring) {
	if l.options.KeysDir == "" {
		return
	}
	first := true
	watcher := seal.Watcher{
		Dir: l.options.KeysDir,
		OnChange: func(ring *seal.Keyring) {
			// The watcher begins with what there is: compiling everything for it
			// once more would only cost.
			known := first && sameKeys(ring, l.options.Keys)
			if first = false; known {
				return
			}
			select {
			case rings <- ring:
			case <-ctx.Done():
			}
		},
		OnError: func(err error) {
			l.options.Log.Error(err, "the sealing keys cannot be read, the last good ones stay in use")
		},
	}
	_ = watcher.Run(ctx) // always nil
}

// sameKeys reports whether two rings are the same.
func sameKeys(a, b *seal.Keyring) bool {
	one, err := a.Encode()
	if err != nil {
		return false
	}
	other, err := b.Encode()
	return err == nil && bytes.Equal(one, other)
}

// targets lists the trackers to ask: the URLs of the options, else the pods of the cache
// that have an address. Readiness is judged by package trackers.
func (l *leader) targets() []trackers.Target {
	if len(l.options.TrackerURLs) > 0 {
		return trackers.URLTargets(l.options.TrackerURLs)
	}
	var pods corev1.PodList
	if err := l.manager.GetCache().List(context.Background(), &pods, client.InNamespace(l.options.TrackerNamespace)); err != nil {
		l.options.Log.Error(err, "list the trackers")
		return nil
	}
	var targets []trackers.Target
	for i := range pods.Items {
		if target, ok := trackers.PodTarget(&pods.Items[i], l.options.TrackerPort); ok {
			targets = append(targets, target)
		}
	}
	return targets
}
