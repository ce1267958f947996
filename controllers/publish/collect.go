package publish

import (
	"context"
	"fmt"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/waypost/waypost/api/snapshot"
)

// minAge is how old a shard must be before it is removed: one that another
// operator has just written is not named by a manifest yet.
const minAge = 15 * time.Minute

// pageSize is how many shards are listed at a time.
const pageSize = 500

// Collected is what Collect found.
type Collected struct {
	// Removed is how many shards no retained revision names.
	Removed int
	// Kept is how many there are now.
	Kept int
	// Missing are the indexes of current shards that are not there, or not what their
	// names promise; they must be published again.
	Missing []int
}

// Collect removes the shards that no retained revision names. Revisions that a tracker
// still serves are retained by Publish. Only metadata is listed, 500 a page, and a
// shard that is younger than minAge stays. The listing also shows which current shards
// are gone or changed; these are returned as Missing. An error may leave some shards
// removed, which is harmless.
func (p *Publisher) Collect(ctx context.Context) (Collected, error) {
	if p.current == nil {
		return Collected{}, nil
	}
	present, err := p.list(ctx)
	if err != nil {
		return Collected{}, err
	}
	used := map[string]bool{}
	for digest := range p.history.digests(p.current.Shards) {
		used[snapshot.ShardName(digest)] = true
	}
	var result Collected
	for name, shard := range present {
		if used[name] || p.now().Sub(shard.CreationTimestamp.Time) < minAge {
			continue
		}
		if err := p.remove(ctx, shard); err != nil {
			return result, err
		}
		result.Removed++
		delete(present, name)
	}
	result.Kept = len(present)
	return result, p.survey(ctx, present, &result)
}

// list returns the metadata of all shards by name.
func (p *Publisher) list(ctx context.Context) (map[string]*metav1.PartialObjectMetadata, error) {
	present := map[string]*metav1.PartialObjectMetadata{}
	page := &metav1.PartialObjectMetadataList{}
	for {
		next := page.Continue
		page = &metav1.PartialObjectMetadataList{}
		page.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ConfigMapList"))
		err := p.shards.client.List(ctx, page, client.InNamespace(p.shards.namespace),
			client.MatchingLabels{labelSnapshot: snapshotShard}, client.Limit(pageSize), client.Continue(next))
		if err != nil {
			return nil, fmt.Errorf("list shards: %w", err)
		}
		for i := range page.Items {
			present[page.Items[i].Name] = &page.Items[i]
		}
		if page.Continue == "" {
			return present, nil
		}
	}
}

// remove deletes a shard, unless it has been replaced since it was listed.
func (p *Publisher) remove(ctx context.Context, shard *metav1.PartialObjectMetadata) error {
	shard.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ConfigMap"))
	err := p.shards.client.Delete(ctx, shard, client.Preconditions{UID: &shard.UID})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("remove shard %s: %w", shard.Name, err)
	}
	return nil
}

// survey takes the listing as what is there, and finds the current shards that are
// not: gone, without the label that keeps them in the listing, or other content
// under their name. Only those that were touched are read.
func (p *Publisher) survey(ctx context.Context, present map[string]*metav1.PartialObjectMetadata, result *Collected) error {
	before := p.known
	p.known = make(map[string]version, len(p.current.Shards))
	var touched []snapshot.ShardRef
	for _, ref := range p.current.Shards {
		shard := present[snapshot.ShardName(ref.Digest)]
		switch {
		case shard == nil || shard.Labels[labelShard] != strconv.Itoa(ref.Index):
			result.Missing = append(result.Missing, ref.Index)
		case versionOf(shard) == before[ref.Digest]:
			p.known[ref.Digest] = versionOf(shard)
		default:
			touched = append(touched, ref)
		}
	}
	if _, _, err := p.Records(ctx, touched); err != nil {
		return err
	}
	for _, ref := range touched {
		if _, sound := p.known[ref.Digest]; !sound {
			result.Missing = append(result.Missing, ref.Index)
		}
	}
	return nil
}
