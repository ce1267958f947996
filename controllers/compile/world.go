package compile

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/api/v1alpha1"
)

// Options are what a World needs to know beside the objects.
type Options struct {
	// PublicURL begins the links of networks without tracking domains, such as
	// "https://go.example.net". Default: none, links are bare paths.
	PublicURL string
	// AssumeSecrets takes Secrets that are not given for ones that exist and hold a
	// key: for checks of directories that, as they should, hold none. Records then
	// lack their digests and are not for serving. Default: false.
	AssumeSecrets bool
	// Keys digest postback keys and seal links. Nil is for offline checks: records
	// then carry no digests, and sealed links are left out. See SetKeys.
	Keys *seal.Keyring
}

// World holds the objects of all networks and what was compiled from them. It
// belongs to one goroutine. Objects are kept, not copied: whoever gives them must
// not change them afterwards.
type World struct {
	options Options
	spaces  map[string]*space
	// partial says that objects may exist that have not been given. See SetPartial.
	partial bool
	// hosts says that the networks must be compared with each other again.
	hosts bool
	// hashes are OfferHash and PartnerHash; tests make them collide.
	hashes map[snapshot.Kind]func(network, trackingID string) uint64
}

// NewWorld returns a World without objects.
func NewWorld(options Options) *World {
	return &World{
		options: options,
		spaces:  map[string]*space{},
		hashes: map[snapshot.Kind]func(network, trackingID string) uint64{
			snapshot.KindOffer: snapshot.OfferHash, snapshot.KindPartner: snapshot.PartnerHash,
		},
	}
}

// Upsert takes the current form of an object: a pointer to one of the kinds of
// v1alpha1, with name and namespace. It costs next to nothing; Compile does the
// work. The error says that the object is none that a network has.
func (w *World) Upsert(object v1alpha1.Object) error {
	kind := kindOf(object)
	if kind == 0 {
		return fmt.Errorf("%T is no kind of %s", object, v1alpha1.GroupName)
	}
	name, network := object.GetName(), object.GetNamespace()
	if name == "" || network == "" || !utf8.ValidString(name+network) {
		return fmt.Errorf("%s %q in namespace %q is no object of a network: it needs a name and a namespace", kind, name, network)
	}
	w.space(network).upsert(w.space(network).node(kind, name), object)
	return nil
}

// Delete says that an object is gone.
func (w *World) Delete(kind snapshot.Kind, network, name string) {
	s := w.spaces[network]
	if s == nil {
		return
	}
	if n := s.nodes[ref{kind, name}]; n != nil && n.object != nil {
		s.remove(n)
	}
}

// SetSecret takes the data of a Secret. Only those that WatchedSecrets lists matter.
func (w *World) SetSecret(network, name string, data map[string][]byte) {
	s := w.space(network)
	if old, ok := s.secrets[name]; ok && reflect.DeepEqual(old, data) {
		return
	}
	s.secrets[name] = maps.Clone(data)
	s.markDependents(ref{kindSecret, name})
}

// DeleteSecret says that a Secret is gone.
func (w *World) DeleteSecret(network, name string) {
	s := w.spaces[network]
	if s == nil {
		return
	}
	if _, ok := s.secrets[name]; ok {
		delete(s.secrets, name)
		s.markDependents(ref{kindSecret, name})
	}
}

// WatchedSecrets returns the names of the Secrets that objects of the network
// name, sorted, whether or not they exist.
func (w *World) WatchedSecrets(network string) []string {
	var names []string
	if s := w.spaces[network]; s != nil {
		for r := range s.dependents {
			if r.kind == kindSecret {
				names = append(names, r.name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// SetPartial says whether objects may exist that have not been given, because
// they cannot be read. Meanwhile nothing is deleted that was there before the
// start and has not been seen since: its previous record stays.
func (w *World) SetPartial(partial bool) {
	if w.partial == partial {
		return
	}
	w.partial = partial
	w.hosts = true
	for _, s := range w.spaces {
		s.markAll()
	}
}

// SetKeys takes a rotated ring: every key digest and sealed link is made again.
// The ring that the world already has costs nothing.
func (w *World) SetKeys(keys *seal.Keyring) {
	same := sameRing(w.options.Keys, keys)
	w.options.Keys = keys
	if same {
		return
	}
	w.hosts = true
	for _, s := range w.spaces {
		s.markAll()
	}
}

// sameRing reports whether two rings hold the same keys.
func sameRing(a, b *seal.Keyring) bool {
	if a == nil || b == nil {
		return a == b
	}
	encodedA, errA := a.Encode()
	encodedB, errB := b.Encode()
	return errA == nil && errB == nil && bytes.Equal(encodedA, encodedB)
}

// Refuse says that a generation of an object cannot be served for a reason that
// the compiler does not see, such as a shard that would become too large. It
// holds until the object changes.
func (w *World) Refuse(kind snapshot.Kind, network, name string, generation int64, problem Problem) {
	s := w.spaces[network]
	if s == nil {
		return
	}
	if n := s.nodes[ref{kind, name}]; n != nil && n.object != nil {
		n.refusal = &refusal{generation: generation, problem: problem}
		s.mark(n)
	}
}

// Verdict returns what was said last of an object; false if its current form has
// not been compiled yet.
func (w *World) Verdict(kind snapshot.Kind, network, name string) (Verdict, bool) {
	if s := w.spaces[network]; s != nil {
		if n := s.nodes[ref{kind, name}]; n != nil && n.judged {
			return s.verdict(n), true
		}
	}
	return Verdict{}, false
}

// Networks returns the namespaces that have objects or records, sorted.
func (w *World) Networks() []string {
	var names []string
	for name, s := range w.spaces {
		if s.objects > 0 || len(s.records) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Records returns all records of a network in the order of their keys, as the
// last Compile left them.
func (w *World) Records(network string) []*snapshot.Record {
	s := w.spaces[network]
	if s == nil {
		return nil
	}
	records := make([]*snapshot.Record, 0, len(s.records))
	for _, e := range s.records {
		records = append(records, e.record)
	}
	slices.SortFunc(records, compareRecords)
	return records
}

func compareRecords(a, b *snapshot.Record) int { return a.Key().Compare(b.Key()) }

// NextChange returns when records will change although no object does: when the
// first tombstone has been kept long enough. False if there is none.
func (w *World) NextChange() (time.Time, bool) {
	var next time.Time
	for _, s := range w.spaces {
		if at, ok := s.nextExpiry(); ok && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, !next.IsZero()
}

// kindOf returns the kind of an object, 0 for one that is none of ours.
func kindOf(object v1alpha1.Object) snapshot.Kind {
	switch object.(type) {
	case *v1alpha1.Network:
		return snapshot.KindNetwork
	case *v1alpha1.Advertiser:
		return snapshot.KindAdvertiser
	case *v1alpha1.Partner:
		return snapshot.KindPartner
	case *v1alpha1.Offer:
		return snapshot.KindOffer
	case *v1alpha1.Goal:
		return snapshot.KindGoal
	case *v1alpha1.PartnerPayout:
		return snapshot.KindPartnerPayout
	case *v1alpha1.PayoutStructure:
		return snapshot.KindPayoutStructure
	}
	return 0
}
