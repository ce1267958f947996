package publish

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/snapshot"
)

// ErrSuperseded is returned when another operator has published since: the operator
// stops, and begins anew from what is published.
var ErrSuperseded = errors.New("another operator has published a later revision")

// ErrLost is returned when the published manifest is not the one that was written last,
// and not a later one either: it was deleted, damaged, or restored from a
// backup. Everything is to be published again.
var ErrLost = errors.New("the published manifest was lost")

// manifests reads and writes the manifest.
type manifests struct {
	client    client.Client
	namespace string
	key       ed25519.PrivateKey  // nil: unsigned
	trusted   []ed25519.PublicKey // accepted when reading, with the own key
}

// stored is the manifest as it is in the cluster.
type stored struct {
	object   *corev1.ConfigMap
	manifest *snapshot.Manifest // nil when it is damaged or not to be trusted
	problem  error              // why
}

// read returns the stored manifest, nil when there is none.
func (m manifests) read(ctx context.Context) (*stored, error) {
	object := new(corev1.ConfigMap)
	key := client.ObjectKey{Namespace: m.namespace, Name: snapshot.ManifestName}
	if err := m.client.Get(ctx, key, object); apierrors.IsNotFound(err) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("read manifest %s: %w", key, err)
	}
	return m.open(object), nil
}

// open decodes and verifies a stored manifest.
func (m manifests) open(object *corev1.ConfigMap) *stored {
	manifest, err := snapshot.DecodeManifest([]byte(object.Data[snapshot.ManifestKey]))
	if err == nil {
		err = m.verify(manifest)
	}
	if err != nil {
		return &stored{object: object, problem: err}
	}
	return &stored{object: object, manifest: manifest}
}

// verify checks the signature, if manifests are signed at all.
func (m manifests) verify(manifest *snapshot.Manifest) error {
	if m.key == nil {
		return nil
	}
	return manifest.Verify(append([]ed25519.PublicKey{m.key.Public().(ed25519.PublicKey)}, m.trusted...))
}

// sign signs the manifest, if manifests are signed at all.
func (m manifests) sign(manifest *snapshot.Manifest) error {
	if m.key == nil {
		return nil
	}
	return manifest.Sign(m.key)
}

// write replaces the object that was read, or creates the first one; it fails
// with a conflict when another writer was faster.
func (m manifests) write(ctx context.Context, read *corev1.ConfigMap, manifest *snapshot.Manifest, history History) (*corev1.ConfigMap, error) {
	data, err := encodeData(manifest, history)
	if err != nil {
		return nil, err
	}
	if read == nil {
		object := &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: m.namespace, Name: snapshot.ManifestName,
				Labels: map[string]string{labelSnapshot: snapshotManifest},
			},
			Data: data,
		}
		return object, m.client.Create(ctx, object)
	}
	object := read.DeepCopy()
	object.Data, object.BinaryData = data, nil
	return object, m.client.Update(ctx, object) // carries the resource version that was read
}

func encodeData(manifest *snapshot.Manifest, history History) (map[string]string, error) {
	encoded, err := manifest.Encode()
	if err != nil {
		return nil, err
	}
	past, err := history.encode()
	if err != nil {
		return nil, err
	}
	return map[string]string{snapshot.ManifestKey: string(encoded), HistoryKey: past}, nil
}
