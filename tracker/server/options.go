package server

import (
	"cmp"
	"context"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/live"
	"github.com/waypost/waypost/tracker/server/address"
	"github.com/waypost/waypost/tracker/server/visitor"
)

// Snapshots gives the current configuration (live.Holder). Each request takes it once.
type Snapshots interface {
	Current() *live.Index
}

// Journal takes what happened (journal.Writer). Click and Impression must have encoded the
// event when they return, because its strings lie in memory of the request. Its Context and
// Terms are never changed or used again for anything else.
type Journal interface {
	Click(*journal.Click)
	Impression(*journal.Impression)
	Postback(context.Context, *journal.Postback) (journal.Verdict, error)
}

// Caps reports which click and impression caps the ledger has closed (journal.Caps). It is
// asked for each click of an offer with caps, so it answers from memory.
type Caps interface {
	Closed(key journal.CapKey, now time.Time) bool
}

// Options make a Server. Snapshots, Journal and Keys are required.
type Options struct {
	Snapshots Snapshots
	Journal   Journal
	// Caps may be nil: then no click or impression cap closes.
	Caps Caps
	// Keys make and open ids; SetKeyring replaces them.
	Keys *seal.Keyring
	// Proxies are the peers with an X-Forwarded-For that counts; none by default.
	Proxies address.Proxies
	// Countries may be nil: then no event has a country.
	Countries *visitor.Countries
	Limits    Limits
	// Plain serves by fasthttp alone, without the event loop of tracker/port.
	Plain bool
	// Metrics may be nil.
	Metrics prometheus.Registerer
	// Tracer gets a span of each postback, from its arrival to its answer; nil for none.
	Tracer trace.Tracer
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	Log logr.Logger
}

// Limits bound what the public port takes. Zero fields are the defaults.
type Limits struct {
	// HeaderBytes bounds request line and headers together (431); default 16 KiB.
	HeaderBytes int
	// URLBytes bounds path and query (414); default 8 KiB.
	URLBytes int
	// BodyBytes bounds a postback's body (413); default 64 KiB.
	BodyBytes int
	// Rate bounds requests by address (429); no limit by default.
	Rate address.Rate
	// Connections bounds open connections (503 beyond); default 65,536.
	Connections int
	// ConnectionsPerPeer bounds those of one peer that is no trusted proxy. No limit by
	// default: behind a load balancer that hides addresses and is not declared trusted,
	// all visitors are one peer.
	ConnectionsPerPeer int
	// Read is how long a client may take to send a request, Write to take the
	// answer, Idle how long a connection may be quiet between two requests.
	// Defaults 10 s, 10 s and 75 s. A tenth of the shortest may be missing from each.
	Read, Write, Idle time.Duration
	// Drain is how long the server goes on taking requests after the order to stop, asking
	// clients to close their connections; none by default. A Kubernetes Service takes some
	// seconds to stop sending.
	Drain time.Duration
	// Grace is how long requests in flight may take after that; default 10 s.
	Grace time.Duration
}

// withDefaults fills in what is not set. A rate, a limit per peer and a drain have no
// default.
func (l Limits) withDefaults() Limits {
	l.HeaderBytes = cmp.Or(l.HeaderBytes, 16<<10)
	l.URLBytes = cmp.Or(l.URLBytes, 8<<10)
	l.BodyBytes = cmp.Or(l.BodyBytes, 64<<10)
	l.Connections = cmp.Or(l.Connections, 1<<16)
	l.Read = cmp.Or(l.Read, 10*time.Second)
	l.Write = cmp.Or(l.Write, 10*time.Second)
	l.Idle = cmp.Or(l.Idle, 75*time.Second)
	l.Grace = cmp.Or(l.Grace, 10*time.Second)
	return l
}
