package publish

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/snapshot"
)

// errShardMissing is returned when a shard that the manifest names is not there, or is
// not what its name promises.
var errShardMissing = errors.New("shard missing")

// shards reads and writes the ConfigMaps of shards in one namespace.
type shards struct {
	client    client.Client
	namespace string
}

// version is one state of a ConfigMap. A shard is immutable, but can be deleted and
// made anew under its name.
type version struct {
	uid      types.UID
	resource string
}

func versionOf(object metav1.Object) version {
	return version{object.GetUID(), object.GetResourceVersion()}
}

// put makes sure that the shard is there, and returns its version. It costs one
// request, unless something else has taken the shard's name.
func (s shards) put(ctx context.Context, shard snapshot.Shard) (version, error) {
	immutable := true
	object := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.namespace,
			Name:      snapshot.ShardName(shard.Digest),
			Labels:    map[string]string{labelSnapshot: snapshotShard, labelShard: strconv.Itoa(shard.Index)},
		},
		Immutable:  &immutable,
		BinaryData: map[string][]byte{snapshot.ShardKey: shard.Data},
	}
	err := s.client.Create(ctx, object)
	if apierrors.IsAlreadyExists(err) {
		object, err = s.replace(ctx, object, shard.Digest)
	}
	if err != nil {
		return version{}, fmt.Errorf("publish shard %d: %w", shard.Index, err)
	}
	return versionOf(object), nil
}

// replace keeps what has the shard's name if it is the shard, and else puts the
// shard in its place: names are cut digests, and ConfigMaps can be edited.
func (s shards) replace(ctx context.Context, object *corev1.ConfigMap, digest string) (*corev1.ConfigMap, error) {
	found := new(corev1.ConfigMap)
	if err := s.client.Get(ctx, client.ObjectKeyFromObject(object), found); err != nil {
		return nil, err
	}
	if _, err := snapshot.OpenShard(found.BinaryData[snapshot.ShardKey], digest); err == nil {
		return found, nil
	}
	if err := s.client.Delete(ctx, found, client.Preconditions{UID: &found.UID}); err != nil && !apierrors.IsNotFound(err) {
		return nil, err
	}
	return object, s.client.Create(ctx, object)
}

// get returns the records of a shard and its version, errShardMissing when they
// cannot be had.
func (s shards) get(ctx context.Context, digest string) ([]*snapshot.Record, version, error) {
	found := new(corev1.ConfigMap)
	key := client.ObjectKey{Namespace: s.namespace, Name: snapshot.ShardName(digest)}
	if err := s.client.Get(ctx, key, found); apierrors.IsNotFound(err) {
		return nil, version{}, fmt.Errorf("%w: ConfigMap %s", errShardMissing, key)
	} else if err != nil {
		return nil, version{}, fmt.Errorf("read ConfigMap %s: %w", key, err)
	}
	records, err := snapshot.DecodeShard(found.BinaryData[snapshot.ShardKey], digest)
	if err != nil {
		return nil, version{}, fmt.Errorf("%w: ConfigMap %s: %w", errShardMissing, key, err)
	}
	return records, versionOf(found), nil
}
