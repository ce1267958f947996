package port

import (
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// The pause after a connection that could not be accepted for want of resources; it
// doubles each time, as in net/http.
const (
	shortestPause = 5 * time.Millisecond
	longestPause  = time.Second
)

// patient is a listener that outlives a lack of resources.
type patient struct {
	net.Listener
	lacking func(error)
}

// newPatient wraps l. Where there are no file descriptors or no memory for another
// connection, Accept waits until there are. A failure for good would let any client stop
// the server by opening connections. lacking is called each time.
func newPatient(l net.Listener, lacking func(error)) net.Listener {
	return &patient{Listener: l, lacking: lacking}
}

// Accept returns the next connection. Its errors are those that no patience helps
// against, a closed listener among them.
func (p *patient) Accept() (net.Conn, error) {
	pauses := backoff.ExponentialBackOff{InitialInterval: shortestPause, Multiplier: 2, MaxInterval: longestPause}
	for {
		conn, err := p.Listener.Accept()
		if err == nil || !passing(err) {
			return conn, err // the caller compares it
		}
		p.lacking(err)
		time.Sleep(pauses.NextBackOff())
	}
}

// passing reports whether an error of accept(2) is about the moment and not about the
// listener.
func passing(err error) bool {
	for _, e := range []error{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.ECONNRESET, syscall.EPROTO,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
