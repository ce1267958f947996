package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
	"github.com/waypost/waypost/hack/testenv"
)

// cluster is an API server with what an installation needs beside it.
type cluster struct {
	client.Client
	environment *testenv.Environment
	config      *rest.Config
	dir         string // keys and kubeconfig, for the other roles
	public      ed25519.PublicKey
}

// startCluster brings up etcd and an API server with the custom resources. The caller
// stops it. It has no controller-manager, so nothing but Waypost writes to it.
func startCluster(ctx context.Context) (*cluster, error) {
	environment, err := testenv.Launch()
	if err != nil {
		return nil, err
	}
	c := &cluster{environment: environment, config: environment.Config}
	if err := c.prepare(); err != nil {
		c.stop()
		return nil, err
	}
	say("API server at %s", c.config.Host)
	return c, ctx.Err()
}

// stop ends the API server and removes the directory. What fails then is printed alone:
// the figures are taken.
func (c *cluster) stop() {
	if err := c.environment.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop the API server:", err)
	}
	if c.dir != "" {
		_ = os.RemoveAll(c.dir)
	}
}

// prepare makes the client, and the files that the other roles read: sealing keys, the
// pair that manifests are signed and checked with, and a kubeconfig. Manifests are signed
// and verified as in production, because both cost time on the way of an edit.
func (c *cluster) prepare() (err error) {
	c.config = rest.CopyConfig(c.config)
	c.config.QPS = -1
	scheme, err := newScheme()
	if err != nil {
		return err
	}
	if c.Client, err = client.New(c.config, client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	if c.dir, err = os.MkdirTemp("", "waypost-bench-"); err != nil {
		return err
	}
	keys, err := seal.New(time.Now())
	if err != nil {
		return err
	}
	if err := seal.SaveDir(c.dir, keys); err != nil {
		return err
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	c.public = public
	encoded, err := snapshot.EncodePrivateKey(private)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.dir, signingFile), encoded, 0o600); err != nil {
		return err
	}
	if encoded, err = snapshot.EncodePublicKey(public); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.dir, trustFile), encoded, 0o600); err != nil {
		return err
	}
	return c.writeKubeconfig()
}

// newScheme holds the kinds that the benchmark itself reads and writes.
func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return scheme, nil
}

// Names of the files in the cluster's directory.
const (
	signingFile    = "signing.pem"
	trustFile      = "trust.pem"
	kubeconfigFile = "kubeconfig"
)

// writeKubeconfig writes the access of an administrator for the other roles, which run
// in other processes.
func (c *cluster) writeKubeconfig() error {
	file := clientcmdapi.NewConfig()
	file.Clusters["bench"] = &clientcmdapi.Cluster{Server: c.config.Host, CertificateAuthorityData: c.config.CAData}
	file.AuthInfos["bench"] = &clientcmdapi.AuthInfo{ClientCertificateData: c.config.CertData, ClientKeyData: c.config.KeyData}
	file.Contexts["bench"] = &clientcmdapi.Context{Cluster: "bench", AuthInfo: "bench"}
	file.CurrentContext = "bench"
	return clientcmd.WriteToFile(*file, filepath.Join(c.dir, kubeconfigFile))
}

// place is one installation on the cluster: namespaces of its own.
type place struct{ Network, System, Snapshots string }

// newPlace makes the namespaces of one installation. Parts of the benchmark do not share
// one, so that none begins with objects or snapshots of another.
func (c *cluster) newPlace(ctx context.Context, name string) (place, error) {
	p := place{Network: name, System: name + "-system", Snapshots: name + "-snapshots"}
	for _, namespace := range []string{p.Network, p.System, p.Snapshots} {
		if err := c.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
			return p, fmt.Errorf("make namespace %s: %w", namespace, err)
		}
	}
	return p, nil
}

// manifest returns the published manifest, nil when there is none that can be read. Its
// signature is not checked here; the trackers do that.
func (c *cluster) manifest(ctx context.Context, p place) *snapshot.Manifest {
	object := new(corev1.ConfigMap)
	if err := c.Get(ctx, client.ObjectKey{Namespace: p.Snapshots, Name: snapshot.ManifestName}, object); err != nil {
		return nil
	}
	m, err := snapshot.DecodeManifest([]byte(object.Data[snapshot.ManifestKey]))
	if err != nil {
		return nil
	}
	return m
}

// waitRecords waits until so many records are published, by the counts in the manifest.
// It looks every 20 ms, which is the resolution of the figures that end with it.
func (c *cluster) waitRecords(ctx context.Context, p place, records int) error {
	for ctx.Err() == nil {
		published := 0
		if m := c.manifest(ctx, p); m != nil {
			for _, ref := range m.Shards {
				published += ref.Records
			}
		}
		if published >= records {
			return nil
		}
		pause(ctx, 20*time.Millisecond)
	}
	return ctx.Err()
}

// pause waits for a time, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
