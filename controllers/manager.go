package controllers

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/controllers/fingerprints"
	"github.com/waypost/waypost/controllers/kinds"
	"github.com/waypost/waypost/controllers/metrics"
)

// runOnce runs one manager with one event loop, and returns when both have ended. Its
// state is its own: the caches, the compiler's objects and what is known to be published
// are gone with it, and the next one begins with what the API server has.
func runOnce(ctx context.Context, config *rest.Config, o Options) error {
	mgr, err := newManager(config, o)
	if err != nil {
		return err
	}
	if err := addInformers(ctx, mgr.GetCache(), o); err != nil {
		return err
	}
	var registry prometheus.Registerer = ctrlmetrics.Registry
	if o.Registerer != nil {
		registry = o.Registerer
	}
	measured, err := metrics.New(registry)
	if err != nil {
		return err
	}
	leader, err := addLeader(mgr, o, measured)
	if err != nil {
		return err
	}
	if err := addChecks(mgr); err != nil {
		return err
	}
	if err := addKeys(mgr, leader.direct, o, measured); err != nil {
		return err
	}
	err = mgr.Start(ctx)
	// A manager that lost its lease does not wait for what it runs.
	leader.wait()
	return err
}

// newManager makes the manager with leader election. The lease is given back when ctx
// ends, so that a rolling update does not wait for it to run out.
func newManager(config *rest.Config, o Options) (manager.Manager, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	mgr, err := manager.New(config, manager.Options{
		Scheme:                        scheme,
		Logger:                        o.Log,
		Cache:                         cacheOptions(o),
		Metrics:                       server.Options{BindAddress: o.MetricsAddress, ExtraHandlers: o.AdminHandlers},
		HealthProbeBindAddress:        o.HealthAddress,
		LeaderElection:                !o.DisableLeaderElection,
		LeaderElectionID:              lease,
		LeaderElectionNamespace:       o.Namespace,
		LeaderElectionReleaseOnCancel: true, // runOnce returns right after Start
		LeaseDuration:                 &o.LeaseDuration,
		RenewDeadline:                 &o.RenewDeadline,
		RetryPeriod:                   &o.RetryPeriod,
	})
	if err != nil {
		return nil, fmt.Errorf("make the manager: %w", err)
	}
	return mgr, nil
}

// newScheme holds the kinds that the operator reads and writes: Waypost's, ConfigMaps,
// pods and Secrets.
func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("register kinds: %w", err)
		}
	}
	return scheme, nil
}

// objects returns one object of each kind that the operator watches.
func objects() []client.Object {
	var all []client.Object
	for _, k := range kinds.All() {
		all = append(all, k.New())
	}
	return all
}

// cacheOptions keep the cache small, and to what the operator may read: objects
// without what only other tools need, one ConfigMap by its name, and the pods of
// trackers. Anything else that is read by mistake is an error, not a new watch.
func cacheOptions(o Options) cache.Options {
	options := cache.Options{
		ReaderFailOnMissingInformer: true,
		DefaultTransform:            strip,
		ByObject: map[client.Object]cache.ByObject{
			&corev1.ConfigMap{}: {
				Namespaces: map[string]cache.Config{o.SnapshotsNamespace: {}},
				Field:      fields.OneTermEqualSelector("metadata.name", snapshot.ManifestName),
			},
		},
	}
	if len(o.TrackerURLs) == 0 {
		selector, _ := labels.Parse(o.TrackerSelector) // checked with the options
		options.ByObject[&corev1.Pod{}] = cache.ByObject{
			Namespaces: map[string]cache.Config{o.TrackerNamespace: {}},
			Label:      selector,
			Transform:  stripPod,
		}
	}
	if len(o.WatchNamespaces) > 0 {
		options.DefaultNamespaces = map[string]cache.Config{}
		for _, namespace := range o.WatchNamespaces {
			options.DefaultNamespaces[namespace] = cache.Config{}
		}
	}
	return options
}

