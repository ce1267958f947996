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
	"github.com/waypost/waypost/controllers/kinds"
)

// Options are what a Compiler needs beside the objects.
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
	// Settle is how long the clock must show the end of a tombstone before it is
	// removed, so that one that leaps, or is wrong at a start, drops no click id in the
	// wild. Default: 0, at once.
	Settle time.Duration
}

// Compiler holds the objects of all networks and what was compiled from them. It
// belongs to one goroutine. Objects are shared with their giver, which must not
// change them afterwards.
type Compiler struct {
	options    Options
	namespaces map[string]*namespace
	// partial is set while objects may exist that have not been given. See SetPartial.
	partial bool
	// hosts is set when the networks must be compared with each other again.
	hosts bool
	// builders are those that are free again.
	builders []*builder
	// hashes are OfferHash and PartnerHash; tests make them collide.
	hashes map[snapshot.Kind]hash
}

// New returns a Compiler without objects.
func New(options Options) *Compiler {
	return &Compiler{
		options: options, namespaces: map[string]*namespace{},
		hashes: map[snapshot.Kind]hash{snapshot.KindOffer: snapshot.OfferHash, snapshot.KindPartner: snapshot.PartnerHash},
	}
}

// Upsert takes the current form of an object: a pointer to one of the kinds of
// v1alpha1, with name and namespace. It costs next to nothing; Compile does the
// work. An object of another kind, or without a name or namespace, is an error.
func (c *Compiler) Upsert(object v1alpha1.Object) error {
	kind := kinds.Of(object)
	if kind == nil {
		return fmt.Errorf("%T is no kind of %s", object, v1alpha1.GroupName)
	}
	name, network := object.GetName(), object.GetNamespace()
	if name == "" || network == "" || !utf8.ValidString(name+network) {
		return fmt.Errorf("%s %q in namespace %q is no object of a network: it needs a name and a namespace", kind.Record, name, network)
	}
	g := &c.namespace(network).graph
	g.upsert(g.node(kind.Record, name), object)
	return nil
}

// Refresh exchanges an object for a copy of the same generation, for example
// after its status was written, and compiles nothing: an informer then need not
// keep the old copy. A copy of another generation, or of an object that is not
// known, is not taken.
func (c *Compiler) Refresh(object v1alpha1.Object) {
	kind := kinds.Of(object)
	if kind == nil {
		return
	}
	n := c.find(kind.Record, object.GetNamespace(), object.GetName())
	if n != nil && n.object.GetUID() == object.GetUID() && n.object.GetGeneration() == object.GetGeneration() {
		n.object = object
	}
}

// find returns the node of an object that is there, nil if there is none. Nodes without
// an object are left out: something is served of them, or others name them.
func (c *Compiler) find(kind snapshot.Kind, network, name string) *node {
	s := c.namespaces[network]
	if s == nil {
		return nil
	}
	if n := s.graph.nodes[ref{kind, name}]; n != nil && n.object != nil {
		return n
	}
	return nil
}

// Delete takes an object away. What becomes of its record depends on its kind
// (disposal). Deleting what is not there changes nothing.
func (c *Compiler) Delete(kind snapshot.Kind, network, name string) {
	if n := c.find(kind, network, name); n != nil {
		c.namespaces[network].graph.remove(n)
	}
}

// SetSecret takes the data of a Secret. Only those that objects name matter.
func (c *Compiler) SetSecret(network, name string, data map[string][]byte) {
	s := c.namespace(network)
	if old, ok := s.secrets[name]; ok && reflect.DeepEqual(old, data) {
		return
	}
	s.secrets[name] = maps.Clone(data)
	s.graph.markDependents(ref{kindSecret, name})
}

// DeleteSecret takes a Secret away.
func (c *Compiler) DeleteSecret(network, name string) {
	s := c.namespaces[network]
	if s == nil {
		return
	}
	if _, ok := s.secrets[name]; ok {
		delete(s.secrets, name)
		s.graph.markDependents(ref{kindSecret, name})
	}
}

// SetPartial sets whether objects may exist that have not been given, because
// they cannot be read. Meanwhile nothing is deleted that was there before the
// start and has not been seen since: its previous record stays.
func (c *Compiler) SetPartial(partial bool) {
	if c.partial != partial {
		c.partial = partial
		c.markAll()
	}
}

// SetKeys takes a rotated ring: every key digest and sealed link is made again.
// The ring that the Compiler already has costs nothing.
func (c *Compiler) SetKeys(keys *seal.Keyring) {
	same := sameRing(c.options.Keys, keys)
	c.options.Keys = keys
	if !same {
		c.markAll()
	}
}

