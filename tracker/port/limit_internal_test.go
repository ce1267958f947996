package port

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

func TestConnectionsOfOnePeerAreBounded(t *testing.T) {
	script := &script{}
	l := limitConnections(script, 2, trustsNone)
	first := accept(t, l, script, "203.0.113.9")
	accept(t, l, script, "203.0.113.9")
	script.push("203.0.113.9")
	other := accept(t, l, script, "203.0.113.10")
	if got := other.RemoteAddr().String(); got != "203.0.113.10:1" {
		t.Fatalf("accepted %s: the third connection of a peer should have been passed over", got)
	}
	if !script.conns[2].closed {
		t.Error("the third connection was left open")
	}
	for range 2 { // closing twice gives one place back
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
	}
	accept(t, l, script, "203.0.113.9")
	script.push("203.0.113.9")
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("error %v: a place was given back twice", err)
	}
}

// A bounded connection holds its last answer back like any other, if it can.
func TestBoundedConnectionsWriteTheirLastAnswer(t *testing.T) {
	script := &script{}
	l := limitConnections(script, 1, trustsNone)
	conn := accept(t, l, script, "203.0.113.9")
	if n, err := writeLast(conn, []byte("answer")); n != len("answer") || err != nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	if got := script.conns[0].last; got != "answer" {
		t.Errorf("%q is written as the last", got)
	}
}

func TestTrustedPeersAndLoopbackAreNotBounded(t *testing.T) {
	proxies := func(peer netip.Addr) bool { return netip.MustParsePrefix("10.0.0.0/8").Contains(peer) }
	script := &script{}
	l := limitConnections(script, 1, proxies)
	for _, peer := range []string{"10.0.0.1", "10.0.0.1", "127.0.0.1", "127.0.0.1"} {
		accept(t, l, script, peer)
	}
	if plain := limitConnections(script, 0, proxies); plain != net.Listener(script) {
		t.Error("without a limit the listener is wrapped all the same")
	}
}

func trustsNone(netip.Addr) bool { return false }

func accept(t *testing.T, l net.Listener, s *script, peer string) net.Conn {
	t.Helper()
	s.push(peer)
	conn, err := l.Accept()
	if err != nil {
		t.Fatalf("a connection of %s: %v", peer, err)
	}
	return conn
}

// script is a listener that accepts what it is told.
type script struct{ conns, next []*fakeConn }

func (s *script) push(peer string) {
	c := &fakeConn{remote: &net.TCPAddr{IP: net.ParseIP(peer), Port: 1}}
	s.conns, s.next = append(s.conns, c), append(s.next, c)
}

func (s *script) Accept() (net.Conn, error) {
	if len(s.next) == 0 {
		return nil, net.ErrClosed
	}
	c := s.next[0]
	s.next = s.next[1:]
	return c, nil
}

func (s *script) Close() error   { return nil }
func (s *script) Addr() net.Addr { return &net.TCPAddr{} }

type fakeConn struct {
	net.Conn
	remote net.Addr
	closed bool
	last   string
}

func (c *fakeConn) WriteLast(b []byte) (int, error) {
	c.last += string(b)
	return len(b), nil
}

func (c *fakeConn) RemoteAddr() net.Addr { return c.remote }
func (c *fakeConn) Close() error         { c.closed = true; return nil }
