package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/status"
)

// manifestSeen takes the manifest that the informer shows: what people ask for
// on it, and whether it still is what was published.
func (e *Engine) manifestSeen(object *corev1.ConfigMap) {
	requests := publish.ReadRequests(object)
	if requests.Problem != nil {
		e.warn(e.manifestRef(), "RequestNotUnderstood", "%v", requests.Problem)
		if e.manifest != nil {
			requests.RollbackTo = e.manifest.RollbackTo // neither a new pin nor a release
		}
	}
	if e.manifest == nil || e.manifest.RollbackTo != requests.RollbackTo {
		e.deniedPin = 0
	}
	if e.manifest == nil || !reflect.DeepEqual(*e.manifest, requests) {
		e.window.Note(e.Now())
	}
	e.manifest = &requests
	e.shown.see(object, e.Now())
}

// shown is what the informer shows of the manifest. It is a hint only: a watch may
// be late.
type shown struct {
	data  map[string]string // nil: it is gone
	since time.Time         // zero before the first, and once it was verified
}

func (s *shown) see(object *corev1.ConfigMap, now time.Time) {
	s.data, s.since = nil, now
	if object != nil {
		s.data = object.Data
	}
}

// doubtful returns when to look whether the manifest is still the published one,
// to the last byte: one whose signature alone is damaged keeps new trackers from
// starting. Zero when it is, or nothing is published.
func (s *shown) doubtful(published map[string]string) time.Time {
	if s.since.IsZero() || published == nil || maps.Equal(s.data, published) {
		return time.Time{}
	}
	return s.since.Add(watchLag)
}

// pinned returns the revision that is pinned, 0 for none.
func (e *Engine) pinned() int64 {
	if e.published == nil || e.released() {
		return 0
	}
	return e.published.Pinned
}

// released reports whether a pin is published that nobody asks for any more.
func (e *Engine) released() bool {
	return e.published != nil && e.published.Pinned != 0 && e.manifest != nil && e.manifest.RollbackTo == 0
}

// rollback returns the revision to roll back to, 0 for none.
func (e *Engine) rollback() int64 {
	if e.manifest == nil || e.published == nil {
		return 0
	}
	to := e.manifest.RollbackTo
	if to == e.published.Pinned || to == e.deniedPin {
		return 0
	}
	return to
}

// pinnedBecause says what is pinned and how to release it.
func (e *Engine) pinnedBecause() string {
	return fmt.Sprintf("revision %d is pinned by a rollback, this generation is published when it is released: kubectl annotate -n %s configmap/%s %s-",
		e.pinned(), e.Manifest.Namespace, e.Manifest.Name, publish.AnnotationRollback)
}

// pin publishes an earlier revision again, beside the loop.
func (e *Engine) pin(ctx context.Context, to int64, since time.Time) {
	change := e.change()
	e.rolling = true
	e.background(ctx, func(ctx context.Context) func() error {
		r, err := e.rollBack(ctx, to, change)
		return func() error {
			e.rolling = false
			switch {
			case errors.Is(err, publish.ErrNotRetained):
				e.deniedPin = to
				e.warn(e.manifestRef(), "RollbackRefused", "%v", err)
				e.window.Note(e.Now())
				return nil
			case err != nil:
				return e.failed(err)
			}
			e.succeeded()
			e.rolledBack(to, r, since)
			return nil
		}
	})
}

// rolled is what a rollback did.
type rolled struct {
	result  publish.Result
	indexes []int              // of the shards that changed
	records []*snapshot.Record // in them
}

// rollBack reads the shards that an earlier revision has different, and publishes it.
func (e *Engine) rollBack(ctx context.Context, to int64, change publish.Change) (rolled, error) {
	target, err := e.Publisher.Retained(to)
	if err != nil {
		return rolled{}, err
	}
	indexes, refs := differing(e.Publisher.Current(), target)
	records, problems, err := e.Publisher.Records(ctx, refs)
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("%w: %w", publish.ErrNotRetained, problems[0])
	}
	if err != nil {
		return rolled{}, err
	}
	result, err := e.Publisher.Rollback(ctx, to, change)
	return rolled{result, indexes, records}, err
}

// differing returns the indexes of the shards that differ, and those of the
// target that are not empty.
func differing(current, target *snapshot.Manifest) (indexes []int, refs []snapshot.ShardRef) {
	var now, then [snapshot.Shards]snapshot.ShardRef
	for _, ref := range current.Shards {
		now[ref.Index] = ref
	}
	for _, ref := range target.Shards {
		then[ref.Index] = ref
	}
	for i := range now {
		if now[i].Digest == then[i].Digest {
			continue
		}
		indexes = append(indexes, i)
		if then[i].Digest != "" {
			refs = append(refs, then[i])
		}
	}
	return indexes, refs
}

// rolledBack takes note of a rollback: every object whose form is not the one
// that is served now says so.
func (e *Engine) rolledBack(to int64, r rolled, since time.Time) {
	e.book.republish(r.indexes, r.records)
	e.arrive(r.result, flight{since: since})
	e.inform(e.manifestRef(), "RolledBack", "revision %d is published again as revision %d and pinned", to, r.result.Manifest.Revision)
	for key := range e.book.open {
		if o := e.objects[key]; o != nil {
			e.waiting.Remove(key)
			e.fresh[key] = struct{}{}
			if o.stage == status.Published {
				o.stage = status.Waiting
			}
		}
	}
	e.settle()
}
