package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/waypost/waypost/api/snapshot"
)

// requestTimeout bounds one read of the manifest. It is below the time after
// which a copy on disk counts, so that a server that swallows requests is known
// as unreachable by then.
const requestTimeout = 4 * time.Second

// shardTimeout bounds the read of one shard: many share a connection that may be slow.
const shardTimeout = 30 * time.Second

// KubernetesOptions are where the snapshots are, and the keys to trust.
type KubernetesOptions struct {
	// Namespace is the snapshots' own, usually "<release>-snapshots".
	Namespace string
	// Trust checks every manifest. Without it none is accepted.
	Trust Trust
	Log   logr.Logger
}

// Kubernetes is the source in a cluster: it watches the one manifest by name and
// gets shards from an API server. It needs to "get" ConfigMaps in the namespace
// and to "watch" the manifest's name, nothing else.
type Kubernetes struct {
	maps  typedcorev1.ConfigMapInterface
	trust Trust
	log   logr.Logger
}

// NewKubernetes returns a source that reads from the API server of config. The
// connection is made in Run.
func NewKubernetes(config *rest.Config, o KubernetesOptions) (*Kubernetes, error) {
	c := rest.CopyConfig(config)
	// Shards are raw bytes in protobuf, and a third larger in JSON.
	c.ContentType = runtime.ContentTypeProtobuf
	c.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	c.QPS = -1 // a cold start gets 256 shards at once; the server's own fairness applies
	client, err := typedcorev1.NewForConfig(c)
	if err != nil {
		return nil, fmt.Errorf("client of the API server: %w", err)
	}
	if o.Trust == nil {
		o.Trust = TrustKeys()
	}
	return &Kubernetes{maps: client.ConfigMaps(o.Namespace), trust: o.Trust, log: o.Log}, nil
}

// Run implements Source. It reconnects for ever, with growing, jittered delays
// while the server does not answer.
func (k *Kubernetes) Run(ctx context.Context, sink Sink) error {
	delay := newDelay()
	for ctx.Err() == nil {
		err := k.follow(ctx, sink, func() { delay = newDelay() })
		if err != nil && ctx.Err() == nil {
			sink.Report(err)
		}
		pause(ctx, delay.Step())
	}
	return nil
}

// newDelay begins a series of delays: 0.1 s doubling to 5 s, each up to half more.
func newDelay() wait.Backoff {
	return wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Jitter: 0.5, Steps: 20, Cap: 5 * time.Second}
}

// newRetry begins a series of delays for what the server has but cannot be
// served: 0.2 s doubling to 30 s, each up to half more.
func newRetry() *wait.Backoff {
	return &wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.5, Steps: 20, Cap: 30 * time.Second}
}

// pause waits for a time, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// refresh reads the manifest once and applies it. The error is that of reaching
// the server; retry reports that the server has something that cannot be served yet.
func (k *Kubernetes) refresh(ctx context.Context, sink Sink) (retry bool, err error) {
	reading, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	cm, err := k.maps.Get(reading, snapshot.ManifestName, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		sink.Report(noManifest)
		return false, nil // its creation will be seen by the watch
	case err != nil:
		return false, refuse(ReasonUnreachable, 0, fmt.Errorf("get ConfigMap %s: %w", snapshot.ManifestName, err))
	}
	return k.apply(ctx, sink, cm) != nil, nil
}

// noManifest is why a tracker serves nothing new while nothing is published. What it
// serves stays: a manifest that was deleted by mistake takes no offer down.
var noManifest = &Refusal{Reason: ReasonNoManifest, Err: errors.New(
	"there is no ConfigMap " + snapshot.ManifestName + " in the snapshots' namespace; is the operator running and this the right namespace?")}

// apply hands the manifest in cm to the sink, which keeps the reason if it fails.
func (k *Kubernetes) apply(ctx context.Context, sink Sink, cm *corev1.ConfigMap) error {
	m, err := k.manifest(cm)
	if err != nil {
		sink.Report(err)
		return err
	}
	return sink.Apply(ctx, Update{Manifest: m, Fetch: k.fetch, Origin: FromKubernetes})
}

// manifest decodes and verifies the manifest in cm. Its error is a Refusal, with the
// revision if that could be read.
func (k *Kubernetes) manifest(cm *corev1.ConfigMap) (*snapshot.Manifest, error) {
	m, err := snapshot.DecodeManifest([]byte(cm.Data[snapshot.ManifestKey]))
	if err != nil {
		return nil, refuseManifest(0, err)
	}
	if err := k.trust(m); err != nil {
		return nil, refuseManifest(m.Revision, err)
	}
	return m, nil
}

// fetch gets one shard by its digest. It implements Fetch; the digest is verified when
// the shard is opened.
func (k *Kubernetes) fetch(ctx context.Context, ref snapshot.ShardRef) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, shardTimeout)
	defer cancel()
	cm, err := k.maps.Get(ctx, snapshot.ShardName(ref.Digest), metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	data, ok := cm.BinaryData[snapshot.ShardKey]
	if !ok {
		return nil, fmt.Errorf("%w: the ConfigMap has no binaryData %q", snapshot.ErrShardCorrupt, snapshot.ShardKey)
	}
	return data, nil
}
