package live

import (
	"hash/maphash"
	"sync"

	"github.com/waypost/waypost/api/snapshot"
)

const internStripes = 64

// interner makes equal strings and terms of one build share memory: an offer's
// name stands in each of its goals and overrides. It is dropped with the build.
type interner struct {
	seed    maphash.Seed
	stripes [internStripes]internStripe
}

type internStripe struct {
	mu      sync.Mutex
	strings map[string]string
	names   map[string]*string
	terms   map[snapshot.Terms]*snapshot.Terms
}

func newInterner() *interner { return &interner{seed: maphash.MakeSeed()} }

// text replaces each string by the first equal one.
func (in *interner) text(strings ...*string) {
	for _, s := range strings {
		if *s != "" {
			*s = in.one(*s)
		}
	}
}

func (in *interner) one(s string) string {
	stripe := in.stripe(s)
	defer stripe.mu.Unlock()
	if known, ok := stripe.strings[s]; ok {
		return known
	}
	if stripe.strings == nil {
		stripe.strings = make(map[string]string)
	}
	stripe.strings[s] = s
	return s
}

// network returns the one pointer to a network's name.
func (in *interner) network(name string) *string {
	stripe := in.stripe(name)
	defer stripe.mu.Unlock()
	known, ok := stripe.names[name]
	if !ok {
		if stripe.names == nil {
			stripe.names = make(map[string]*string)
		}
		known = &name
		stripe.names[name] = known
	}
	return known
}

// stripe returns the locked stripe of s.
func (in *interner) stripe(s string) *internStripe {
	stripe := &in.stripes[maphash.String(in.seed, s)%internStripes]
	stripe.mu.Lock()
	return stripe
}

// list replaces each element.
func (in *interner) list(list []string) {
	for i := range list {
		in.text(&list[i])
	}
}

// money replaces terms by an equal value shared by all who have it.
func (in *interner) money(t **snapshot.Terms) {
	if *t == nil {
		return
	}
	stripe := &in.stripes[maphash.Comparable(in.seed, **t)%internStripes]
	stripe.mu.Lock()
	defer stripe.mu.Unlock()
	if known, ok := stripe.terms[**t]; ok {
		*t = known
		return
	}
	if stripe.terms == nil {
		stripe.terms = make(map[snapshot.Terms]*snapshot.Terms)
	}
	stripe.terms[**t] = *t
}
