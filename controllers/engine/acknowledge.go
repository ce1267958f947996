package engine

import (
	"github.com/waypost/waypost/controllers/acks"
	"github.com/waypost/waypost/controllers/status"
)

// acknowledge takes what all trackers said.
func (e *Engine) acknowledge(sweep acks.Sweep) {
	e.sweep = sweep
	if e.published == nil || e.rolling {
		return // a later revision may be an earlier content: the next sweep tells
	}
	m := e.published
	acked, total := sweep.Count(m.Revision, m.Digest)
	e.Metrics.Trackers.Set(float64(total))
	e.Metrics.TrackersBehind.Set(float64(total - acked))
	e.served = min(sweep.Served(m.Revision, m.Digest), m.Revision)
	e.arrived()
	if e.crew.count(total, total > 0 && acked == total, e.Now()) {
		e.tellEverybody()
	}
	if !e.busy { // what is being written may be served already
		e.catchUp()
		e.complaint()
	}
	e.Metrics.ObjectsWaiting.Set(float64(e.waiting.Len()))
}

// arrived tells of the objects that all trackers serve.
func (e *Engine) arrived() {
	if e.served == 0 {
		return
	}
	for _, key := range e.waiting.Release(e.served) {
		if !e.crew.nobody {
			e.submit(key)
		}
	}
	now := e.Now()
	for len(e.flights) > 0 && e.flights[0].revision <= e.served {
		e.Metrics.PropagationSeconds.Observe(now.Sub(e.flights[0].since).Seconds())
		e.trace(e.flights[0], now)
		e.flights = e.flights[1:]
	}
}

// tellEverybody writes every published object: there is no tracker any more, or
// there is one again.
func (e *Engine) tellEverybody() {
	e.Log.Info("trackers have come or gone, every object says so", "trackers", len(e.sweep.Trackers))
	for key, o := range e.objects {
		if _, fresh := e.fresh[key]; !fresh && o.stage == status.Published {
			o.bulk = o.bulk || !e.waiting.Has(key)
			e.submit(key)
		}
	}
}

// catchUp publishes again when a tracker serves a later revision than the
// published one: etcd was restored from a backup.
func (e *Engine) catchUp() {
	if highest := e.sweep.Highest(); highest > e.published.Revision && highest < maxRevision {
		e.Log.Info("a tracker serves a later revision than the published one, continuing behind it", "published", e.published.Revision, "served", highest)
		e.force = true
	}
}

// complaint follows up a tracker that cannot load what is published.
func (e *Engine) complaint() {
	rejection := e.sweep.Complaint(e.published.Revision)
	now := e.Now()
	if rejection == "" || now.Sub(e.doubted) < doubtEvery {
		return
	}
	e.doubted = now
	e.Metrics.Rejections.Inc()
	e.warn(e.manifestRef(), "RevisionRejected", "%s; all shards are compared with what they should be", rejection)
	e.Publisher.Doubt()
	e.book.repairAll()
	e.force = true
}

// propagation says which trackers serve an object's form.
func (e *Engine) propagation(key status.Key, o *object) status.Propagation {
	p := status.Propagation{Revision: o.revision, Overdue: o.overdue}
	if e.crew.nobody {
		return p
	}
	if !e.waiting.Has(key) {
		p.Complete = true
		return p
	}
	p.Acked, p.Trackers = e.sweep.Count(o.revision, e.digestOf(o.revision))
	p.Rejection = e.sweep.Rejection(o.revision)
	return p
}

// digestOf returns the digest that a tracker must have with a revision, "" where
// it is not known any more.
func (e *Engine) digestOf(revision int64) string {
	if e.published != nil && e.published.Revision == revision {
		return e.published.Digest
	}
	return ""
}
