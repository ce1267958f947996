package server_test

import (
	"net"
	"sync"
	"testing"

	"github.com/waypost/waypost/tracker/port"
)

// origins is a port on loopback whose connections seem to come from wherever a test sets.
type origins struct {
	net.Listener
	from sync.Map // the port number that a connection really has: *net.TCPAddr
}

func newPort(t testing.TB) *origins {
	t.Helper()
	l, err := port.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &origins{Listener: l}
}

// DialWithLocalAddr connects from an address. The connection is accepted when it has
// sent something.
func (p *origins) DialWithLocalAddr(from *net.TCPAddr) (net.Conn, error) {
	conn, err := net.Dial("tcp", p.Addr().String())
	if err == nil {
		p.from.Store(conn.LocalAddr().(*net.TCPAddr).Port, from)
	}
	return conn, err
}

func (p *origins) Accept() (net.Conn, error) {
	conn, err := p.Listener.Accept()
	if err != nil {
		return nil, err
	}
	from, known := p.from.LoadAndDelete(conn.RemoteAddr().(*net.TCPAddr).Port)
	if !known {
		return conn, nil
	}
	return &fromConn{conn.(port.Conn), from.(*net.TCPAddr)}, nil
}

type fromConn struct {
	port.Conn
	from *net.TCPAddr
}

func (c *fromConn) RemoteAddr() net.Addr { return c.from }
