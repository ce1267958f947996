package address

import (
	"errors"
	"net"
)

// ErrWouldWait says that a connection has nothing to read now, or no room for more.
var ErrWouldWait = errors.New("the connection is not ready")

// Direct is a connection that can be used by whoever watches its descriptor himself,
// as those of Listen can on Linux. Reads and writes of net.Conn go on working.
type Direct interface {
	net.Conn

	// ReadNow is Read that returns ErrWouldWait instead of waiting.
	ReadNow(b []byte) (int, error)
	// WriteNow writes what there is room for, and says ErrWouldWait if that is not all.
	// What it writes as the last may wait for Close, as that of WriteLast.
	WriteNow(b []byte, last bool) (int, error)
	// Descriptor takes the connection away from Go's poller, if that watches it, and
	// returns its descriptor: good until the connection is closed or has to wait.
	Descriptor() (int, error)
}

// DirectOf returns the Direct that a connection is or has been made of by
// LimitConnections, nil if there is none.
func DirectOf(c net.Conn) Direct {
	if counted, ok := c.(*countedConn); ok {
		c = counted.Conn
	}
	direct, _ := c.(Direct)
	return direct
}
