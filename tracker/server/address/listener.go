package address

import (
	"net"
	"net/netip"
	"sync"
)

// Connections bounds how many connections one peer holds open at a time, so
// that one slow client cannot take all of them. Proxies and loopback are not
// bounded: many visitors are behind one of them.
type Connections struct {
	net.Listener
	max     int
	proxies Proxies

	mu   sync.Mutex
	open map[netip.Addr]int
}

// LimitConnections wraps l; perPeer 0 is no limit.
func LimitConnections(l net.Listener, perPeer int, proxies Proxies) net.Listener {
	if perPeer <= 0 {
		return l
	}
	return &Connections{Listener: l, max: perPeer, proxies: proxies, open: map[netip.Addr]int{}}
}

// Accept returns the next connection of a peer that has not too many open;
// others are closed without an answer, which costs least.
func (c *Connections) Accept() (net.Conn, error) {
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

func (c *Connections) peer(conn net.Conn) (netip.Addr, bool) {
	tcp, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	peer := PeerOf(tcp.IP)
	return peer, peer.IsValid() && !peer.IsLoopback() && !c.proxies.Trusts(peer)
}

func (c *Connections) enter(peer netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[peer] >= c.max {
		return false
	}
	c.open[peer]++
	return true
}

func (c *Connections) leave(peer netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[peer]--; c.open[peer] <= 0 {
		delete(c.open, peer)
	}
}

type countedConn struct {
	net.Conn
	once  sync.Once
	leave func(netip.Addr)
	peer  netip.Addr
}

// WriteLast lets the connection hold b back until Close.
func (c *countedConn) WriteLast(b []byte) (int, error) { return WriteLast(c.Conn, b) }

// Close closes the connection and gives its place back.
func (c *countedConn) Close() error {
	c.once.Do(func() { c.leave(c.peer) })
	return c.Conn.Close()
}
