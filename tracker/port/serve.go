package port

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// Options are the rules of a port. All fields but Plain, ConnectionsPerPeer and Drain are
// required.
type Options struct {
	// Inline reports whether requests for a path that has a query never wait. The event
	// loop answers them itself.
	Inline func(path []byte) bool
	// Refuse answers what cannot be read as a request. The connection is closed
	// afterwards.
	Refuse func(*fasthttp.RequestCtx, error)
	// Full returns the whole answer to a connection beyond Connections.
	Full func() []byte
	// Lacking is called each time that a connection waits for resources of the machine.
	Lacking func(error)
	// Trusts reports whether a peer may hold more than ConnectionsPerPeer.
	Trusts func(netip.Addr) bool
	// Plain serves by fasthttp alone. Its own text answers a connection beyond
	// Connections.
	Plain bool

	// HeaderBytes bounds request line and headers together, BodyBytes a body.
	HeaderBytes, BodyBytes int
	// Connections bounds the open connections, ConnectionsPerPeer those of one peer; 0 is
	// no bound for a peer.
	Connections, ConnectionsPerPeer int
	// Read is how long a client may take to send a request, Write to take the answer,
	// Idle how long a connection may be quiet between two requests. A tenth of the
	// shortest may be missing from each.
	Read, Write, Idle time.Duration
	// Drain is how long requests are answered after the order to stop, while clients are
	// asked to close. Grace is how long requests in flight may take after that.
	Drain, Grace time.Duration
}

// server is a port that is served.
type server struct {
	o        Options
	handler  fasthttp.RequestHandler
	http     *fasthttp.Server
	draining atomic.Bool
}

// Serve answers on l, best a listener of Listen, until ctx ends. Then it goes on for
// Options.Drain and asks clients to close. Afterwards it accepts no connection and waits
// at most Options.Grace for requests in flight. It closes l.
func Serve(ctx context.Context, l net.Listener, handler fasthttp.RequestHandler, o Options) error {
	s := &server{o: o, handler: handler}
	s.http = s.newHTTP()
	guarded, err := s.guarded(l)
	if err != nil {
		return err
	}
	defer func() { _ = guarded.Close() }() // fasthttp does not where accepting has failed
	done := make(chan error, 1)
	go func() { done <- s.http.Serve(guarded) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	s.draining.Store(true)
	drain := time.NewTimer(o.Drain)
	defer drain.Stop()
	select {
	case err := <-done:
		done <- err
	case <-drain.C:
	}
	return s.stop(l, done)
}

// newHTTP returns fasthttp's server. Its errors are never logged: their text quotes the
// request, which may hold keys and addresses.
func (s *server) newHTTP() *fasthttp.Server {
	connections := s.o.Connections
	if !s.o.Plain {
		// The event loop bounds connections. fasthttp counts one for a moment after it has
		// given it back.
		connections *= 2
	}
	return &fasthttp.Server{
		Handler:                      s.answer,
		ErrorHandler:                 s.o.Refuse,
		Logger:                       silent{},
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		DisablePreParseMultipartForm: true,
		ReadBufferSize:               s.o.HeaderBytes,
		MaxRequestBodySize:           s.o.BodyBytes,
		Concurrency:                  connections,
		ReadTimeout:                  s.o.Read,
		WriteTimeout:                 s.o.Write,
		IdleTimeout:                  s.o.Idle,
		CloseOnShutdown:              true,
		TCPKeepalive:                 true,
	}
}

type silent struct{}

func (silent) Printf(string, ...any) {}

// guarded returns l within its bounds. fasthttp ends for good when a connection cannot be
// accepted, so that is waited out below it.
func (s *server) guarded(l net.Listener) (net.Listener, error) {
	l = limitConnections(newPatient(l, s.o.Lacking), s.o.ConnectionsPerPeer, s.o.Trusts)
	if s.o.Plain {
		return l, nil
	}
	loops, err := newEventListener(l, loopOptions{
		NewAnswer:    func() answerFunc { return newInline(s).answer },
		Full:         s.o.Full,
		Loops:        min(runtime.NumCPU(), runtime.GOMAXPROCS(0)),
		RequestBytes: s.o.HeaderBytes,
		Connections:  s.o.Connections,
		Idle:         s.o.Idle,
		Write:        s.o.Write,
	})
	if err != nil {
		return nil, err
	}
	return deadlineListener{loops, min(s.o.Read, s.o.Write, s.o.Idle) / 10, s.o.Write}, nil
}

// answer answers one request. The connection then leaves with its answer, or returns to
// the event loop that it came from.
func (s *server) answer(ctx *fasthttp.RequestCtx) {
	if s.draining.Load() {
		ctx.SetConnectionClose()
	}
	s.handler(ctx)
	conn, ok := ctx.Conn().(*deadlineConn)
	switch {
	case !ok:
	case ends(ctx):
		conn.last = true
	case lentBy(conn) != nil:
		ctx.Hijack(giveBack)
	}
}

// ends reports whether the connection is closed after the answer.
func ends(ctx *fasthttp.RequestCtx) bool {
	return ctx.Request.Header.ConnectionClose() || ctx.Response.ConnectionClose()
}

// giveBack returns a connection to the event loop when its answer has been written.
func giveBack(conn net.Conn) {
	inner := conn.(interface{ UnsafeConn() net.Conn }).UnsafeConn() // fasthttp's own type
	lentBy(inner).giveBack(conn)
}

// stop ends the server within Options.Grace.
func (s *server) stop(l net.Listener, done <-chan error) error {
	grace, cancel := context.WithTimeout(context.Background(), s.o.Grace)
	defer cancel()
	err := s.http.ShutdownWithContext(grace)
	// fasthttp closes the listeners that it has taken; stopped in its first moment, it
	// has not taken this one yet.
	_ = l.Close()
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stopping: requests were still in flight after %s: %w", s.o.Grace, err)
	}
	return <-done
}
