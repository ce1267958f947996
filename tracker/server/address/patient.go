package address

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// The pause after a connection that could not be accepted for want of resources,
// doubled each time as net/http does.
const (
	shortestPause = 5 * time.Millisecond
	longestPause  = time.Second
)

// patient is a listener that outlives a lack of resources.
type patient struct {
	net.Listener
	lacking func(error)
}

// Patient wraps l: where there are no file descriptors or no memory for another
// connection, Accept waits until there are, instead of failing for good, which
// would let anybody stop the server by opening connections. lacking hears of each
// time; it may be nil.
func Patient(l net.Listener, lacking func(error)) net.Listener {
	if lacking == nil {
		lacking = func(error) {}
	}
	return &patient{Listener: l, lacking: lacking}
}

// Accept returns the next connection. Its errors are those that no patience helps
// against, a closed listener among them.
func (p *patient) Accept() (net.Conn, error) {
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		conn, err := p.Listener.Accept()
		if err == nil || !passing(err) {
			return conn, err // the caller compares it
		}
		p.lacking(err)
		time.Sleep(pause)
	}
}

// passing reports whether an error of accept(2) is about the moment and not about
// the listener.
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
