package address

import (
	"hash/maphash"
	"net/netip"
	"sync/atomic"
	"time"
)

// Rate is how often one address may ask. The zero value is no limit.
type Rate struct {
	// PerSecond is the steady rate; Burst is how many requests may come at once,
	// default two seconds' worth.
	PerSecond, Burst int
}

const (
	ways  = 4       // slots that an address may be in
	sets  = 1 << 14 // 65,536 addresses, 1 MiB
	v6Net = 64      // a v6 visitor owns a whole /64
)

// Limiter counts requests by address (v6: by /64) with the generic cell rate
// algorithm, in a table of fixed size. When more addresses ask at once than it
// has room for, the one that has been quiet longest is forgotten. Loopback is
// never limited: it is this machine's own. Safe for concurrent use; a nil
// Limiter allows everything.
type Limiter struct {
	interval, tolerance int64 // nanoseconds
	seed                maphash.Seed
	slots               []slot
}

// slot holds the time (nanoseconds since 1970) at which an address will have
// used up what it has asked for, and which address that is.
type slot struct {
	tag atomic.Uint64
	due atomic.Int64
}

// NewLimiter returns a limiter for rate, nil if there is no limit.
func NewLimiter(rate Rate) *Limiter {
	if rate.PerSecond <= 0 {
		return nil
	}
	if rate.Burst <= 0 {
		rate.Burst = 2 * rate.PerSecond
	}
	interval := int64(time.Second) / int64(rate.PerSecond)
	return &Limiter{
		interval:  interval,
		tolerance: interval * int64(rate.Burst-1),
		seed:      maphash.MakeSeed(),
		slots:     make([]slot, sets*ways),
	}
}

// Allow reports whether a may ask at now, and counts the request if it may.
func (l *Limiter) Allow(a netip.Addr, now time.Time) bool {
	if l == nil || a.IsLoopback() {
		return true
	}
	return l.find(a).take(now.UnixNano(), l.interval, l.tolerance)
}

// find returns the slot of a, the quietest of its set if it has none. Two
// addresses that take the same slot at the same moment cost each other a count,
// nothing else.
func (l *Limiter) find(a netip.Addr) *slot {
	tag := l.hash(a)
	set := l.slots[(tag%sets)*ways:][:ways]
	quietest := &set[0]
	for i := range set {
		s := &set[i]
		if s.tag.Load() == tag {
			return s
		}
		if s.due.Load() < quietest.due.Load() {
			quietest = s
		}
	}
	quietest.due.Store(0)
	quietest.tag.Store(tag)
	return quietest
}

// hash is that of an address, or of its network where a visitor owns one. It is keyed at
// random, so that addresses which share a slot cannot be prepared.
func (l *Limiter) hash(a netip.Addr) uint64 {
	b := a.As16()
	if a.Is6() {
		clear(b[v6Net/8:])
	}
	return maphash.Bytes(l.seed, b[:])
}

// take counts a request unless the slot is used up for longer than the tolerance (the
// generic cell rate algorithm): due moves by an interval for each request, and never
// behind now.
func (s *slot) take(now, interval, tolerance int64) bool {
	for {
		due := s.due.Load()
		if due-now > tolerance {
			return false
		}
		if s.due.CompareAndSwap(due, max(due, now)+interval) {
			return true
		}
	}
}

// PeerOf returns the address of a v4 or v6 socket from its bytes.
func PeerOf(ip []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}
