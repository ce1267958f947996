package plan

import (
	"cmp"
	"slices"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/kinds"
)

// Class is the audience of a change.
type Class string

// The classes, the ones to look at first come first.
const (
	// Breaking changes make links, postbacks or conversions in the wild fail or
	// count otherwise.
	Breaking Class = "breaking"
	// Money changes what is paid or earned.
	Money Class = "money"
	// Traffic changes which traffic is served and where visitors are sent.
	Traffic Class = "traffic"
	// Added and Removed name new and gone objects.
	Added   Class = "added"
	Removed Class = "removed"
)

// Change is one difference between two configurations.
type Change struct {
	Class   Class  `json:"class"`
	Network string `json:"network"`
	// Object is what the change is about, such as "Offer/summer-shoes".
	Object string `json:"object"`
	// Goal and Partner narrow a change of money down; Partner is "" for all partners
	// without terms of their own.
	Goal    string `json:"goal,omitempty"`
	Partner string `json:"partner,omitempty"`
	// From is when the change begins, empty for at once (RFC 3339, UTC).
	From string `json:"from,omitempty"`
	// What changes, such as "payout" or "slug".
	What string `json:"what"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
}

// Diff compares two compiled configurations as they act from now on. The result is in
// the order of review: what breaks first, then money, then the rest.
func Diff(old, changed []*snapshot.Record, now time.Time) []Change {
	before, after := newConfiguration(old), newConfiguration(changed)
	var changes []Change
	for _, network := range union(before.networks, after.networks) {
		d := differ{network: network, old: before.of(network), new: after.of(network), now: now}
		d.objects()
		d.offers()
		d.partners()
		d.money()
		changes = append(changes, d.changes...)
	}
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Network, b.Network), cmp.Compare(order(a.Class), order(b.Class)))
	})
	return changes
}

// order is the rank of a class in a plan, 0 for the first.
func order(c Class) int {
	return slices.Index([]Class{Breaking, Money, Traffic, Removed, Added}, c)
}

// differ collects the changes of one network.
type differ struct {
	network  string
	old, new *network
	now      time.Time
	changes  []Change
}

// add notes a change if there is one.
func (d *differ) add(class Class, object, what, old, changed string) {
	if old != changed {
		d.changes = append(d.changes, Change{Class: class, Network: d.network, Object: object, What: what, Old: old, New: changed})
	}
}

// objects notes what is new and what is gone. Gone offers, goals and partners
// break links that are in use.
func (d *differ) objects() {
	for _, k := range kinds.All() {
		kind := k.Record
		if kind == snapshot.KindNetwork {
			continue // a namespace without one has defaults
		}
		for _, name := range union(d.old.records[kind], d.new.records[kind]) {
			object := kind.String() + "/" + name
			switch _, was := d.old.records[kind][name]; {
			case !was:
				d.changes = append(d.changes, Change{Class: Added, Network: d.network, Object: object, What: "object"})
			case d.new.records[kind][name] == nil:
				d.changes = append(d.changes, Change{Class: goneClass(kind), Network: d.network, Object: object, What: "object is gone"})
			}
		}
	}
}

// goneClass is the class of a gone object. Links and postbacks name Offers, Goals and
// Partners; the other kinds are named by objects alone.
func goneClass(kind snapshot.Kind) Class {
	switch kind {
	case snapshot.KindOffer, snapshot.KindGoal, snapshot.KindPartner:
		return Breaking
	}
	return Removed
}
