package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/clickid"
	"github.com/waypost/waypost/tracker/port"
	"github.com/waypost/waypost/tracker/server/address"
	"github.com/waypost/waypost/tracker/server/visitor"
)

// Server is the public port. It is safe for concurrent use.
type Server struct {
	options Options // with their defaults
	routes  map[string]*route
	// keys open ids and sealed links, the minter makes ids; SetKeyring replaces both.
	keys    atomic.Pointer[seal.Keyring]
	minter  *clickid.Minter
	devices *visitor.Devices
	limiter *address.Limiter
	metrics *metrics
	// decided is of the newest index that a request has seen.
	decided atomic.Pointer[decisions]
	// visits holds each visit with its request and its buffers.
	visits sync.Pool

	// work is the context of postbacks in flight: it outlives the order to stop.
	work   context.Context
	cancel context.CancelFunc
}

// New returns a server that Serve starts. It fails without snapshots, journal or keys, and
// for a ring that no ids can be made with.
func New(o Options) (*Server, error) {
	if o.Snapshots == nil || o.Journal == nil || o.Keys == nil {
		return nil, errors.New("making the public port: snapshots, journal and sealing keys are required")
	}
	minter, err := clickid.NewMinter(o.Keys)
	if err != nil {
		return nil, fmt.Errorf("making the public port: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Tracer == nil {
		o.Tracer = noop.NewTracerProvider().Tracer("")
	}
	o.Limits = o.Limits.withDefaults()
	s := &Server{
		options: o, routes: routes(), minter: minter, devices: visitor.NewDevices(),
		limiter: address.NewLimiter(o.Limits.Rate), metrics: newMetrics(o.Metrics),
	}
	s.work, s.cancel = context.WithCancel(context.Background())
	s.keys.Store(o.Keys)
	s.decided.Store(newDecisions(nil))
	s.visits.New = func() any { return &visit{request: request{server: s}} }
	return s, nil
}

// SetKeyring replaces the ring after a rotation; requests in flight end with the old one.
func (s *Server) SetKeyring(ring *seal.Keyring) {
	s.keys.Store(ring)
	s.minter.SetKeyring(ring)
}

// open reads an id of a kind; false if the id is not of this installation or of the
// other kind.
func (s *Server) open(id []byte, kind clickid.Kind) (clickid.ID, bool) {
	opened, err := clickid.Open(s.keys.Load(), view(id))
	return opened, err == nil && opened.Kind == kind
}

// Handler answers one request, for tests and for listeners other than Serve's.
func (s *Server) Handler() fasthttp.RequestHandler { return s.serve }

// serve answers one request. A panic in it costs this request only.
func (s *Server) serve(ctx *fasthttp.RequestCtx) {
	v := s.visits.Get().(*visit) // the pool holds nothing else
	defer func() {
		if p := recover(); p != nil {
			// The visit may be half done: it is not used again.
			s.options.Log.Error(fmt.Errorf("panic: %v", p), "answering a request on the public port",
				"path", routePath(ctx), "stack", string(debug.Stack()))
			s.turnAway(ctx, &internalError, "panic")
			return
		}
		v.end()
		s.visits.Put(v)
	}()
	v.request.begin(ctx)
	if v.request.admitted() {
		v.act()
	}
}

// routePath is the path for a log line: one of the table, never what a request holds.
func routePath(ctx *fasthttp.RequestCtx) string {
	path := string(ctx.Path())
	if _, known := routes()[path]; known {
		return path
	}
	return "other"
}

// Serve answers on l, best a listener of port.Listen, until ctx ends. Then it drains: for
// Limits.Drain it goes on answering and asks clients to close; then it takes no more
// connections and waits at most Limits.Grace for requests in flight. It closes l, and is
// called once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	defer s.cancel()
	limits := s.options.Limits
	err := port.Serve(ctx, l, s.serve, port.Options{
		Inline:  func(path []byte) bool { return s.routes[string(path)].inline() },
		Refuse:  s.refuseMalformed,
		Full:    s.crowded,
		Lacking: s.lacking,
		Trusts:  s.options.Proxies.Trusts,
		Plain:   s.options.Plain,

		HeaderBytes: limits.HeaderBytes, BodyBytes: limits.BodyBytes,
		Connections: limits.Connections, ConnectionsPerPeer: limits.ConnectionsPerPeer,
		Read: limits.Read, Write: limits.Write, Idle: limits.Idle, Drain: limits.Drain, Grace: limits.Grace,
	})
	if err != nil {
		return fmt.Errorf("serving the public port: %w", err)
	}
	return nil
}

// lacking counts that a connection waits for resources of this machine.
func (s *Server) lacking(err error) {
	s.metrics.turnedAway.WithLabelValues("resources").Inc()
	s.options.Log.V(1).Info("a connection waits for resources of this machine", "error", err.Error())
}
