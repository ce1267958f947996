package compile

import (
	"time"

	"github.com/waypost/waypost/api/snapshot"
)

// minimumRetention is how long tombstones stay at least: the longest look-back
// where no offer says more.
const minimumRetention = 30 * 24 * time.Hour

// tombstone is the record of an Offer or Partner that is gone.
func tombstone(r *snapshot.Record, now int64) *snapshot.Record {
	t := *r
	t.DeletedAt = now
	switch {
	case r.Offer != nil:
		body := *r.Offer
		body.State = snapshot.Deleted
		t.Offer = &body
	case r.Partner != nil:
		body := *r.Partner
		body.State = snapshot.Deleted
		t.Partner = &body
	case r.Advertiser != nil:
		body := *r.Advertiser
		body.State = snapshot.Deleted
		t.Advertiser = &body
	}
	return &t
}

// retention is how long tombstones stay: the longest look-back of the network's
// offers, those that are gone included.
func (s *space) retention() time.Duration {
	longest := minimumRetention
	for hours := range s.lookbacks {
		longest = max(longest, time.Duration(hours)*time.Hour)
	}
	return longest
}

// nextExpiry returns when the first tombstone expires, false without tombstones.
func (s *space) nextExpiry() (time.Time, bool) {
	if len(s.tombstones) == 0 {
		return time.Time{}, false
	}
	if s.eldestStale {
		s.eldest, s.eldestStale = 0, false
		for key := range s.tombstones {
			s.elder(s.records[key].record)
		}
	}
	return time.Unix(s.eldest, 0).Add(s.retention()), true
}

// expire removes the tombstones whose time is over, and marks what was kept for
// their sake.
func (s *space) expire(now time.Time) {
	defer s.markForgotten()
	next, ok := s.nextExpiry()
	if !ok || now.Before(next) {
		return
	}
	limit := now.Add(-s.retention()).Unix()
	for key := range s.tombstones {
		if s.records[key].record.DeletedAt <= limit {
			s.set(key, entry{})
		}
	}
}

// markForgotten marks what was kept for the sake of tombstones that are gone,
// expired or overwritten by an object with their tracking id.
func (s *space) markForgotten() {
	for _, name := range s.forgotten {
		if name.kind == snapshot.KindOffer {
			s.mark(s.node(name.kind, name.name)) // for its goals
		}
		s.markDependents(name)
	}
	s.forgotten = nil
}

// sweep clears away Advertisers and PayoutStructures that are gone. They stay
// while a record names them, so that the last good form of an offer works as
// before; once only tombstones name an Advertiser it is one too.
func (s *space) sweep(now int64) {
	for n := range s.leftovers {
		use := s.uses[ref{n.kind, n.name}]
		switch {
		case n.object != nil || n.record == nil:
		case use == (useCount{}):
			s.put(n, nil)
			s.forget(n)
		case use.served == 0 && n.kind == snapshot.KindAdvertiser && !n.record.Tombstone():
			s.put(n, tombstone(n.record, now))
			continue
		default:
			continue
		}
		delete(s.leftovers, n)
	}
}

// forget drops the node of something that is neither there nor served.
func (s *space) forget(n *node) {
	r := ref{n.kind, n.name}
	if n.object == nil && n.record == nil && (n.kind != snapshot.KindOffer || s.goals.len(n.name) == 0) {
		delete(s.nodes, r)
	}
}
