package release

import (
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/waypost/waypost/controllers/publish"
	"github.com/waypost/waypost/controllers/trackers"
)

// Action is what a plan asks for.
type Action string

// The actions. All but Nothing and Compile are carried out by a Publisher.
const (
	Nothing   Action = ""
	Compile   Action = "compile"                     // then ask for the Publication
	Publish   Action = "publish"                     // Plan.Change
	RollBack  Action = "publish an earlier revision" // Plan.To
	Verify    Action = "compare the stored manifest"
	NoteHolds Action = "note the held networks" // Plan.Held
	Collect   Action = "collect unused shards"
)

// Plan is what is to be done next.
type Plan struct {
	Action Action
	// Since is when the first change of a publication arrived.
	Since time.Time
	// Change is what Publish and RollBack make of the snapshot.
	Change publish.Change
	// To is the revision to roll back to.
	To int64
	// Held are the networks on hold, with the number of offers that had left before.
	Held map[string]int

	removals map[string]*removal
}

// Outcome is how a plan ended.
type Outcome struct {
	// Err is the error of the action. publish.ErrSuperseded is not for this package:
	// the operator begins anew then.
	Err error
	// Result is that of Publish and RollBack, Collected that of Collect.
	Result    publish.Result
	Collected publish.Collected
	// Data is what the manifest's ConfigMap holds now.
	Data map[string]string
}

// maxRevision is the highest revision that a tracker is believed.
const maxRevision = 1 << 53

// Next returns the plan that is due. After Compile the caller compiles, passes the
// difference to Want, and carries the Publication out.
func (s *State) Next(now time.Time) Plan {
	if past(s.expiry, now) {
		s.expiry = time.Time{}
		s.window.note(now)
	}
	due, ok := s.due(now)
	switch {
	case past(s.seen.doubtful(s.data), now) && s.begun:
		return Plan{Action: Verify}
	case ok && !now.Before(due):
		return Plan{Action: Compile}
	case s.published != nil && s.seen.unnoted(s.networks.held()):
		return Plan{Action: NoteHolds, Held: s.networks.held()}
	case past(s.collect, now):
		s.collect = now.Add(collectEvery)
		return Plan{Action: Collect}
	}
	return Plan{}
}

// past reports whether a time has come; zero never comes.
func past(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

// due returns when to compile and publish; ok is false while there is no reason to.
func (s *State) due(now time.Time) (due time.Time, ok bool) {
	due, ok = s.window.due()
	switch {
	case !s.begun, s.retry.at.IsZero() && (s.force || s.seen.released(s.published)):
		return now, true
	case !s.retry.at.IsZero() && (!ok || s.retry.at.Before(due)):
		return s.retry.at, true
	}
	return due, ok
}

// Wake returns when to ask for the Next plan although nothing happens, zero for never.
func (s *State) Wake(now time.Time) time.Time {
	due, _ := s.due(now)
	if s.published != nil && s.seen.unnoted(s.networks.held()) {
		return now
	}
	return earliest(due, s.collect, s.expiry, s.seen.doubtful(s.data))
}

// Publication returns the plan to publish what is wanted, Nothing where all of it
// is published or held. sweep is what trackers serve.
func (s *State) Publication(now time.Time, sweep trackers.Sweep) Plan {
	if !s.begun {
		s.begun = true
		s.networks.restore(s.seen.requests.Held)
	}
	p := Plan{Since: earliest(s.window.fire(now), now), removals: s.judge(now), Change: publish.Change{Schemas: sweep.Schemas()}}
	p.Change.InUse, _ = sweep.Lowest()
	if highest := sweep.Highest(); highest < maxRevision {
		p.Change.Floor = highest
	}
	if p.To = s.seen.rollback(s.published); p.To != 0 {
		p.Action = RollBack
		return p
	}
	held := s.networks.isHeld
	if p.Change.Pinned = s.seen.pinned(s.published); p.Change.Pinned != 0 {
		// The number may move on and shards may be repaired, the content stays.
		held, p.removals = func(string) bool { return true }, nil
	}
	p.Change.Contents = s.records.contents(held)
	if len(p.Change.Contents) == 0 && !s.force && s.published != nil && s.published.Pinned == p.Change.Pinned {
		s.retry = newRetry()
		return Plan{}
	}
	p.Action, s.force = Publish, false
	return p
}

// Finish takes how a plan ended. It reports whether a publication failed in a way
// that objects have to wait for.
func (s *State) Finish(p Plan, o Outcome, now time.Time) (failed bool) {
	if p.Action == Verify {
		s.seen.since = time.Time{}
	}
	switch {
	case o.Err == nil:
		s.succeeded(p, o, now)
	case errors.Is(o.Err, publish.ErrLost):
		s.lost(o.Err, now)
	case p.Action == RollBack && errors.Is(o.Err, publish.ErrNotRetained):
		s.seen.denied = p.To
		s.warn("RollbackRefused", "%v", o.Err)
		s.window.note(now)
	case p.Action == NoteHolds && !apierrors.IsConflict(o.Err): // else the annotations have changed meanwhile
		s.seen.noted = p.Held
	case p.Action == Publish, p.Action == RollBack:
		s.retry.failed(now)
		return true
	}
	return false
}

// succeeded takes note of what is published now.
func (s *State) succeeded(p Plan, o Outcome, now time.Time) {
	switch p.Action {
	case Publish:
		s.records.commit(p.Change.Contents, o.Result.Refused)
		for name, r := range p.removals {
			s.networks[name].published(r, now)
		}
		if len(o.Result.Refused) > 0 {
			s.window.note(now)
		}
		s.arrived(o, now)
	case RollBack:
		s.records.republish(o.Result.Replaced, o.Result.Records)
		s.arrived(o, now)
		s.notices = append(s.notices, Notice{
			Reason: "RolledBack", Action: actionPublish,
			Note: fmt.Sprintf("revision %d is published again as revision %d and pinned", p.To, o.Result.Manifest.Revision),
		})
	case NoteHolds:
		s.seen.noted = p.Held
	case Collect:
		if missing := o.Collected.Missing; len(missing) > 0 {
			s.warn("ShardsMissing", "%d shards are gone; they are written again", len(missing))
			s.records.repair(missing...)
			s.window.note(now)
		}
	}
}

// arrived takes the manifest that is published now.
func (s *State) arrived(o Outcome, now time.Time) {
	s.retry = newRetry()
	if s.published == nil || o.Result.Wrote {
		s.published, s.data = o.Result.Manifest, o.Data
	}
	if s.collect.IsZero() {
		s.collect = now.Add(collectFirst)
	}
}

// lost makes everything be written again.
func (s *State) lost(err error, now time.Time) {
	s.retry.failed(now)
	s.seen.noted = nil
	s.warn("ManifestLost", "%v; everything is published again", err)
	s.records.repairAll()
	s.force = true
}
