package compile

import "github.com/waypost/waypost/api/snapshot"

// tombstones indexes the tombstones of Offers and Partners.
type tombstones struct {
	// keys are their keys and when they were made (unix seconds); names counts them
	// by object.
	keys  map[snapshot.Key]int64
	names map[ref]int
	// oldest is when the first of them was made; stale is set when it must be looked
	// for again.
	oldest int64
	stale  bool
	// forgotten are the objects whose last tombstone is gone: nothing may be kept
	// for their sake any more.
	forgotten []ref
}

// add indexes a tombstone.
func (t *tombstones) add(key snapshot.Key, r *snapshot.Record) {
	bump(t.names, ref{r.Kind, r.Name}, +1)
	t.keys[key] = r.DeletedAt
	if len(t.keys) == 1 || r.DeletedAt < t.oldest {
		t.oldest = r.DeletedAt
	}
}

// remove undoes add. The oldest is not looked for until it is asked for: when many expire
// together, each would else cost a look at all.
func (t *tombstones) remove(key snapshot.Key, r *snapshot.Record) {
	name := ref{r.Kind, r.Name}
	if bump(t.names, name, -1); t.names[name] == 0 {
		t.forgotten = append(t.forgotten, name)
	}
	delete(t.keys, key)
	t.stale = t.stale || r.DeletedAt == t.oldest
}

// first returns when the oldest tombstone was made, false without tombstones.
func (t *tombstones) first() (int64, bool) {
	if t.stale && len(t.keys) > 0 {
		t.oldest, t.stale = 0, false
		for _, deleted := range t.keys {
			if t.oldest == 0 || deleted < t.oldest {
				t.oldest = deleted
			}
		}
	}
	return t.oldest, len(t.keys) > 0
}

// tombstone returns the record of an object that is gone: its last form, deleted at now in
// unix seconds. The body is copied, because records are never changed once made.
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
