package port

import (
	"net"
	"net/netip"
	"sync"
)

// peerLimit is a listener that bounds how many connections one peer holds open at a
// time, so that one slow client cannot take all of them. Trusted peers and loopback are
// not bounded: many visitors are behind one of them.
type peerLimit struct {
	net.Listener
	max    int
	trusts func(netip.Addr) bool

	mu   sync.Mutex
	open map[netip.Addr]int
}

// limitConnections wraps l; perPeer 0 is no limit.
func limitConnections(l net.Listener, perPeer int, trusts func(netip.Addr) bool) net.Listener {
	if perPeer <= 0 {
		return l
	}
	return &peerLimit{Listener: l, max: perPeer, trusts: trusts, open: map[netip.Addr]int{}}
}

// Accept returns the next connection of a peer that has not too many open. Others are
// closed without an answer, which costs least.
func (c *peerLimit) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err // the caller compares it
		}
		peer, counted := c.peer(conn)
		if !counted {
			return conn, nil
		}
		if c.enter(peer) {
			return &countedConn{Conn: conn, leave: c.leave, peer: peer}, nil
		}
		_ = conn.Close() // it is the peer's loss either way
	}
}

// peer returns the address of a connection's peer, false where it is not bounded. An
// IPv4 address mapped into IPv6 counts as the IPv4 address.
func (c *peerLimit) peer(conn net.Conn) (netip.Addr, bool) {
	tcp, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	peer, ok := netip.AddrFromSlice(tcp.IP)
	peer = peer.Unmap()
	return peer, ok && !peer.IsLoopback() && !c.trusts(peer)
}

func (c *peerLimit) enter(peer netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[peer] >= c.max {
		return false
	}
	c.open[peer]++
	return true
}

func (c *peerLimit) leave(peer netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[peer]--; c.open[peer] <= 0 {
		delete(c.open, peer)
	}
}

// countedConn is a connection that is counted for its peer until it is closed. Closing
// it twice counts once.
type countedConn struct {
	net.Conn
	once  sync.Once
	leave func(netip.Addr)
	peer  netip.Addr
}

// WriteLast lets the connection hold b back until Close.
func (c *countedConn) WriteLast(b []byte) (int, error) { return writeLast(c.Conn, b) }

// Close closes the connection and gives its place back.
func (c *countedConn) Close() error {
	c.once.Do(func() { c.leave(c.peer) })
	return c.Conn.Close()
}
