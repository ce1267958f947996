package port

import (
	"errors"
	"net"
)

// errWouldWait reports that a connection has nothing to read now, or no room for more.
var errWouldWait = errors.New("the connection is not ready")

// Conn is a connection that an event loop can watch, as those of Listen on Linux. A
// listener that wraps them keeps that by embedding it. Reads and writes of net.Conn go
// on working.
type Conn interface {
	net.Conn

	// ReadNow is Read that returns errWouldWait instead of waiting.
	ReadNow(b []byte) (int, error)
	// WriteNow writes what there is room for, and returns errWouldWait if that is not all.
	// What it writes as the last may wait for Close.
	WriteNow(b []byte, last bool) (int, error)
	// WriteLast is Write, but what it writes may wait for Close.
	WriteLast(b []byte) (int, error)
	// Descriptor takes the connection away from Go's poller, if that watches it, and
	// returns its descriptor: good until the connection is closed or has to wait.
	Descriptor() (int, error)
}

// connOf returns the Conn that a connection is or has been made of by
// limitConnections, nil if there is none.
func connOf(c net.Conn) Conn {
	if counted, ok := c.(*countedConn); ok {
		c = counted.Conn
	}
	direct, _ := c.(Conn)
	return direct
}
