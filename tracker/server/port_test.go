package server_test

import (
	"net"
	"sync"
	"testing"

	"github.com/waypost/waypost/tracker/server/address"
)

// port is a port on loopback whose connections seem to come from wherever a test says.
type port struct {
	net.Listener
	from sync.Map // the port number that a connection really has: *net.TCPAddr
}

func newPort(t testing.TB) *port {
	t.Helper()
	l, err := address.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &port{Listener: l}
}

// DialWithLocalAddr connects from an address. The connection is accepted when it has
// said something.
func (p *port) DialWithLocalAddr(from *net.TCPAddr) (net.Conn, error) {
	conn, err := net.Dial("tcp", p.Addr().String())
	if err == nil {
		p.from.Store(conn.LocalAddr().(*net.TCPAddr).Port, from)
	}
	return conn, err
}

func (p *port) Accept() (net.Conn, error) {
	conn, err := p.Listener.Accept()
	if err != nil {
		return nil, err
	}
	from, known := p.from.LoadAndDelete(conn.RemoteAddr().(*net.TCPAddr).Port)
	if !known {
		return conn, nil
	}
	return &fromConn{conn.(address.Direct), from.(*net.TCPAddr)}, nil
}

type fromConn struct {
	address.Direct
	from *net.TCPAddr
}

func (c *fromConn) RemoteAddr() net.Addr { return c.from }

// WriteLast lets the connection hold b back until Close.
func (c *fromConn) WriteLast(b []byte) (int, error) { return address.WriteLast(c.Direct, b) }
