package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/waypost/waypost/api/seal"
	"github.com/waypost/waypost/tracker/server/address"
	"github.com/waypost/waypost/tracker/server/eventloop"
	"github.com/waypost/waypost/tracker/server/visitor"
	"github.com/waypost/waypost/tracker/token"
)

// Server is the public port. It is safe for concurrent use.
type Server struct {
	o       Options
	limits  Limits
	routes  map[string]*route
	cake    *route // the click link that is the bare host with a query
	keys    atomic.Pointer[seal.Keyring]
	minter  *token.Minter
	devices *visitor.Devices
	limiter *address.Limiter
	metrics *metrics
	decided atomic.Pointer[decisions]
	visits  sync.Pool
	http    *fasthttp.Server

	draining atomic.Bool
	// work is the context of postbacks in flight: it outlives the order to stop.
	work   context.Context
	cancel context.CancelFunc
}

// New returns a server that Serve starts.
func New(o Options) (*Server, error) {
	if o.Snapshots == nil || o.Journal == nil || o.Keys == nil {
		return nil, errors.New("making the public port: snapshots, journal and sealing keys are required")
	}
	minter, err := token.NewMinter(o.Keys)
	if err != nil {
		return nil, fmt.Errorf("making the public port: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Tracer == nil {
		o.Tracer = noop.NewTracerProvider().Tracer("")
	}
	s := &Server{
		o: o, limits: o.Limits.withDefaults(), routes: routes(), minter: minter,
		devices: visitor.NewDevices(), limiter: address.NewLimiter(o.Limits.Rate), metrics: newMetrics(o.Metrics),
	}
	s.work, s.cancel = context.WithCancel(context.Background())
	s.cake = s.routes["/"]
	s.keys.Store(o.Keys)
	s.decided.Store(newDecisions(nil))
	s.visits.New = func() any { return &visit{s: s} }
	s.http = s.newHTTP()
	return s, nil
}

// SetKeyring takes a rotated ring over; requests in flight end with the old one.
func (s *Server) SetKeyring(ring *seal.Keyring) {
	s.keys.Store(ring)
	s.minter.SetKeyring(ring)
}

// Handler answers one request, for tests and for a listener of one's own.
func (s *Server) Handler() fasthttp.RequestHandler { return s.serve }

// newHTTP sets fasthttp up. Its errors are never logged: their text quotes the
// request, which may hold keys and addresses; the metrics count them.
func (s *Server) newHTTP() *fasthttp.Server {
	return &fasthttp.Server{
		Handler:                      s.serve,
		ErrorHandler:                 s.refuseMalformed,
		Logger:                       silent{},
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		DisablePreParseMultipartForm: true,
		ReadBufferSize:               s.limits.HeaderBytes,
		MaxRequestBodySize:           s.limits.BodyBytes,
		// The event loop bounds connections. fasthttp counts one for a moment after it
		// has given it back.
		Concurrency:     2 * s.limits.Connections,
		ReadTimeout:     s.limits.Read,
		WriteTimeout:    s.limits.Write,
		IdleTimeout:     s.limits.Idle,
		CloseOnShutdown: true,
		TCPKeepalive:    true,
	}
}

type silent struct{}

func (silent) Printf(string, ...any) {}

// Serve answers on l until ctx ends. Then it drains: for Limits.Drain it goes on
// answering and asks clients to close; then it takes no more connections and
// waits at most Limits.Grace for requests in flight. It closes l, and is called once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	defer s.cancel()
	guarded, err := s.guarded(l)
	if err != nil {
		return serving(err)
	}
	defer func() { _ = guarded.Close() }() // fasthttp does not where accepting has failed
	done := make(chan error, 1)
	go func() { done <- s.http.Serve(guarded) }()
	select {
	case err := <-done:
		return serving(err)
	case <-ctx.Done():
	}
	s.draining.Store(true)
	drain := time.NewTimer(s.limits.Drain)
	defer drain.Stop()
	select {
	case err := <-done:
		done <- err
	case <-drain.C:
	}
	return s.stop(l, done)
}

// guarded is l with its limits: fasthttp ends for good when a connection cannot be
// accepted, so that is waited out before it hears of it.
func (s *Server) guarded(l net.Listener) (net.Listener, error) {
	patient := address.Patient(l, func(err error) {
		s.metrics.turnedAway.WithLabelValues("resources").Inc()
		s.o.Log.V(1).Info("a connection waits for resources of this machine", "error", err.Error())
	})
	limited := address.LimitConnections(patient, s.limits.ConnectionsPerPeer, s.o.Proxies)
	loops, err := eventloop.New(limited, eventloop.Options{
		NewAnswer:    s.newInline,
		Full:         s.crowded,
		Loops:        min(runtime.NumCPU(), runtime.GOMAXPROCS(0)),
		RequestBytes: s.limits.HeaderBytes,
		Connections:  s.limits.Connections,
		Idle:         s.limits.Idle,
		Write:        s.limits.Write,
	})
	if err != nil {
		return nil, err
	}
	return deadlineListener{loops, min(s.limits.Read, s.limits.Write, s.limits.Idle) / 10, s.limits.Write}, nil
}

// serving says what serving ended with; a listener that was closed ends it well.
func serving(err error) error {
	if err != nil {
		return fmt.Errorf("serving the public port: %w", err)
	}
	return nil
}

func (s *Server) stop(l net.Listener, done <-chan error) error {
	grace, cancel := context.WithTimeout(context.Background(), s.limits.Grace)
	defer cancel()
	err := s.http.ShutdownWithContext(grace)
	// fasthttp closes the listeners that it knows; told to stop in its first
	// moment, it does not know this one yet.
	_ = l.Close()
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stopping the public port: requests were still in flight after %s: %w", s.limits.Grace, err)
	}
	return serving(<-done)
}
