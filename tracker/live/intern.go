package live

import (
	"hash/maphash"
	"sync"
)

const internStripes = 64

// interner makes equal strings and deals of one build share memory: an offer's
// name stands in each of its goals and overrides. It is dropped with the build.
type interner struct {
	seed    maphash.Seed
	stripes [internStripes]internStripe
}

type internStripe struct {
	mu      sync.Mutex
	strings map[string]*string
	deals   map[deal]*deal
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

// list replaces each element.
func (in *interner) list(list []string) {
	for i := range list {
		in.text(&list[i])
	}
}

// one returns the first string that is equal to s.
func (in *interner) one(s string) string { return *in.pointer(s) }

// pointer returns the one pointer to s.
func (in *interner) pointer(s string) *string {
	stripe := &in.stripes[maphash.String(in.seed, s)%internStripes]
	stripe.mu.Lock()
	defer stripe.mu.Unlock()
	known, ok := stripe.strings[s]
	if !ok {
		if stripe.strings == nil {
			stripe.strings = make(map[string]*string)
		}
		first := s // s itself would be on the heap at each call
		known = &first
		stripe.strings[s] = known
	}
	return known
}

// deal returns the one pointer to an equal deal.
func (in *interner) deal(d deal) *deal {
	stripe := &in.stripes[maphash.Comparable(in.seed, d)%internStripes]
	stripe.mu.Lock()
	defer stripe.mu.Unlock()
	known, ok := stripe.deals[d]
	if !ok {
		if stripe.deals == nil {
			stripe.deals = make(map[deal]*deal)
		}
		first := d
		known = &first
		stripe.deals[d] = known
	}
	return known
}