// markAll marks all objects of all networks.
func (c *Compiler) markAll() {
	c.hosts = true
	for _, s := range c.namespaces {
		s.graph.markAll()
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

// Refuse refuses a generation of an object for a reason that the compiler does not
// see, such as a shard that would become too large. It holds until the object changes.
func (c *Compiler) Refuse(kind snapshot.Kind, network, name string, generation int64, problem Problem) {
	if n := c.find(kind, network, name); n != nil {
		n.refusal, n.refused = &problem, generation
		c.namespaces[network].graph.mark(n)
	}
}

// Verdict returns the last verdict on an object, false if its current form has
// not been compiled yet.
func (c *Compiler) Verdict(kind snapshot.Kind, network, name string) (Verdict, bool) {
	if n := c.find(kind, network, name); n != nil && n.judged {
		return c.namespaces[network].verdict(n), true
	}
	return Verdict{}, false
}

// LoadPrevious takes the records that were published last, before the first
// Compile: they are the last good forms of objects, and the tombstones. Compile
// then reports only what differs from them. A record that is none of a network's
// is an error; the others are taken nevertheless.
func (c *Compiler) LoadPrevious(records []*snapshot.Record) error {
	var first error
	for _, r := range records {
		if err := c.load(r); err != nil && first == nil {
			first = err
		}
	}
	c.hosts = true
	return first
}

// load enters one record of before the start. The object behind it is marked: whether it
// is still there is known by the first Compile.
func (c *Compiler) load(r *snapshot.Record) error {
	if r == nil || r.Network == "" || r.Name == "" || !hasBody(r) {
		return fmt.Errorf("taking over a record: %+v has not the body of its kind", r)
	}
	s := c.namespace(r.Network)
	switch {
	case r.Kind == snapshot.KindNetwork && s.network.node.record != nil:
		return fmt.Errorf("taking over a record: namespace %q has two Networks, %q and %q", r.Network, s.network.node.record.Name, r.Name)
	case r.Kind == snapshot.KindNetwork:
		s.records.inherit(s.network.node, r)
	case r.Tombstone() && r.Kind != snapshot.KindAdvertiser:
		s.records.inherit(nil, r)
	default:
		n := s.graph.node(r.Kind, r.Name)
		s.records.inherit(n, r)
		if r.Goal != nil {
			s.graph.inheritGoal(n, r.Goal.Offer)
		}
		s.graph.mark(n)
	}
	return nil
}

// Compile brings records and verdicts up to date with the objects. now is the
// time of tombstones; everything else is a function of the objects and of what
// was served before. Without a change since the last time it costs a look at each
// namespace.
func (c *Compiler) Compile(now time.Time) Delta {
	if c.hosts {
		c.compileNetworks()
	}
	var delta Delta
	for _, s := range c.namespaces {
		s.compile(now)
		upserted, removed := s.records.changes()
		delta.Upserted = append(delta.Upserted, upserted...)
		delta.Removed = append(delta.Removed, removed...)
		delta.Verdicts = append(delta.Verdicts, s.verdicts...)
		s.verdicts = nil
		if s.graph.objects == 0 && len(s.records.byKey) == 0 && len(s.secrets) == 0 {
			delete(c.namespaces, s.name)
		}
	}
	slices.SortFunc(delta.Upserted, compareRecords)
	slices.SortFunc(delta.Removed, snapshot.Key.Compare)
	slices.SortFunc(delta.Verdicts, func(a, b Verdict) int { return a.key().Compare(b.key()) })
	return delta
}

// Networks returns the namespaces that have objects or records, sorted.
func (c *Compiler) Networks() []string {
	var names []string
	for name, s := range c.namespaces {
		if s.graph.objects > 0 || len(s.records.byKey) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Records returns all records of a network in the order of their keys, as the
// last Compile left them.
func (c *Compiler) Records(network string) []*snapshot.Record {
	s := c.namespaces[network]
	if s == nil {
		return nil
	}
	records := make([]*snapshot.Record, 0, len(s.records.byKey))
	for _, e := range s.records.byKey {
		records = append(records, e.record)
	}
	slices.SortFunc(records, compareRecords)
	return records
}

func compareRecords(a, b *snapshot.Record) int { return a.Key().Compare(b.Key()) }

// NextChange returns when records will change although no object does: when the
// first tombstone has been kept long enough. False if there is none.
func (c *Compiler) NextChange() (time.Time, bool) {
	var next time.Time
	for _, s := range c.namespaces {
		if at, ok := s.records.nextExpiry(); ok && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, !next.IsZero()
}
