package live

import (
	"hash/maphash"
	"sync"

	"github.com/waypost/waypost/api/snapshot"
)

// internStripes is how many locks a pool has, so that shards that are decoded on several
// cores seldom wait for each other.
const internStripes = 64

// interner makes equal values of one build share memory: an offer's name stands in
// each of its goals and overrides. It is dropped with the build.
type interner struct {
	strings   pool[string]
	terms     pool[snapshot.PayoutTerms]
	overrides pool[snapshot.Override] // by the pointers to their terms
	forms     pool[goalForm]
}

func newInterner() *interner {
	return &interner{
		strings: newPool[string](), terms: newPool[snapshot.PayoutTerms](),
		overrides: newPool[snapshot.Override](), forms: newPool[goalForm](),
	}
}

// pointer returns the one pointer to s.
func (in *interner) pointer(s string) *string { return in.strings.one(s) }

// override returns the one pointer to what o holds beside its two names.
func (in *interner) override(o snapshot.Override) *snapshot.Override {
	o.Name, o.Offer = "", ""
	for _, side := range []**snapshot.PayoutTerms{&o.Payout, &o.Revenue} {
		if *side != nil {
			*side = in.terms.one(**side)
		}
	}
	return in.overrides.one(o)
}

// form returns the one pointer to a goal's common part.
func (in *interner) form(f goalForm) *goalForm {
	if known := in.forms.known(f); known != nil {
		return known // its strings need not be looked up
	}
	in.text(&f.value, &f.slug)
	return in.forms.one(f)
}

// one returns the first string that is equal to s.
func (in *interner) one(s string) string {
	if s == "" {
		return ""
	}
	return *in.pointer(s)
}

// text replaces each string by the first equal one.
func (in *interner) text(strings ...*string) {
	for _, s := range strings {
		*s = in.one(*s)
	}
}

// list replaces each element.
func (in *interner) list(list []string) {
	for i := range list {
		in.text(&list[i])
	}
}

// pool holds the first of equal values.
type pool[V comparable] struct {
	seed    maphash.Seed
	stripes [internStripes]poolStripe[V]
}

// poolStripe is the part of a pool behind one lock.
type poolStripe[V comparable] struct {
	mu    sync.Mutex
	first map[V]*V
}

func newPool[V comparable]() pool[V] { return pool[V]{seed: maphash.MakeSeed()} }

func (p *pool[V]) stripe(v V) *poolStripe[V] {
	return &p.stripes[maphash.Comparable(p.seed, v)%internStripes]
}

// known returns the one pointer to a value equal to v, nil if there is none yet.
func (p *pool[V]) known(v V) *V {
	s := p.stripe(v)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first[v]
}

// one returns the one pointer to a value equal to v.
func (p *pool[V]) one(v V) *V {
	s := p.stripe(v)
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.first[v]; ok {
		return known
	}
	if s.first == nil {
		s.first = make(map[V]*V)
	}
	first := v // v itself would be on the heap at each call
	s.first[v] = &first
	return &first
}
