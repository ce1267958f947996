package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/waypost/waypost/api/snapshot"
)

// swapAttempts bounds how often a manifest is written again because its
// annotations changed in between.
const swapAttempts = 5

// target is the content that the next manifest is to name.
type target struct {
	refs   []snapshot.ShardRef
	schema int
	pinned int64
}

// advance makes the target the published content. It writes nothing when it is that
// already, unless the revision has to grow. Each conflict is followed by a reread,
// which either ends the publication or takes over the stored object, so that the next
// attempt has its resource version. wrote reports whether a revision of this publisher
// was written, in an earlier attempt too.
func (p *Publisher) advance(ctx context.Context, t target, change Change) (manifest *snapshot.Manifest, wrote bool, err error) {
	for range swapAttempts {
		next, err := p.next(t, change)
		if err != nil {
			return nil, false, err
		}
		if p.published(next) && p.highest >= change.Floor {
			return p.current, wrote, nil
		}
		history := p.history.push(p.current, next, p.now().UTC().Truncate(time.Second), p.keep, change.InUse)
		object, err := p.manifests.write(ctx, p.object, next, history)
		if err == nil {
			p.object, p.current, p.history, p.attempted = object, next, history, nil
			p.highest, p.lost = next.Revision, false
			return next, true, nil
		}
		if !p.conflict(err) {
			p.attempted = next
			return nil, false, fmt.Errorf("publish revision %d: %w", next.Revision, err)
		}
		adopted, err := p.reread(ctx)
		if err != nil {
			return nil, false, err
		}
		wrote = wrote || adopted
	}
	return nil, false, fmt.Errorf("publish: the manifest changed %d times while it was written", swapAttempts)
}

// Hold notes on the manifest which networks are held; none removes the note. It
// fails with a conflict when the manifest was written meanwhile, and may be tried again.
func (p *Publisher) Hold(ctx context.Context, held map[string]int) error {
	if p.object == nil {
		return nil // nothing is published that could be held
	}
	object := p.object.DeepCopy()
	delete(object.Annotations, AnnotationHeld)
	if len(held) > 0 {
		note, err := json.Marshal(held)
		if err != nil {
			return fmt.Errorf("note the held networks: %w", err)
		}
		metav1.SetMetaDataAnnotation(&object.ObjectMeta, AnnotationHeld, string(note))
	}
	err := p.manifests.client.Update(ctx, object)
	if err == nil {
		p.object = object
		return nil
	}
	if p.conflict(err) {
		_, lost := p.reread(ctx)
		err = errors.Join(err, lost)
	}
	return fmt.Errorf("note the held networks: %w", err)
}

// next returns the signed manifest of the next revision.
func (p *Publisher) next(t target, change Change) (*snapshot.Manifest, error) {
	next, err := snapshot.NewManifest(max(p.highest, change.Floor)+1, t.refs)
	if err != nil {
		return nil, err
	}
	next.SchemaVersion, next.Pinned = t.schema, t.pinned
	return next, p.manifests.sign(next)
}

// published reports whether trackers would notice nothing but a new number.
func (p *Publisher) published(next *snapshot.Manifest) bool {
	return p.current != nil && !p.lost && p.current.Digest == next.Digest &&
		p.current.Pinned == next.Pinned && p.current.SchemaVersion == next.SchemaVersion
}

// conflict reports whether another writer has written, created or removed the
// manifest. When one is created, what is not found is the namespace.
func (p *Publisher) conflict(err error) bool {
	return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err) && p.object != nil
}

// reread finds out which write came first. It returns nil when the write may be tried
// again: only annotations changed, or it was this publisher's own write, whose answer
// was lost (adopted). A revision above the current one belongs to another operator and
// is ErrSuperseded. Every other difference is ErrLost: a removed or edited manifest, or
// an earlier revision after a restored etcd. The next Publish then must hold all
// shards.
func (p *Publisher) reread(ctx context.Context) (adopted bool, err error) {
	found, err := p.manifests.read(ctx)
	if err != nil {
		return false, err
	}
	if found == nil {
		return false, p.lose(nil, "it is gone")
	}
	switch m := found.manifest; {
	case m == nil:
		return false, p.lose(found, found.problem.Error())
	case same(m, p.current) && !maps.Equal(found.object.Data, p.object.Data):
		return false, p.lose(found, "its content was edited")
	case same(m, p.current):
		p.object = found.object
		return false, nil
	case same(m, p.attempted):
		p.current, p.history = m, decodeHistory(found.object.Data[HistoryKey], m)
		p.object, p.attempted, p.highest = found.object, nil, max(p.highest, m.Revision)
		return true, nil
	case p.current == nil || m.Revision > p.current.Revision:
		return false, fmt.Errorf("%w: %d", ErrSuperseded, m.Revision)
	default:
		return false, p.lose(found, fmt.Sprintf("it is revision %d again", m.Revision))
	}
}

// lose forgets what is there, but not the revision and the content that were
// published: the next one continues behind it.
func (p *Publisher) lose(found *stored, why string) error {
	p.object, p.attempted, p.known, p.lost = nil, nil, map[string]version{}, true
	if found != nil {
		p.object = found.object
	}
	return fmt.Errorf("%w: %s", ErrLost, why)
}

// same reports whether both are the same publication.
func same(a, b *snapshot.Manifest) bool {
	return a != nil && b != nil && a.Revision == b.Revision && a.Digest == b.Digest &&
		a.Pinned == b.Pinned && a.SchemaVersion == b.SchemaVersion
}
