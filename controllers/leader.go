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
	"github.com/waypost/waypost/controllers/acks"
	"github.com/waypost/waypost/controllers/compile"
	"github.com/waypost/waypost/controllers/engine"
	"github.com/waypost/waypost/controllers/metrics"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/secrets"
	"github.com/waypost/waypost/controllers/status"
	"github.com/waypost/waypost/controllers/suspensions"
)

// eventSource is who reports Events.
const eventSource = "waypost-operator"

// leader runs the event loop while this operator has the lease.
type leader struct {
	options Options
	manager manager.Manager
	metrics *metrics.Metrics
	began   atomic.Bool
	ended   chan struct{}
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (l *leader) NeedLeaderElection() bool { return true }

// wait returns when the event loop has ended, if it ever began.
func (l *leader) wait() {
	if l.began.Load() {
		<-l.ended
	}
}

// Start implements manager.Runnable.
func (l *leader) Start(ctx context.Context) error {
	l.began.Store(true)
	defer close(l.ended)
	ctx, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()

	direct, err := client.New(l.manager.GetConfig(), client.Options{
		HTTPClient: l.manager.GetHTTPClient(), Scheme: l.manager.GetScheme(), Mapper: l.manager.GetRESTMapper(),
	})
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	poller := acks.NewPoller(acks.Options{Targets: l.targets})
	inbox := engine.NewInbox()
	registrations, err := l.register(ctx, inbox, poller)
	defer func() {
		for _, r := range registrations {
			r.remove()
		}
	}()
	if err != nil {
		return err
	}
	stop, err := watchShards(l.manager, l.options, inbox)
	if err != nil {
		return err
	}
	defer stop()
	synced := make(chan struct{})
	beside.Go(func() { l.waitSynced(ctx, registrations, synced) })
	if l.options.LedgerURL != "" {
		beside.Go(func() { l.suspensions(direct).Run(ctx) })
	}
	rings := make(chan *seal.Keyring)
	beside.Go(func() { l.watchKeys(ctx, rings) })
	return l.engine(direct, poller, inbox, synced, rings).Run(ctx)
}

// engine puts the parts together.
func (l *leader) engine(direct client.Client, poller *acks.Poller, inbox *engine.Inbox, synced <-chan struct{}, rings <-chan *seal.Keyring) *engine.Engine {
	o, log := l.options, l.options.Log
	recorder := l.manager.GetEventRecorder(eventSource)
	return engine.New(engine.Options{
		World: compile.New(compile.Options{PublicURL: o.PublicURL, Keys: o.Keys}),
		Publisher: publish.New(publish.Options{
			Client: direct, Namespace: o.SnapshotsNamespace,
			Key: o.SigningKey, Trusted: o.TrustedKeys, Keep: o.KeepRevisions,
		}),
		Poller: poller,
		Secrets: secrets.NewReader(secrets.Options{
			Client: direct, Interval: o.SecretInterval,
			OnError: func(name types.NamespacedName, err error) {
				log.V(1).Info("cannot read a Secret, will try again", "namespace", name.Namespace, "name", name.Name, "error", err.Error())
			},
		}),
		Writer: status.NewWriter(status.Options{
			Client: direct, Reader: l.manager.GetCache(), Recorder: recorder, Workers: o.StatusWorkers,
			OnWrite: func(result string) { l.metrics.StatusWrites.WithLabelValues(result).Inc() },
			Log:     log.WithName("status"),
		}),
		Inbox: inbox, Synced: synced, Keys: rings,
		Recorder: recorder, Metrics: l.metrics, Tracer: o.Tracer,
		Manifest: types.NamespacedName{Namespace: o.SnapshotsNamespace, Name: snapshot.ManifestName},
		Now:      time.Now, Log: log.WithName("engine"),
	})
}

// suspensions asks the ledger what it has suspended.
func (l *leader) suspensions(direct client.Client) *suspensions.Poller {
	return suspensions.New(suspensions.Options{
		URL: strings.TrimRight(l.options.LedgerURL, "/"), TokenFile: l.options.LedgerTokenFile, Networks: l.options.WatchNamespaces,
		Client: direct, Reader: l.manager.GetCache(), Recorder: l.manager.GetEventRecorder(eventSource),
		Log: l.options.Log.WithName("suspensions"),
	})
}

// register directs the informers to the event loop.
func (l *leader) register(ctx context.Context, inbox *engine.Inbox, poller *acks.Poller) (all []registration, err error) {
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
		add(kind, inbox.ObjectHandler())
	}
	add(&corev1.ConfigMap{}, inbox.ManifestHandler())
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

// targets lists the trackers to ask.
func (l *leader) targets() []acks.Target {
	if len(l.options.TrackerURLs) > 0 {
		return acks.URLTargets(l.options.TrackerURLs)
	}
	var pods corev1.PodList
	if err := l.manager.GetCache().List(context.Background(), &pods, client.InNamespace(l.options.TrackerNamespace)); err != nil {
		l.options.Log.Error(err, "list the trackers")
		return nil
	}
	var targets []acks.Target
	for i := range pods.Items {
		if target, ok := acks.PodTarget(&pods.Items[i], l.options.TrackerPort); ok {
			targets = append(targets, target)
		}
	}
	return targets
}