// strip removes what makes up a third of an object and means nothing here.
func strip(object any) (any, error) {
	o, ok := object.(client.Object)
	if !ok {
		return object, nil // a deleted object that the watch has missed
	}
	o.SetManagedFields(nil)
	annotations := o.GetAnnotations()
	if _, ok := annotations[corev1.LastAppliedConfigAnnotation]; ok {
		delete(annotations, corev1.LastAppliedConfigAnnotation)
		o.SetAnnotations(annotations)
	}
	return o, nil
}

// stripPod keeps what trackers.PodTarget needs.
func stripPod(object any) (any, error) {
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return object, nil
	}
	small := &corev1.Pod{}
	small.Name, small.Namespace, small.UID = pod.Name, pod.Namespace, pod.UID
	small.ResourceVersion, small.DeletionTimestamp, small.Labels = pod.ResourceVersion, pod.DeletionTimestamp, pod.Labels
	small.Status.PodIP, small.Status.Conditions = pod.Status.PodIP, pod.Status.Conditions
	for _, c := range pod.Spec.Containers {
		small.Spec.Containers = append(small.Spec.Containers, corev1.Container{Name: c.Name, Ports: c.Ports})
	}
	return small, nil
}

// addInformers makes the cache watch everything that the operator watches, also
// while it is not the leader: taking over then costs the lease's time only.
func addInformers(ctx context.Context, c cache.Cache, o Options) error {
	watched := append(objects(), &corev1.ConfigMap{})
	if len(o.TrackerURLs) == 0 {
		watched = append(watched, &corev1.Pod{})
	}
	for _, kind := range watched {
		if _, err := c.GetInformer(ctx, kind, cache.BlockUntilSynced(false)); err != nil {
			return fmt.Errorf("watch %T: %w", kind, err)
		}
	}
	return nil
}

// addChecks adds the probes. Neither asks the API server: an operator that
// cannot reach it must not be restarted for that.
func addChecks(mgr manager.Manager) error {
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("add probe: %w", err)
	}
	synced := &synced{}
	if err := mgr.Add(synced); err != nil {
		return fmt.Errorf("add probe: %w", err)
	}
	if err := mgr.AddReadyzCheck("caches", synced.check); err != nil {
		return fmt.Errorf("add probe: %w", err)
	}
	return nil
}

// addKeys adds what compares the sealing keys with those that their Secret had, and the
// probe of it.
func addKeys(mgr manager.Manager, direct client.Client, o Options, measured *metrics.Metrics) error {
	if o.KeysSecret == "" {
		return nil
	}
	watch := fingerprints.New(fingerprints.Options{
		Client: direct, Marker: client.ObjectKey{Namespace: o.Namespace, Name: fingerprints.Name(o.KeysSecret)},
		Keys: func() (*seal.Keyring, error) {
			if o.KeysDir == "" {
				return o.Keys, nil
			}
			return seal.LoadDir(o.KeysDir)
		},
		Elected: mgr.Elected(), Recorder: mgr.GetEventRecorder(eventSource), Lost: measured.SealingKeysLost,
		Interval: o.SecretInterval, Log: o.Log.WithName("keys"),
	})
	if err := mgr.Add(watch); err != nil {
		return fmt.Errorf("add the comparison of sealing keys: %w", err)
	}
	if err := mgr.AddReadyzCheck("keys", watch.Check); err != nil {
		return fmt.Errorf("add probe: %w", err)
	}
	return nil
}

// handle adds a handler to the informer of a kind.
func handle(ctx context.Context, c cache.Cache, kind client.Object, h toolscache.ResourceEventHandler) (registration, error) {
	informer, err := c.GetInformer(ctx, kind)
	if err != nil {
		return registration{}, fmt.Errorf("watch %T: %w", kind, err)
	}
	r, err := informer.AddEventHandler(h)
	if err != nil {
		return registration{}, fmt.Errorf("watch %T: %w", kind, err)
	}
	return registration{informer, r}, nil
}

// registration is a handler of an informer.
type registration struct {
	informer cache.Informer
	toolscache.ResourceEventHandlerRegistration
}

// remove ends the handler.
func (r registration) remove() { _ = r.informer.RemoveEventHandler(r.ResourceEventHandlerRegistration) }
