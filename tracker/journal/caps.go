package journal

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/waypost/waypost/api/snapshot"
)

// CapKey names one counted cap of an offer, by object names. Partner is set for
// caps that count each partner by itself. What the cap allows is part of the key: a
// cap that was closed and whose limit is raised (or that counts something else from
// now on) is open until the ledger closes it, though no event comes through a closed one
// that could make it do so.
type CapKey struct {
	Network string             `cbor:"1,keyasint"`
	Offer   string             `cbor:"2,keyasint"`
	Cap     string             `cbor:"3,keyasint"`
	Partner string             `cbor:"4,keyasint,omitempty"`
	Metric  snapshot.CapMetric `cbor:"5,keyasint,omitempty"`
	Window  snapshot.CapWindow `cbor:"6,keyasint,omitempty"`
	Limit   int64              `cbor:"7,keyasint,omitempty"`
}

// CapState is whether a cap is closed, and until when: the end of its window.
type CapState struct {
	Key    CapKey `cbor:"1,keyasint"`
	Closed bool   `cbor:"2,keyasint,omitempty"`
	// Until is when the window ends and the cap opens by itself, in microseconds
	// since 1970; 0 for lifetime caps.
	Until int64 `cbor:"3,keyasint,omitempty"`
	// From is when the window begins, in microseconds since 1970. A cap that a clock ahead
	// of the tracker's filled is not closed before; 0 has always begun.
	From int64 `cbor:"4,keyasint,omitempty"`
}

// span is when a cap is closed.
type span struct{ from, until int64 }

// skew is how far the clocks of two trackers may differ.
const skew = 5_000_000 // microseconds

// never is the Until of a cap that does not open by itself.
const never = int64(^uint64(0) >> 1)

// capShards keeps the cost of one change low when very many caps are closed.
const capShards = 64

// Caps is the set of caps that are closed right now. Reads take no lock and do not
// allocate; the zero value is empty and ready. Safe for concurrent use.
type Caps struct {
	mu     sync.Mutex // writers
	shards [capShards]atomic.Pointer[map[CapKey]span]
}

// Closed reports whether the cap is closed at now.
func (c *Caps) Closed(key CapKey, now time.Time) bool {
	m := c.shard(key).Load()
	if m == nil {
		return false
	}
	closed, ok := (*m)[key]
	at := now.UnixMicro()
	return ok && closed.from-skew <= at && at < closed.until
}

// Len returns how many caps are held as closed, those whose window has ended since included.
func (c *Caps) Len() int {
	n := 0
	for i := range c.shards {
		if m := c.shards[i].Load(); m != nil {
			n += len(*m)
		}
	}
	return n
}

// Set takes one state over. Caps whose window ended before now are forgotten on
// the way.
func (c *Caps) Set(s CapState, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.shard(s.Key)
	next := make(map[CapKey]span)
	if m := p.Load(); m != nil {
		for k, closed := range *m {
			if now.UnixMicro() < closed.until {
				next[k] = closed
			}
		}
	}
	delete(next, s.Key)
	if until := s.end(); s.Closed && now.UnixMicro() < until {
		next[s.Key] = span{s.From, until}
	}
	p.Store(&next)
}

func (s CapState) end() int64 {
	if s.Until == 0 {
		return never
	}
	return s.Until
}

func (c *Caps) shard(key CapKey) *atomic.Pointer[map[CapKey]span] {
	return &c.shards[(xxhash.Sum64String(key.Offer)^xxhash.Sum64String(key.Partner))%capShards]
}
